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

/// Both patches in one, the later one on top. Unlike a merge it keeps a null: that still has to remove something.
Json laid_over(Json former, const Json& later) {
  for (const auto& [key, value] : later.items()) {
    Json& held = former[key];
    held = value.is_object() && held.is_object() ? laid_over(std::move(held), value) : value;
  }
  return former;
}

/// Nothing, where there is none.
Result<std::optional<Layer>, Problems> read_patch(const std::string& file) {
  std::error_code error;
  const bool there = std::filesystem::exists(file, error);
  if (!there && !error) return std::optional<Layer>{};
  Layers one;
  one.add_file(file);
  if (!one.problems.empty()) return Unexpected{std::move(one.problems)};
  return std::optional{std::move(one.list.front())};
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

/// What is wrong with the patch is told together, with what may not be in it first.
Loaded build_with(Layers layers, Layer patch) {
  Problems refused;
  keep_live_sections(patch, refused);
  layers.list.push_back(std::move(patch));
  auto result = build(std::move(layers));
  if (refused.empty()) return result;
  if (!result) refused.insert(refused.end(), result.error().begin(), result.error().end());
  return Unexpected{std::move(refused)};
}

}  // namespace

std::string to_line(const ConfigProblem& problem) {
  return problem.file + ": " + problem.pointer + ": " + problem.what;
}

std::string patch_file(const Config& config) { return config.state_dir + "/config.patch.json"; }

Result<Config, Problems> load_config(const std::string& path) {
  const Layers layers = read_layers(path);
  auto config = build(layers);
  if (!config) return config;
  auto patch = read_patch(patch_file(*config));
  if (!patch) config->patch_problems = patch.error();
  if (!patch || !*patch) return config;
  auto patched = build_with(layers, std::move(**patch));
  if (patched) return patched;
  config->patch_problems = patched.error();
  return config;
}

Result<PatchedConfig, Problems> patch_config(const std::string& path, const std::string& patch) {
  const Layers layers = read_layers(path);
  const auto config = build(layers);
  if (!config) return Unexpected{config.error()};
  Layers wanted;
  wanted.add("patch", patch);
  if (!wanted.problems.empty()) return Unexpected{std::move(wanted.problems)};
  Layer& layer = wanted.list.front();
  const auto former = read_patch(patch_file(*config));
  const bool useless = !former || (*former && !build_with(layers, **former));
  if (!useless && *former) layer.document = laid_over((*former)->document, layer.document);
  std::string stored = layer.document.dump(2) + '\n';
  if (stored.size() > kMaxFileBytes)
    return Unexpected{Problems{{"patch", "/", "all patches together have at most 1 MiB"}}};
  auto patched = build_with(layers, std::move(layer));
  if (!patched) return Unexpected{patched.error()};
  return PatchedConfig{std::move(*patched), std::move(stored), useless};
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
