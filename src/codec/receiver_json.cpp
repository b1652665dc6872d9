// What remote receivers heard (contract §4.3). Addresses of phones end here.
#include <algorithm>
#include <array>
#include <cctype>

#include "base/crypto.hpp"
#include "codec/advert.hpp"
#include "codec/json_read.hpp"
#include "codec/messages.hpp"

namespace tg {
namespace {

constexpr std::size_t kMaxAdverts = 512;
constexpr std::int64_t kMaxNextS = 3600;
constexpr std::size_t kServiceDataBytes = 10;  ///< 30 | tx power | EID

bool is_eid_hex(std::string_view text) {
  Eid eid{};
  return unhex(text, eid);
}

RssiDbm read_rssi(const Cursor& c) {
  if (c.present() && c.integer(-128, kRssiUnavailable) > 20) return kRssiUnavailable;
  return static_cast<RssiDbm>(std::max<std::int64_t>(c.integer(-128, kRssiUnavailable, kRssiUnavailable), -127));
}

RemoteAdvert read_entry(const Cursor& c) {
  RemoteAdvert advert;
  if (c.list_size(3) != 3) {
    c.complain("a list of EID, tx power and RSSI is allowed");
    return advert;
  }
  const std::string digits = c.element(0).text_if(is_eid_hex, "16 hexadecimal digits");
  if (!digits.empty()) (void)unhex(digits, advert.eid);
  (void)c.element(1).integer(-128, 127);
  advert.rssi = read_rssi(c.element(2));
  return advert;
}

/// "feaa", "0xFEAA" or the full UUID; a sender that says nothing is judged by the service data alone.
bool names_feaa(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text.empty() || text == "feaa" || text == "0xfeaa" || text == kEddystoneUuid;
}

}  // namespace

Result<RemoteBatch> decode_rx(std::string_view payload) {
  Document doc(payload);
  const Cursor root = doc.root();
  (void)root.need("v").integer(1, 1, 1);
  (void)root.need("ts").integer(0, std::int64_t{1} << 53);
  RemoteBatch batch;
  if (const Cursor next = root.at("next_s"); next.present()) batch.next = Seconds{next.integer(0, kMaxNextS)};
  batch.adverts = root.need("e").list(kMaxAdverts, read_entry);
  return doc.finish(std::move(batch));
}

Result<RemoteBatch> decode_rx_foreign(std::string_view payload) {
  Document doc(payload);
  const Cursor root = doc.root();
  const Cursor uuid = root.at("servicedatauuid");
  const Cursor data = root.at("servicedata");
  RemoteBatch batch;
  std::array<std::uint8_t, kServiceDataBytes> bytes{};
  // Everything that these publish about other devices is passed over in silence, whatever its form.
  if (data.is_text() && (!uuid.present() || (uuid.is_text() && names_feaa(uuid.text()))) && unhex(data.text(), bytes)) {
    if (const auto eid = decode_eddystone_eid(bytes)) batch.adverts.push_back({*eid, read_rssi(root.at("rssi"))});
  }
  return doc.finish(std::move(batch));
}

}  // namespace tg
