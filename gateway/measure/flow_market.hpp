// The market a flow file is played in by the whole engine: who trades there, with what.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/command/command.hpp"
#include "gateway/measure/flow_file.hpp"

namespace karst::tool {

/// Turns the operations of a flow file into commands of merchants: buys come from the accounts
/// 2 × (order number mod the pairs), sells from the next one (both counted from 1 here, since
/// account 0 is the exchange). The instruments are hour contracts; the sellers' capacity was minted
/// to them.
class FlowMarket {
 public:
  static constexpr std::uint32_t usual_pairs = 500;

  /// `pairs`: of a buyer and a seller; 1 .. 100,000.
  explicit FlowMarket(const Flow& flow, std::uint32_t pairs = usual_pairs);

  [[nodiscard]] const Configure& sizes() const { return sizes_; }
  /// What makes the market, from the first command on; sequence and time are set.
  [[nodiscard]] const std::vector<Command>& setup() const { return setup_; }

  /// The command for the next operation of the file; operations must be asked for in order.
  /// `order`: for a cancel, the id the exchange gave the order it names.
  [[nodiscard]] Command next(const FlowCommand& operation, OrderId order);

 private:
  Command& add(CommandType type);
  void add_merchants();
  void add_pools(std::uint32_t instruments);
  void stamp(Command& command);
  void sign(Command& command, std::uint32_t account);

  std::uint32_t pairs_;
  Configure sizes_{};
  std::vector<Command> setup_;
  std::vector<std::uint32_t> owners_{0};   // account of each order number
  std::vector<std::uint64_t> client_seq_;  // last number of each key
  std::vector<InstrumentId> instruments_;
  std::uint64_t sequence_ = 0;
  std::int64_t now_ns_;
};

}  // namespace karst::tool
