#include "codec/config_rows.hpp"

#include <utility>

namespace tg::config {
namespace {

constexpr Range kMetres{-10000, 10000};
constexpr Range kCorners{3, 256};

Rule row(std::string pointer, Shape shape, Initial initial, Access access, std::string doc, Range range = {0, 0}) {
  Rule rule;
  rule.pointer = std::move(pointer);
  rule.shape = shape;
  rule.initial = std::move(initial);
  rule.doc = std::move(doc);
  rule.access = access;
  rule.min = range.min;
  rule.max = range.max;
  return rule;
}

}  // namespace

Rule flag(std::string pointer, bool initial, Access access, std::string doc) {
  return row(std::move(pointer), Shape::boolean, initial, access, std::move(doc));
}

Rule integer(std::string pointer, std::int64_t initial, Range range, Access access, std::string doc) {
  return row(std::move(pointer), Shape::integer, initial, access, std::move(doc), range);
}

Rule metres(std::string pointer, Access access, std::string doc) {
  return row(std::move(pointer), Shape::number, nullptr, access, std::move(doc), kMetres);
}

Rule area(std::string pointer, Access access, std::string doc) {
  return row(std::move(pointer), Shape::polygon, nullptr, access, std::move(doc), kCorners);
}

Rule choice(std::string pointer, Initial initial, std::vector<std::string> words, Access access, std::string doc) {
  auto rule = row(std::move(pointer), Shape::choice, std::move(initial), access, std::move(doc));
  rule.words = std::move(words);
  return rule;
}

Rule text(std::string pointer, Initial initial, const Format& format, Access access, std::string doc) {
  auto rule = row(std::move(pointer), Shape::text, std::move(initial), access, std::move(doc));
  rule.format = &format;
  return rule;
}

Rule texts(std::string pointer, Initial initial, Range count, const Format& format, Access access, std::string doc) {
  auto rule = row(std::move(pointer), Shape::text_list, std::move(initial), access, std::move(doc), count);
  rule.format = &format;
  return rule;
}

Rule readable(std::string pointer, Initial initial, Access access, std::string doc) {
  auto rule = text(std::move(pointer), std::move(initial), kPath, access, std::move(doc));
  rule.file = FileUse::readable;
  return rule;
}

Rule secret(std::string pointer, Initial initial, Access path, Access content, std::string doc) {
  auto rule = text(std::move(pointer), std::move(initial), kPath, path, std::move(doc));
  rule.file = FileUse::secret;
  rule.secret = content;
  return rule;
}

Rule objects(std::string pointer, Range count, const Table& items, Access access, std::string doc) {
  auto rule = row(std::move(pointer), Shape::object_list, Json::array(), access, std::move(doc), count);
  rule.items = &items;
  return rule;
}

Rule object(std::string pointer, const Table& items, Access access, std::string doc) {
  auto rule = row(std::move(pointer), Shape::object, nullptr, access, std::move(doc));
  rule.items = &items;
  return rule;
}

}  // namespace tg::config
