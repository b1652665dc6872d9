// The till's door as a folder (contract §6): files are taken when they are whole, end in done/, or in bad/ beside a
// .reason file, and are deleted there after a while. Owner thread: a lane of its own; start() and stop() the loop's.
// Never takes a file that still changes; never logs a file's name or content.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "adapters/lane.hpp"
#include "adapters/pos_desk.hpp"
#include "codec/pos_reader.hpp"

namespace tg {

struct PosFolderSettings {
  std::string directory;  ///< made if it is missing
  std::chrono::hours keep{24};
};

class PosFolder {
 public:
  /// `desk` outlives this.
  PosFolder(PosFolderSettings settings, std::shared_ptr<const PosReader> reader, PosDesk& desk);
  ~PosFolder();  ///< stops

  void start();
  void stop();
  [[nodiscard]] bool answering() const { return lane_.answering(); }

 private:
  using Path = std::filesystem::path;
  using Clock = std::chrono::steady_clock;
  /// A file as it was at the last look.
  struct Seen {
    std::uintmax_t bytes = 0;
    std::filesystem::file_time_type written;
    Clock::time_point since;  ///< unchanged
    Clock::time_point tried;  ///< read and not understood so far
    bool listed = false;
  };
  /// The file that is being handed in, some tickets at a time.
  struct Job {
    Path file;
    TicketBatch batch;
    std::size_t next = 0;              ///< the first ticket that is not handed in yet
    std::vector<std::string> reasons;  ///< why the file ends in bad/
  };

  Millis turn();
  void look();
  void complain(const std::string& reason);
  void watch(const Path& file);
  [[nodiscard]] std::optional<Path> whole_file();
  void take(const Path& file);
  void hand_in();
  void answered(const std::vector<TicketAnswer>& answers);
  void finish();
  void put_away(const Path& file, const char* folder, const std::string& reason);
  void clean_up();
  void complain_once(const std::string& what);

  const PosFolderSettings settings_;
  const std::shared_ptr<const PosReader> reader_;
  PosDesk& desk_;
  std::map<std::string, Seen> seen_;
  std::optional<Job> job_;
  std::optional<Clock::time_point> asked_;  ///< when the tickets that wait for their commit were handed in
  Clock::time_point cleaned_{};
  std::string complained_;
  std::shared_ptr<struct PosFolderMailbox> mailbox_;  ///< answers come from the loop, even after stop()
  Lane lane_;                                         ///< last: its thread uses what is above
};

}  // namespace tg
