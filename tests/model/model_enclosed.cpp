#include "tests/model/model_enclosed.hpp"

#include <cstring>
#include <string>

namespace karst::model {
namespace {

/// What is left of the bytes, from the front, least significant byte first.
struct Rest {
  std::string bytes;
  bool is_short = false;

  std::uint64_t take(std::size_t size) {
    if (bytes.size() < size) {
      is_short = true;
      return 0;
    }
    std::uint64_t value = 0;
    for (std::size_t i = size; i > 0; --i) {
      value = value << 8 | static_cast<std::uint8_t>(bytes[i - 1]);
    }
    bytes.erase(0, size);
    return value;
  }
  Reference take_reference() { return {take(8), take(8)}; }
  Money take_money() { return Money{static_cast<std::int64_t>(take(8))}; }
  CurrencyId take_currency() { return CurrencyId{static_cast<std::uint16_t>(take(2))}; }
  KeyId take_key() { return KeyId{static_cast<std::uint32_t>(take(4))}; }
};

/// Returns: whether it is a command that can be proposed.
bool take_body(Command& command, Rest& rest) {
  switch (command.type) {
    case CommandType::accept_clock:
      command.accept_clock.step_ns = static_cast<std::int64_t>(rest.take(8));
      return true;
    case CommandType::set_merchant_state:
      command.set_merchant_state.state = static_cast<MerchantState>(rest.take(1));
      return true;
    case CommandType::fund: {
      const CurrencyId currency = rest.take_currency();
      const Money amount = rest.take_money();
      command.fund = {currency, amount, rest.take_reference()};
      return true;
    }
    case CommandType::withdraw: {
      const CurrencyId currency = rest.take_currency();
      const Money amount = rest.take_money();
      command.withdraw = {currency, amount, rest.take_reference()};
      return true;
    }
    case CommandType::create_key:
      command.create_key.new_key = rest.take_key();
      command.create_key.scopes = static_cast<std::uint8_t>(rest.take(1));
      for (std::uint8_t& byte : command.create_key.public_key) {
        byte = static_cast<std::uint8_t>(rest.take(1));
      }
      return true;
    case CommandType::revoke_key:
      command.revoke_key.revoked_key = rest.take_key();
      return true;
    case CommandType::set_instrument_state:
      command.set_instrument_state.instrument =
          InstrumentId{static_cast<std::uint32_t>(rest.take(4))};
      command.set_instrument_state.state = static_cast<InstrumentState>(rest.take(1));
      return true;
    case CommandType::set_four_eyes: {
      const std::uint64_t on = rest.take(1);
      command.set_four_eyes.on = on == 1;
      command.set_four_eyes.unseen_max = rest.take_money();
      return on <= 1;
    }
    default:
      return false;
  }
}

}  // namespace

std::optional<Command> command_in(const EnclosedCommand& bytes) {
  Rest rest{{bytes.begin(), bytes.end()}};
  Command command;
  const std::uint64_t format = rest.take(1);
  command.type = static_cast<CommandType>(rest.take(1));
  const std::uint64_t length = rest.take(2);
  const std::uint64_t key_and_epoch = rest.take(8);
  command.account = AccountId{static_cast<std::uint32_t>(rest.take(4))};
  const std::uint64_t stamps = rest.take(8) | rest.take(8) | rest.take(8);
  if (format != 1 || (key_and_epoch | stamps) != 0 || !take_body(command, rest)) {
    return std::nullopt;
  }
  const bool is_whole = !rest.is_short && bytes.size() - rest.bytes.size() == length;
  const bool is_empty_behind = rest.bytes.find_first_not_of('\0') == std::string::npos;
  return is_whole && is_empty_behind ? std::optional(command) : std::nullopt;
}

}  // namespace karst::model
