#include "adapters/link_frames.hpp"

#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace tg {
namespace {

constexpr std::size_t kLengthBytes = 4;

/// Appends fields; integers big-endian, texts with a 32-bit length.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  template <std::unsigned_integral T>
  void operator()(T value) {
    for (std::size_t i = sizeof(T); i-- > 0;) out_.push_back(static_cast<char>((value >> (8 * i)) & 0xFF));
  }
  void operator()(bool value) { (*this)(static_cast<std::uint8_t>(value)); }
  void operator()(const std::string& text) {
    (*this)(static_cast<std::uint32_t>(text.size()));
    out_ += text;
  }
  template <class T>
  void operator()(const std::vector<T>& fields) {
    (*this)(static_cast<std::uint32_t>(fields.size()));
    for (const auto& field : fields) (*this)(field);
  }
  void operator()(const UserProperty& property) {
    (*this)(property.first);
    (*this)(property.second);
  }
  void operator()(const std::optional<std::uint32_t>& value) {
    (*this)(value.has_value());
    (*this)(value.value_or(0));
  }

 private:
  std::string& out_;
};

/// Takes fields in the order in which Writer appended them; one wrong length spoils the rest.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  template <std::unsigned_integral T>
  void operator()(T& value) {
    const auto field = take(sizeof(T));
    value = 0;
    for (const char byte : field) value = static_cast<T>((std::uint64_t{value} << 8) | static_cast<std::uint8_t>(byte));
  }
  void operator()(bool& value) {
    std::uint8_t byte = 0;
    (*this)(byte);
    good_ = good_ && byte <= 1;
    value = byte == 1;
  }
  void operator()(std::string& text) {
    std::uint32_t size = 0;
    (*this)(size);
    text = take(size);
  }
  template <class T>
  void operator()(std::vector<T>& fields) {
    std::uint32_t count = 0;
    (*this)(count);
    for (std::uint32_t i = 0; i < count && good_; ++i) (*this)(fields.emplace_back());
  }
  void operator()(UserProperty& property) {
    (*this)(property.first);
    (*this)(property.second);
  }
  void operator()(std::optional<std::uint32_t>& value) {
    bool present = false;
    std::uint32_t number = 0;
    (*this)(present);
    (*this)(number);
    if (present) value = number;
  }
  [[nodiscard]] bool complete() const { return good_ && bytes_.empty(); }

 private:
  std::string_view take(std::size_t size) {
    good_ = good_ && size <= bytes_.size();
    if (!good_) return {};
    const auto field = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return field;
  }
  std::string_view bytes_;
  bool good_ = true;
};

/// The one place that knows the fields of each frame; `Io` is Writer or Reader, `Frame` const or not.
template <class Io, class Frame>
void visit_fields(Io& io, Frame& frame) {
  using T = std::remove_const_t<Frame>;
  const auto each = [&io](auto&... fields) { (io(fields), ...); };
  if constexpr (std::same_as<T, LinkSettings>) {
    each(frame.url, frame.client_id, frame.v5, frame.username, frame.password, frame.ca_file, frame.cert_file,
         frame.key_file, frame.session_expiry_s, frame.subscriptions, frame.will_topic, frame.will_payload);
  } else if constexpr (std::same_as<T, Publication>) {
    each(frame.token, frame.topic, frame.payload, frame.qos, frame.retain, frame.expiry_s, frame.content_type,
         frame.user_properties);
  } else if constexpr (std::same_as<T, LinkIsUp>) {
    each(frame.receive_maximum);
  } else if constexpr (std::same_as<T, LinkIsDown>) {
    each(frame.reason, frame.reason_code, frame.by_peer);
  } else if constexpr (std::same_as<T, LinkDelivered>) {
    each(frame.token, frame.reason_code);
  } else if constexpr (std::same_as<T, LinkMessage>) {
    each(frame.topic, frame.payload);
  } else {
    static_assert(std::is_empty_v<T>);
  }
}

template <std::size_t Kind>
bool decode_kind(std::string_view body, LinkFrame& out) {
  Reader reader(body);
  visit_fields(reader, out.emplace<Kind>());
  return reader.complete();
}

template <std::size_t... Kinds>
bool decode_any(std::size_t kind, std::string_view body, LinkFrame& out, std::index_sequence<Kinds...>) {
  static constexpr std::array kDecoders{&decode_kind<Kinds>...};
  return kind < kDecoders.size() && kDecoders[kind](body, out);
}

}  // namespace

std::string encode_frame(const LinkFrame& frame) {
  std::string body;
  Writer write_body(body);
  write_body(static_cast<std::uint8_t>(frame.index()));
  std::visit([&write_body](const auto& fields) { visit_fields(write_body, fields); }, frame);
  std::string out;
  out.reserve(kLengthBytes + body.size());
  Writer write_length(out);
  write_length(static_cast<std::uint32_t>(body.size()));
  return out + body;
}

Result<bool> LinkFrameReader::next(LinkFrame& out) {
  const std::string_view waiting = std::string_view(buffer_).substr(start_);
  if (waiting.size() < kLengthBytes) return false;
  std::uint32_t size = 0;
  Reader length(waiting.substr(0, kLengthBytes));
  length(size);
  if (size == 0 || size > kMaxLinkFrame) return fail("link frame of an impossible length");
  if (waiting.size() < kLengthBytes + size) return false;
  const auto body = waiting.substr(kLengthBytes, size);
  const auto kind = static_cast<std::uint8_t>(body[0]);
  if (!decode_any(kind, body.substr(1), out, std::make_index_sequence<std::variant_size_v<LinkFrame>>{}))
    return fail("link frame that cannot be understood");
  start_ += kLengthBytes + size;
  if (start_ > buffer_.size() / 2) {
    buffer_.erase(0, start_);
    start_ = 0;
  }
  return true;
}

}  // namespace tg
