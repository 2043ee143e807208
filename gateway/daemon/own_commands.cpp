#include "gateway/daemon/own_commands.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <future>
#include <optional>
#include <thread>
#include <utility>

#include "engine/command/enclosed.hpp"
#include "engine/command/rules.hpp"
#include "engine/engine.hpp"
#include "gateway/trust/log_on_proof.hpp"
#include "ledger/exchange/growth.hpp"
#include "ledger/files/exchange_directory.hpp"
#include "ledger/offline/restore_mark.hpp"

namespace karst::gateway {

OwnCommands::OwnCommands(Exchange& exchange, Hub& hub, Storage& storage, const Config& config,
                         Say say)
    : exchange_(exchange), hub_(hub), storage_(storage), config_(config), say_(std::move(say)) {}

void OwnCommands::learn(const Engine& engine) {
  rules_ = engine.rules();
  // That it can be given these sizes was found out before the start.
  if (const Result<std::string> found = growth_of(engine, config_.capacity); found) {
    growth_ = *found;
  }
  lives_.assign(engine.incarnations().begin(), engine.incarnations().end());
  four_eyes_ = engine.four_eyes();
  waiting_ = engine.proposals();
  operators_ = engine.operators();
}

/// A new exchange follows the newest rules from its first day, an older one from now on.
void OwnCommands::adopt_newest_rules() {
  if (rules_ >= rules_newest) return;
  Command command;
  command.type = CommandType::adopt_rules;
  command.adopt_rules.version = rules_newest;
  if (exchange_.submit(command, 0, 0) == Submitted::accepted) return;
  say_("rules " + std::to_string(rules_) +
       " stay in force until the next start: no room for others");
}

/// Nobody is served before the exchange has the sizes of its configuration.
void OwnCommands::grow() {
  if (growth_.empty()) return;
  Command command;
  command.type = CommandType::grow;
  command.grow = Grow{config_.capacity};
  const bool has_grown = exchange_.submit(command, 0, 0) == Submitted::accepted &&
                         wait_until([&](const Engine& engine) {
                           const Result<std::string> left = growth_of(engine, config_.capacity);
                           return left && left->empty();
                         });
  say_(has_grown ? "the exchange is larger: " + growth_
                 : "the exchange stays as large as it is, until the next start: no room, " +
                       growth_);
}

/// An exchange that came out of a backup is another one than it was: it says so before anything
/// else happens. The number is in the mark before it is journaled, so that a start that goes wrong
/// in between begins no second incarnation; the mark goes when the command is durable.
Status OwnCommands::begin_incarnation() {
  const ExchangeDirectory at(config_.data);
  Result<std::optional<RestoreMark>> found = read_restore_mark(storage_, at);
  if (!found) return found.error();
  if (!found->has_value()) return {};
  RestoreMark mark = **found;
  const auto is_begun = [&] {
    return std::ranges::find(lives_, mark.incarnation, &Incarnation::number) != lives_.end();
  };
  if (mark.incarnation != 0 && is_begun()) return remove_restore_mark(storage_, at);
  if (lives_.size() >= incarnations_max) {
    return Error{ErrorCode::invalid,
                 "start: restored so often that no incarnation can begin; restore an older backup",
                 config_.data};
  }
  if (mark.incarnation == 0) {
    do {
      std::array<std::uint8_t, sizeof mark.incarnation> drawn{};
      fill_random(drawn);
      std::memcpy(&mark.incarnation, drawn.data(), drawn.size());
    } while (mark.incarnation == 0 || is_begun());
    if (Status written = write_restore_mark(storage_, at, mark); !written) return written;
  }
  Command command;
  command.type = CommandType::begin_incarnation;
  const std::uint64_t last = lives_.empty() ? 0 : lives_.back().after;
  command.begin_incarnation = {mark.incarnation, std::max(mark.after, last)};
  // Nobody is served before the engine has begun it.
  const bool is_new_life = exchange_.submit(command, 0, 0) == Submitted::accepted &&
                           wait_until([&](const Engine& engine) {
                             const auto begun = engine.incarnations();
                             return !begun.empty() && begun.back().number == mark.incarnation;
                           });
  if (is_new_life) return {};
  return Error{ErrorCode::no_space, "start: begin an incarnation after a restore", config_.data};
}

/// Waits until the engine has carried out what it was told. Returns: whether it has, within a
/// minute: a disk may be slow.
bool OwnCommands::wait_until(const std::function<bool(const Engine&)>& is_done) {
  constexpr int looks_max = 12'000;
  constexpr auto pause = std::chrono::milliseconds(5);
  for (int i = 0; i < looks_max; ++i) {
    std::promise<bool> answer;
    const bool is_asked = exchange_.ask(
        [&](const Engine& engine, std::uint64_t) { answer.set_value(is_done(engine)); });
    if (!is_asked) return false;
    if (answer.get_future().get()) return true;
    std::this_thread::sleep_for(pause);
  }
  return false;
}

/// It is durable: the mark of the restore has done its work.
void OwnCommands::finish_incarnation(const Event& begun) {
  say_("incarnation " + std::to_string(begun.incarnation.number) + " begins after command " +
       std::to_string(begun.incarnation.after) + ": what came after it before the restore is lost");
  const Status removed = remove_restore_mark(storage_, ExchangeDirectory(config_.data));
  if (!removed) say_(removed.error().text());
}

/// Whether the exchange itself has proposed the command before.
bool OwnCommands::is_waiting(const Command& command) const {
  const EnclosedCommand inner = enclose(command);
  return std::ranges::any_of(waiting_, [&](const Proposal& it) { return it.command == inner; });
}

/// Says a command of the exchange itself. Returns: whether it will be sequenced.
bool OwnCommands::say_own(const Command& command, const std::string& what) {
  if (exchange_.is_disk_full()) {
    say_(what + " is not made: the disk of the journal is full; make room and start again");
    return false;
  }
  const Submitted submitted = exchange_.submit(command, 0, 0);
  if (submitted == Submitted::accepted) return true;
  say_(what + " is not made: the exchange is " +
       (submitted == Submitted::busy ? "busy" : "stopping"));
  return false;
}

/// Proposes it, unless it waits already.
void OwnCommands::propose(const Command& command, const std::string& what) {
  if (is_waiting(command)) return;
  Command proposal;
  proposal.type = CommandType::propose;
  proposal.propose->command = enclose(command);
  if (say_own(proposal, what)) say_(what + " waits for two operators: karst proposals");
}

void OwnCommands::create_operator_keys() {
  for (const OperatorKey& it : config_.operators) {
    if (hub_.find_key(it.key) != nullptr) continue;
    Command command;
    command.type = CommandType::create_key;
    command.create_key.new_key = it.key;
    command.create_key.scopes = it.scopes;
    command.create_key.public_key = it.public_key;
    const std::string what = "key " + std::to_string(it.key.value()) + " of an [[operator]]";
    if (four_eyes_.is_on != 0 && (it.scopes & scope::elevated) != 0) {
      propose(command, what);
      continue;
    }
    if (!say_own(command, what)) continue;
    // Whatever the key says is sequenced behind its creation, so it may speak from now on.
    hub_.add_key(it.key, {AccountId{0}, it.scopes, false, it.public_key});
    if ((it.scopes & scope::operate) != 0) ++operators_;
  }
}

/// The rule stands in the journal: the configuration turns it on, and nobody alone turns it off.
Status OwnCommands::begin_four_eyes() {
  const bool is_on = four_eyes_.is_on != 0;
  if (is_on && !config_.four_eyes.on) {
    say_("four_eyes stay on, whatever karst.toml says: two operators turn them off (karst "
         "four-eyes off)");
  }
  if (is_on || !config_.four_eyes.on) return {};
  if (operators_ < 2) {
    return Error{ErrorCode::invalid,
                 "start: gateway.four_eyes takes the keys of two operators (scope operate), and "
                 "there is " +
                     std::to_string(operators_) +
                     "; name them as [[operator]] of a new exchange, or start without four_eyes "
                     "and make one: karst keys create NUMBER --exchange --scopes operate",
                 config_.data};
  }
  Command command;
  command.type = CommandType::set_four_eyes;
  command.set_four_eyes = {
      true, Money{static_cast<std::int64_t>(config_.four_eyes.unseen_max_fen)}};
  static_cast<void>(say_own(command, "four_eyes"));
  return {};
}

}  // namespace karst::gateway
