// docs/COMMANDS.md says what the catalogue says.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "engine/command/catalogue.hpp"
#include "engine/command/fields.hpp"

namespace karst {
namespace {

const char* name_of(CommandType type) {
  switch (type) {
#define KARST_NAME(name, number, Body, ...) \
  case CommandType::name: return #name;
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
    case OnFullDisk::refused: return "no";
    case OnFullDisk::frees: return "yes";
    case OnFullDisk::shuts: return "to the last";
    case OnFullDisk::depends: return "if it frees something";
  }
  return "";
}

const char* text_of(WhileHeld rule) {
  switch (rule) {
    case WhileHeld::refused: return "no";
    case WhileHeld::taken: return "yes";
    case WhileHeld::depends: return "by what it says";
  }
  return "";
}

std::string text_of(field::Any) { return "any"; }
std::string text_of(field::Id) { return "not 0"; }
std::string text_of(field::Within range) {
  return std::to_string(range.min) + " … " + std::to_string(range.max);
}
std::string text_of(field::IdBelow) { return "1 … as configured"; }
std::string text_of(field::KeyNumber) { return "not 0"; }
std::string text_of(field::OneOf range) {
  std::string text;
  for (int value = 0; value < 64; ++value) {
    if ((range.values >> value & 1) == 0) continue;
    text += (text.empty() ? "" : ", ") + std::to_string(value);
  }
  return text;
}
std::string text_of(field::Flag) { return "true or false"; }
std::string text_of(field::Words) { return "printable ASCII, not empty"; }
std::string text_of(field::Title range) {
  return std::string(range.may_be_none ? "none, or " : "") +
         "a name in any script, UTF-8 in normal form C";
}
std::string text_of(field::Label range) {
  return range.may_be_none ? "at most 16 bytes" : "1 … 16 bytes";
}
std::string text_of(field::Digest) { return "32 bytes"; }
std::string text_of(field::Enclosed range) {
  return std::string(range.may_be_none ? "none, or " : "") + "a command that can be proposed";
}

std::string page() {
  std::ostringstream page;
  page << "# Commands\n\nMade from `engine/command/catalogue.hpp` and `engine/command/fields.hpp` "
          "by `tests/engine`; do not edit.\nWhat each does: [ENGINE.md](ENGINE.md), §3 and §4.\n\n"
          "## Who may say what, and when\n"
          "| number | command | scope of the key | about | taken on a full disk | "
          "taken while the clock is held | two operators | since rules |\n"
          "|---|---|---|---|---|---|---|---|\n";
  for (const CommandType type : all_commands) {
    const CommandTraits& traits = traits_of(type);
    page << "| " << static_cast<int>(type) << " | " << name_of(type) << " | "
         << scopes_text(traits) << " | " << about_text(traits) << " | "
         << text_of(traits.on_full_disk) << " | " << text_of(traits.while_held) << " | "
         << (traits.may_need_two ? "some" : "no") << " | " << traits.since_rules << " |\n";
  }
  page << "\n## Fields\nUnder their names on the wire, in the order of the journal; a number says "
          "what may stand there. A field outside of it is\n`INVALID_FIELD`; \"any\" means that the "
          "engine answers with a code of its own.\n\n| command | field | may be |\n|---|---|---|\n";
  for (const CommandType type : all_commands) {
    Command command;
    command.type = type;
    (void)visit_body(command, [&](const auto& body) {
      describe_fields(body, [&](const char* name, const auto&, auto range) {
        page << "| " << name_of(type) << " | " << name << " | " << text_of(range) << " |\n";
      });
    });
  }
  return page.str();
}

TEST(Catalogue, the_page_of_commands_is_that_of_the_catalogue) {
  const std::string path = KARST_SOURCE_DIR "/docs/COMMANDS.md";
  if (std::getenv("KARST_UPDATE") != nullptr) std::ofstream(path) << page();
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(text, page()) << "run this test with KARST_UPDATE=1 to write the page";
}

}  // namespace
}  // namespace karst
