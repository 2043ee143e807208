#include "tests/scenarios/scenario.hpp"

#include <algorithm>
#include <sstream>

#include "engine/command/enclosed.hpp"
#include "engine/command/rules.hpp"

namespace karst::scenarios {
namespace {

constexpr std::int64_t first_hour = 490'992;  // 2026-01-05T00:00Z, eight in the morning at UTC+8
constexpr std::int64_t ns_per_step = 1'000'000;

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  std::istringstream in{std::string(text)};
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace

Scenario::Scenario(std::string name, std::string_view text) : name_(std::move(name)) {
  now_ = first_hour * ns_per_hour;
  std::size_t number = 0;
  for (const std::string& raw : lines_of(text)) {
    ++number;
    const std::string line = squeezed(raw.substr(0, raw.find('#')));
    if (line.empty()) continue;
    if (line.front() != '>') {
      steps_.push_back(Step{number, line, {}});
    } else if (!steps_.empty()) {
      steps_.back().expected.push_back(squeezed(line.substr(1)));
    }
  }
  configure_ = Configure{.accounts_max = 64,
                         .keys_max = 64,
                         .instruments_max = 512,
                         .orders_max = 4'096,
                         .holdings_max = 4'096,
                         .level_pages_max = 1'024,
                         .client_ids_max = 1'024,
                         .references_max = 1'024,
                         .currencies_max = 4,
                         .pools_max = 16,
                         .answers_per_key = 8,
                         .client_ids_per_account_max = 64,
                         .makers_per_command_max = 4'096,
                         .makers_per_bystander_max = 64,
                         .releases_per_command_max = 64};
}

std::optional<std::string> Scenario::run() {
  for (const Step& step : steps_) {
    actual_.clear();
    try {
      carry_out(step.line);
    } catch (const Unreadable& why) {
      return name_ + ":" + std::to_string(step.number) + ": cannot read \"" + step.line +
             "\": " + why.what();
    }
    compared_ += step.expected.size();
    if (without_optional(step) != step.expected) return difference(step);
  }
  return std::nullopt;
}

/// What may be said or left out: that an order has been accepted, that a gate has opened.
Scenario::Optional Scenario::optional_kind(const std::string& line) {
  if (line.starts_with("accepted ")) return Optional::acceptance;
  return line.ends_with("(gate opened)") ? Optional::gate : Optional::no;
}

/// The lines that came, without optional ones of a kind that is not expected at all.
std::vector<std::string> Scenario::without_optional(const Step& step) const {
  std::vector<std::string> lines;
  for (const std::string& line : actual_) {
    const Optional kind = optional_kind(line);
    const bool is_said = std::ranges::any_of(
        step.expected, [&](const std::string& said) { return optional_kind(said) == kind; });
    if (kind == Optional::no || is_said) lines.push_back(line);
  }
  return lines;
}

/// "-" lines were expected, "+" lines came, the others are as they should be.
std::string Scenario::difference(const Step& step) const {
  static constexpr std::size_t context = 3;
  std::ostringstream out;
  out << name_ << ":" << step.number << ": this came to something else\n";
  const auto at = static_cast<std::size_t>(&step - steps_.data());
  for (std::size_t i = at - std::min(at, context); i < at; ++i) {
    out << "    " << steps_[i].line << '\n';
    for (const std::string& line : steps_[i].expected) out << "    > " << line << '\n';
  }
  out << "    " << step.line << '\n';
  const std::vector<std::string> actual = without_optional(step);
  std::size_t same = 0;
  while (same < std::min(actual.size(), step.expected.size()) &&
         actual[same] == step.expected[same]) {
    out << "    > " << actual[same++] << '\n';
  }
  for (std::size_t i = same; i < step.expected.size(); ++i) {
    out << "  - > " << step.expected[i] << '\n';
  }
  for (std::size_t i = same; i < actual.size(); ++i) out << "  + > " << actual[i] << '\n';
  return out.str();
}

void Scenario::carry_out(const std::string& line) {
  Words words(line);
  if (words.accept("bounds")) return set_bounds(words);
  if (twins_ == nullptr) begin();
  if (direct(words)) return;
  if (words.accept("operator")) return operate(words);
  if (!market_.is_account(words.peek())) {
    throw Unreadable("\"" + std::string(words.peek()) + "\" is no merchant and no word");
  }
  const std::string who = words.take();
  speak(who, words);
}

/// Lines that begin with a word of their own. Returns: false if it is none of them.
bool Scenario::direct(Words& words) {
  if (words.accept("fees")) return set_fees(words), true;
  if (words.accept("merchant")) return admit(words), true;
  if (words.accept("pool")) return make_pool(words), true;
  if (words.accept("list")) return list_hours(words), true;
  if (words.accept("mint")) return mint(words), true;
  if (words.accept("product")) return make_product(words), true;
  if (words.accept("key")) return make_key(words), true;
  if (words.accept("rules"))
    return adopt_rules(static_cast<std::uint32_t>(words.take_number())), true;
  if (words.accept("show")) return show(words), true;
  if (words.accept("book")) return ask_book(words), true;
  if (words.accept("balance")) return ask_balance(words), true;
  if (words.accept("holding")) return ask_holding(words), true;
  if (words.accept("wait")) {
    now_ += words.take_duration();
    return true;
  }
  if (words.accept("tick")) {
    send(blank(CommandType::tick));
    return true;
  }
  if (words.accept("restored")) return go_on_restored(words), true;
  if (words.accept("grow")) return grow(words), true;
  return take_four_eyes(words);
}

void Scenario::adopt_rules(std::uint32_t version) {
  Command command = blank(CommandType::adopt_rules);
  command.adopt_rules.version = version;
  send(command);
}

/// All before was restored from a backup, and goes on as another life of that number.
void Scenario::go_on_restored(Words& words) {
  if (twins_->engine().rules() < rules_of_incarnations) adopt_rules(rules_of_incarnations);
  Command command = blank(CommandType::begin_incarnation);
  command.begin_incarnation.number = words.take_number();
  command.begin_incarnation.after = sequence_;
  send(command);
}

/// "grow orders 4 pages 8": sizes and bounds as in `bounds`; those that are not named stay.
void Scenario::grow(Words& words) {
  if (twins_->engine().rules() < rules_of_growth) adopt_rules(rules_of_growth);
  take_bounds(words);
  Command command = blank(CommandType::grow);
  command.grow = Grow{configure_};
  send(command);
}

/// The first commands of every market: sizes, one currency, one calendar.
void Scenario::begin() {
  twins_ = std::make_unique<model::Twins>(
      configure_, model::Checks{.invariants_every = 1, .states_every = 1, .snapshots_every = 5});
  Command configure = blank(CommandType::configure);
  configure.configure = configure_;
  send(configure);
  Command currency = blank(CommandType::define_currency);
  currency.define_currency.currency = CurrencyId{1};
  currency.define_currency.code = Text<8>{'C', 'N', 'Y'};
  send(currency);
  Command calendar = blank(CommandType::define_calendar);
  calendar.define_calendar.calendar = CalendarId{1};
  calendar.define_calendar.utc_offset_ns = 8 * ns_per_hour;
  send(calendar);
  Words none("maker 0 taker 0");
  set_fees(none);
}

/// "four_eyes 1000.00 key k", "propose LINE", "confirm 1 key k", "retract 1 key k".
bool Scenario::take_four_eyes(Words& words) {
  if (words.accept("propose")) {
    is_proposed_ = true;
    return carry_out(words.take_rest()), true;
  }
  if (words.accept("four_eyes")) {
    Command command = blank(CommandType::set_four_eyes);
    command.set_four_eyes.on = !words.accept("off");
    if (command.set_four_eyes.on) command.set_four_eyes.unseen_max = Money{words.take_money()};
    return finish(command, words), true;
  }
  const bool is_yes = words.accept("confirm");
  if (!is_yes && !words.accept("retract")) return false;
  const std::uint64_t which = words.take_number();
  if (which == 0 || which > proposals_.size()) throw Unreadable("there is no such proposal");
  const Proposed& proposed = proposals_[which - 1];
  Command command = blank(is_yes ? CommandType::confirm : CommandType::retract);
  if (is_yes) {
    command.confirm->proposal = proposed.number;
    command.confirm->command = proposed.command;
  } else {
    command.retract.proposal = proposed.number;
  }
  return finish(command, words), true;
}

/// The same, said by the same, but only proposed.
Command Scenario::proposal_of(const Command& command) {
  if (!traits_of(command.type).may_need_two) throw Unreadable("this is not proposed");
  Command proposal;
  proposal.type = CommandType::propose;
  proposal.key = command.key;
  proposal.epoch = command.epoch;
  proposal.client_seq = command.client_seq;
  proposal.propose->command = enclose(command);
  return proposal;
}

/// Stamps the command and lets both carry it out; what is shown of it joins the step's lines.
void Scenario::send(Command command) {
  if (is_proposed_) command = proposal_of(command);
  is_proposed_ = false;
  now_ += ns_per_step;
  command.time = Time{now_};
  command.sequence = ++sequence_;
  const auto broken = twins_->apply(command);
  if (broken) throw Unreadable("engine and model differ: " + *broken);
  for (const Event& event : twins_->events()) {
    if (event.type == EventType::command_proposed && command.type == CommandType::propose) {
      proposals_.push_back({command.sequence, command.propose->command});
    }
    market_.learn(event, first_hour);
    if (is_shown(event)) actual_.push_back(text_of(event, market_.names()));
  }
}

bool Scenario::is_shown(const Event& event) const {
  switch (event.type) {
    case EventType::settlement:
    case EventType::entitlement:
      return shown_.contains(Show::settlements);
    case EventType::funded:
    case EventType::withdrawn:
    case EventType::merchant_admitted:
    case EventType::merchant_changed:
    case EventType::escrow_released:
    case EventType::capacity_minted:
    case EventType::units_burnt:
      return shown_.contains(Show::accounts);
    case EventType::key_created:
    case EventType::key_revoked:
    case EventType::session_opened:
    case EventType::session_closed:
      return shown_.contains(Show::sessions);
    case EventType::currency_defined:
    case EventType::contract_listed:
    case EventType::product_defined:
    case EventType::product_changed:
    case EventType::instrument_retired:
    case EventType::clock_held:
    case EventType::clock_accepted:
      return shown_.contains(Show::reference);
    case EventType::done:
      return shown_.contains(Show::answers);
    default:
      return true;
  }
}

}  // namespace karst::scenarios
