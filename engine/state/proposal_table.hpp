// The commands that wait for a second operator.
#pragma once

#include <array>
#include <cstdint>

#include "engine/base/archive.hpp"
#include "engine/base/bounds.hpp"
#include "engine/command/bodies.hpp"

namespace karst {

/// Whether it takes two operators to have done what cannot be taken back.
struct FourEyes {
  std::int64_t unseen_max;  ///< one operator alone may fund or withdraw so much. Unit: fen
  std::uint64_t is_on;
};

struct Proposal {
  std::uint64_t number;  ///< sequence of the command that proposed it; 0 = a free place
  std::int64_t since_ns;
  std::uint32_t by;  ///< the operator's key; 0 = the exchange itself, and nobody has taken it over
  std::uint32_t zero;
  EnclosedCommand command;
};

/// As few as they are, they are looked for one by one.
class ProposalTable {
 public:
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  /// The place of the proposal of that number; with 0 a free place. `none` if there is none.
  [[nodiscard]] std::uint32_t find(std::uint64_t number) const {
    for (std::uint32_t at = 0; at < rows_.size(); ++at) {
      if (rows_[at].number == number) return at;
    }
    return none;
  }
  [[nodiscard]] Proposal& operator[](std::uint32_t at) { return rows_[at]; }
  [[nodiscard]] const Proposal& operator[](std::uint32_t at) const { return rows_[at]; }
  [[nodiscard]] const auto& rows() const { return rows_; }

  /// Nothing is written where none waits: older versions read such a state.
  template <class Archive>
  void save(Archive& out) const {
    for (const Proposal& row : rows_) {
      if (row.number == 0) continue;
      return out.array(Section::proposals, rows_.data(), rows_.size());
    }
  }
  template <class Archive>
  void load(Archive& in) {
    (void)in.array(Section::proposals, rows_.data(), rows_.size());
  }

 private:
  std::array<Proposal, bound::proposals_max> rows_{};
};

}  // namespace karst
