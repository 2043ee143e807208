#include "gateway/session/subject.hpp"

#include "schemas/karst/v1/gateway.pb.h"

namespace karst::gateway {

Subject subject_of(const v1::Request& request) {
  switch (request.body_case()) {
    case v1::Request::kQueryOrders:
      return {request.query_orders().account_id(), false, true, "QueryOrders"};
    case v1::Request::kQueryBalances:
      return {request.query_balances().account_id(), false, true, "QueryBalances"};
    case v1::Request::kQueryHoldings:
      return {request.query_holdings().account_id(), false, true, "QueryHoldings"};
    case v1::Request::kQueryEvents:
      return {request.query_events().account_id(), false, true, "QueryEvents"};
    case v1::Request::kQueryTransactions:
      return {request.query_transactions().account_id(), request.query_transactions().everyone(),
              true, "QueryTransactions"};
    case v1::Request::kQueryOrder:
      return {request.query_order().account_id(), false, true, "QueryOrder"};
    case v1::Request::kQueryLedgerBalances:
      return {request.query_ledger_balances().account_id(),
              request.query_ledger_balances().everyone(), true, "QueryLedgerBalances"};
    case v1::Request::kQueryFees:
      return {0, true, true, "QueryFees"};
    case v1::Request::kQueryTurnover:
      return {0, true, true, "QueryTurnover"};
    case v1::Request::kQueryAccessLog:
      return {0, true, true, "QueryAccessLog"};
    default:
      return {0, false, false, ""};
  }
}

}  // namespace karst::gateway
