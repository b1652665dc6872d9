#include "sim/store_plan.hpp"

#include <cmath>
#include <cstdlib>

#include "sim/random.hpp"

namespace tg::sim {
namespace {

std::vector<std::pair<std::int32_t, std::int32_t>> corners_mm(const Box& b) {
  const auto mm = [](double metres) { return static_cast<std::int32_t>(std::lround(metres * 1000)); };
  return {{mm(b.x0), mm(b.y0)}, {mm(b.x1), mm(b.y0)}, {mm(b.x1), mm(b.y1)}, {mm(b.x0), mm(b.y1)}};
}

}  // namespace

int StorePlan::zone_at(Point p) const {
  for (std::size_t i = 0; i < zones.size(); ++i) {
    if (zones[i].area.contains(p)) return static_cast<int>(i);
  }
  return -1;
}

int StorePlan::zone(std::string_view id) const {
  for (std::size_t i = 0; i < zones.size(); ++i) {
    if (zones[i].id == id) return static_cast<int>(i);
  }
  return -1;
}

const Passage& StorePlan::door() const {
  for (const auto& passage : passages) {
    if (passage.from.empty()) return passage;
  }
  std::abort();  // a plan without a door is no store
}

StorePlan as_built(StorePlan plan, std::uint64_t seed) {
  Random random = Random(seed).part(0x6275696c74U);
  plan.path_loss += random.between(-0.25, 0.25);
  plan.reference_dbm += random.between(-2, 2);
  plan.air_rate *= random.between(0.5, 1.5);
  for (auto& wall : plan.walls) wall.loss_db *= random.between(0.6, 1.4);
  for (auto& r : plan.receivers) {
    // Measured with a tape; those of the street stay on their side of the facade.
    const double wrong = plan.zone_at(r.place) < 0 ? 0 : 0.3;
    r.place = r.place + Point{random.between(-wrong, wrong), random.between(-wrong, wrong)};
    r.z_m += random.normal(0.1);
  }
  return plan;
}

Config configuration(const StorePlan& plan, bool map) {
  Config c;
  c.store = plan.name;
  c.gateway = "gw-1";
  c.timezone = "Europe/Paris";
  c.languages = {"fr", "en"};
  c.admin_socket = c.runtime_dir + "/admin.sock";
  c.central.url = c.local.url = "mqtt://127.0.0.1:1883";
  c.central.client_id = plan.name + "-gw-1";
  c.local.client_id = plan.name + "-gw-1-local";
  c.suggestion.holdout_salt = c.store;
  c.suggestion.holdout_percent = 0;
  for (const auto& zone : plan.zones) {
    c.zones.push_back({ZoneId{zone.id}, zone.kind, {}, {}});
    if (map) c.zones.back().area_mm = corners_mm(zone.area);
  }
  c.zones.push_back({ZoneId{"street"}, ZoneKind::street, {}, {}});
  for (const auto& receiver : plan.receivers) {
    ReceiverConfig r;
    r.id = receiver.id;
    r.zone = receiver.zone;
    r.remote = receiver.batch_ms > 0;
    if (map) {
      r.x_m = receiver.place.x;
      r.y_m = receiver.place.y;
      r.z_m = receiver.z_m;
    }
    c.receivers.push_back(r);
  }
  return c;
}

}  // namespace tg::sim
