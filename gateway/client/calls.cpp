#include "gateway/client/calls.hpp"

#include <utility>

namespace karst::gateway {
namespace {

ErrorCode error_code_of(v1::Code code) {
  switch (code) {
    case v1::CODE_NOT_FOUND:
    case v1::CODE_UNKNOWN_ACCOUNT:
      return ErrorCode::not_found;
    case v1::CODE_RESUME_TOO_OLD:
      return ErrorCode::trimmed;
    case v1::CODE_BUSY:
    case v1::CODE_RATE_LIMITED:
      return ErrorCode::busy;
    default:
      return ErrorCode::invalid;
  }
}

Result<v1::Reply> carry_out(Client& client, v1::Command command, const CallFor& who) {
  command.set_account_id(who.account);
  command.set_validate_only(who.validate_only);
  command.set_use_exchange_account(who.use_exchange_account);
  return client.call(std::move(command));
}

/// The answer to a question; a refusal is an Error.
Result<v1::Response> question(Client& client, const v1::Request& request, const char* doing) {
  Result<v1::Response> answer = client.ask(request);
  if (answer && answer->has_reply()) return refusal_error(answer->reply(), doing);
  return answer;
}

}  // namespace

// One function per command: the body is put into its place and sent.
#define KARST_CALL(name, number, Body, ...)                                        \
  Result<v1::Reply> call(Client& client, Body##Wish message, const CallFor& who) { \
    v1::Command command;                                                            \
    *command.mutable_##name() = message;                                            \
    return carry_out(client, std::move(command), who);                              \
  }
KARST_COMMANDS(KARST_CALL)
#undef KARST_CALL

Error refusal_error(const v1::Reply& reply, const std::string& doing) {
  std::string code = v1::Code_Name(reply.code());
  if (code.starts_with("CODE_")) code.erase(0, 5);
  const std::string& said = reply.field().empty() ? reply.text() : reply.field();
  return {error_code_of(reply.code()), doing + " (" + code + ")",
          said.empty() ? "the exchange" : said};
}

Result<v1::Orders> orders(Client& client, std::uint32_t account) {
  v1::Orders all;
  v1::Request request;
  v1::QueryOrders& query = *request.mutable_query_orders();
  query.set_account_id(account);
  bool has_more = true;
  while (has_more) {
    const Result<v1::Response> answer = question(client, request, "ask for orders");
    if (!answer) return answer.error();
    all.set_as_of_sequence(answer->orders().as_of_sequence());
    all.mutable_orders()->MergeFrom(answer->orders().orders());
    query.set_cursor(answer->orders().next_cursor());
    has_more = answer->orders().has_more();
  }
  return all;
}

Result<v1::Balances> balances(Client& client, std::uint32_t account) {
  v1::Balances all;
  v1::Request request;
  v1::QueryBalances& query = *request.mutable_query_balances();
  query.set_account_id(account);
  do {
    const Result<v1::Response> answer = question(client, request, "ask for balances");
    if (!answer) return answer.error();
    all.set_as_of_sequence(answer->balances().as_of_sequence());
    all.mutable_balances()->MergeFrom(answer->balances().balances());
    query.set_cursor(answer->balances().next_cursor());
  } while (query.cursor() != 0);
  return all;
}

Result<v1::Holdings> holdings(Client& client, std::uint32_t account) {
  v1::Holdings all;
  v1::Request request;
  v1::QueryHoldings& query = *request.mutable_query_holdings();
  query.set_account_id(account);
  do {
    const Result<v1::Response> answer = question(client, request, "ask for holdings");
    if (!answer) return answer.error();
    all.set_as_of_sequence(answer->holdings().as_of_sequence());
    all.mutable_holdings()->MergeFrom(answer->holdings().holdings());
    query.set_cursor(answer->holdings().next_cursor());
  } while (query.cursor() != 0);
  return all;
}

Result<v1::Events> events(Client& client, std::uint64_t after, std::uint32_t limit,
                          std::uint32_t account, std::optional<std::uint64_t> incarnation) {
  v1::Request request;
  v1::QueryEvents& query = *request.mutable_query_events();
  query.set_account_id(account);
  query.set_after_number(after);
  if (incarnation) query.set_incarnation(*incarnation);
  query.set_limit(limit);
  const Result<v1::Response> answer = question(client, request, "ask for events");
  if (!answer) return answer.error();
  return answer->events();
}

Result<v1::Events> fills(Client& client, std::int64_t from_ns, std::int64_t to_ns,
                         std::uint32_t account) {
  v1::Events all;
  v1::Request request;
  v1::QueryEvents& query = *request.mutable_query_events();
  query.set_account_id(account);
  query.set_from_time_ns(from_ns);
  query.set_to_time_ns(to_ns);
  query.set_fills_only(true);
  query.set_incarnation(client.logged_on().incarnation());
  bool has_more = true;
  while (has_more) {
    const Result<v1::Response> answer = question(client, request, "ask for fills");
    if (!answer) return answer.error();
    all.mutable_events()->MergeFrom(answer->events().events());
    query.set_after_number(answer->events().next_after());
    has_more = answer->events().has_more();
  }
  return all;
}

Result<v1::OrderFound> order(Client& client, const v1::QueryOrder& query) {
  v1::Request request;
  *request.mutable_query_order() = query;
  const Result<v1::Response> answer = question(client, request, "ask for an order");
  if (!answer) return answer.error();
  return answer->order_found();
}

Result<v1::Instruments> instruments(Client& client, v1::QueryInstruments query) {
  v1::Instruments all;
  v1::Request request;
  do {
    *request.mutable_query_instruments() = query;
    const Result<v1::Response> answer = question(client, request, "ask for instruments");
    if (!answer) return answer.error();
    all.set_as_of_sequence(answer->instruments().as_of_sequence());
    all.mutable_instruments()->MergeFrom(answer->instruments().instruments());
    query.set_cursor(answer->instruments().next_cursor());
  } while (query.cursor() != 0);
  return all;
}

Result<v1::Transactions> transactions(Client& client, const v1::QueryTransactions& query) {
  v1::Request request;
  *request.mutable_query_transactions() = query;
  const Result<v1::Response> answer = question(client, request, "ask for transactions");
  if (!answer) return answer.error();
  return answer->transactions();
}

Result<v1::AccessLog> access_log(Client& client, const v1::QueryAccessLog& query) {
  v1::Request request;
  *request.mutable_query_access_log() = query;
  const Result<v1::Response> answer = question(client, request, "ask for the access log");
  if (!answer) return answer.error();
  return answer->access_log();
}

Result<v1::Status> status(Client& client) {
  v1::Request request;
  request.mutable_query_status();
  const Result<v1::Response> answer = question(client, request, "ask for the status");
  if (!answer) return answer.error();
  return answer->status();
}

Result<v1::Proposals> proposals(Client& client) {
  v1::Request request;
  static_cast<void>(request.mutable_query_proposals());
  const Result<v1::Response> answer = question(client, request, "ask for proposals");
  if (!answer) return answer.error();
  return answer->proposals();
}

}  // namespace karst::gateway
