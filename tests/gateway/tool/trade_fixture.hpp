// A market for the subcommands of merchants: a book, a posted offer, hours of a pool.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "tests/gateway/tool/tool_exchange.hpp"

namespace karst::test {

/// The exchange of ToolExchange: WEATHER (seats, in a book; alice has them all), and beside it
///   ATLAS  a data product of alice's that is sold by posted offer, prices 1.00 to 100,000.00
///   GY     a pool of carol's, three hours of it listed, from the hour after next; she may sell 100
///          lots in each
class TradeCommands : public testing::Test {
 protected:
  TradeCommands();

  [[nodiscard]] ToolRun run(const std::string& line) const { return exchange.run(line); }
  /// The order's number out of a command that makes one.
  [[nodiscard]] std::string order(const std::string& line) const;
  [[nodiscard]] const std::string& first_hour() const { return first_hour_; }

  ToolExchange exchange;

 private:
  std::string first_hour_;  // "GY@2026-11-22T09Z"
};

}  // namespace karst::test
