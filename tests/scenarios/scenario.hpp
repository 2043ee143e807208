// Runs a scenario: a text file of commands, each followed by the lines it must come to.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/model/compare.hpp"
#include "tests/scenarios/market.hpp"
#include "tests/scenarios/words.hpp"

namespace karst::scenarios {

/// One file on the engine and the reference model at once. docs/SCENARIOS.md is the vocabulary.
///
/// Threads: owned by one.
class Scenario {
 public:
  /// Requires: `name` is what failures call the file.
  Scenario(std::string name, std::string_view text);

  /// Runs all lines.
  /// Returns: the first command that came to something else than its lines say, as a diff with
  ///          what went before; or nothing.
  [[nodiscard]] std::optional<std::string> run();

  /// How many lines of expectation were compared.
  [[nodiscard]] std::size_t compared() const { return compared_; }

 private:
  /// A line that does something, and the lines under it.
  struct Step {
    std::size_t number;  // of the line, from 1
    std::string line;
    std::vector<std::string> expected;
  };
  enum class Show : std::uint8_t { orders, settlements, accounts, sessions, reference, answers };

  void carry_out(const std::string& line);
  [[nodiscard]] bool direct(Words& words);
  void ask(const std::string& what, Words& words);
  void speak(const std::string& who, Words& words);
  void operate(Words& words);
  void send(Command command);
  void begin();
  void adopt_rules(std::uint32_t version);
  void go_on_restored(Words& words);
  void grow(Words& words);
  [[nodiscard]] bool take_four_eyes(Words& words);
  [[nodiscard]] static Command proposal_of(const Command& command);
  [[nodiscard]] bool is_shown(const Event& event) const;
  [[nodiscard]] std::string difference(const Step& step) const;
  enum class Optional : std::uint8_t { no, acceptance, gate };
  [[nodiscard]] static Optional optional_kind(const std::string& line);
  [[nodiscard]] std::vector<std::string> without_optional(const Step& step) const;

  // scenario_set_up.cpp: what makes a market.
  void set_bounds(Words& words);
  void take_bounds(Words& words);
  void set_fees(Words& words);
  void admit(Words& words);
  void make_pool(Words& words);
  void list_hours(Words& words);
  void mint(Words& words);
  void make_product(Words& words);
  void make_key(Words& words);
  void show(Words& words);
  void ask_book(Words& words);
  void ask_balance(Words& words);
  void ask_holding(Words& words);

  // scenario_commands.cpp: what merchants and the operator say.
  [[nodiscard]] Command blank(CommandType type, AccountId account = AccountId{0}) const;
  void place(Command command, Side side, Words& words);
  [[nodiscard]] bool take_order_option(Command& command, Words& words);
  [[nodiscard]] bool take_voice(Command& command, Words& words);
  void finish(Command command, Words& words);
  void amend(Command command, Words& words);
  void cancel(Command command, Words& words);
  void mass_cancel(Command command, Words& words);
  void move_cash(Command command, Words& words);
  void offer(Command command, Words& words);
  void connect(Command command, Words& words);
  void set_limits(Words& words);
  void set_profile(Words& words);
  void change_instrument(const std::string& what, Words& words);
  [[nodiscard]] InstrumentId take_instrument(Words& words) const;

  std::string name_;
  std::vector<Step> steps_;
  Market market_;
  Configure configure_{};
  std::unique_ptr<model::Twins> twins_;
  std::int64_t now_ = 0;
  std::uint64_t sequence_ = 0;
  std::uint64_t references_ = 1'000'000;
  std::uint16_t fee_schedules_ = 0;
  bool is_proposed_ = false;  // what the line under way says
  struct Proposed {
    std::uint64_t number;
    EnclosedCommand command;
  };
  std::vector<Proposed> proposals_;  // 1, 2, 3 … of the scenario
  std::set<Show> shown_{Show::orders};
  std::vector<std::string> actual_;  // of the step under way
  std::size_t compared_ = 0;
};

}  // namespace karst::scenarios
