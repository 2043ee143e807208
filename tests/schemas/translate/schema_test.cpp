// What has been released stays as it is, and the table of codes in docs/ is made from the schema.
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include <cctype>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/schemas/translate/made_page.hpp"

namespace karst {
namespace {

using google::protobuf::DescriptorProto;
using google::protobuf::EnumDescriptorProto;
using google::protobuf::FieldDescriptorProto;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;

std::string read_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

FileDescriptorSet schema() {
  FileDescriptorSet set;
  const std::string path = std::string(KARST_BINARY_DIR) + "/generated/schemas/karst_v1.pb";
  EXPECT_TRUE(set.ParseFromString(read_file(path))) << path;
  return set;
}

/// Whether the files this test guards are to be written anew, on purpose.
bool is_update() { return std::getenv("KARST_UPDATE") != nullptr; }

void write_file(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

using Lines = std::set<std::string>;

void add_enum(const EnumDescriptorProto& type, const std::string& scope, Lines& lines) {
  for (const auto& value : type.value()) {
    lines.insert("enum " + scope + type.name() + " " + std::to_string(value.number()) + " " +
                 value.name());
  }
}

/// One line for everything a client could depend on: number, name, type, cardinality.
void add_message(const DescriptorProto& type, const std::string& scope, Lines& lines) {
  const std::string name = scope + type.name();
  for (const auto& field : type.field()) {
    std::ostringstream line;
    line << "field " << name << " " << field.number() << " " << field.name() << " "
         << FieldDescriptorProto::Type_Name(field.type()) << " "
         << FieldDescriptorProto::Label_Name(field.label());
    if (!field.type_name().empty()) line << " " << field.type_name();
    if (field.has_oneof_index()) line << " oneof " << type.oneof_decl(field.oneof_index()).name();
    lines.insert(line.str());
  }
  for (const auto& nested : type.nested_type()) add_message(nested, name + ".", lines);
  for (const auto& nested : type.enum_type()) add_enum(nested, name + ".", lines);
}

Lines lines_of(const FileDescriptorSet& set) {
  Lines lines;
  for (const FileDescriptorProto& file : set.file()) {
    for (const auto& type : file.message_type()) add_message(type, file.package() + ".", lines);
    for (const auto& type : file.enum_type()) add_enum(type, file.package() + ".", lines);
  }
  return lines;
}

/// What `released` promises and `now` no longer keeps.
std::vector<std::string> broken_promises(const Lines& released, const Lines& now) {
  std::vector<std::string> broken;
  for (const std::string& line : released) {
    if (!now.contains(line)) broken.push_back(line);
  }
  return broken;
}

TEST(Schema, what_was_released_has_not_changed) {
  const std::string path = std::string(KARST_SOURCE_DIR) + "/schemas/released/karst_v1.txt";
  const Lines now = lines_of(schema());
  ASSERT_GT(now.size(), 300U);
  Lines released;
  std::istringstream text(read_file(path));
  for (std::string line; std::getline(text, line);) released.insert(line);
  for (const std::string& line : broken_promises(released, now)) {
    ADD_FAILURE() << "released and now gone or different: " << line;
  }
  if (is_update() && !HasFailure()) {
    std::string all;
    for (const std::string& line : now) all += line + "\n";
    write_file(path, all);
  } else {
    EXPECT_EQ(released.size(), now.size())
        << "new fields: run this test with KARST_UPDATE=1 to release them in " << path;
  }
}

TEST(Schema, the_check_notices_each_kind_of_break) {
  FileDescriptorSet set = schema();
  const Lines released = lines_of(set);
  const auto find = [](FileDescriptorSet& in) -> DescriptorProto& {
    for (auto& file : *in.mutable_file()) {
      for (auto& type : *file.mutable_message_type()) {
        if (type.name() == "PlaceOrder") return type;
      }
    }
    throw std::runtime_error("no PlaceOrder");
  };
  EXPECT_TRUE(broken_promises(released, lines_of(set)).empty());
  FileDescriptorSet gone = set;
  find(gone).mutable_field()->RemoveLast();
  EXPECT_EQ(broken_promises(released, lines_of(gone)).size(), 1U);
  FileDescriptorSet moved = set;
  find(moved).mutable_field(0)->set_number(99);
  EXPECT_EQ(broken_promises(released, lines_of(moved)).size(), 1U);
  FileDescriptorSet retyped = set;
  find(retyped).mutable_field(0)->set_type(FieldDescriptorProto::TYPE_SINT64);
  EXPECT_EQ(broken_promises(released, lines_of(retyped)).size(), 1U);
  FileDescriptorSet grown = set;
  auto* field = find(grown).add_field();
  *field = find(grown).field(0);
  field->set_number(98);
  field->set_name("newer");
  EXPECT_TRUE(broken_promises(released, lines_of(grown)).empty());
}

/// "what it means" behind the value at `index` of the enumeration `Code`, as the schema says it.
std::string comment_of(const FileDescriptorProto& file, int enumeration, int index) {
  for (const auto& location : file.source_code_info().location()) {
    // Path: FileDescriptorProto.enum_type (5), which; EnumDescriptorProto.value (2), which.
    if (location.path_size() != 4 || location.path(0) != 5 || location.path(1) != enumeration ||
        location.path(2) != 2 || location.path(3) != index) {
      continue;
    }
    std::string text = location.trailing_comments();
    text.erase(0, text.find_first_not_of(" \n"));
    text.erase(text.find_last_not_of(" \n") + 1);
    return text;
  }
  return {};
}

constexpr const char* codes_preface = R"(# Codes

Made from `schemas/karst/v1/common.proto` by `tests/schemas`; do not edit.
1 to 99 are the engine's answers, in order of precedence: of all codes that apply the answer names
the first. From 100 on the gateway refused.

**One rule for numbers.** A Reply with `sequence` 0 used up no `client_seq`, whatever its code:
nothing was journaled, and the same number is still the next. That holds of all codes from 100 on,
and of smaller ones where the gateway sees for itself what the engine would say (`INVALID_FIELD`,
`NOT_PERMITTED`), where the engine was only asked (`validate_only`), and where a command that two
must see is refused before anybody has to confirm it. With any other `sequence` the command was
journaled, and its number is used up, by a refusal too, unless the code is 1 to 6: those say that
key, session or number were not the right ones. (1 and 2 are also what a `RevokeKey` may come to;
then its number is used up.) A KeepAlive has no number; where it was not journaled, `sequence` is
the newest of the exchange.

| number | code | meaning |
|---|---|---|
)";

std::string error_table(const FileDescriptorSet& set) {
  std::ostringstream page;
  page << codes_preface;
  for (const FileDescriptorProto& file : set.file()) {
    for (int e = 0; e < file.enum_type_size(); ++e) {
      if (file.enum_type(e).name() != "Code") continue;
      for (int v = 0; v < file.enum_type(e).value_size(); ++v) {
        const auto& value = file.enum_type(e).value(v);
        const std::string meaning = comment_of(file, e, v);
        EXPECT_FALSE(meaning.empty()) << value.name();
        page << "| " << value.number() << " | " << value.name().substr(5) << " | " << meaning
             << " |\n";
      }
    }
  }
  return page.str();
}

TEST(Schema, the_table_of_codes_is_that_of_the_schema) {
  test::expect_page("ERRORS.md", error_table(schema()));
}

/// The enumerators of RejectCode as its header has them: upper-case name and number.
Lines reject_codes() {
  Lines codes;
  std::istringstream text(read_file(KARST_SOURCE_DIR "/engine/command/reject_code.hpp"));
  for (std::string line; std::getline(text, line);) {
    std::istringstream words(line);
    std::string name;
    std::string equals;
    int number = 0;
    if (!(words >> name >> equals >> number) || equals != "=" || name == "none") continue;
    for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    codes.insert("CODE_" + name + " " + std::to_string(number));
  }
  return codes;
}

TEST(Schema, every_reject_code_of_the_engine_is_in_the_table_under_its_number) {
  Lines wire;
  const FileDescriptorSet set = schema();
  for (const FileDescriptorProto& file : set.file()) {
    for (const auto& type : file.enum_type()) {
      if (type.name() != "Code") continue;
      for (const auto& value : type.value()) {
        if (value.number() == 0 || value.number() >= 100) continue;
        wire.insert(value.name() + " " + std::to_string(value.number()));
      }
    }
  }
  const Lines engine = reject_codes();
  EXPECT_GT(engine.size(), 50U);
  EXPECT_EQ(wire, engine);
}

}  // namespace
}  // namespace karst
