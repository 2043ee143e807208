#include "tests/model/compare.hpp"

#include <algorithm>
#include <cstring>
#include <sstream>

#include "tests/model/market_text.hpp"

namespace karst::model {
namespace {

std::string row_text(const Row& row) {
  return std::to_string(row.free) + " free " + std::to_string(row.reserved) + " reserved " +
         std::to_string(row.locked) + " locked " + std::to_string(row.escrow) + " escrow";
}

std::string cash_text(const Cash& cash) {
  return std::to_string(cash.available) + " available " + std::to_string(cash.reserved) +
         " reserved " + std::to_string(cash.escrow) + " escrow";
}

std::string differ(const std::string& what, const std::string& engine, const std::string& model) {
  return what + "\n  engine: " + engine + "\n  model:  " + model + "\n";
}

std::string bytes_text(const Event& event) {
  std::ostringstream out;
  out << "type " << int{static_cast<std::uint8_t>(event.type)} << " detail " << int{event.detail}
      << std::hex;
  for (const std::uint64_t word : event.words) out << ' ' << word;
  return out.str();
}

}  // namespace

Twins::Twins(const Configure& configuration, const Checks& checks)
    : checks_(checks),
      memory_(2 * events_per_command_max),
      ring_{memory_.data(), memory_.size() - 1, 0},
      engine_(std::make_unique<Engine>(configuration)) {}

std::optional<std::string> Twins::apply(const Command& command) {
  ++applied_;
  // Fetching ahead must bear whatever a command says, and change nothing.
  engine_->prefetch_first(command);
  engine_->prefetch_second(command);
  engine_->prefetch_third(command);
  const Applied applied = engine_->apply(command, ring_);
  events_ = model_.apply(command);
  if (auto text = compare_events(command, applied)) return text;
  for (const Event& event : events_) event_hash_ = mix(event_hash_, event);
  const auto is_due = [&](std::uint64_t every) { return every != 0 && applied_ % every == 0; };
  std::string broken;
  if (event_hash_ != engine_->event_hash()) broken = "the event hash is not that of the events";
  if (broken.empty() && is_due(checks_.invariants_every)) broken = model_.broken_invariant();
  if (broken.empty() && is_due(checks_.states_every)) broken = compare_states();
  if (broken.empty() && is_due(checks_.snapshots_every)) broken = restart_engine();
  if (broken.empty()) return std::nullopt;
  return "after " + text_of(command, Names{}) + ":\n" + broken;
}

std::optional<std::string> Twins::compare_events(const Command& command,
                                                 const Applied& applied) const {
  bool is_same = applied.count == events_.size();
  for (std::uint32_t i = 0; is_same && i < applied.count; ++i) {
    is_same = std::memcmp(&ring_.at(applied.first + i), &events_[i], sizeof(Event)) == 0;
  }
  if (is_same) return std::nullopt;
  const Names names;
  std::ostringstream out;
  out << "at " << command.time.value() << " ns: " << text_of(command, names) << '\n';
  for (std::uint32_t i = 0; i < std::max<std::size_t>(applied.count, events_.size()); ++i) {
    const Event* engine = i < applied.count ? &ring_.at(applied.first + i) : nullptr;
    const Event* model = i < events_.size() ? &events_[i] : nullptr;
    if (engine != nullptr && model != nullptr && std::memcmp(engine, model, sizeof(Event)) == 0) {
      out << "  both   > " << text_of(*model, names) << '\n';
      continue;
    }
    for (const auto& [who, event] : {std::pair{"engine", engine}, std::pair{"model ", model}}) {
      if (event == nullptr) continue;
      out << "  " << who << " > " << text_of(*event, names) << "   [" << bytes_text(*event)
          << "]\n";
    }
  }
  return out.str();
}

std::string Twins::compare_balances() const {
  for (std::uint32_t account = 1; account < engine_->sizes().accounts_max; ++account) {
    if (!model_.merchants().contains(AccountId{account})) continue;
    for (std::uint16_t currency = 1; currency < engine_->sizes().currencies_max; ++currency) {
      const Balance balance = engine_->balance(AccountId{account}, CurrencyId{currency});
      const Cash engine{balance.available.value(), balance.reserved.value(),
                        balance.escrow.value()};
      const Cash model = model_.cash(AccountId{account}, CurrencyId{currency});
      if (engine == model) continue;
      return differ("balance of m" + std::to_string(account), cash_text(engine), cash_text(model));
    }
  }
  for (std::uint16_t id = 1; id < engine_->sizes().currencies_max; ++id) {
    const CurrencyId currency{id};
    if (engine_->fee_income(currency).value() != model_.income(currency)) return "fee income";
    if (engine_->custody(currency).value() != model_.custody(currency)) return "custody";
  }
  return {};
}

std::string Twins::compare_rows() const {
  std::vector<HoldingRow> rows;
  engine_->holdings(rows);
  if (rows.size() != model_.rows().size()) {
    return differ("number of rows", std::to_string(rows.size()),
                  std::to_string(model_.rows().size()));
  }
  for (const auto& [key, row] : model_.rows()) {
    const Holding holding = engine_->holding(key.account, key.instrument, key.kind);
    const Row engine{holding.free.value(), holding.reserved.value(), holding.locked.value(),
                     holding.escrow.value()};
    if (engine == row) continue;
    return differ("row of m" + std::to_string(key.account.value()), row_text(engine),
                  row_text(row));
  }
  return {};
}

/// Order by order, in the order of the queues.
std::string Twins::compare_books() const {
  for (const auto& [slot, on] : model_.instruments()) {
    for (const Side side : {Side::buy, Side::sell}) {
      std::vector<RestingOrder> resting;
      engine_->resting_orders(on.id, side, resting);
      std::vector<OrderId> queue;
      for (const auto& [price, level] : on.levels(side)) {
        // Best first: the highest bid. Within a price the oldest first, on both sides.
        const auto at = side == Side::buy ? queue.begin() : queue.end();
        queue.insert(at, level.queue.begin(), level.queue.end());
      }
      bool is_same = resting.size() == queue.size();
      for (std::size_t i = 0; is_same && i < queue.size(); ++i) {
        const Order& order = model_.orders().at(queue[i]);
        is_same = resting[i].id == order.id && resting[i].account == order.account &&
                  resting[i].price.value() == order.limit &&
                  resting[i].leaves.value() == order.leaves;
      }
      if (!is_same) return "the queues of i" + std::to_string(slot) + " differ";
    }
  }
  return {};
}

std::string Twins::compare_orders() const {
  for (const auto& [account, merchant] : model_.merchants()) {
    std::vector<OpenOrder> open;
    engine_->open_orders(account, open);
    bool is_same = open.size() == merchant.orders.size();
    auto mine = merchant.orders.begin();
    for (std::size_t i = 0; is_same && i < open.size(); ++i, ++mine) {
      const Order& order = model_.orders().at(mine->second);
      is_same = open[i].id == order.id && open[i].instrument == order.instrument &&
                open[i].side == order.side && open[i].limit.value() == order.limit &&
                open[i].leaves.value() == order.leaves && open[i].tag == order.tag &&
                open[i].filled.value() == order.filled && open[i].key == order.key &&
                open[i].expiry.value() == order.expiry &&
                open[i].time_in_force == order.time_in_force;
    }
    if (!is_same) return "the open orders of m" + std::to_string(account.value()) + " differ";
  }
  return {};
}

std::string Twins::compare_states() const {
  engine_->check_invariants();
  for (const auto compare : {&Twins::compare_balances, &Twins::compare_rows, &Twins::compare_books,
                             &Twins::compare_orders}) {
    std::string text = (this->*compare)();
    if (!text.empty()) return text;
  }
  const bool has_same_work = engine_->next_due().value() == model_.next_due() &&
                             engine_->has_pending_work() == model_.has_pending_work();
  return has_same_work ? std::string{} : "what is due or pending differs";
}

/// The engine dies and comes back from its bytes.
std::string Twins::restart_engine() {
  std::vector<std::uint8_t> bytes;
  engine_->save(bytes);
  auto restored = std::make_unique<Engine>(engine_->sizes());
  if (restored->load(bytes) != Loaded::good) return "the engine does not read its own bytes";
  if (restored->state_hash() != engine_->state_hash()) return "the restored state hash differs";
  if (restored->event_hash() != engine_->event_hash()) return "the restored event hash differs";
  restored->check_invariants();
  engine_ = std::move(restored);
  return {};
}

void Coverage::count(const Model& model, const std::vector<Event>& of) {
  commands_with_sweeps += model.sweeps().empty() ? 0 : 1;
  for (const Event& event : of) {
    ++events[event.type];
    if (event.type == EventType::rejected) ++rejects[static_cast<RejectCode>(event.detail)];
    if (event.type == EventType::order_cancelled) {
      ++cancels[static_cast<CancelReason>(event.detail)];
    }
  }
}

std::optional<Difference> compare_commands(const Configure& configuration,
                                           const std::vector<Command>& commands,
                                           const Checks& checks) {
  Twins twins(configuration, checks);
  for (std::uint64_t i = 0; i < commands.size(); ++i) {
    Command command = commands[i];
    command.sequence = i + 1;
    if (auto text = twins.apply(command)) return Difference{i, *text};
  }
  return std::nullopt;
}

std::vector<Command> shrink(const Configure& configuration, std::vector<Command> commands,
                            const Checks& checks, std::uint64_t runs_max) {
  std::size_t piece = commands.size() / 2;
  for (std::uint64_t runs = 0; piece > 0 && runs < runs_max;) {
    bool has_shrunk = false;
    for (std::size_t from = 0; from + 1 < commands.size() && runs < runs_max; ++runs) {
      std::vector<Command> fewer(commands.begin(),
                                 commands.begin() + static_cast<std::ptrdiff_t>(from));
      const std::size_t end = std::min(from + piece, commands.size());
      fewer.insert(fewer.end(), commands.begin() + static_cast<std::ptrdiff_t>(end),
                   commands.end());
      const auto difference = compare_commands(configuration, fewer, checks);
      if (difference) {
        fewer.resize(difference->command + 1);
        commands = std::move(fewer);
        has_shrunk = true;
      } else {
        from += piece;
      }
    }
    if (!has_shrunk || piece > commands.size() / 2) piece = std::min(piece, commands.size()) / 2;
  }
  return commands;
}

std::optional<std::string> compare_random(std::uint64_t seed, Profile profile,
                                          std::uint64_t commands, const Checks& checks,
                                          Coverage& coverage) {
  static constexpr std::uint64_t shrink_runs_max = 3'000;
  std::optional<std::string> found;
  std::vector<Command> sent;
  Configure configuration{};
  {
    // The generator needs the model it talks to, which lives in the twins.
    std::unique_ptr<Twins> twins;
    const Model nobody;
    configuration = RandomCommands(seed, profile, nobody).configuration();
    twins = std::make_unique<Twins>(configuration, checks);
    RandomCommands random(seed, profile, twins->model());
    sent.reserve(commands);
    while (sent.size() < commands && !found) {
      sent.push_back(random.next());
      found = twins->apply(sent.back());
      coverage.count(twins->model(), twins->events());
    }
  }
  if (!found) return std::nullopt;

  std::ostringstream out;
  out << "seed " << seed << " profile " << static_cast<int>(profile) << ", command "
      << sent.size() - 1 << ": " << *found;
  const std::vector<Command> few = shrink(configuration, sent, checks, shrink_runs_max);
  const auto difference = compare_commands(configuration, few, checks);
  out << "shrunk to " << few.size() << " commands, the last of them:\n";
  static constexpr std::size_t shown_max = 60;
  for (std::size_t i = few.size() > shown_max ? few.size() - shown_max : 0; i < few.size(); ++i) {
    out << "  " << text_of(few[i], Names{}) << '\n';
  }
  if (difference) out << difference->text;
  return out.str();
}

}  // namespace karst::model
