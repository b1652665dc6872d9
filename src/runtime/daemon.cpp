#include "runtime/daemon.hpp"

#include <malloc.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <memory>

#include "adapters/admin_socket.hpp"
#include "adapters/bluez_peripheral.hpp"
#include "adapters/bluez_radio.hpp"
#include "adapters/command_reader.hpp"
#include "adapters/config_file.hpp"
#include "adapters/event_loop.hpp"
#include "adapters/http_local.hpp"
#include "adapters/http_pos.hpp"
#include "adapters/http_server.hpp"
#include "adapters/journal_file.hpp"
#include "adapters/link_process.hpp"
#include "adapters/pos_desk.hpp"
#include "adapters/pos_folder.hpp"
#include "adapters/sqlite_cache.hpp"
#include "adapters/sqlite_facts.hpp"
#include "base/log.hpp"
#include "base/page_cipher.hpp"
#include "codec/pos_reader.hpp"
#include "runtime/clock.hpp"
#include "runtime/credentials.hpp"
#include "runtime/door_settings.hpp"
#include "runtime/gateway.hpp"
#include "runtime/inbox.hpp"
#include "runtime/waiting_room.hpp"

namespace tg {
namespace {

constexpr std::size_t kInboxLimit = 256;
constexpr Millis kLookAtCredentials{1'000};
constexpr Millis kReadCertificates{3'600'000};
constexpr std::int64_t kFactsRoom =
    64 << 20;  // beside the events: visits, tickets, what class keep needs above its limit
constexpr const char* kInstalledPage = "/usr/share/touchpoint-gateway/tablet";

/// A million keys arrive in slices from another thread and tables of 13 MB come and go: without this, malloc keeps an
/// arena a thread and what was freed in it (measured: 180 MB resident instead of 130).
void keep_memory_flat() {
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, 128 * 1024);
  mallopt(M_TRIM_THRESHOLD, 128 * 1024);
}

WallTime wall_now() {
  return std::chrono::time_point_cast<Millis>(
      WallTime{std::chrono::duration_cast<Millis>(std::chrono::system_clock::now().time_since_epoch())});
}

std::uint64_t random_seed() {
  std::uint64_t seed = 0;
  if (getrandom(&seed, sizeof seed, 0) != sizeof seed) seed = static_cast<std::uint64_t>(unix_ms(wall_now()));
  return seed;
}

const char* name_of(Link link) { return link == Link::central ? "central" : "local"; }

/// Everything with a thread, a process or a file behind it. Members are destroyed bottom up: doors before the loop.
class Daemon {
 public:
  Daemon(Config config, const std::string& path) : config_(std::move(config)), file_(path, patched()) {}

  int run() {
    keep_memory_flat();
    set_log_prefix(config_.log_format == "journal" ||
                   (config_.log_format == "auto" && getenv("JOURNAL_STREAM") != nullptr));
    set_log_level(config_.log_level == "debug"     ? LogLevel::debug
                  : config_.log_level == "warning" ? LogLevel::warning
                  : config_.log_level == "error"   ? LogLevel::error
                                                   : LogLevel::info);
    const auto open = [this]() -> Result<void> {
      if (auto dirs = make_directories(); !dirs) return dirs;
      return open_stores();
    };
    if (!wait_until_open(config_, open)) return 0;
    const auto started = start();
    if (!started) {
      log(LogLevel::error, "start", started.error().message);
      return 1;
    }
    log(LogLevel::info, "start", "touchpointd " + std::string(version()) + " is running");
    notify_service_manager("READY=1");
    const int code = loop_.run();
    stop();
    return code;
  }

 private:
  Result<void> start() {
    watch_signals();  // before the first thread, which inherits the mask
    auto restored = facts_->restore();
    if (!restored) return fail(restored.error().message);
    restored->profiles_updated_at = cache_->profiles_updated_at();
    restored->jitter_seed = random_seed();
    commands_ = std::make_unique<CommandReader>(event_post());
    make_links();
    if (auto pos = make_pos(); !pos) return pos;
    if (auto radio = radio_config(config_); !radio.receivers.empty()) make_radio(std::move(radio));
    open_journal();
    gateway_ = std::make_unique<Gateway>(
        loop_, config_,
        Doors{facts_.get(), cache_.get(), commands_.get(), central_.get(), local_.get(), desk_.get(), dialects_.get(),
              radio_.get(), peripheral_.get(), journal_.get(), &file_},
        poster(), Clock{newest(*restored), config_.require_sync}, born_);
    if (auto http = serve_http(); !http) return http;
    if (auto admin = open_admin(); !admin) return admin;
    facts_->start();
    cache_->start();
    commands_->start();
    file_.start();
    if (folder_) folder_->start();
    gateway_->start(std::move(*restored), findings());
    watch_credentials();
    feed_watchdog();
    return {};
  }

