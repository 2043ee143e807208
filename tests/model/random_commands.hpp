// Seeded streams of random commands that keep a market alive and try everything on it.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "engine/seams/random.hpp"
#include "tests/model/model.hpp"

namespace karst::model {

/// Which of the two generators. They share no choice, so that what one never does the other may.
enum class Profile : std::uint8_t {
  adversary,  ///< every command at any moment, fields at their limits, resends, forged names
  traders,    ///< merchants with habits (quote, take, resell), an operator with a daily round
};

/// The rules that the commands of a seed follow: of seeds one behind the other each version's turn
/// comes, of seed 1 the newest, of seed 2 the first.
[[nodiscard]] constexpr std::uint32_t rules_of_seed(std::uint64_t seed) {
  return 1 + static_cast<std::uint32_t>((seed % rules_newest + rules_newest - 2) % rules_newest);
}

/// One stream of commands. Looks at the model to know what would be valid at the moment, so the
/// model has to have applied every command before the next is asked for.
///
/// Threads: owned by one.
class RandomCommands {
 public:
  RandomCommands(std::uint64_t seed, Profile profile, const Model& model);

  /// Sizes and bounds of this stream: small, so that every table runs full.
  [[nodiscard]] const Configure& configuration() const { return configure_; }

  /// The next command, stamped.
  [[nodiscard]] Command next();

 private:
  using Maker = Command (RandomCommands::*)();

  // random_commands.cpp: the stream, who speaks, what is bent.
  void make_configuration();
  void queue_set_up();
  void queue_pools();
  void queue_products();
  void queue(const Command& command) { script_.push_back(command); }
  [[nodiscard]] Command blank(CommandType type, AccountId account = AccountId{0}) const;
  [[nodiscard]] Command growth();
  void stamp(Command& command);
  void give_voice(Command& command);
  void ask_for_two(Command& command);
  void number(Command& command);
  void bend(Command& command);
  [[nodiscard]] static std::span<std::uint8_t> body_bytes(Command& command);
  void bend_word(Command& command);
  [[nodiscard]] Command resend();

  // random_adversary.cpp: any command at any moment.
  [[nodiscard]] Command adversary();
  [[nodiscard]] Command heal();
  [[nodiscard]] Command heal_merchants();
  [[nodiscard]] Command heal_instruments();
  [[nodiscard]] Command any_place();
  [[nodiscard]] Command any_amend();
  [[nodiscard]] Command any_cancel();
  [[nodiscard]] Command any_mass_cancel();
  [[nodiscard]] Command any_hibernate();
  [[nodiscard]] Command any_reactivate();
  [[nodiscard]] Command any_offer();
  [[nodiscard]] Command any_cash();
  [[nodiscard]] Text<64> any_name();
  [[nodiscard]] Command any_merchant_change();
  [[nodiscard]] Command any_key();
  [[nodiscard]] Command any_clock();
  [[nodiscard]] Command any_four_eyes();
  [[nodiscard]] Command any_dangerous();
  [[nodiscard]] Command any_session();
  [[nodiscard]] Command any_definition();
  [[nodiscard]] Command any_listing();
  [[nodiscard]] Command any_mint();
  [[nodiscard]] Command any_pool_change();
  [[nodiscard]] Command any_product();
  [[nodiscard]] Command any_state_change();
  [[nodiscard]] Command any_junk();

  // random_traders.cpp: habits.
  [[nodiscard]] Command trader();
  [[nodiscard]] Command operator_round();
  [[nodiscard]] Command quote(AccountId account, const Instrument& on);
  [[nodiscard]] Command sweep(AccountId account, const Instrument& on);
  [[nodiscard]] Command resell(AccountId account, const Instrument& on);
  [[nodiscard]] Command tidy(AccountId account);
  [[nodiscard]] Command incident();

  // Building blocks of both.
  [[nodiscard]] Command mint(const Instrument& contract, AccountId account, std::uint32_t lots);
  [[nodiscard]] Command list(PoolId pool, std::int64_t from_hour, std::uint32_t hours) const;
  [[nodiscard]] Command product(AccountId issuer, Supply supply);
  [[nodiscard]] Command pool_terms(PoolId pool);
  [[nodiscard]] Command funding(AccountId account, std::int64_t amount);
  [[nodiscard]] Command order(AccountId account, const Instrument& on, Side side,
                              std::int64_t limit, std::uint32_t lots);
  [[nodiscard]] AccountId any_account();
  [[nodiscard]] AccountId known_account();
  [[nodiscard]] const Order* any_order();
  [[nodiscard]] const Instrument* any_instrument();
  [[nodiscard]] const Instrument* open_instrument();
  [[nodiscard]] std::int64_t price_near(const Instrument& on, std::int64_t ticks);
  [[nodiscard]] ClientOrderId any_client_id();
  [[nodiscard]] bool chance(std::uint64_t percent) { return random_.below(100) < percent; }
  [[nodiscard]] std::int64_t hour_now() const { return now_ / ns_per_hour; }

  static constexpr std::uint64_t commands_per_life = 700;  // a restore now and then
  static constexpr std::uint64_t commands_per_growth = 450;
  static constexpr std::uint64_t growths_max = 8;  // so that tables run full all the same

  Random random_;
  std::uint32_t rules_;  // followed
  Profile profile_;
  const Model& model_;
  Configure configure_{};
  std::deque<Command> script_;     // to come next, in order
  std::vector<Command> numbered_;  // sent lately with a client sequence number
  std::uint64_t sequence_ = 0;
  std::int64_t now_ = 0;
  std::uint64_t references_ = 0;
  std::uint32_t products_ = 0;
};

}  // namespace karst::model
