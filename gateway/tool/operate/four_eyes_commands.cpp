// `karst proposals`, `karst confirm`: the second pair of eyes.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "gateway/tool/command_words.hpp"
#include "gateway/tool/commands.hpp"
#include "gateway/tool/deed.hpp"
#include "gateway/tool/exchange_link.hpp"
#include "gateway/tool/numbers.hpp"
#include "gateway/trust/command_hash.hpp"
#include "gateway/trust/log_on_proof.hpp"
#include "schemas/karst/v1/gateway.pb.h"
#include "schemas/translate/translate.hpp"
#include "schemas/words/human_units.hpp"

namespace karst::tool {
namespace {

std::string who(const v1::Proposal& proposal) {
  if (proposal.key_id() == 0) return "the exchange itself (karst.toml)";
  return "key " + std::to_string(proposal.key_id());
}

std::string hash_text(const v1::Proposal& proposal) {
  Digest hash{};
  const bool is_whole = proposal.hash().size() == hash.size();
  if (is_whole) std::ranges::copy(proposal.hash(), hash.begin());
  return gateway::to_hex(hash);
}

/// What it is, for one who is to say yes: all of it.
std::string text_of(const v1::Proposal& proposal) {
  return "proposal " + std::to_string(proposal.proposal_id()) + ": " +
         words_of(proposal.command()) + "\n  asked for by " + who(proposal) + " at " +
         format_time(proposal.proposed_ns()) + "; waits until " +
         format_time(proposal.expires_ns()) + "\n  hash " + hash_text(proposal);
}

Json json_of(const v1::Proposal& proposal) {
  return {{"proposal", std::to_string(proposal.proposal_id())},
          {"words", words_of(proposal.command())},
          {"key", proposal.key_id()},
          {"proposed", format_time(proposal.proposed_ns())},
          {"expires", format_time(proposal.expires_ns())},
          {"hash", hash_text(proposal)}};
}

v1::Proposals ask(ExchangeLink& link) {
  v1::Request request;
  static_cast<void>(request.mutable_query_proposals());
  return link.ask(request).proposals();
}

void list(const LinkOptions& options) {
  const Output output(options.is_json);
  ExchangeLink link(options, output);
  const v1::Proposals all = ask(link);
  Json json{{"four_eyes", all.four_eyes()},
            {"unseen_max", format_money(all.unseen_max_fen())},
            {"proposals", Json::array()}};
  std::string text = all.four_eyes()
                         ? "four eyes: on; one operator alone funds and withdraws at most " +
                               format_money(all.unseen_max_fen()) + " at once"
                         : "four eyes: off";
  for (const v1::Proposal& it : all.proposals()) {
    json["proposals"].push_back(json_of(it));
    text += "\n" + text_of(it);
  }
  if (all.proposals().empty()) text += "\nnothing waits";
  output.answer(json, text);
}

/// The hash of what was shown, found out here: whatever the exchange says it is, this is what its
/// journal would have.
Digest own_hash(const v1::Proposal& proposal, const Output& output) {
  EnclosedCommand enclosed{};
  const char* const wrong = schemas::enclose_from_wire(proposal.command(), enclosed);
  if (wrong == nullptr) {
    const Digest hash = gateway::hash_of(enclosed);
    if (gateway::to_hex(hash) == hash_text(proposal)) return hash;
  }
  output.fail({exit_damaged, "WRONG_HASH",
               "the hash of proposal " + std::to_string(proposal.proposal_id()) +
                   " is not that of what it says",
               "is this karst as new as the exchange? confirm nothing that you cannot read"});
}

bool is_agreed() {
  std::fprintf(stderr, "confirm it? [y/N] ");
  std::string answer;
  return std::getline(std::cin, answer) && (answer == "y" || answer == "Y" || answer == "yes");
}

/// Whoever confirms has seen what: at a terminal it is shown and asked for, else its hash is said.
void must_agree(const v1::Proposal& proposal, const Digest& hash, const std::string& said,
                const Output& output) {
  const std::string number = std::to_string(proposal.proposal_id());
  if (!said.empty()) {
    if (said == gateway::to_hex(hash)) return;
    output.fail({exit_refused, "PROPOSAL_DIFFERS", "this is not the hash of proposal " + number,
                 "look again at what it is: karst proposals"});
  }
  std::fprintf(stderr, "%s\n", text_of(proposal).c_str());
  const bool can_ask = ::isatty(STDIN_FILENO) != 0 && !output.is_json();
  if (can_ask && is_agreed()) return;
  output.fail({exit_usage, can_ask ? "NOT_CONFIRMED" : "NOT_SEEN", "nothing was confirmed",
               can_ask ? "" : "say that you have seen it: karst confirm " + number + " --hash " +
                                  gateway::to_hex(hash)});
}

void confirm(const LinkOptions& options, std::uint64_t number, const std::string& said) {
  const Output output(options.is_json);
  ExchangeLink link(options, output);
  const v1::Proposals all = ask(link);
  const auto found = std::ranges::find_if(
      all.proposals(), [&](const v1::Proposal& it) { return it.proposal_id() == number; });
  v1::Command command;
  command.mutable_confirm()->set_proposal_id(number);
  if (found == all.proposals().end()) {
    v1::Reply reply;
    reply.set_code(v1::CODE_UNKNOWN_PROPOSAL);
    output.fail(failure_of(reply));
  }
  const Digest hash = own_hash(*found, output);
  must_agree(*found, hash, said, output);
  command.mutable_confirm()->set_hash(hash.data(), hash.size());
  const v1::Reply reply = link.carry_out(command);
  const bool is_waiting = reply.waiting_proposal_id() != 0;
  Json json = reply_json(command, reply);
  json["is_waiting"] = is_waiting;
  output.answer(json, words_of(found->command()) +
                          (is_waiting ? ": another operator has to confirm it too (command "
                                      : ": confirmed and carried out (command ") +
                          std::to_string(reply.sequence()) + ")");
}

}  // namespace

void add_four_eyes(CLI::App& app) {
  const auto of_list = std::make_shared<LinkOptions>();
  CLI::App* const proposals =
      subcommand(app, "proposals", "what waits for a second operator (four eyes)");
  add_link_options(*proposals, *of_list);
  proposals->footer(example_text("proposals"));
  proposals->callback([of_list] { list(*of_list); });

  struct Options {
    LinkOptions link;
    std::uint64_t number = 0;
    std::string hash;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* const yes =
      subcommand(app, "confirm", "say yes to what another operator asked for (four eyes)");
  yes->add_option("number", options->number, "of the proposal that waits")
      ->required()
      ->check(at_least_one());
  yes->add_option("--hash", options->hash, "of what you have seen; else it is shown and asked for")
      ->type_name("HEX");
  add_link_options(*yes, options->link);
  yes->footer(example_text("confirm 812 --key second"));
  yes->callback([options] { confirm(options->link, options->number, options->hash); });
}

}  // namespace karst::tool
