#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>
#include <utility>

#include "codec/config.hpp"
#include "codec/config_access.hpp"
#include "codec/config_check.hpp"
#include "codec/config_parse.hpp"
#include "codec/time_zone.hpp"

namespace tg {
namespace {

using namespace config;
using Problems = std::vector<ConfigProblem>;
using Loaded = Result<Config, Problems>;

constexpr std::size_t kMaxFileBytes = std::size_t{1} << 20;

/// One file, in the order in which they are merged.
struct Layer {
  std::string file;
  Json document;
};

struct Layers {
  std::vector<Layer> list;
  Problems problems;

  void add(const std::string& file, std::string_view text) {
    auto document = parse_document(text);
    if (document) return list.push_back({file, *std::move(document)});
    for (const auto& wrong : document.error()) problems.push_back({file, wrong.pointer, wrong.what});
  }
  void add_file(const std::string& file) {
    if (const auto text = read_file(file, kMaxFileBytes)) return add(file, *text);
    problems.push_back({file, "/", "cannot be read; must be a readable file of at most 1 MiB"});
  }
};

/// `conf.d/*.json` beside the main file, as a shell would list them.
std::vector<std::string> drop_ins(const std::string& main_file, Problems& problems) {
  const auto directory = std::filesystem::path(main_file).parent_path() / "conf.d";
  std::vector<std::string> files;
  std::error_code error;
  for (std::filesystem::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
    const auto& file = at->path();
    if (file.extension() == ".json" && !file.filename().string().starts_with('.')) files.push_back(file.string());
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    problems.push_back({directory.string(), "/", "cannot be listed; must be a readable directory or absent"});
  }
  std::sort(files.begin(), files.end());
  return files;
}

Layers read_layers(const std::string& path) {
  Layers layers;
  layers.add_file(path);
  for (const auto& file : drop_ins(path, layers.problems)) layers.add_file(file);
  return layers;
}

/// Whether a merge of `document` decides what stands at `pointer`: it holds it, or replaces something above it.
bool decides(const Json& document, std::string_view pointer) {
  const Json* node = &document;
  while (!pointer.empty() && node->is_object()) {
    pointer.remove_prefix(1);
    const auto name = pointer.substr(0, pointer.find('/'));
    const auto members = node->items();
    const auto member = std::find_if(members.begin(), members.end(),
                                     [&](const auto& m) { return "" / m.key() == "/" + std::string(name); });
    if (member == members.end()) return false;
    node = &member.value();
    pointer.remove_prefix(name.size());
  }
  return true;
}

const std::string& file_that_set(const std::vector<Layer>& layers, const std::string& pointer) {
  const auto last =
      std::find_if(layers.rbegin(), layers.rend(), [&](const Layer& l) { return decides(l.document, pointer); });
  return last == layers.rend() ? layers.front().file : last->file;
}

/// What a null stands for where it depends on other keys (contract §2).
void derive(Config& config) {
  const auto fill_in = [](std::string& value, const std::string& fallback) {
    if (value.empty()) value = fallback;
  };
  const auto name = config.store + '-' + config.gateway;
  fill_in(config.admin_socket, config.runtime_dir + "/admin.sock");
  fill_in(config.central.client_id, name);
  fill_in(config.local.client_id, name + "-local");
  fill_in(config.suggestion.holdout_salt, config.store);
}

Loaded build(Layers layers) {
  if (!layers.problems.empty()) return Unexpected{std::move(layers.problems)};
  Json merged = layers.list.front().document;
  for (std::size_t i = 1; i < layers.list.size(); ++i) merged.merge_patch(layers.list[i].document);

  auto checked = check(root_table(), merged);
  Config config;
  fill(root_table(), &config, checked.values);
  auto findings = std::move(checked.findings);
  for (auto& finding : check_relations(config)) findings.push_back(std::move(finding));
  if (findings.empty()) {
    derive(config);
    return config;
  }
  Problems problems;
  for (auto& f : findings) problems.push_back({file_that_set(layers.list, f.pointer), f.pointer, std::move(f.what)});
  return Unexpected{std::move(problems)};
}

/// Takes the sections out of a patch that need a restart, and says so.
void keep_live_sections(Layer& patch, Problems& problems) {
  Json live = Json::object();
  for (const auto& [name, section] : patch.document.items()) {
    if (std::find(kLiveSections.begin(), kLiveSections.end(), name) != kLiveSections.end())
      live[name] = section;
    else
      problems.push_back(
          {patch.file, "" / name, "cannot change without a restart; allowed are /presence, /suggestions and /zones"});
  }
  patch.document = std::move(live);
}

}  // namespace

std::string to_line(const ConfigProblem& problem) {
  return problem.file + ": " + problem.pointer + ": " + problem.what;
}

Result<Config, Problems> load_config(const std::string& path) { return build(read_layers(path)); }

Result<Config, Problems> patch_config(const std::string& path, const std::string& patch) {
  auto layers = read_layers(path);
  if (!layers.problems.empty()) return build(std::move(layers));
  layers.add("patch", patch);
  if (!layers.problems.empty()) return build(std::move(layers));
  Problems refused;
  keep_live_sections(layers.list.back(), refused);
  auto result = build(std::move(layers));
  if (refused.empty()) return result;
  if (!result) refused.insert(refused.end(), result.error().begin(), result.error().end());
  return Unexpected{std::move(refused)};
}

namespace {

std::int32_t millimetres(double metres) { return static_cast<std::int32_t>(std::lround(metres * 1000)); }

std::optional<Place> place_of(const ReceiverConfig& r) {
  if (!r.x_m || !r.y_m) return std::nullopt;
  return Place{millimetres(*r.x_m), millimetres(*r.y_m), r.z_m ? std::optional{millimetres(*r.z_m)} : std::nullopt};
}

}  // namespace

Policy Config::policy() const {
  Policy policy;
  policy.store = store;
  policy.gateway = gateway;
  policy.zones = zones;
  for (const auto& r : receivers)
    policy.receivers.push_back({ReceiverId{r.id}, ZoneId{r.zone}, r.remote, r.offset_db, place_of(r)});
  for (const auto& w : workstations) policy.workstations.insert(w.id);
  if (auto zone = TimeZone::load(timezone)) policy.calendar = zone->calendar();
  policy.presence = presence;
  policy.suggestion = suggestion;
  policy.profiles_stale_after = std::chrono::hours{profiles_stale_after_h};
  policy.central_max_rate = central.max_rate;
  policy.outbox_max_rows = outbox_max_rows;
  policy.outbox_max_bytes = outbox_max_bytes;
  policy.retain_delivered = std::chrono::hours{retain_delivered_h};
  policy.record_sightings = journal_enabled;
  return policy;
}

}  // namespace tg
