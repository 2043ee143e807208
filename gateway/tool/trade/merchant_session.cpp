#include "gateway/tool/trade/merchant_session.hpp"

#include <CLI/CLI.hpp>

#include "gateway/tool/numbers.hpp"
#include "schemas/karst/v1/common.pb.h"
#include "schemas/words/code_text.hpp"

namespace karst::tool {

void add_merchant_options(CLI::App& command, MerchantOptions& options) {
  add_link_options(command, options.link);
  command
      .add_option("--account", options.account,
                  "merchant's number; else that of the key (others: scope operate)")
      ->group("Connection");
}

void add_send_options(CLI::App& command, SendOptions& options) {
  CLI::Option* const validate =
      command.add_flag("--validate-only", options.validate_only,
                       "say what the exchange would answer now; do nothing");
  command
      .add_option("--client-seq", options.client_seq,
                  "send again under this number after a lost answer: carried out once")
      ->check(at_least_one())
      ->excludes(validate);
}

MerchantSession::MerchantSession(const MerchantOptions& options)
    : output_(options.link.is_json),
      link_(options.link, output_),
      account_(options.account) {
  if (merchant() != 0) return;
  output_.fail({exit_usage, "NO_MERCHANT", "this key belongs to the exchange, not to a merchant",
                "say for whom: --account N; or log on with a merchant's key: --key FILE"});
}

std::uint32_t MerchantSession::merchant() const {
  if (account_ != 0) return account_;
  return const_cast<ExchangeLink&>(link_).client().logged_on().account_id();
}

const Listing& MerchantSession::listing(bool with_prices) {
  if (!listing_ || (with_prices && !has_prices_)) {
    listing_ = Listing::read(link_, output_, with_prices);
    has_prices_ = with_prices;
  }
  return *listing_;
}

void MerchantSession::begin_call(const SendOptions& options) {
  if (options.client_seq != 0) client().set_next_client_seq(options.client_seq);
  number_ = client().next_client_seq();
}

v1::Reply MerchantSession::end_call(const Result<v1::Reply>& reply,
                                    const std::function<std::string(v1::Code)>& about) {
  if (!reply) {
    Failure failure = failure_of(reply.error(), link_.config());
    failure.hint = "whether it was carried out is not known; ask by sending the same again with "
                   "--client-seq " + std::to_string(number_);
    output_.fail(failure);
  }
  if (reply->code() == v1::CODE_OK) return *reply;
  Failure failure = failure_of(*reply);
  if (const std::string hint = about ? about(reply->code()) : ""; !hint.empty()) {
    failure.hint = hint;
  }
  output_.fail(failure);
}

void MerchantSession::fail(const Error& error) {
  Failure failure = failure_of(error);
  if (error.code == ErrorCode::io) failure = failure_of(error, link_.config());
  if (error.code == ErrorCode::not_found) {
    failure.text = "no merchant " + std::to_string(merchant()) + " that this key may ask about";
    failure.hint = "is the number right? " + std::string(code_hint(v1::CODE_NOT_FOUND));
  }
  output_.fail(failure);
}

}  // namespace karst::tool
