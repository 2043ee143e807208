#include "gateway/tool/deed.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <thread>

#include "engine/command/utf8.hpp"
#include "gateway/client/calls.hpp"
#include "gateway/client/stopwatch.hpp"
#include "gateway/config/config.hpp"
#include "gateway/tool/exchange_link.hpp"
#include "gateway/tool/listing.hpp"
#include "schemas/karst/v1/gateway.pb.h"
#include "schemas/words/code_text.hpp"
#include "schemas/words/human_units.hpp"
#include "schemas/words/instrument_text.hpp"
#include "schemas/words/shown_name.hpp"

namespace karst::tool {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::int64_t event_wait_ns = 2'000'000'000;
constexpr auto event_pause = std::chrono::milliseconds(5);

/// What the command line said, until the command is made.
struct DeedState {
  LinkOptions link;
  bool is_check = false;
  std::map<std::string, std::string> texts;  // by field
  std::map<std::string, bool> flags;         // by field
};

/// The words an enumeration's values have on the command line: UNIT_P_HOUR of Unit is "p_hour".
std::string word_of(const EnumValueDescriptor& value) {
  // The prefix all values share is that of the first: "UNIT_UNSPECIFIED".
  const std::string first = value.type()->value(0)->name();
  const std::size_t prefix = first.size() - std::string_view("UNSPECIFIED").size();
  std::string word = value.name().substr(prefix);
  std::ranges::transform(word, word.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return word;
}

std::vector<std::string> words_of(const EnumDescriptor& type) {
  std::vector<std::string> words;
  for (int i = 1; i < type.value_count(); ++i) words.push_back(word_of(*type.value(i)));
  return words;
}

bool has_ticks(const Message& message) {
  return message.GetDescriptor()->FindFieldByName("tick_value_fen") != nullptr;
}

enum class Reading { number, money, price, listed_price, time, duration, hour, instrument };

Reading reading_of(const Message& message, const std::string& field) {
  if (field.ends_with("_fen") || field.ends_with("_fen_max")) return Reading::money;
  if (field.ends_with("_ticks")) return has_ticks(message) ? Reading::price : Reading::listed_price;
  if (field == "instrument_id") return Reading::instrument;
  if (field.ends_with("expiry_ns")) return Reading::time;
  if (field.ends_with("_ns")) return Reading::duration;
  if (field.ends_with("_hour")) return Reading::hour;
  return Reading::number;
}

const char* kind_of(Reading reading) {
  switch (reading) {
    case Reading::number: return "NUMBER";
    case Reading::money:
    case Reading::price:
    case Reading::listed_price: return "AMOUNT";
    case Reading::instrument: return "INSTRUMENT";
    case Reading::time: return "TIME";
    case Reading::duration: return "DURATION";
    case Reading::hour: return "HOUR";
  }
  return "";
}

std::optional<std::int64_t> parse_number(const std::string& text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest != end) return std::nullopt;
  return number;
}

/// An amount in whole ticks of the message.
std::string read_price(const Message& message, const std::string& text, std::int64_t& ticks) {
  const auto* const field = message.GetDescriptor()->FindFieldByName("tick_value_fen");
  const std::int64_t tick = message.GetReflection()->GetInt64(message, field);
  const auto fen = text == "tick" ? tick : parse_money(text);
  if (!fen) return "is no amount like 28.50";
  if (tick <= 0 || *fen % tick != 0) return "is no multiple of the tick " + format_money(tick);
  ticks = *fen / tick;
  return {};
}

std::string read_number(const Message& message, const std::string& field, const std::string& text,
                        std::int64_t& number) {
  const auto take = [&](std::optional<std::int64_t> value, const char* wanted) {
    if (value) number = *value;
    return value ? std::string() : std::string(wanted);
  };
  switch (reading_of(message, field)) {
    case Reading::number:
    case Reading::instrument: return take(parse_number(text), "is no whole number");
    case Reading::listed_price:
    case Reading::money: return take(parse_money(text), "is no amount like 1250.50");
    case Reading::price: return read_price(message, text, number);
    case Reading::time: return take(parse_time(text), "is no time like 2026-11-22T13:00+08:00");
    case Reading::duration: return take(parse_duration(text), "is no duration like 8h or 15m");
    case Reading::hour:
      return take(parse_hour(text), "is no full hour like 2026-11-22T13:00+08:00");
  }
  return "cannot be read";
}

std::string set_number(Message& message, const FieldDescriptor& field, const std::string& text) {
  std::int64_t number = 0;
  if (std::string wrong = read_number(message, field.name(), text, number); !wrong.empty()) {
    return wrong;
  }
  const auto& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_UINT32:
      if (number < 0 || number > 0xffff'ffff) return "is not from 0 to 4294967295";
      reflection.SetUInt32(&message, &field, static_cast<std::uint32_t>(number));
      return {};
    case FieldDescriptor::CPPTYPE_UINT64:
      if (number < 0) return "is below 0";
      reflection.SetUInt64(&message, &field, static_cast<std::uint64_t>(number));
      return {};
    case FieldDescriptor::CPPTYPE_INT64:
      reflection.SetInt64(&message, &field, number);
      return {};
    default:
      return "cannot be set";
  }
}

std::string set_enum(Message& message, const FieldDescriptor& field, const std::string& text) {
  const EnumDescriptor& type = *field.enum_type();
  for (int i = 1; i < type.value_count(); ++i) {
    if (word_of(*type.value(i)) != text) continue;
    message.GetReflection()->SetEnum(&message, &field, type.value(i));
    return {};
  }
  return "is not one of the words for it";
}

std::string set_text(Message& message, const FieldDescriptor& field, const std::string& text) {
  if (!field.name().ends_with("_hash")) {
    if (!text.empty() && !is_name(text)) {
      return "is no text in UTF-8, or has control characters, or a space at an end";
    }
    if (const char* const fault = fault_of_shown_name(text)) return fault;
    message.GetReflection()->SetString(&message, &field, text);
    return {};
  }
  Digest digest{};
  if (!gateway::from_hex(text, digest)) return "is not 64 hexadecimal digits";
  message.GetReflection()->SetString(&message, &field, std::string(digest.begin(), digest.end()));
  return {};
}

/// The body named so, which is made the command's if it is not.
Message& body_of(v1::Command& command, const std::string& body) {
  const auto* const field = v1::Command::descriptor()->FindFieldByName(body);
  KARST_ASSERT(field != nullptr);
  return *command.GetReflection()->MutableMessage(&command, field);
}

/// Who has the field: the body, or the command itself.
Message& owner_of(v1::Command& command, const std::string& body, const std::string& field) {
  Message& message = body_of(command, body);
  return message.GetDescriptor()->FindFieldByName(field) != nullptr ? message : command;
}

v1::Command command_of(const Deed& deed, const DeedState& state, const Output& output) {
  v1::Command command;
  static_cast<void>(body_of(command, deed.body));
  for (const DeedConstant& constant : deed.constants) {
    const std::string wrong = set_field(command, deed.body, constant.field, constant.text);
    KARST_ASSERT(wrong.empty());
  }
  // tick_value_fen stands before the prices in every table, so that they can be read.
  for (const DeedOption& option : deed.options) {
    if (const auto flag = state.flags.find(option.field); flag != state.flags.end()) {
      if (flag->second) static_cast<void>(set_field(command, deed.body, option.field, "true"));
      continue;
    }
    const std::string& text = state.texts.at(option.field);
    const bool is_name = std::string_view(option.field) == "instrument_id" && !parse_number(text);
    if (is_name) continue;  // resolve() asks the exchange
    const std::string wrong = set_field(command, deed.body, option.field, text);
    if (!wrong.empty()) {
      output.fail({exit_usage, "USAGE", std::string(option.name) + ": " + text + " " + wrong,
                   std::string("see karst ") + deed.path + " --help"});
    }
  }
  command.set_validate_only(state.is_check);
  return command;
}

/// What only the exchange knows: which instrument a name means, and how many ticks an amount is.
/// Returns: the instrument by its full name, so that who said POOL@next hears which hour it was;
/// empty: none was looked up.
std::string resolve(v1::Command& command, const Deed& deed, const DeedState& state,
                    ExchangeLink& link, const Output& output) {
  const auto name = state.texts.find("instrument_id");
  if (name == state.texts.end()) return {};
  const auto price = state.texts.find("reference_ticks");
  const bool has_price = price != state.texts.end() && parse_money(price->second) != 0;
  // A number needs no looking up; whether there is such an instrument the exchange says.
  if (!has_price && parse_number(name->second)) return {};
  const Listing listing = Listing::read(link, output);
  const Listed& listed = listing.must(name->second, output);
  static_cast<void>(
      set_field(command, deed.body, "instrument_id", std::to_string(listed.id)));
  const std::string full_name = instrument_name(listed.definition);
  if (!has_price) return full_name;
  const auto ticks = ticks_of(listed.definition, *parse_money(price->second));
  if (!ticks) {
    output.fail({exit_usage, "USAGE", price->second + " is no multiple of the instrument's tick " +
                                          price_text(listed.definition, 1)});
  }
  command.mutable_resume()->set_reference_ticks(*ticks);
  return full_name;
}

/// Nobody cuts itself off by a slip, and perhaps no operator would be left.
void refuse_own_key(const v1::Command& command, const ExchangeLink& link, const Output& output) {
  const std::uint32_t own = link.config().key.value();
  if (!command.has_revoke_key() || command.revoke_key().key_id() != own) return;
  output.fail({exit_usage, "USAGE",
               "key " + std::to_string(own) + " is the one that says this, and would be cut off",
               "say it with another operator's key: --key FILE"});
}

/// Whether the merchant's orders are still refused once a kill switch was put off: a merchant puts
/// off its own only. The event of the command says so; nullopt: its log did not tell in time.
std::optional<bool> is_still_killed(const v1::Command& command, const v1::Reply& reply,
                                    ExchangeLink& link) {
  if (!command.has_kill_switch() || command.kill_switch().on()) return std::nullopt;
  if (reply.validated_only() || reply.event_number() == 0) return std::nullopt;
  const std::int64_t deadline = monotonic_ns() + event_wait_ns;
  while (monotonic_ns() < deadline) {
    const Result<v1::Events> page =
        gateway::events(link.client(), reply.event_number() - 1, 1, command.account_id(),
                        link.client().logged_on().incarnation());
    if (!page) return std::nullopt;
    if (page->events_size() != 0) {
      return page->events(0).has_merchant()
                 ? std::optional(page->events(0).merchant().is_killed())
                 : std::nullopt;
    }
    std::this_thread::sleep_for(event_pause);
  }
  return std::nullopt;
}

/// "merchant {account_id} is admitted" with what the command line said in place of the braces.
std::string sentence_of(const Deed& deed, const DeedState& state) {
  std::string text = deed.done;
  for (const auto& [field, value] : state.texts) {
    const std::string mark = "{" + field + "}";
    if (const std::size_t at = text.find(mark); at != std::string::npos) {
      text.replace(at, mark.size(), value);
    }
  }
  return text;
}

void carry_out(const Deed& deed, DeedState state) {
  const Output output(state.link.is_json);
  v1::Command command = command_of(deed, state, output);
  ExchangeLink link(state.link, output);
  refuse_own_key(command, link, output);
  const std::string instrument = resolve(command, deed, state, link, output);
  if (!instrument.empty()) state.texts["instrument_id"] = instrument;
  const v1::Reply reply = link.carry_out(command, instrument);
  std::string text = sentence_of(deed, state);
  const std::string where = " (command " + std::to_string(reply.sequence()) + ")";
  if (reply.validated_only()) {
    text = validated_text + (instrument.empty() ? "" : " (" + instrument + ")");
  } else if (reply.is_repeated()) {
    text += ", as was said before" + where;
  } else {
    text += output.coloured(Colour::faint, where);
  }
  Json json = reply_json(command, reply);
  if (!instrument.empty()) json["instrument"] = instrument;
  if (const auto killed = is_still_killed(command, reply, link)) {
    json["is_killed"] = *killed;
    if (*killed) {
      text += "\nan operator's kill switch still stands: no order is taken until an operator puts "
              "it off";
    }
  }
  output.answer(json, text);
}

void add_option(CLI::App& app, const Deed& deed, const DeedOption& it, DeedState& state) {
  v1::Command sample;
  const Message& owner = owner_of(sample, deed.body, it.field);
  const FieldDescriptor* const field = owner.GetDescriptor()->FindFieldByName(it.field);
  KARST_ASSERT(field != nullptr);
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL) {
    app.add_flag(it.name, state.flags[it.field], it.about);
    return;
  }
  std::string& text = state.texts[it.field];
  CLI::Option* const option = app.add_option(it.name, text, it.about);
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_ENUM:
      option->type_name("WORD")->check(CLI::IsMember(words_of(*field->enum_type())));
      break;
    case FieldDescriptor::CPPTYPE_STRING: option->type_name("TEXT"); break;
    default: option->type_name(kind_of(reading_of(owner, it.field)));
  }
  if (it.fallback == nullptr) {
    option->required();
  } else {
    text = it.fallback;
    option->capture_default_str();
  }
}

