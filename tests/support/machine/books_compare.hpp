// Whether two ledgers say the same: records, rows of the store, answers.
#pragma once

#include <string>

#include "ledger/books/books.hpp"

namespace karst::sim {

/// Compares the bytes of all durable records, the rows of both stores, and what auditors are
/// answered: states of all accounts, postings, trial balances. Both stores must be indexed as far
/// as they can be, and segments of the same size.
///
/// Returns: the first difference, or "".
[[nodiscard]] std::string difference(const Books& one, const Books& other);

}  // namespace karst::sim
