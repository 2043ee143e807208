#include "gateway/tool/measure/bench_book_flow.hpp"

#include <cinttypes>

#include "gateway/measure/book_flow.hpp"
#include "gateway/measure/flow_file.hpp"
#include "gateway/tool/output.hpp"
#include "schemas/words/formatted.hpp"

namespace karst::tool {
namespace {

void print(std::size_t messages, const BenchBookFlowOptions& options, const BookFlowPlay& play) {
  const double per_second =
      static_cast<double>(messages) * 1e9 / static_cast<double>(play.elapsed_ns);
  const BookFlowCounts& counts = play.counts;
  std::string text;
  if (options.is_json) {
    append_formatted(text,
                     "{\"messages\": %zu, \"messages_per_second\": %.0f, \"trades\": %" PRIu64
                     ", \"quantity\": %" PRIu64 ", \"cancel_acks\": %" PRIu64
                     ", \"modify_acks\": %" PRIu64 ", \"cancel_rejects\": %" PRIu64
                     ", \"modify_rejects\": %" PRIu64 ", \"new_rejects\": %" PRIu64
                     ", \"hash\": \"%016" PRIx64 "\"}\n",
                     messages, per_second, counts.trades.trades, counts.trades.quantity,
                     counts.cancel_acks, counts.modify_acks, counts.cancel_rejects,
                     counts.modify_rejects, counts.new_rejects, counts.trades.hash);
    return print_part(text);
  }
  append_formatted(text, "%zu messages in batches of %zu, %.2f million per second\n", messages,
                   options.batch, per_second * 1e-6);
  append_formatted(text, "%" PRIu64 " trades, %" PRIu64 " lots, hash %016" PRIx64 "\n",
                   counts.trades.trades, counts.trades.quantity, counts.trades.hash);
  append_formatted(text,
                   "%" PRIu64 " cancelled, %" PRIu64 " modified; rejected: %" PRIu64
                   " new, %" PRIu64 " cancels, %" PRIu64 " modifies\n",
                   counts.cancel_acks, counts.modify_acks, counts.new_rejects,
                   counts.cancel_rejects, counts.modify_rejects);
  print_part(text);
}

}  // namespace

int run_bench_book_flow(const BenchBookFlowOptions& options) {
  const Output output(options.is_json);
  const auto messages = read_book_flow(options.file);
  if (!messages.ok()) return output.failed(failure_of(messages.error()));
  BookFlowPlay best = play_book_flow(*messages, options.batch);
  for (int i = 1; i < options.repetitions; ++i) {
    const BookFlowPlay again = play_book_flow(*messages, options.batch);
    if (again.counts != best.counts) {
      return output.failed({exit_damaged, "PLAYS_DIFFER",
                            "two plays of " + options.file + " differ: the engine is broken"});
    }
    best = again.elapsed_ns < best.elapsed_ns ? again : best;
  }
  print((*messages).size(), options, best);
  return 0;
}

}  // namespace karst::tool
