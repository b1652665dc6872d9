// Taps on a tablet (contract §4.4).
#include "codec/messages.hpp"
#include "codec/names.hpp"
#include "codec/readers.hpp"
#include "codec/text.hpp"

namespace tg {
namespace {

constexpr std::size_t kMaxIdBytes = 64;

std::string read_associate(const Cursor& c, std::string_view device) {
  std::string associate = c.text(kMaxIdBytes);
  return associate.empty() ? std::string(device) : associate;  // an unnamed hand: the tablet stands for it
}

}  // namespace

CardAction read_action(std::string_view device, const Cursor& c) {
  (void)c.at("v").integer(1, 1, 1);
  CardAction action;
  action.device = device;
  action.id = c.need("id").filled_text(kMaxIdBytes);
  action.visit = VisitId{c.need("visit").filled_text(kMaxIdBytes)};
  if (const Cursor s = c.at("suggestion"); s.present()) action.suggestion = SuggestionId{s.filled_text(kMaxIdBytes)};
  action.kind = c.need("action").choice(kActionNames, ActionKind::seen);
  action.undoes = c.at("undoes").optional_text(kMaxIdBytes);
  if (action.kind == ActionKind::undo) (void)c.need("undoes").filled_text(kMaxIdBytes);
  action.reason = c.at("reason").optional_text();
  action.associate = read_associate(c.at("associate"), device);
  action.at = c.at("at").time().value_or(WallTime{});
  return action;
}

Result<CardAction> decode_action(std::string_view device, std::string_view payload) {
  if (!is_plain_id(device)) return fail("the device is not an id of a tablet");
  Document doc(payload);
  return doc.finish(read_action(device, doc.root()));
}

}  // namespace tg
