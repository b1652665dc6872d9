// The admin socket: whole lines whatever the pieces, one request at a time, limits, and the stale file of a dead
// daemon.
#include "adapters/admin_socket.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <thread>

#include "adapters/admin_client.hpp"
#include "adapters/unix_address.hpp"

namespace tg {
namespace {

using namespace std::chrono_literals;

class AdminSocketTest : public testing::Test {
 protected:
  AdminSocketTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tg-admin-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    path_ = directory_ + "/admin.sock";
  }
  ~AdminSocketTest() override {
    for (const int fd : fds_) ::close(fd);
    std::filesystem::remove_all(directory_);
  }

  void open() {
    auto opened = AdminSocket::open(loop_, path_, [this](std::string line, AdminReply reply) {
      requests_.push_back(std::move(line));
      replies_.push_back(std::move(reply));
    });
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    socket_ = std::move(*opened);
  }

  int connect() {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const auto address = unix_address(path_);
    EXPECT_EQ(::connect(fd, as_sockaddr(&*address), sizeof *address), 0);
    fds_.push_back(fd);
    return fd;
  }
  /// Sends while the loop turns, as far as the socket takes it.
  void say(int fd, std::string_view text) {
    while (!text.empty()) {
      const auto sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent > 0) text.remove_prefix(static_cast<std::size_t>(sent));
      if (sent < 0 && errno != EAGAIN) return;
      settle();
    }
  }
  /// One answer with its newline, or what came before the end of the stream.
  std::string hear(int fd) {
    std::string out;
    const auto deadline = std::chrono::steady_clock::now() + 5s;
    while (std::chrono::steady_clock::now() < deadline) {
      std::array<char, 64 << 10> bytes;
      const auto got = ::read(fd, bytes.data(), bytes.size());
      if (got == 0) return out;
      if (got > 0) out.append(bytes.data(), static_cast<std::size_t>(got));
      if (got > 0 && out.back() == '\n') return out;
      if (got < 0) loop_.turn(Millis{5});
    }
    ADD_FAILURE() << "no answer; so far: " << out;
    return out;
  }
  void settle() {
    while (loop_.turn(Millis{0})) {
    }
  }

  EventLoop loop_;
  std::string directory_, path_;
  std::vector<std::string> requests_;
  std::vector<AdminReply> replies_;
  std::vector<int> fds_;
  std::unique_ptr<AdminSocket> socket_;
};

TEST_F(AdminSocketTest, a_line_in_pieces_is_one_request_and_gets_one_answer) {
  open();
  const int client = connect();
  for (const std::string_view piece : {"{\"ask\":", "\"sta", "tus\"}", "\n"}) say(client, piece);
  settle();
  ASSERT_EQ(requests_, (std::vector<std::string>{"{\"ask\":\"status\"}"}));
  replies_[0]("{\"ok\":true}");
  EXPECT_EQ(hear(client), "{\"ok\":true}\n");
}

TEST_F(AdminSocketTest, a_second_request_waits_for_the_first_answer) {
  open();
  const int client = connect();
  say(client, "one\ntwo\n");
  settle();
  ASSERT_EQ(requests_.size(), 1u);
  replies_[0]("1");
  EXPECT_EQ(hear(client), "1\n");
  ASSERT_EQ(requests_.size(), 2u);
  replies_[1]("2");
  EXPECT_EQ(hear(client), "2\n");
}

TEST_F(AdminSocketTest, an_answer_that_comes_twice_or_after_the_client_is_ignored) {
  open();
  const int client = connect();
  say(client, "one\n");
  settle();
  replies_[0]("1");
  replies_[0]("again");
  EXPECT_EQ(hear(client), "1\n");
  const int leaver = connect();
  say(leaver, "two\n");
  settle();
  ::shutdown(leaver, SHUT_RDWR);
  settle();
  replies_[1]("2");
  socket_.reset();
  replies_[1]("late");
}

TEST_F(AdminSocketTest, a_client_that_only_stops_talking_still_gets_its_answer) {
  open();
  const int client = connect();
  say(client, "one\n");
  ::shutdown(client, SHUT_WR);
  settle();
  replies_.at(0)(std::string(3 << 20, 'x'));
  EXPECT_EQ(hear(client).size(), (3u << 20) + 1);
  EXPECT_EQ(hear(client), "");
}

TEST_F(AdminSocketTest, an_endless_line_is_refused_at_the_limit) {
  open();
  const int client = connect();
  say(client, std::string(AdminSocket::kMaxLine + (256 << 10), 'x'));
  EXPECT_NE(hear(client).find("at most 1 MiB"), std::string::npos);
  EXPECT_TRUE(requests_.empty());
}

TEST_F(AdminSocketTest, the_seventeenth_client_is_turned_away_and_a_place_becomes_free_again) {
  open();
  std::vector<int> clients;
  for (std::size_t i = 0; i < AdminSocket::kMaxClients; ++i) clients.push_back(connect());
  settle();
  EXPECT_NE(hear(connect()).find("too many clients"), std::string::npos);
  ::shutdown(clients[0], SHUT_RDWR);
  settle();
  const int next = connect();
  say(next, "hello\n");
  settle();
  EXPECT_EQ(requests_.size(), 1u);
}

TEST_F(AdminSocketTest, a_stale_file_is_replaced_and_a_living_daemon_is_not) {
  {
    const int dead = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto address = unix_address(path_);
    ASSERT_EQ(::bind(dead, as_sockaddr(&*address), sizeof *address), 0);
    ::close(dead);  // the file stays, as after kill -9
  }
  open();
  struct stat info {};
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0660u);
  const auto second = AdminSocket::open(loop_, path_, [](const std::string&, const AdminReply&) {});
  ASSERT_FALSE(second.has_value());
  EXPECT_NE(second.error().message.find("another daemon"), std::string::npos);
}

TEST_F(AdminSocketTest, a_file_that_is_no_socket_is_left_alone) {
  ::close(::open(path_.c_str(), O_CREAT | O_WRONLY, 0600));
  EXPECT_FALSE(AdminSocket::open(loop_, path_, [](const std::string&, const AdminReply&) {}).has_value());
  EXPECT_TRUE(std::filesystem::is_regular_file(path_));
}

TEST_F(AdminSocketTest, the_cli_client_asks_and_tells_an_absent_daemon_from_a_broken_one) {
  const auto nobody = AdminClient::connect(path_);
  ASSERT_FALSE(nobody.has_value());
  EXPECT_TRUE(nobody.error().not_reachable);

  auto opened = AdminSocket::open(
      loop_, path_, [](const std::string& line, const AdminReply& reply) { reply("{\"echo\":\"" + line + "\"}"); });
  ASSERT_TRUE(opened.has_value());
  std::string first, second;
  std::atomic<bool> done = false;
  std::thread cli([&] {
    auto client = AdminClient::connect(path_);
    first = *client->request("a", 5s);
    second = *client->request("b", 5s);
    done = true;
  });
  while (!done) loop_.turn(Millis{5});
  cli.join();
  EXPECT_EQ(first, "{\"echo\":\"a\"}");
  EXPECT_EQ(second, "{\"echo\":\"b\"}");

  auto client = AdminClient::connect(path_);
  ASSERT_TRUE(client.has_value());
  opened->reset();
  const auto cut = client->request("c", 1s);
  ASSERT_FALSE(cut.has_value());
  EXPECT_FALSE(cut.error().not_reachable);
}

}  // namespace
}  // namespace tg
