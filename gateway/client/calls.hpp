// Calls: every command and every question of the exchange as one typed function.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "engine/base/result.hpp"
#include "engine/command/catalogue.hpp"
#include "gateway/client/client.hpp"
#include "schemas/karst/v1/gateway.pb.h"

namespace karst::gateway {

/// For whom a command is, and whether it is meant.
struct CallFor {
  std::uint32_t account = 0;  ///< 0 = the key's own merchant; another needs scope operate
  bool validate_only = false;
  bool use_exchange_account = false;  ///< CreateKey: a key of the exchange
};

// Commands. Each does what Client::call does: carried out once, however often the connection is
// lost on the way.
//
// There is one for every command of the catalogue; those that the exchange says to itself are
// refused.
//
// Returns: the answer, also when it is a refusal. Errors: io: no answer; not known whether it was
// carried out, the key's next log-on says (LoggedOn.last_client_seq).

#define KARST_CALL(name, number, Body, ...)                                           \
  using Body##Wish = decltype(std::declval<const v1::Command&>().name());             \
  [[nodiscard]] Result<v1::Reply> call(Client&, Body##Wish message, const CallFor& = {});
KARST_COMMANDS(KARST_CALL)
#undef KARST_CALL

// Questions. Errors: io: no answer; else the exchange refused, and the text names its code:
// not_found: no such merchant, or not yours · trimmed: older than kept, or lost · busy: ask again ·
// invalid: everything else.

/// All open and hibernated orders in order of entry, whatever number of pages it takes. True as of
/// the last page; an order that came or went while the pages were read may be missing or twice.
/// `account` 0 = own, here and below.
[[nodiscard]] Result<v1::Orders> orders(Client&, std::uint32_t account = 0);
[[nodiscard]] Result<v1::Balances> balances(Client&, std::uint32_t account = 0);
/// All rows, whatever number of pages it takes.
[[nodiscard]] Result<v1::Holdings> holdings(Client&, std::uint32_t account = 0);
/// One page of the event log: the events after number `after`, which came when the exchange was in
/// its life `incarnation` (none: it is not known), at most `limit` (0 = 500).
[[nodiscard]] Result<v1::Events> events(Client&, std::uint64_t after, std::uint32_t limit = 0,
                                        std::uint32_t account = 0,
                                        std::optional<std::uint64_t> incarnation = {});
/// All fills of a time, as far as they are kept, whatever number of pages it takes.
/// Requires: 0 <= from_ns; to_ns is not among them, 0 = whatever comes.
[[nodiscard]] Result<v1::Events> fills(Client&, std::int64_t from_ns, std::int64_t to_ns,
                                       std::uint32_t account = 0);
/// One order, by one of its names.
[[nodiscard]] Result<v1::OrderFound> order(Client&, const v1::QueryOrder&);
/// All instruments that are as asked for, whatever number of pages it takes.
[[nodiscard]] Result<v1::Instruments> instruments(Client&, v1::QueryInstruments);
/// One page of settled transactions.
[[nodiscard]] Result<v1::Transactions> transactions(Client&, const v1::QueryTransactions&);
/// One page of who asked what.
[[nodiscard]] Result<v1::AccessLog> access_log(Client&, const v1::QueryAccessLog& = {});
[[nodiscard]] Result<v1::Status> status(Client&);
/// What waits for a second operator.
[[nodiscard]] Result<v1::Proposals> proposals(Client&);

/// What a refusal is as an Error; `doing` is what was tried.
[[nodiscard]] Error refusal_error(const v1::Reply& reply, const std::string& doing);

}  // namespace karst::gateway