/// Whether any of the deed's own options is said; its arguments do not count.
bool has_option(const CLI::App& command, const Deed& deed) {
  return std::ranges::any_of(deed.options, [&](const DeedOption& it) {
    return std::string_view(it.name).starts_with("--") && command.count(it.name) != 0;
  });
}

}  // namespace

std::string set_field(v1::Command& command, const std::string& body, const std::string& field,
                      const std::string& text) {
  Message& message = owner_of(command, body, field);
  const FieldDescriptor* const it = message.GetDescriptor()->FindFieldByName(field);
  KARST_ASSERT(it != nullptr);
  switch (it->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      message.GetReflection()->SetBool(&message, it, text == "true");
      return {};
    case FieldDescriptor::CPPTYPE_ENUM:
      return set_enum(message, *it, text);
    case FieldDescriptor::CPPTYPE_STRING:
      return set_text(message, *it, text);
    default:
      return set_number(message, *it, text);
  }
}

CLI::App* subcommand(CLI::App& app, const std::string& path, const std::string& about) {
  CLI::App* at = &app;
  std::istringstream words(path);
  for (std::string word; words >> word;) {
    const auto known = at->get_subcommands([&](CLI::App* it) { return it->get_name() == word; });
    if (known.empty()) {
      if (at != &app) at->require_subcommand(1);
      at = at->add_subcommand(word, about);
    } else {
      at = known.front();
    }
  }
  return at;
}

