#include "schemas/translate/translate.hpp"

#include "engine/base/assert.hpp"
#include "schemas/translate/command_fields.hpp"

namespace karst::schemas {
namespace {

/// Fields on the wire that this build has no name for.
template <class M>
bool has_unknown_fields(const M& message) {
  return !message.GetReflection()->GetUnknownFields(message).empty();
}

}  // namespace

bool is_about_no_merchant(CommandType type) {
  switch (type) {
    case CommandType::configure:
    case CommandType::tick:
    case CommandType::adopt_rules:
    case CommandType::begin_incarnation:
    case CommandType::clock_held:
    case CommandType::accept_clock:
    case CommandType::define_currency:
    case CommandType::define_calendar:
    case CommandType::define_fees:
    case CommandType::define_pool:
    case CommandType::set_pool_capacity:
    case CommandType::set_pool_terms:
    case CommandType::list_contracts:
    case CommandType::set_product_terms:
    case CommandType::set_instrument_state:
    case CommandType::halt:
    case CommandType::resume:
    case CommandType::revoke_key:
      return true;
    default:
      return false;
  }
}

const char* to_engine(const v1::Command& wire, Command& command) {
  Reader reader;
  command = Command{};
  command.client_seq = wire.client_seq();
  command.account = AccountId{wire.account_id()};
  if (has_unknown_fields(wire)) reader.refuse("body");
  switch (wire.body_case()) {
    case v1::Command::BODY_NOT_SET:
      reader.refuse("body");
      break;
#define KARST_READ(name, Name)                          \
  case v1::Command::k##Name: {                          \
    command.type = CommandType::name;                   \
    const auto& body = wire.name();                     \
    if (has_unknown_fields(body)) reader.refuse(#name); \
    fields(reader, command.name, body);                 \
    break;                                              \
  }
      KARST_COMMANDS(KARST_READ)
#undef KARST_READ
  }
  return reader.wrong();
}

void to_wire(const Command& command, v1::Command& wire) {
  Command copy = command;  // one description of the fields serves both ways and takes it mutable
  Writer writer;
  wire.Clear();
  wire.set_client_seq(command.client_seq);
  wire.set_account_id(command.account.value());
  switch (command.type) {
#define KARST_WRITE(name, Name)                        \
  case CommandType::name:                              \
    fields(writer, copy.name, *wire.mutable_##name()); \
    return;
    KARST_COMMANDS(KARST_WRITE)
#undef KARST_WRITE
  }
  KARST_ASSERT(!"a command type without a name");
}

v1::Code to_wire(RejectCode code) {
  const auto number = static_cast<int>(code);
  KARST_ASSERT(v1::Code_IsValid(number));
  return static_cast<v1::Code>(number);
}

}  // namespace karst::schemas
