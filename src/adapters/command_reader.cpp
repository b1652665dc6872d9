#include "adapters/command_reader.hpp"

#include <atomic>
#include <functional>
#include <mutex>
#include <utility>
#include <variant>

#include "adapters/lane.hpp"
#include "base/bounded_queue.hpp"
#include "codec/messages.hpp"

namespace tg {
namespace {

constexpr std::size_t kMostUnread = 3072;
constexpr std::size_t kMostUnreadBytes = 16U << 20U;
constexpr std::size_t kMostAheadBytes = 4U << 20U;
constexpr Millis kIdle{2'000};

struct Unread {
  std::string name;
  std::string payload;
};

/// Bytes of payload whose rows are alive. Outlives the reader as long as any of them.
class Ahead {
 public:
  explicit Ahead(std::function<void()> less) : less_(std::move(less)) {}
  [[nodiscard]] bool far() const { return bytes_ > kMostAheadBytes; }
  void add(std::size_t bytes) { bytes_ += bytes; }
  void take(std::size_t bytes) {
    bytes_ -= bytes;
    const std::scoped_lock lock(mutex_);
    if (less_) less_();
  }
  void close() {
    const std::scoped_lock lock(mutex_);
    less_ = {};
  }

 private:
  std::atomic<std::size_t> bytes_{0};
  std::mutex mutex_;
  std::function<void()> less_;
};

/// Rows that give their bytes back when the last owner lets them go.
std::shared_ptr<const DataRows> counted(std::shared_ptr<const DataRows> rows, const std::shared_ptr<Ahead>& ahead,
                                        std::size_t bytes) {
  if (!rows) return rows;
  ahead->add(bytes);
  const DataRows* const them = rows.get();
  return {them, [rows = std::move(rows), ahead, bytes](const DataRows*) mutable {
            rows.reset();
            ahead->take(bytes);
          }};
}

}  // namespace

class CommandReader::Impl {
 public:
  explicit Impl(EventPost post)
      : post_(std::move(post)),
        ahead_(std::make_shared<Ahead>([this] { lane_.wake(); })),
        queue_(kMostUnread, WhenFull::refuse, [this] { lane_.wake(); }),
        lane_([this] { return turn(); }) {}

  bool submit(Unread command) {
    const std::size_t size = command.payload.size();
    if (unread_bytes_ > 0 && unread_bytes_ + size > kMostUnreadBytes) return false;
    unread_bytes_ += size;
    if (queue_.post(std::move(command))) return true;
    unread_bytes_ -= size;
    return false;
  }
  void start() { lane_.start("commands"); }
  void stop() {
    closed_ = true;
    queue_.close();
    ahead_->close();
    lane_.wake();
    lane_.stop();
  }
  [[nodiscard]] bool answering() const { return lane_.answering(); }

 private:
  Millis turn() {
    if (closed_ || ahead_->far()) return kIdle;
    auto commands = queue_.take_some(1);
    if (commands.empty()) return kIdle;
    read(commands.front());
    return Millis{0};
  }

  void read(const Unread& unread) {
    const std::size_t size = unread.payload.size();
    Command command = decode_command(unread.name, unread.payload);
    if (auto* part = std::get_if<SnapshotPart>(&command.body))
      part->rows = counted(std::move(part->rows), ahead_, size);
    if (auto* delta = std::get_if<Delta>(&command.body))
      delta->upserts = counted(std::move(delta->upserts), ahead_, size);
    unread_bytes_ -= size;
    post_(event::CommandArrived{std::move(command)});
  }

  const EventPost post_;
  const std::shared_ptr<Ahead> ahead_;
  std::atomic<std::size_t> unread_bytes_{0};  ///< raised by the loop only
  std::atomic<bool> closed_{false};
  BoundedQueue<Unread> queue_;
  Lane lane_;  // last: its thread ends before what it uses
};

CommandReader::CommandReader(EventPost post) : impl_(std::make_unique<Impl>(std::move(post))) {}
CommandReader::~CommandReader() { stop(); }

void CommandReader::start() { impl_->start(); }
void CommandReader::stop() { impl_->stop(); }
bool CommandReader::answering() const { return impl_->answering(); }
bool CommandReader::read(std::string name, std::string payload) {
  return impl_->submit({std::move(name), std::move(payload)});
}

}  // namespace tg