void add_deed(CLI::App& app, const Deed& deed) {
  const auto state = std::make_shared<DeedState>();
  CLI::App* const command = subcommand(app, deed.path, deed.about);
  for (const DeedOption& option : deed.options) add_option(*command, deed, option, *state);
  command->add_flag("--validate-only", state->is_check, "ask what would come of it; do nothing");
  add_link_options(*command, state->link);
  command->footer(example_text(deed.example));
  command->callback([deed, state, command] {
    if (deed.needs_option && !has_option(*command, deed)) {
      Output(state->link.is_json)
          .fail({exit_usage, "USAGE", "no option is said, and what is not said is not limited",
                 std::string("say at least one: karst ") + deed.path + " --help"});
    }
    carry_out(deed, *state);
  });
}

Json reply_json(const v1::Command& command, const v1::Reply& reply) {
  const auto* const bodies = v1::Command::descriptor()->oneof_decl(0);
  const FieldDescriptor* const body =
      command.GetReflection()->GetOneofFieldDescriptor(command, bodies);
  return reply_json(body == nullptr ? "" : body->name(), command.account_id(), reply);
}

Json reply_json(const std::string& command, std::uint32_t account, const v1::Reply& reply) {
  Json json{{"command", command},
            {"account", account},
            {"code", code_name(reply.code())},
            {"sequence", id_text(reply.sequence())},
            {"event", id_text(reply.event_number())},
            {"is_repeated", reply.is_repeated()},
            {"is_validated_only", reply.validated_only()}};
  json["order"] = reply.order_id() == 0 ? Json() : Json(id_text(reply.order_id()));
  json["time"] = reply.engine_ns() == 0 ? Json() : Json(format_time(reply.engine_ns()));
  return json;
}

std::string example_text(const std::string& line) { return "Example: karst " + line; }

}  // namespace karst::tool
