#include "engine/reference/terms.hpp"

#include "engine/order/life.hpp"

namespace karst {

void mint(State& state, Instrument& instrument, std::uint32_t account, std::uint32_t lots) {
  std::uint32_t row =
      state.holdings.find(account, HoldingTable::asset(instrument.id, Draw::capacity));
  if (row == HoldingTable::none) row = make_row(state, instrument, account, Draw::capacity);
  state.holdings[row].free += lots;
  instrument.minted += lots;
  const std::uint64_t number = state.next_settlement();
  state.emit(EventType::capacity_minted, 0, instrument.id,
             UnitsMoved{.number = number,
                        .account_event = state.next_event_number(account),
                        .hour = Hour{instrument.hour},
                        .account = AccountId{account},
                        .quantity = Quantity{lots},
                        .pool = PoolId{instrument.pool},
                        .reserved = {}});
}

}  // namespace karst
