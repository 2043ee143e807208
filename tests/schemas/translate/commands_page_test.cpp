// docs/COMMANDS.md says what the catalogue says, and names enumerators as the wire does.
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "engine/command/catalogue.hpp"
#include "engine/command/fields.hpp"
#include "schemas/karst/v1/gateway.pb.h"
#include "tests/schemas/translate/field_type.hpp"
#include "tests/schemas/translate/made_page.hpp"

namespace karst {
namespace {

const char* name_of(CommandType type) {
  switch (type) {
#define KARST_NAME(name, number, Body, ...) \
  case CommandType::name:                   \
    return #name;
    KARST_COMMANDS(KARST_NAME)
#undef KARST_NAME
  }
  return "";
}

std::string scopes_text(const CommandTraits& traits) {
  if (traits.is_internal) return "the exchange itself";
  if (traits.is_session) return "any key, for itself";
  std::string text = "operate";
  if ((traits.scopes & scope::trade) != 0) text += ", trade";
  if ((traits.scopes & scope::cancel_only) != 0) text += ", cancel_only";
  return text;
}

std::string about_text(const CommandTraits& traits) {
  if (!traits.is_personal) return "nobody";
  return traits.may_be_exchange ? "a merchant or the exchange" : "a merchant";
}

const char* text_of(OnFullDisk rule) {
  switch (rule) {
    case OnFullDisk::refused:
      return "no";
    case OnFullDisk::frees:
      return "yes";
    case OnFullDisk::shuts:
      return "to the last";
    case OnFullDisk::depends:
      return "if it frees something";
  }
  return "";
}

const char* text_of(WhileHeld rule) {
  switch (rule) {
    case WhileHeld::refused:
      return "no";
    case WhileHeld::taken:
      return "yes";
    case WhileHeld::depends:
      return "by what it says";
  }
  return "";
}

using google::protobuf::EnumDescriptor;

/// The enumeration that a field of a command has on the wire; null = it has none.
const EnumDescriptor* enumeration_of(const char* command, const char* field) {
  const auto* const body = v1::Command::descriptor()->FindFieldByName(command);
  return body->message_type()->FindFieldByName(field)->enum_type();
}

std::string text_of(field::Any, const EnumDescriptor*) { return "any"; }
std::string text_of(field::Id, const EnumDescriptor*) { return "not 0"; }
std::string text_of(field::Within range, const EnumDescriptor*) {
  return std::to_string(range.min) + " … " + std::to_string(range.max);
}
std::string text_of(field::IdBelow, const EnumDescriptor*) { return "1 … as configured"; }
std::string text_of(field::KeyNumber, const EnumDescriptor*) { return "not 0"; }
std::string text_of(field::OneOf range, const EnumDescriptor* type) {
  EXPECT_NE(type, nullptr) << "one of some values, and on the wire a bare number";
  if (type == nullptr) return {};
  const std::string prefix = test::prefix_of(*type);
  std::string text = "`" + prefix + "…`: ";
  const char* separator = "";
  for (int value = 0; value < 64; ++value) {
    if ((range.values >> value & 1) == 0) continue;
    const auto* const enumerator = type->FindValueByNumber(value);
    EXPECT_NE(enumerator, nullptr) << prefix << value;
    if (enumerator == nullptr) continue;
    text += separator + enumerator->name().substr(prefix.size()) + " " + std::to_string(value);
    separator = ", ";
  }
  return text;
}
std::string text_of(field::Flag, const EnumDescriptor*) { return "true or false"; }
std::string text_of(field::Words, const EnumDescriptor*) { return "printable ASCII, not empty"; }
std::string text_of(field::Title range, const EnumDescriptor*) {
  return std::string(range.may_be_none ? "none, or " : "") +
         "a name in any script, UTF-8 in normal form C, with nothing that is not seen";
}
std::string text_of(field::Label range, const EnumDescriptor*) {
  return range.may_be_none ? "none, or 1 … 15 of `A-Z a-z 0-9 _ -`, or the 16 bytes of a UUID"
                           : "1 … 16 bytes";
}
std::string text_of(field::Digest, const EnumDescriptor*) { return "32 bytes"; }
std::string text_of(field::NotBelow, const EnumDescriptor*) { return "no less than it is"; }
std::string text_of(field::AsItIs, const EnumDescriptor*) { return "as it is"; }
std::string text_of(field::Enclosed range, const EnumDescriptor*) {
  return std::string(range.may_be_none ? "none, or " : "") + "a command that can be proposed";
}

std::string page() {
  std::ostringstream page;
  page << "# Commands\n\nMade from `engine/command/catalogue.hpp` and `engine/command/fields.hpp` "
          "by `tests/schemas`; do not edit.\nWhat each does: [ENGINE.md](ENGINE.md), §3 and §4.\n\n"
          "## Who may say what, and when\n"
          "| number | command | scope of the key | about | taken on a full disk | "
          "taken while the clock is held | two operators | since rules |\n"
          "|---|---|---|---|---|---|---|---|\n";
  for (const CommandType type : all_commands) {
    const CommandTraits& traits = traits_of(type);
    page << "| " << static_cast<int>(type) << " | " << name_of(type) << " | " << scopes_text(traits)
         << " | " << about_text(traits) << " | " << text_of(traits.on_full_disk) << " | "
         << text_of(traits.while_held) << " | " << (traits.may_need_two ? "some" : "no") << " | "
         << traits.since_rules << " |\n";
  }
  page << "\n## Fields\nUnder their names on the wire, in the order of the journal; a number says "
          "what may stand there, a name is one of the\nenumerators in "
          "`schemas/karst/v1/common.proto` "
          "and stands before its number. A field outside of it is `INVALID_FIELD`;\n\"any\" means "
          "that the engine answers with a code of its own.\n\n| command | field | in the journal | "
          "may be |\n|---|---|---|---|\n";
  for (const CommandType type : all_commands) {
    Command command;
    command.type = type;
    (void)visit_body(command, [&](const auto& body) {
      describe_fields(body, [&](const char* name, const auto& field, auto range) {
        page << "| " << name_of(type) << " | " << name << " | " << test::field_type(field) << " | "
             << text_of(range, enumeration_of(name_of(type), name)) << " |\n";
      });
    });
  }
  return page.str();
}

TEST(Catalogue, the_page_of_commands_is_that_of_the_catalogue) {
  test::expect_page("COMMANDS.md", page());
}

}  // namespace
}  // namespace karst
