// Translates one checked JSON value to its C++ member and back; `at<&Config::presence, &PresencePolicy::lease>()`.
// Private to config_table.cpp. Owner thread: any. Never checks: config_check.cpp has done so before.
#pragma once

#include <cmath>
#include <concepts>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "codec/config.hpp"
#include "codec/config_table.hpp"

namespace tg::config {

// --- one overload a type ---------------------------------------------------------------------------------------------
template <class T>
  requires std::is_arithmetic_v<T>
void assign(T& to, const Json& from) {
  to = from.get<T>();
}
inline void assign(Seconds& to, const Json& from) { to = Seconds{from.get<std::int64_t>()}; }
inline void assign(std::string& to, const Json& from) { to = from.is_null() ? "" : from.get<std::string>(); }
template <class Tag>
void assign(Id<Tag>& to, const Json& from) {
  to = Id<Tag>{from.get<std::string>()};
}
inline void assign(std::vector<std::string>& to, const Json& from) { to = from.get<std::vector<std::string>>(); }
inline void assign(Endpoint& to, const Json& from) {
  const auto text = from.get<std::string>();
  const auto colon = text.rfind(':');
  const bool bracketed = text.front() == '[';
  to.host = bracketed ? text.substr(1, colon - 2) : text.substr(0, colon);
  to.port = static_cast<std::uint16_t>(std::stoul(text.substr(colon + 1)));
}
inline void assign(std::vector<std::pair<std::int32_t, std::int32_t>>& area_mm, const Json& from) {
  area_mm.clear();
  const auto mm = [](const Json& metres) {
    return static_cast<std::int32_t>(std::lround(metres.get<double>() * 1000));
  };
  for (const auto& point : from) area_mm.emplace_back(mm(point[0]), mm(point[1]));
}
template <class T>
void assign(std::optional<T>& to, const Json& from) {
  to.reset();
  if (!from.is_null()) assign(to.emplace(), from);
}

template <class T>
  requires std::is_arithmetic_v<T>
Json show(T value) {
  return value;
}
inline Json show(Seconds value) { return value.count(); }
inline Json show(const std::string& value) { return value; }
template <class Tag>
Json show(const Id<Tag>& value) {
  return value.value;
}
inline Json show(const std::vector<std::string>& value) { return value; }
inline Json show(const Endpoint& value) {
  const bool v6 = value.host.find(':') != std::string::npos;
  return (v6 ? '[' + value.host + ']' : value.host) + ':' + std::to_string(value.port);
}
inline Json show(const std::vector<std::pair<std::int32_t, std::int32_t>>& area_mm) {
  if (area_mm.empty()) return nullptr;
  Json points = Json::array();
  for (const auto& [x, y] : area_mm) points.push_back(Json::array({x / 1000.0, y / 1000.0}));
  return points;
}
template <class T>
Json show(const std::optional<T>& value) {
  return value ? show(*value) : Json(nullptr);
}

// --- members ---------------------------------------------------------------------------------------------------------
template <class T>
auto& follow(T& object) {
  return object;
}
template <class T, class Member, class... Rest>
auto& follow(T& object, Member member, Rest... rest) {
  return follow(object.*member, rest...);
}
template <class Owner, class Member>
Owner owner_of(Member Owner::*);

/// The member reached by following `First`, then `Rest`.
template <auto First, auto... Rest>
Access at() {
  using Object = decltype(owner_of(First));
  return {[](void* object, const Json& value) { assign(follow(*static_cast<Object*>(object), First, Rest...), value); },
          [](const void* object) { return show(follow(*static_cast<const Object*>(object), First, Rest...)); }};
}

// --- nested tables ---------------------------------------------------------------------------------------------------
/// Sets every member of `object` that `table` names. `checked` holds all of its keys; a secret is [path, content].
void fill(const Table& table, void* object, const Json& checked);
/// The other way; of a secret only the path.
[[nodiscard]] Json collect(const Table& table, const void* object);

/// A list of structs that `Items` describes.
template <const Table& (*Items)(), auto First, auto... Rest>
Access each() {
  using Object = decltype(owner_of(First));
  return {[](void* object, const Json& values) {
            auto& list = follow(*static_cast<Object*>(object), First, Rest...);
            list.clear();
            for (const auto& value : values) fill(Items(), &list.emplace_back(), value);
          },
          [](const void* object) {
            Json values = Json::array();
            for (const auto& item : follow(*static_cast<const Object*>(object), First, Rest...)) {
              values.push_back(collect(Items(), &item));
            }
            return values;
          }};
}

/// One struct that `Items` describes, or nothing.
template <const Table& (*Items)(), auto First, auto... Rest>
Access maybe() {
  using Object = decltype(owner_of(First));
  return {[](void* object, const Json& value) {
            auto& member = follow(*static_cast<Object*>(object), First, Rest...);
            member.reset();
            if (!value.is_null()) fill(Items(), &member.emplace(), value);
          },
          [](const void* object) {
            const auto& member = follow(*static_cast<const Object*>(object), First, Rest...);
            return member ? collect(Items(), &*member) : Json(nullptr);
          }};
}

}  // namespace tg::config
