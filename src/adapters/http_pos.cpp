#include "adapters/http_pos.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <utility>

#include "base/crypto.hpp"
#include "base/log.hpp"
#include "codec/ticket_json.hpp"

namespace tg {
namespace {

constexpr std::string_view kPath = "/v1/pos/tickets";

struct MediaType {
  std::string_view name;
  PosBody body;
};
constexpr std::array kMediaTypes{
    MediaType{"application/json", PosBody::json},
    MediaType{"application/x-ndjson", PosBody::json_lines},
    MediaType{"application/xml", PosBody::xml},
};

/// `type/subtype` in lower case, without parameters.
std::string media_type(std::string_view header) {
  header = header.substr(0, header.find(';'));
  while (header.ends_with(' ')) header.remove_suffix(1);
  std::string out(header);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

HttpResponse answers_to_response(const std::vector<TicketAnswer>& answers) {
  const bool conflict = answers.size() == 1 && answers.front().verdict == TicketVerdict::quarantined;
  return {conflict ? 409 : 202, "application/json", encode_ticket_answers(answers)};
}

void log_refused_body(std::string_view cause, std::string_view body) {
  log(LogLevel::warning, "pos", "refused a body: " + std::string(cause) + "; sha256 " + hex(sha256(as_bytes(body))));
}

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

HttpPos::HttpPos(HttpPosSettings settings, std::shared_ptr<const PosReader> reader, PosDesk& desk,
                 std::function<WallTime()> clock)
    : settings_(std::move(settings)), reader_(std::move(reader)), desk_(desk), clock_(std::move(clock)) {}

HttpHandler HttpPos::handler() {
  return [this](const HttpRequest& request, const HttpReply& reply) { handle(request, reply); };
}

void HttpPos::handle(const HttpRequest& request, const HttpReply& reply) {
  if (request.path != kPath) return reply(problem(404, "tickets go to POST /v1/pos/tickets"));
  if (request.method != "POST") return reply(method_not_allowed("POST"));
  if (auto refused = refuse_sender(request)) return reply(std::move(*refused));
  if (const auto cause = desk_.refusal_cause(); !cause.empty()) return reply(come_back_later(cause));
  auto tickets = tickets_of(request);
  if (!tickets) return reply(tickets.error());
  const auto done = [reply, problems = std::move(tickets->problems)](const std::vector<TicketAnswer>& answers) {
    reply(answers_to_response(all_answers(answers, problems)));
  };
  if (!desk_.submit(std::move(tickets->tickets), done))
    reply(come_back_later("too many requests wait for their commit"));
}

std::optional<HttpResponse> HttpPos::refuse_sender(const HttpRequest& request) const {
  if (!settings_.keys.empty()) return refuse_signature(request);
  if (request.remote_is_loopback) return std::nullopt;
  return problem(403, "without configured keys only this machine may send tickets");
}

std::optional<HttpResponse> HttpPos::refuse_signature(const HttpRequest& request) const {
  for (const std::string_view name : {"X-Pos-Key-Id", "X-Pos-Timestamp", "X-Pos-Signature"})
    if (request.header(name).empty()) return problem(401, "header " + std::string(name) + " is missing");
  const auto at = number_of(request.header("X-Pos-Timestamp"));
  if (!at) return problem(401, "X-Pos-Timestamp must be Unix seconds");
  const auto now = unix_s(clock_());
  const auto skew = settings_.clock_skew.count();
  if (*at < now - skew || *at > now + skew)
    return problem(401, "X-Pos-Timestamp is more than " + std::to_string(skew) + " s away from this machine's clock");
  if (!signature_is_right(request)) return problem(401, "the key is unknown or the signature does not fit");
  return std::nullopt;
}

/// Takes the same time for an unknown key as for a wrong signature.
bool HttpPos::signature_is_right(const HttpRequest& request) const {
  constexpr std::string_view kVersion = "v1=";
  const auto signature = request.header("X-Pos-Signature");
  Sha256 given{};
  if (!signature.starts_with(kVersion) || !unhex(signature.substr(kVersion.size()), given)) return false;
  const auto key = std::ranges::find(settings_.keys, request.header("X-Pos-Key-Id"), &PosKey::id);
  const bool known = key != settings_.keys.end();
  const auto& secret = known ? key->secret : settings_.keys.front().secret;
  const auto text = std::string(request.header("X-Pos-Timestamp")) + '.' + request.body;
  const auto expected = hmac_sha256(as_bytes(secret), as_bytes(text));
  return equal_constant_time(expected, given) && known;
}

Result<TicketBatch, HttpResponse> HttpPos::tickets_of(const HttpRequest& request) const {
  const auto type = media_type(request.header("Content-Type"));
  const auto known = std::ranges::find(kMediaTypes, type, &MediaType::name);
  if (known == kMediaTypes.end())
    return Unexpected{
        problem(415, "Content-Type must be application/json, application/x-ndjson or application/xml (POSLog)")};
  auto tickets = reader_->read(known->body, request.body, {.dialect = std::string(request.header("X-Pos-Dialect"))});
  if (tickets) {
    for (const auto& problem : tickets->problems) desk_.refused("", in_batch(problem));
    return std::move(*tickets);
  }
  log_refused_body(tickets.error().message, request.body);
  desk_.refused("", tickets.error().message);
  return Unexpected{problem(400, tickets.error().message)};
}

}  // namespace tg
