// What commands made, to the wire.
#include <string>

#include "schemas/karst/v1/gateway.pb.h"
#include "schemas/translate/text.hpp"
#include "schemas/translate/translate.hpp"
#include "schemas/words/instrument_text.hpp"

namespace karst::schemas {
namespace {

void add(v1::Reply& reply, v1::Made::Kind kind, std::uint32_t id, const std::string& name) {
  v1::Made& made = *reply.add_made();
  made.set_kind(kind);
  made.set_id(id);
  made.set_name(name);
}

}  // namespace

void write_made(const Command& command, std::span<const Event> events, std::string_view pool,
                v1::Reply& wire) {
  switch (command.type) {
    case CommandType::list_contracts:
      for (const Event& event : events) {
        if (event.type != EventType::contract_listed) continue;
        add(wire, v1::Made::KIND_INSTRUMENT, event.instrument.value(),
            tool::hour_contract_name(std::string(pool), event.contract.hour.value()));
      }
      return;
    case CommandType::define_product:
      for (const Event& event : events) {
        if (event.type != EventType::product_defined) continue;
        add(wire, v1::Made::KIND_INSTRUMENT, event.instrument.value(),
            text_of(body_in(command.define_product).symbol));
      }
      return;
    case CommandType::define_pool:
      return add(wire, v1::Made::KIND_POOL, command.define_pool.pool.value(),
                 text_of(command.define_pool.symbol));
    case CommandType::create_key:
      return add(wire, v1::Made::KIND_KEY, command.create_key.new_key.value(), "");
    case CommandType::admit_merchant:
      return add(wire, v1::Made::KIND_MERCHANT, command.account.value(),
                 text_of(command.admit_merchant.name));
    case CommandType::rename_merchant:
      return add(wire, v1::Made::KIND_MERCHANT, command.account.value(),
                 text_of(command.rename_merchant.name));
    case CommandType::define_currency:
      return add(wire, v1::Made::KIND_CURRENCY, command.define_currency.currency.value(),
                 text_of(command.define_currency.code));
    case CommandType::define_calendar:
      return add(wire, v1::Made::KIND_CALENDAR, command.define_calendar.calendar.value(), "");
    case CommandType::define_fees:
      return add(wire, v1::Made::KIND_FEE_SCHEDULE, command.define_fees.schedule.value(), "");
    default:
      return;
  }
}

}  // namespace karst::schemas