  /// Doors close from the outside in: nothing new comes, what is known is written, then the links say goodbye.
  void stop() {
    notify_service_manager("STOPPING=1");
    admin_.reset();
    http_.reset();
    local_.reset();
    central_.reset();
    inbox_.close();
    if (folder_) folder_->stop();
    commands_->stop();
    file_.stop();
    facts_->stop();
    cache_->stop();
  }

  static WallTime newest(const event::Restored& restored) {
    WallTime newest =
        std::max(restored.profiles_updated_at.value_or(WallTime{}), restored.newest_event_at.value_or(WallTime{}));
    for (const auto& visit : restored.open_visits) newest = std::max(newest, visit.last_sighting);
    return newest;
  }

  [[nodiscard]] std::string unpatched() const {
    log_problems(config_.patch_problems);
    return config_.patch_problems.empty() ? "" : "what central changed of the configuration is not in force";
  }

  /// What the two files had to be cured of, and what is not as central wants it, for the status screen.
  [[nodiscard]] std::string findings() const {
    std::string all;
    for (const auto& finding : {facts_->finding(), cache_->finding(), unpatched()}) {
      if (!finding.empty()) all += (all.empty() ? "" : "; ") + finding;
    }
    return all;
  }

  Result<void> make_directories() {
    for (const auto& dir : {config_.state_dir, config_.runtime_dir}) {
      std::error_code error;
      std::filesystem::create_directories(dir, error);
      if (error) return fail(dir + ": " + error.message());
    }
    chmod(config_.state_dir.c_str(), 0700);
    return {};
  }

  /// With a key, no process of this user may look into this one, and no core file is written of it.
  std::shared_ptr<const AtRestKeys> at_rest_keys() const {
    if (!config_.at_rest_key) return nullptr;
    prctl(PR_SET_DUMPABLE, 0);
    auto keys = parse_at_rest_keys(*config_.at_rest_key);  // checked with the configuration
    return keys ? std::make_shared<const AtRestKeys>(std::move(*keys)) : nullptr;
  }

  Result<void> open_stores() {
    cache_.reset();  // of an attempt before: never two connections to one file
    facts_.reset();
    const auto keys = at_rest_keys();
    SqliteFacts::Settings facts;
    facts.keys = keys;
    facts.path = config_.state_dir + "/facts.db";
    facts.store = config_.store;
    facts.source = config_.policy().source();
    facts.topic_prefix = config_.central_prefix();
    facts.lived_before = std::filesystem::exists(config_.state_dir + "/cache.db");
    const bool facts_there = std::filesystem::exists(facts.path);
    facts.max_bytes = 2 * config_.outbox_max_bytes + kFactsRoom;
    facts.alarm = [](const std::string& cause) {
      log(LogLevel::error, "store", cause.empty() ? "writes again" : cause);
    };
    facts.fatal = [this](const std::string& cause) {
      log(LogLevel::error, "store", cause + ": only a new start can help");
      inbox_.post([this] { loop_.exit(1); });
    };
    auto opened_facts = SqliteFacts::open(std::move(facts), event_post());
    if (!opened_facts) return fail(opened_facts.error().message);
    facts_ = std::move(*opened_facts);
    SqliteCache::Settings cache;
    cache.keys = keys;
    cache.path = config_.state_dir + "/cache.db";
    cache.lived_before = facts_there;
    cache.max_members = config_.profiles_max_members;
    cache.alarm = [](const std::string& cause) {
      log(LogLevel::error, "store", cause.empty() ? "writes again" : cause);
    };
    auto opened_cache = SqliteCache::open(std::move(cache), event_post());
    if (!opened_cache) return fail(opened_cache.error().message);
    cache_ = std::move(*opened_cache);
    return {};
  }

  /// A recording is a convenience: without it the shop goes on.
  void open_journal() {
    if (!config_.journal_enabled) return;
    auto journal = JournalFile::open(config_.runtime_dir, config_.journal_max_bytes);
    if (!journal) return log(LogLevel::error, "journal", "nothing is recorded: " + journal.error().message);
    journal_ = std::move(*journal);
  }

  void make_links() {
    central_ = std::make_unique<LinkProcess>(loop_, "central", central_settings(config_, born_),
                                             [this](LinkReport r) { gateway_->on_link(Link::central, r); });
    local_ = std::make_unique<LinkProcess>(loop_, "local", local_settings(config_, born_),
                                           [this](LinkReport r) { gateway_->on_link(Link::local, r); });
  }

