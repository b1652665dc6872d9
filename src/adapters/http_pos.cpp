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
constexpr std::size_t kMaxWaiting = 64;
constexpr Seconds kForgottenAfter{60};  // the till was told to come back long before

enum class BodyKind { one_ticket, ticket_lines };

struct MediaType {
  std::string_view name;
  BodyKind kind;
};
constexpr std::array kMediaTypes{
    MediaType{"application/json", BodyKind::one_ticket},
    MediaType{"application/x-ndjson", BodyKind::ticket_lines},
};

/// `type/subtype` in lower case, without parameters.
std::string media_type(std::string_view header) {
  header = header.substr(0, header.find(';'));
  while (header.ends_with(' ')) header.remove_suffix(1);
  std::string out(header);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

HttpResponse wrong_media_type(std::string_view given) {
  if (given == "application/xml")
    return problem(415,
                   "POSLog is understood through a dialect, and none is configured here; application/json and "
                   "application/x-ndjson are");
  return problem(415, "Content-Type must be application/json or application/x-ndjson");
}

HttpResponse answers_to_response(const std::vector<TicketAnswer>& answers) {
  const bool conflict = answers.size() == 1 && answers.front().verdict == TicketVerdict::quarantined;
  return {conflict ? 409 : 202, "application/json", encode_ticket_answers(answers)};
}

Result<std::vector<Ticket>> decode_body(BodyKind kind, std::string_view body, std::string_view store) {
  if (kind == BodyKind::ticket_lines) {
    auto tickets = decode_ticket_lines(body, store);
    if (tickets && tickets->empty()) return fail("the body contains no ticket");
    return tickets;
  }
  auto ticket = decode_ticket(body, store);
  if (!ticket) return fail(ticket.error().message);
  std::vector<Ticket> tickets;
  tickets.push_back(std::move(*ticket));
  return tickets;
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

HttpPos::HttpPos(HttpPosSettings settings, std::function<WallTime()> clock, TicketSink sink)
    : settings_(std::move(settings)), clock_(std::move(clock)), sink_(std::move(sink)) {}

HttpHandler HttpPos::handler() {
  return [this](const HttpRequest& request, const HttpReply& reply) { handle(request, reply); };
}

void HttpPos::handle(const HttpRequest& request, const HttpReply& reply) {
  if (request.path != kPath) return reply(problem(404, "tickets go to POST /v1/pos/tickets"));
  if (request.method != "POST") return reply(method_not_allowed("POST"));
  if (auto refused = refuse_sender(request)) return reply(std::move(*refused));
  if (const auto cause = refusal_cause(); !cause.empty()) return reply(come_back_later(cause));
  auto tickets = tickets_of(request);
  if (!tickets) return reply(tickets.error());
  const auto token = wait_for(tickets->size(), reply);
  if (!token) return reply(come_back_later("too many requests wait for their commit"));
  sink_(TicketRequest{*token, std::move(*tickets)});
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

Result<std::vector<Ticket>, HttpResponse> HttpPos::tickets_of(const HttpRequest& request) const {
  const auto type = media_type(request.header("Content-Type"));
  const auto known = std::ranges::find(kMediaTypes, type, &MediaType::name);
  if (known == kMediaTypes.end()) return Unexpected{wrong_media_type(type)};
  auto tickets = decode_body(known->kind, request.body, settings_.store);
  if (tickets) return std::move(*tickets);
  log_refused_body(tickets.error().message, request.body);
  return Unexpected{problem(400, tickets.error().message)};
}

std::optional<std::uint64_t> HttpPos::wait_for(std::size_t tickets, const HttpReply& reply) {
  const auto now = clock_();
  const std::scoped_lock lock(mutex_);
  std::erase_if(waiting_, [now](const auto& entry) { return now - entry.second.since > kForgottenAfter; });
  if (waiting_.size() >= kMaxWaiting) return std::nullopt;
  waiting_.emplace(++last_token_, Waiting{std::vector<std::optional<TicketAnswer>>(tickets), tickets, reply, now});
  return last_token_;
}

void HttpPos::answer(std::uint64_t token, std::uint32_t index, const TicketAnswer& answer) {
  std::unique_lock lock(mutex_);
  const auto found = waiting_.find(token);
  if (found == waiting_.end() || index >= found->second.answers.size()) return;
  auto& waiting = found->second;
  if (waiting.answers[index]) return;
  waiting.answers[index] = answer;
  if (--waiting.missing > 0) return;
  const auto done = waiting_.extract(found);
  lock.unlock();
  std::vector<TicketAnswer> answers;
  for (auto& one : done.mapped().answers) answers.push_back(std::move(*one));
  done.mapped().reply(answers_to_response(answers));
}

void HttpPos::refuse_because(std::string cause) {
  const std::scoped_lock lock(mutex_);
  cause_ = std::move(cause);
}

std::string HttpPos::refusal_cause() const {
  const std::scoped_lock lock(mutex_);
  return cause_;
}

}  // namespace tg
