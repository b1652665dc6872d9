// The HTTP doors over real loopback sockets: deadlines, limits, the till's signature and answers, the tablet's files.
#include "adapters/http_server.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "adapters/http_local.hpp"
#include "adapters/http_pos.hpp"
#include "base/crypto.hpp"
#include "codec/ticket_json.hpp"

namespace tg {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// One connection, as bytes. Every wait ends after 10 s.
class Client {
 public:
  explicit Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// False when the server does not take it any more.
  bool say(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  /// True when the server ended the connection, false after `pause`.
  [[nodiscard]] bool cut_within(std::chrono::milliseconds pause) const {
    pollfd waited{fd_, POLLIN, 0};
    char byte = 0;
    return ::poll(&waited, 1, static_cast<int>(pause.count())) > 0 && ::recv(fd_, &byte, 1, 0) <= 0;
  }
  /// Up to the end of one answer, or of the stream.
  std::string hear() {
    std::string out = std::exchange(rest_, {});
    while (true) {
      const auto head = out.find("\r\n\r\n");
      if (head != std::string::npos && out.size() >= head + 4 + body_length(out.substr(0, head))) {
        const auto end = head + 4 + body_length(out.substr(0, head));
        rest_ = out.substr(end);
        return out.substr(0, end);
      }
      std::array<char, 16384> bytes;
      const auto got = ::recv(fd_, bytes.data(), bytes.size(), 0);
      if (got <= 0) return out;
      out.append(bytes.data(), static_cast<std::size_t>(got));
    }
  }
  std::string ask(const std::string& request) {
    say(request);
    return hear();
  }

 private:
  static std::size_t body_length(const std::string& head) {
    const auto at = head.find("Content-Length: ");
    return at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
  }
  const int fd_;
  std::string rest_;
};

int status_of(const std::string& answer) { return answer.size() < 12 ? 0 : std::stoi(answer.substr(9, 3)); }
std::string body_of(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }
bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::string get(const std::string& path, const std::string& headers = {}) {
  return "GET " + path + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n";
}
std::string post(const std::string& path, const std::string& body, const std::string& headers) {
  return "POST " + path + " HTTP/1.1\r\nHost: x\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

HttpHandler echo() {
  return [](const HttpRequest& request, const HttpReply& reply) {
    reply({200, "text/plain", request.method + ' ' + request.path + ' ' + std::to_string(request.body.size())});
  };
}

class HttpServerTest : public testing::Test {
 protected:
  void serve(HttpHandler handler, HttpLimits limits = {}) {
    std::vector<HttpListener> listeners;
    listeners.push_back({{"127.0.0.1", 0}, std::nullopt, std::move(handler), limits});
    auto started = HttpServer::start(std::move(listeners));
    ASSERT_TRUE(started.has_value()) << started.error().message;
    server = std::move(*started);
    port = server->port(0);
  }
  std::string ask(const std::string& request) const { return Client(port).ask(request); }

  std::unique_ptr<HttpServer> server;
  std::uint16_t port = 0;
};

TEST_F(HttpServerTest, one_connection_serves_many_requests_and_hides_the_query) {
  serve(echo());
  Client client(port);
  EXPECT_EQ(body_of(client.ask(get("/a?b=c"))), "GET /a 0");
  EXPECT_EQ(body_of(client.ask(post("/b", "12345", {}))), "POST /b 5");
  client.say(get("/1") + get("/2"));
  EXPECT_EQ(body_of(client.hear()), "GET /1 0");
  EXPECT_EQ(body_of(client.hear()), "GET /2 0");
  EXPECT_TRUE(server->alive());
}

TEST_F(HttpServerTest, a_client_that_dribbles_is_cut_at_the_absolute_deadline) {
  HttpLimits limits;
  limits.read = 300ms;
  serve(echo(), limits);
  Client client(port);
  const auto start = Clock::now();
  client.say("GET / HTTP/1.1\r\nX: ");
  // Each byte is progress: a server that only counts idle time would listen for ever.
  while (!client.cut_within(20ms) && Clock::now() - start < 8s) client.say("x");
  EXPECT_GT(Clock::now() - start, 250ms);
  EXPECT_LT(Clock::now() - start, 3s);
}

TEST_F(HttpServerTest, dribblers_that_fill_every_place_do_not_keep_a_till_waiting) {
  HttpLimits limits;
  limits.connections = 8;
  serve(echo(), limits);
  std::vector<std::unique_ptr<Client>> dribblers;
  for (int i = 0; i < 40; ++i) {
    dribblers.push_back(std::make_unique<Client>(port));
    dribblers.back()->say("GET / HT");
  }
  const auto start = Clock::now();
  EXPECT_EQ(status_of(ask(get("/"))), 200);
  EXPECT_LT(Clock::now() - start, 2s);
}

TEST_F(HttpServerTest, a_body_above_the_limit_is_413_whether_announced_or_chunked) {
  serve(echo());
  const std::string big(2 << 20, 'x');
  const auto announced = ask(post("/", big, {}));
  EXPECT_EQ(status_of(announced), 413);
  EXPECT_TRUE(has(announced, "application/problem+json"));

  Client flood(port);
  flood.say("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
  std::size_t sent = 0;
  while (sent < (300u << 20) && flood.say(chunk)) sent += chunk.size();
  EXPECT_LT(sent, 64u << 20) << "the flood was never cut";
}

TEST_F(HttpServerTest, headers_above_the_limit_are_431_and_nonsense_is_400) {
  serve(echo());
  EXPECT_EQ(status_of(ask(get("/", "X: " + std::string(20000, 'x') + "\r\n"))), 431);
  EXPECT_EQ(status_of(ask("this is not http\r\n\r\n")), 400);
}

TEST_F(HttpServerTest, an_answer_may_come_from_another_thread_and_too_late) {
  HttpLimits limits;
  limits.reply = 200ms;
  std::atomic<int> count = 0;
  std::vector<std::thread> threads;
  HttpReply never;
  serve(
      [&](const HttpRequest&, const HttpReply& reply) {
        if (++count == 1) {
          threads.emplace_back([reply] { reply({200, "text/plain", "later"}); });
        } else {
          never = reply;
        }
      },
      limits);
  EXPECT_EQ(body_of(ask(get("/"))), "later");
  const auto late = ask(get("/"));
  EXPECT_EQ(status_of(late), 503);
  EXPECT_TRUE(has(late, "Retry-After: 2"));
  for (auto& thread : threads) thread.join();
  never({200, "", "too late"});
  server.reset();
  never({200, "", "far too late"});
}

TEST_F(HttpServerTest, a_handler_that_throws_is_500_and_a_taken_port_is_an_error) {
  serve([](const HttpRequest&, const HttpReply&) { throw std::runtime_error("secret"); });
  const auto answer = ask(get("/"));
  EXPECT_EQ(status_of(answer), 500);
  EXPECT_FALSE(has(answer, "secret"));
  std::vector<HttpListener> again;
  again.push_back({{"127.0.0.1", port}, std::nullopt, echo(), {}});
  EXPECT_FALSE(HttpServer::start(std::move(again)).has_value());
}

// --- tills ---------------------------------------------------------------------------------------------------------

constexpr std::int64_t kNow = 1763713200;
const std::string kJson = "Content-Type: application/json\r\n";
const std::string kTicket =
    R"({"workstation":"POS1","business_day":"2026-11-21","sequence":"118","revision":0,"type":"sale",)"
    R"("ended_at":"2026-11-21T15:04:05+01:00","currency":"EUR","total":"249.00","tax":"0.00","rounding":"0.00",)"
    R"("loyalty":null,"collect_order":null,"employee":false,"training":false,"status":"final","lines":[{"n":1,)"
    R"("sku":"GATE-COAT-NAVY-42","gtin":null,"qty":"1","unit_price":"249.00","net":"249.00","kind":"sale"}],)"
    R"("tenders":[{"kind":"card","amount":"249.00"}],"links":{"voids":null,"returns":null,"resumes":null}})";

std::shared_ptr<const PosReader> built_in_reader() {
  return std::make_shared<PosReader>(*Dialects::load(std::nullopt), "paris-042", TimeZone{},
                                     std::map<std::string, std::string>{});
}

class HttpPosTest : public HttpServerTest {
 protected:
  void open(std::vector<PosKey> keys = {}) {
    const auto clock = [] { return wall_ms(kNow * 1000); };
    desk = std::make_unique<PosDesk>(clock, [this](TicketRequest request) { take(std::move(request)); });
    pos = std::make_unique<HttpPos>(HttpPosSettings{std::move(keys), Seconds{300}}, built_in_reader(), *desk, clock);
    serve(pos->handler());
  }
  ~HttpPosTest() override { server.reset(); }

  /// Stands in for the loop: answers every ticket, the last one first.
  void take(TicketRequest request) {
    tickets += request.tickets.size();
    for (auto i = request.tickets.size(); i-- > 0;)
      desk->answer(request.token, static_cast<std::uint32_t>(i),
                   {TicketId("id-" + std::to_string(i)), verdict, verdict == TicketVerdict::accepted ? "" : "why"});
  }
  std::string signed_headers(const std::string& body, std::int64_t at = kNow, const std::string& key = "k2",
                             const std::string& secret = "new-secret") {
    const auto signature = hex(hmac_sha256(as_bytes(secret), as_bytes(std::to_string(at) + '.' + body)));
    return kJson + "X-Pos-Key-Id: " + key + "\r\nX-Pos-Timestamp: " + std::to_string(at) +
           "\r\nX-Pos-Signature: v1=" + signature + "\r\n";
  }
  std::string send(const std::string& body, const std::string& headers) {
    return ask(post("/v1/pos/tickets", body, headers));
  }

  std::unique_ptr<PosDesk> desk;
  std::unique_ptr<HttpPos> pos;
  TicketVerdict verdict = TicketVerdict::accepted;
  std::atomic<std::size_t> tickets = 0;
};

TEST_F(HttpPosTest, a_ticket_is_answered_with_its_result_and_a_conflict_with_409) {
  open();
  const auto accepted = send(kTicket, kJson);
  EXPECT_EQ(status_of(accepted), 202) << accepted;
  EXPECT_TRUE(has(body_of(accepted), R"("ticket_id":"id-0")")) << accepted;
  verdict = TicketVerdict::quarantined;
  const auto conflict = send(kTicket, kJson);
  EXPECT_EQ(status_of(conflict), 409);
  EXPECT_TRUE(has(body_of(conflict), R"("status":"quarantined")"));
}

TEST_F(HttpPosTest, a_batch_keeps_its_order_and_stays_202_with_conflicts) {
  open();
  verdict = TicketVerdict::quarantined;
  const auto batch = send(kTicket + "\n" + kTicket + "\n", "Content-Type: application/x-ndjson; charset=utf-8\r\n");
  EXPECT_EQ(status_of(batch), 202) << batch;
  EXPECT_LT(body_of(batch).find("id-0"), body_of(batch).find("id-1"));
  EXPECT_EQ(tickets, 2u);
}

TEST_F(HttpPosTest, only_a_right_and_fresh_signature_reaches_the_parser) {
  open({PosKey{"k1", "", "old-secret"}, PosKey{"k2", "", "new-secret"}});
  EXPECT_EQ(status_of(send(kTicket, signed_headers(kTicket))), 202);
  EXPECT_EQ(status_of(send(kTicket, signed_headers(kTicket, kNow, "k1", "old-secret"))), 202);
  EXPECT_EQ(status_of(send(kTicket, signed_headers(kTicket))), 202) << "the same request again is the core's duplicate";
  EXPECT_EQ(status_of(send(kTicket, signed_headers(kTicket, kNow - 299))), 202);
  const auto before = tickets.load();
  for (const auto& headers :
       {kJson, signed_headers(kTicket, kNow, "k2", "old-secret"), signed_headers(kTicket, kNow, "k9"),
        signed_headers(kTicket, kNow - 301), signed_headers(kTicket, kNow + 301), signed_headers(kTicket + " "),
        kJson + "X-Pos-Key-Id: k2\r\nX-Pos-Timestamp: soon\r\nX-Pos-Signature: v1=00\r\n",
        kJson + "X-Pos-Key-Id: k2\r\nX-Pos-Timestamp: 1763713200\r\nX-Pos-Signature: v1=zz\r\n"}) {
    const auto refused = send(kTicket, headers);
    EXPECT_EQ(status_of(refused), 401) << headers;
    EXPECT_TRUE(has(refused, "application/problem+json"));
    EXPECT_FALSE(has(refused, "secret"));
  }
  EXPECT_EQ(status_of(send("{broken", signed_headers(kTicket))), 401) << "nothing is parsed before it is authentic";
  EXPECT_EQ(tickets, before);
}

TEST_F(HttpPosTest, a_body_that_cannot_be_understood_is_400_and_names_the_place_not_the_value) {
  open();
  auto number = kTicket;
  number.replace(number.find("\"249.00\""), 8, "249.77");
  const auto refused = send(number, kJson);
  EXPECT_EQ(status_of(refused), 400);
  EXPECT_TRUE(has(refused, "/total")) << refused;
  EXPECT_FALSE(has(refused, "249.77"));
  EXPECT_EQ(status_of(send("", kJson)), 400);
  EXPECT_EQ(status_of(send("\n\n", "Content-Type: application/x-ndjson\r\n")), 400);
  EXPECT_EQ(status_of(send(std::string(200000, '['), kJson)), 400);
  EXPECT_EQ(tickets, 0u);
}

TEST_F(HttpPosTest, a_bulk_of_more_than_ten_thousand_lines_is_refused_whole_whatever_they_are) {
  open();
  std::string body = kTicket;
  for (int i = 0; i < 9'999; ++i) body += "\n1";
  const std::string most = send(body + "\n\n", "Content-Type: application/x-ndjson\r\n");
  EXPECT_EQ(status_of(most), 202) << "blank lines are none";
  const std::string more = send(body + "\n1", "Content-Type: application/x-ndjson\r\n");
  EXPECT_EQ(status_of(more), 400);
  EXPECT_NE(more.find("at most 10000 tickets are allowed"), std::string::npos);
  EXPECT_EQ(tickets, 1U);
}

TEST_F(HttpPosTest, other_media_types_methods_and_paths_are_refused) {
  open();
  EXPECT_EQ(status_of(send("<POSLog/>", "Content-Type: text/xml\r\n")), 415);
  EXPECT_EQ(status_of(send(kTicket, "Content-Type: text/plain\r\n")), 415);
  EXPECT_EQ(status_of(send(kTicket, {})), 415);
  const auto wrong_method = ask(get("/v1/pos/tickets"));
  EXPECT_EQ(status_of(wrong_method), 405);
  EXPECT_TRUE(has(wrong_method, "Allow: POST"));
  EXPECT_EQ(status_of(ask(post("/v1/pos", kTicket, kJson))), 404);
}

TEST_F(HttpPosTest, while_the_store_cannot_write_tills_are_told_to_come_back) {
  open();
  desk->refuse_because("facts: disk full");
  const auto refused = send(kTicket, kJson);
  EXPECT_EQ(status_of(refused), 503);
  EXPECT_TRUE(has(refused, "Retry-After"));
  EXPECT_TRUE(has(refused, "disk full"));
  EXPECT_EQ(tickets, 0u);
  desk->refuse_because("");
  EXPECT_EQ(status_of(send(kTicket, kJson)), 202);
}

TEST_F(HttpPosTest, answers_to_nobody_are_ignored) {
  open();
  desk->answer(0, 0, {});
  desk->answer(77, 3, {});
  EXPECT_EQ(status_of(send(kTicket, kJson)), 202);
  desk->answer(1, 0, {});
}

TEST(HttpPosSender, without_keys_only_this_machine_is_heard) {
  bool asked = false;
  const auto clock = [] { return wall_ms(0); };
  PosDesk desk(clock, [&](const TicketRequest&) { asked = true; });
  HttpPos pos(HttpPosSettings{}, built_in_reader(), desk, clock);
  HttpRequest request{"POST", "/v1/pos/tickets", {{"content-type", "application/json"}}, kTicket, false};
  int status = 0;
  pos.handler()(request, [&](const HttpResponse& response) { status = response.status; });
  EXPECT_EQ(status, 403);
  EXPECT_FALSE(asked);
}

// --- pages ---------------------------------------------------------------------------------------------------------

class TabletPagesTest : public HttpServerTest {
 protected:
  TabletPagesTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tg-pages-XXXXXX").string();
    root = ::mkdtemp(pattern.data());
    std::filesystem::create_directories(root + "/dist/assets");
    write("secret.txt", "not for you");
    write("dist/.hidden", "not for you");
    write("dist/index.html", "<!doctype html>page");
    write("dist/assets/index-4f2a.js", "code()");
  }
  ~TabletPagesTest() override {
    server.reset();
    std::filesystem::remove_all(root);
  }
  void write(const std::string& name, std::string_view content) const {
    std::ofstream(root + '/' + name, std::ios::binary) << content;
  }
  void open(const std::string& assets) {
    serve(tablet_pages({assets, [] { return HttpResponse{200, "application/json", "{\"store\":\"x\"}"}; }}));
  }
  std::string root;
};

TEST_F(TabletPagesTest, serves_the_page_its_assets_and_its_configuration) {
  open(root + "/dist");
  const auto page = ask(get("/tablet/"));
  EXPECT_EQ(status_of(page), 200);
  EXPECT_EQ(body_of(page), "<!doctype html>page");
  EXPECT_TRUE(has(page, "Cache-Control: no-cache"));
  EXPECT_TRUE(has(page, "frame-ancestors 'none'"));
  EXPECT_TRUE(has(page, "nosniff"));
  const auto script = ask(get("/tablet/assets/index-4f2a.js"));
  EXPECT_TRUE(has(script, "immutable"));
  EXPECT_TRUE(has(script, "Content-Type: text/javascript"));
  EXPECT_EQ(body_of(ask(get("/tablet/config.json"))), "{\"store\":\"x\"}");
  EXPECT_TRUE(has(ask(get("/tablet")), "Location: /tablet/"));
  const auto tag = page.substr(page.find("ETag: ") + 6, 34);
  EXPECT_EQ(status_of(ask(get("/tablet/index.html", "If-None-Match: " + tag + "\r\n"))), 304);
  const auto head = ask("HEAD /tablet/ HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(has(head, "Content-Length: 19"));
  EXPECT_EQ(body_of(head), "");
}

TEST_F(TabletPagesTest, nothing_outside_the_assets_is_served) {
  open(root + "/dist");
  for (const std::string path :
       {"/tablet/../secret.txt", "/tablet/%2e%2e/secret.txt", "/tablet/assets/../../secret.txt", "/tablet/.hidden",
        "/tablet//etc/passwd", "/tablet/assets/..%2f..%2fsecret.txt", "/tablet/assets", "/tablet/nothing.js",
        "/secret.txt", "/tablet/assets/\\..\\secret.txt"}) {
    const auto answer = ask(get(path));
    EXPECT_EQ(status_of(answer), 404) << path;
    EXPECT_FALSE(has(answer, "not for you"));
  }
  EXPECT_EQ(status_of(ask(post("/tablet/", "", {}))), 405);
}

TEST_F(TabletPagesTest, a_page_that_was_never_built_says_how_to_build_it) {
  open("");
  const auto missing = ask(get("/tablet/"));
  EXPECT_EQ(status_of(missing), 404);
  EXPECT_TRUE(has(missing, "npm run build"));
}

TEST_F(HttpServerTest, probes_find_their_pages) {
  const auto page = [](int status, const char* text) {
    return [status, text] { return HttpResponse{status, "text/plain", text}; };
  };
  serve(health_pages({page(200, "alive"), page(503, "not yet"), page(200, "touchpoint_up 1")}));
  EXPECT_EQ(body_of(ask(get("/healthz"))), "alive");
  EXPECT_EQ(status_of(ask(get("/readyz"))), 503);
  EXPECT_EQ(body_of(ask(get("/metrics"))), "touchpoint_up 1");
  EXPECT_EQ(status_of(ask(get("/other"))), 404);
}

}  // namespace
}  // namespace tg
