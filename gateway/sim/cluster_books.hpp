// The books of a cluster replay: made anew from the journal, compared, and totalled.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/result.hpp"
#include "gateway/sim/cluster_audit.hpp"

namespace karst::tool {

struct ClusterBooks {
  std::uint64_t records = 0;
  std::string sha256;  ///< over the canonical bytes of all records, in hexadecimal digits
};

/// Rebuilds the record log from the journal under `data` into the new folder `into` and compares
/// it byte for byte (Z4), sums all accounts (Z1), looks at the rounding account (Z3), and compares
/// the audit's totals with those the auditor has made from the events (Z7).
///
/// Requires: the exchange has stopped. Errors: those of books, journal and storage.
[[nodiscard]] Result<ClusterBooks> check_books(const std::string& data, const std::string& into,
                                               ClusterAuditor& auditor);

}  // namespace karst::tool
