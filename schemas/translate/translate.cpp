#include "schemas/translate/translate.hpp"

#include "engine/base/assert.hpp"
#include "schemas/karst/v1/gateway.pb.h"
#include "schemas/translate/fields.hpp"

namespace karst::schemas {
namespace {

/// Fields on the wire that this build has no name for.
template <class M>
bool has_unknown_fields(const M& message) {
  return !message.GetReflection()->GetUnknownFields(message).empty();
}

/// The field of a message that the engine takes as it comes, and the wire does not; nullptr: none.
template <class M>
const char* misspelled(const M& message) {
  if constexpr (requires { message.client_order_id(); }) {
    const std::string& id = message.client_order_id();
    if (!id.empty() && !is_client_order_id(id)) return "client_order_id";
  }
  return nullptr;
}

}  // namespace

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
#define KARST_READ(name, number, Name, ...)                     \
  case v1::Command::k##Name: {                                  \
    command.type = CommandType::name;                           \
    const auto& body = wire.name();                             \
    if (has_unknown_fields(body)) reader.refuse(#name);         \
    auto& read = body_in(command.name);                         \
    fields(reader, read, body);                                 \
    if (const char* wrong = misspelled(body)) reader.refuse(wrong); \
    if (const char* wrong = misfit(read)) reader.refuse(wrong); \
    break;                                                      \
  }
      KARST_COMMANDS(KARST_READ)
#undef KARST_READ
  }
  return reader.wrong();
}

// Who says it is said outside; an account that is left out is nobody's.
const char* enclose_from_wire(const v1::Command& wire, EnclosedCommand& bytes) {
  Command inner;
  const char* wrong = to_engine(wire, inner);
  if (wrong != nullptr) return wrong;
  if (!traits_of(inner.type).may_need_two) return "command";
  if (wire.client_seq() != 0) return "client_seq";
  if (wire.validate_only()) return "validate_only";
  const bool is_for_exchange = inner.type == CommandType::create_key && wire.account_id() == 0;
  if (wire.use_exchange_account() != is_for_exchange) return "use_exchange_account";
  if (!traits_of(inner.type).is_personal) inner.account = AccountId{0};
  bytes = enclose(inner);
  return nullptr;
}

void enclosed_to_wire(const Command& command, v1::Command& wire) {
  to_wire(command, wire);
  wire.set_use_exchange_account(command.type == CommandType::create_key &&
                                command.account.is_none());
}

void to_wire(const Command& command, v1::Command& wire) {
  Writer writer;
  wire.Clear();
  wire.set_client_seq(command.client_seq);
  wire.set_account_id(command.account.value());
  switch (command.type) {
#define KARST_WRITE(name, number, Name, ...)                       \
  case CommandType::name:                                          \
    fields(writer, body_in(command.name), *wire.mutable_##name()); \
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