  void make_radio(BluezRadioConfig config) {
    if (config_.beacon_enabled || config_.checkin_enabled) {
      peripheral_ =
          std::make_unique<BluezPeripheral>(loop_, peripheral_config(config_, config),
                                            [this](const event::CheckinOffered& offer) { gateway_->on_event(offer); });
      config.sends_beacon = [this](std::uint16_t receiver) { return peripheral_->sends_beacon(receiver); };
      config.on_adapter = [this](std::uint16_t receiver, const std::string& path) { peripheral_->use(receiver, path); };
    }
    radio_ = std::make_unique<BluezRadio>(
        loop_, std::move(config),
        [this](std::uint16_t receiver, const Eid& eid, RssiDbm rssi) { gateway_->on_advert(receiver, eid, rssi); });
  }

  Result<void> make_pos() {
    auto reader = PosReader::open(config_);
    if (!reader) return fail(reader.error().message);
    dialects_ = std::make_shared<const PosReader>(std::move(*reader));
    desk_ = std::make_unique<PosDesk>(
        wall_now,
        [this](TicketRequest request) { inbox_.post([this, r = std::move(request)] { gateway_->on_tickets(r); }); },
        [post = event_post()](std::string workstation, std::string cause) {
          post(event::BodyRefused{std::move(workstation), std::move(cause)});
        });
    pos_ = std::make_unique<HttpPos>(HttpPosSettings{config_.pos_keys, config_.pos_clock_skew}, dialects_, *desk_,
                                     wall_now);
    if (config_.inbox_directory)
      folder_ = std::make_unique<PosFolder>(
          PosFolderSettings{*config_.inbox_directory, std::chrono::hours{config_.inbox_keep_h}}, dialects_, *desk_);
    return {};
  }

  enum Listener : std::size_t { kTills, kProbes, kTablets };

  Result<void> serve_http() {
    const HttpSnapshot tablet = [json = gateway_->tablet_config()] {
      return HttpResponse{200, "application/json", json, {{"Cache-Control", "no-store"}}};
    };
    std::vector<HttpListener> listeners;
    listeners.push_back({config_.pos_listen, config_.pos_tls, pos_->handler()});
    listeners.push_back(
        {config_.http_listen, std::nullopt,
         health_pages({[this] { return healthz(); }, [this] { return readyz(); }, [this] { return metrics(); }})});
    listeners.push_back({config_.tablet_listen, config_.tablet_tls,
                         tablet_pages({config_.tablet_assets.value_or(kInstalledPage), tablet})});
    auto server = HttpServer::start(std::move(listeners));
    if (!server) return fail(server.error().message);
    http_ = std::move(*server);
    return {};
  }

  HttpResponse healthz() {
    Pages& pages = gateway_->pages();
    const std::scoped_lock lock(pages.mutex);
    const auto now = std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now().time_since_epoch());
    const bool turns = now - pages.turned.time_since_epoch() < Seconds{10};
    return {turns ? 200 : 503, "application/json", turns ? "{\"alive\":true}" : "{\"alive\":false}"};
  }
  HttpResponse readyz() {
    Pages& pages = gateway_->pages();
    const std::scoped_lock lock(pages.mutex);
    return {pages.ready ? 200 : 503, "application/json", pages.ready_json};
  }
  HttpResponse metrics() {
    Pages& pages = gateway_->pages();
    const std::scoped_lock lock(pages.mutex);
    return {200, "text/plain; version=0.0.4", pages.metrics_text};
  }

  Result<void> open_admin() {
    auto admin = AdminSocket::open(
        loop_, config_.admin_socket,
        [this](const std::string& line, const AdminReply& reply) { gateway_->on_admin(line, reply); });
    if (!admin) return fail(admin.error().message);
    admin_ = std::move(*admin);
    return {};
  }

  void watch_signals() {
    for (const int number : {SIGTERM, SIGINT}) {
      signals_.push_back(loop_.add_signal(number, [this] {
        gateway_->stop();  // while the loop still turns: a finished one watches nothing any more
        loop_.exit(0);
      }));
    }
    signals_.push_back(loop_.add_signal(SIGHUP, [this] { reload(); }));
  }

  ConfigFile::Answer patched() {
    return [this](event::ConfigPatched answer, const std::optional<Config>& fresh) {
      inbox_.post([this, answer = std::move(answer), fresh] {
        if (fresh) gateway_->reconfigure(*fresh);
        gateway_->on_event(answer);
      });
    };
  }

