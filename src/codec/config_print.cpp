#include "codec/config.hpp"
#include "codec/config_access.hpp"

namespace tg {

std::string print_config(const Config& config) {
  // Only text that was valid UTF-8 when it was read; `replace` keeps dump() from throwing on a Config made by hand.
  return config::collect(config::root_table(), &config).dump(2, ' ', false, config::Json::error_handler_t::replace) +
         '\n';
}

std::string print_receivers(const Config& config) {
  const auto all = config::collect(config::root_table(), &config);
  const config::Json drop_in{{"radio", {{"receivers", all["radio"]["receivers"]}}}};
  return drop_in.dump(2, ' ', false, config::Json::error_handler_t::replace) + '\n';
}

}  // namespace tg
