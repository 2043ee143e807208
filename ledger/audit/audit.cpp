#include "ledger/audit/audit.hpp"

#include <algorithm>

namespace karst {
namespace {

Error contradiction(const char* what, std::uint64_t seq) {
  return Error{ErrorCode::corrupt, what, "record " + std::to_string(seq), Error::no_offset, 0};
}

}  // namespace

Result<std::unique_ptr<Audit>> Audit::open(const Books& books) {
  Result<PostingIndex> index = PostingIndex::open(books);
  if (!index) return index.error();
  return std::unique_ptr<Audit>(new Audit(std::move(index).value()));
}

Status Audit::check_size(std::uint64_t size_asked) const {
  if (size_asked <= size()) return {};
  return Error{ErrorCode::not_found, "answer at a size the ledger has not reached",
               std::to_string(size_asked)};
}

Result<RecordView> Audit::record(std::uint64_t seq) {
  if (seq >= size()) {
    return Error{ErrorCode::not_found, "find a record", "seq " + std::to_string(seq)};
  }
  return one_.at(seq);
}

Result<Record> Audit::by_seq(std::uint64_t seq) {
  const Result<RecordView> found = record(seq);
  if (!found) return found.error();
  return read(*found);
}

// One shard is one source, and its settlement numbers begin at 1.
Result<Record> Audit::by_source(std::uint16_t source, std::uint64_t source_seq) {
  if (source != index_.books().options().shard || source_seq == 0) {
    return Error{ErrorCode::not_found, "find a record by its settlement number",
                 std::to_string(source) + "/" + std::to_string(source_seq)};
  }
  return by_seq(source_seq - 1);
}

// Records stand in the order of their commands: a binary search.
Result<std::vector<Record>> Audit::by_match(std::uint64_t command,
                                            std::optional<std::uint32_t> index) {
  std::uint64_t low = 0;
  std::uint64_t high = size();
  const std::uint64_t end = high;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    const Result<RecordView> found = record(middle);
    if (!found) return found.error();
    if (found->ext_id().command < command) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  std::vector<Record> records;
  for (std::uint64_t seq = low; seq < end; ++seq) {
    const Result<RecordView> found = record(seq);
    if (!found) return found.error();
    if (found->ext_id().command != command) break;
    if (!index || found->ext_id().index == *index) records.push_back(read(*found));
  }
  return records;
}

Result<std::uint64_t> Audit::size_before(Time time) {
  const std::uint64_t end = size();
  const std::optional<RecordMark> mark = index_.books().log().mark_earlier(time);
  if (!mark) return std::uint64_t{0};
  std::uint64_t seq = mark->seq;
  for (; seq < end; ++seq) {
    const Result<RecordView> found = record(seq);
    if (!found) return found.error();
    if (found->time() >= time) break;
  }
  return seq;
}

// The last leg of the last record that touches the key says its balance.
Result<std::int64_t> Audit::balance(AccountKey key, std::uint64_t size_asked) {
  if (Status checked = check_size(size_asked); !checked) return checked.error();
  PostingCursor cursor(index_, key, 0, size_asked, Direction::descending);
  const auto seq = cursor.next();
  if (!seq) return seq.error();
  if (!*seq) return std::int64_t{0};
  const Result<RecordView> found = record(**seq);
  if (!found) return found.error();
  for (std::size_t i = found->legs(); i-- > 0;) {
    const Leg leg = found->leg(i);
    if (leg.account == key.account && leg.asset == key.asset) return leg.balance_after;
  }
  return contradiction("find an account in a record the index names", **seq);
}

Result<AccountState> Audit::state(AccountKey key, std::uint64_t size_asked) {
  if (Status checked = check_size(size_asked); !checked) return checked.error();
  if (size_asked == 0) return AccountState{};
  const PostingIndex::Found found = index_.block_at(key, size_asked - 1);
  if (!found) return found.error();
  if (!*found) return AccountState{};
  const PostingBlock& block = **found;
  AccountState state = block.state;
  // From the end of the block whose state is known: forwards, or backwards over what came later.
  const std::size_t count = block.places.size();
  for (std::size_t step = 0; step < count; ++step) {
    const std::size_t i = block.is_opening ? step : count - 1 - step;
    const std::uint64_t seq = index_.seq_of(block, i);
    if (block.is_opening ? seq >= size_asked : seq < size_asked) break;
    const Result<RecordView> at = record(seq);
    if (!at) return at.error();
    for (std::size_t leg_index = 0; leg_index < at->legs(); ++leg_index) {
      const Leg leg = at->leg(leg_index);
      if (leg.account != key.account || leg.asset != key.asset) continue;
      if (!block.is_opening) {
        state.unpost(leg.amount);
      } else if (!state.post(leg.amount)) {
        return contradiction("add up an account", seq);
      }
    }
  }
  return state;
}

// Statements --------------------------------------------------------------------------------------

Status Audit::add_lines(const RecordView& found, AccountStatement& statement) const {
  const std::size_t before = statement.lines.size();
  for (std::size_t i = 0; i < found.legs(); ++i) {
    const Leg leg = found.leg(i);
    if (leg.account != statement.key.account || leg.asset != statement.key.asset) continue;
    StatementLine line{found.seq(), found.time(), found.kind(), found.ext_id(), leg, {}};
    for (std::size_t j = 0; j < found.legs() && line.other.is_none(); ++j) {
      const Leg other = found.leg(j);
      if (other.asset == leg.asset && (other.amount < 0) != (leg.amount < 0)) {
        line.other = other.account;
      }
    }
    statement.lines.push_back(line);
  }
  if (statement.lines.size() > before) return {};
  return contradiction("find an account in a record the index names", found.seq());
}

Status Audit::check(const AccountStatement& statement) const {
  AccountState state = statement.opening;
  for (const StatementLine& line : statement.lines) {
    if (!state.post(line.leg.amount) || state.balance != line.leg.balance_after ||
        state.account_seq != line.leg.account_seq) {
      return contradiction("follow an account from posting to posting", line.seq);
    }
  }
  if (state == statement.closing) return {};
  return contradiction("close a statement", statement.to);
}

Result<AccountStatement> Audit::statement(AccountKey key, std::uint64_t from, std::uint64_t to,
                                          std::size_t lines_max) {
  AccountStatement statement;
  statement.key = key;
  statement.from = from;
  statement.to = to;
  statement.as_of = size();
  if (from > to) return Error{ErrorCode::invalid, "make a statement", "from is behind to"};
  const Result<AccountState> opening = state(key, from);
  if (!opening) return opening.error();
  const Result<AccountState> closing = state(key, to);
  if (!closing) return closing.error();
  statement.opening = *opening;
  statement.closing = *closing;
  if (closing->account_seq - opening->account_seq > lines_max) {
    return Error{ErrorCode::invalid, "make a statement of so many lines",
                 std::to_string(closing->account_seq - opening->account_seq)};
  }
  PostingCursor cursor(index_, key, from, to, Direction::ascending);
  while (true) {
    const auto seq = cursor.next();
    if (!seq) return seq.error();
    if (!*seq) break;
    const Result<RecordView> found = record(**seq);
    if (!found) return found.error();
    if (Status added = add_lines(*found, statement); !added) return added.error();
  }
  if (Status checked = check(statement); !checked) return checked.error();
  return statement;
}

Result<AccountStatement> Audit::last_lines(AccountKey key, std::uint64_t size_asked,
                                           std::size_t lines) {
  AccountStatement statement;
  statement.key = key;
  statement.from = size_asked;
  statement.to = size_asked;
  statement.as_of = size();
  const Result<AccountState> closing = state(key, size_asked);
  if (!closing) return closing.error();
  statement.closing = *closing;
  statement.opening = *closing;
  std::vector<std::uint64_t> seqs;
  PostingCursor cursor(index_, key, 0, size_asked, Direction::descending);
  while (seqs.size() < lines) {
    const auto seq = cursor.next();
    if (!seq) return seq.error();
    if (!*seq) break;
    seqs.push_back(**seq);
  }
  for (auto seq = seqs.rbegin(); seq != seqs.rend(); ++seq) {
    const Result<RecordView> found = record(*seq);
    if (!found) return found.error();
    if (Status added = add_lines(*found, statement); !added) return added.error();
  }
  if (!seqs.empty()) statement.from = seqs.back();
  for (auto line = statement.lines.rbegin(); line != statement.lines.rend(); ++line) {
    statement.opening.unpost(line->leg.amount);
  }
  if (Status checked = check(statement); !checked) return checked.error();
  return statement;
}

}  // namespace karst