  void reload() {
    const auto fresh = file_.reread();
    if (!fresh) return;
    gateway_->reconfigure(*fresh);
    renew(Link::central, *fresh);
    renew(Link::local, *fresh);
  }

  // --- credentials ---------------------------------------------------------------------------------------------------

  /// Whoever renews a file need not tell: the next look but one connects anew.
  void watch_credentials() {
    look_ = loop_.add_timer([this] {
      for (const Holder holder : kHolders) {
        const auto news = credentials_.look(holder, config_);
        if (news != Credentials::News::none) next_reading_ = {};
        if (news == Credentials::News::renewed) use_renewed(holder);
      }
      const MonoTime now = loop_.now().mono;
      if (now >= next_reading_) {
        next_reading_ = now + kReadCertificates;
        gateway_->certificates(Credentials::read(config_));
      }
      look_.arm_at(now + kLookAtCredentials);
    });
    look_.arm_at(loop_.now().mono);
  }

  void use_renewed(Holder holder) {
    if (holder == Holder::tills) return http_->renew(kTills);
    if (holder == Holder::tablets) return http_->renew(kTablets);
    const Link link = holder == Holder::central ? Link::central : Link::local;
    log(LogLevel::info, name_of(link), "its credentials were renewed: connecting again");
    if (const auto fresh = file_.reread()) renew(link, *fresh, true);
  }

  /// Of a link only the credentials change without a restart.
  void renew(Link link, const Config& fresh, bool files = false) {
    LinkConfig& mine = link == Link::central ? config_.central : config_.local;
    const LinkConfig& other = link == Link::central ? fresh.central : fresh.local;
    const LinkSettings before = settings_for(link);
    mine.username = other.username;
    mine.password = other.password;
    mine.password_file = other.password_file;
    mine.ca_file = other.ca_file;
    mine.cert_file = other.cert_file;
    mine.key_file = other.key_file;
    next_reading_ = {};
    if (!files && settings_for(link) == before) return;
    if (!files) {  // else they are known as they were looked at: what came since is news
      credentials_.know(link == Link::central ? Holder::central : Holder::local, config_);
    }
    (link == Link::central ? *central_ : *local_).renew(settings_for(link));
  }

  LinkSettings settings_for(Link link) const {
    return link == Link::central ? central_settings(config_, born_) : local_settings(config_, born_);
  }

  /// Fed only while every lane answers.
  void feed_watchdog() {
    const auto period = watchdog_period();
    if (!period) return;
    watchdog_ = loop_.add_timer([this, period] {
      const bool all = facts_->health().answering && cache_->health().answering && commands_->answering() &&
                       file_.answering() && http_->alive() && (!folder_ || folder_->answering());
      if (all) notify_service_manager("WATCHDOG=1");
      watchdog_.arm_at(loop_.now().mono + *period);
    });
    watchdog_.arm_at(loop_.now().mono);
  }

  std::function<void(std::function<void()>)> poster() {
    return [this](std::function<void()> work) { inbox_.post(std::move(work)); };
  }
  EventPost event_post() {
    return [this](Event event) {
      inbox_.post([this, e = std::make_shared<Event>(std::move(event))] { gateway_->on_event(*e); });
    };
  }

  Config config_;
  ConfigFile file_;
  Credentials credentials_{config_};
  EventLoop loop_;
  const Stamp born_ = loop_.now();  ///< names this session on both links
  std::vector<EventSource> signals_;
  TimerSource watchdog_, look_;
  MonoTime next_reading_{};  ///< of the certificates
  std::unique_ptr<SqliteFacts> facts_;
  std::unique_ptr<SqliteCache> cache_;
  std::unique_ptr<CommandReader> commands_;
  std::shared_ptr<const PosReader> dialects_;
  std::unique_ptr<PosDesk> desk_;
  std::unique_ptr<HttpPos> pos_;
  std::unique_ptr<JournalFile> journal_;
  std::unique_ptr<Gateway> gateway_;
  Inbox inbox_{loop_, kInboxLimit};
  std::unique_ptr<BluezPeripheral> peripheral_;  ///< outlives the radio, which tells it the adapters
  std::unique_ptr<BluezRadio> radio_;
  std::unique_ptr<LinkProcess> central_;
  std::unique_ptr<LinkProcess> local_;
  std::unique_ptr<HttpServer> http_;
  std::unique_ptr<PosFolder> folder_;
  std::unique_ptr<AdminSocket> admin_;
};

}  // namespace

std::string_view version() { return TOUCHPOINT_VERSION; }

int run_daemon(Config config, const std::string& config_path) { return Daemon(std::move(config), config_path).run(); }

int run_link_role() { return run_link(kLinkFd); }

}  // namespace tg
