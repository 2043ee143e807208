#include "gateway/measure/flow_book.hpp"

#include <memory>

#include "gateway/client/stopwatch.hpp"
#include "gateway/measure/flow_layer.hpp"

namespace karst::tool {
namespace {

/// From this many books on, looking ahead saves more than it costs
/// (docs/decisions/what_was_tried_for_speed.md).
constexpr std::uint32_t looking_ahead_min = 32;

[[gnu::always_inline]] inline void apply(FlowBooks& books, const FlowCommand& command) {
  switch (command.type) {
    case FlowType::add:
      books.add(command);
      break;
    case FlowType::cancel:
      books.cancel(command);
      break;
    case FlowType::take:
      books.take(command);
      break;
  }
}

void play(FlowBooks& books, const FlowCommand* begin, const FlowCommand* end) {
  for (const FlowCommand* command = begin; command != end; ++command) {
    apply(books, *command);
  }
}

/// The same, with the memory of commands to come asked for in time.
void play_looking_ahead(FlowBooks& books, const FlowCommand* begin, const FlowCommand* end) {
  constexpr std::ptrdiff_t first = 32;
  constexpr std::ptrdiff_t second = 16;
  constexpr std::ptrdiff_t third = 8;
  std::uint32_t levels[second] = {};  // of the commands between the second step and the third
  const FlowCommand* command = begin;
  for (std::size_t i = 0; end - command > first; ++command, ++i) {
    books.prefetch_first(command[first]);
    levels[(i + second) % second] = books.prefetch_second(command[second]);
    books.prefetch_third(levels[(i + third) % second]);
    apply(books, *command);
  }
  play(books, command, end);
}

class BookLayer final : public FlowLayer {
 public:
  explicit BookLayer(const Flow& flow)
      : flow_(flow), commands_(flow.commands), trades_(flow.commands.size()) {
    rehearse();
  }

  [[nodiscard]] FlowPlay play() override {
    const auto books = std::make_unique<FlowBooks>(flow_, trades_.data());
    const FlowCommand* const timed = commands_.data() + flow_.prefill;
    karst::tool::play(*books, commands_.data(), timed);
    FlowPlay result;
    const std::int64_t start = thread_cpu_ns();
    play_timed(*books, timed, commands_.data() + commands_.size());
    result.cpu_ns = thread_cpu_ns() - start;
    result.refused = books->refused();
    for (std::size_t i = 0; i < books->trades(); ++i) {
      result.trades.add(trades_[i]);
    }
    return result;
  }

 private:
  /// Finds out which id every order is given, and puts it into the cancels in place of the
  /// order's number. Every play assigns the same ids.
  void rehearse() {
    const auto books = std::make_unique<FlowBooks>(flow_, trades_.data());
    std::vector<std::uint64_t> ids{0};
    ids.reserve(flow_.orders + 1);
    for (FlowCommand& command : commands_) {
      switch (command.type) {
        case FlowType::add:
          ids.push_back(books->add(command));
          break;
        case FlowType::cancel:
          command.value = ids[command.value];
          books->cancel(command);
          break;
        case FlowType::take:
          ids.push_back(0);
          books->take(command);
          break;
      }
    }
    books->check_invariants();
  }

  const Flow& flow_;
  std::vector<FlowCommand> commands_;
  std::vector<FlowTrade> trades_;  // a trade ends its maker or its taker, so there are never more
};

}  // namespace

void play_timed(FlowBooks& books, const FlowCommand* begin, const FlowCommand* end) {
  if (books.count() >= looking_ahead_min) {
    play_looking_ahead(books, begin, end);
  } else {
    play(books, begin, end);
  }
}

std::unique_ptr<FlowLayer> make_book_layer(const Flow& flow) {
  return std::make_unique<BookLayer>(flow);
}

}  // namespace karst::tool
