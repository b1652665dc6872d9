// Invented tickets with the quirks of real files: what a till of each dialect writes, and how it is read.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "codec/dialect_ticket.hpp"
#include "codec/dialects.hpp"
#include "codec/pos_reader.hpp"

namespace tg::test {

inline const Dialects& built_in() {
  static const Dialects all = *Dialects::load(std::nullopt);
  return all;
}

inline Result<Understood> read_as(const std::string& dialect, const std::string& bytes,
                                  const std::string& zone = "UTC") {
  const Dialect* d = built_in().find(dialect);
  if (d == nullptr) return fail("no dialect " + dialect);
  const auto tree = d->format == DialectFormat::xml ? read_pos_xml(bytes) : read_pos_json(bytes);
  if (!tree) return fail(tree.error().message);
  return understand(*tree, *d, {"paris-042", *TimeZone::load(zone), "", true});
}

/// The only ticket of a file that is understood.
inline Ticket only_ticket(const std::string& dialect, const std::string& bytes, const std::string& zone = "UTC") {
  const auto understood = read_as(dialect, bytes, zone);
  EXPECT_TRUE(understood) << (understood ? "" : understood.error().message);
  if (!understood || understood->tickets.size() != 1) return {};
  return understood->tickets.front().ticket;
}

inline std::string poslog(const std::string& inside, const std::string& spaces = "") {
  return R"(<?xml version="1.0" encoding="UTF-8"?><POSLog xmlns="http://www.nrf-arts.org/IXRetail/namespace/")" +
         spaces + '>' + inside + "</POSLog>";
}
inline const std::string kAcs = R"( xmlns:acs="http://www.ncr.com/rsd/acs/tlog/markup/poslog/2.1")";
inline const std::string kFutura = R"( xmlns:fu="http://www.futura4retail.com/pos/namespace/")";

}  // namespace tg::test
