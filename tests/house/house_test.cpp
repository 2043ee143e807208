// The project keeps its house rules, and each rule catches what it is there to catch.
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <regex>
#include <string>
#include <vector>

#include "tests/house/rules.hpp"
#include "tests/house/source_tree.hpp"

namespace karst::house {
namespace {

const std::vector<SourceFile>& tree() {
  static const std::vector<SourceFile> files = read_tree(KARST_SOURCE_DIR);
  return files;
}

/// The lines of `text` (as a file at `path`) that break `rule`.
std::vector<int> broken_lines(Findings (*rule)(const SourceFile&), const std::string& path,
                              const std::string& text) {
  std::vector<int> lines;
  for (const Finding& finding : rule({path, text})) {
    EXPECT_EQ(finding.path, path);
    EXPECT_FALSE(finding.mend.empty());
    lines.push_back(finding.line);
  }
  return lines;
}

using Lines = std::vector<int>;

class HouseRule : public testing::TestWithParam<Rule> {};

TEST_P(HouseRule, holds_in_the_whole_tree) {
  for (const SourceFile& file : tree()) {
    for (const Finding& finding : GetParam().check(file)) ADD_FAILURE() << finding.text();
  }
}

INSTANTIATE_TEST_SUITE_P(house, HouseRule, testing::ValuesIn(all_rules()),
                         [](const auto& rule) { return rule.param.name; });

TEST(House, the_tree_is_really_read) {
  const auto has = [](const std::string& path) {
    for (const SourceFile& file : tree()) {
      if (file.path == path) return !file.text.empty();
    }
    return false;
  };
  EXPECT_TRUE(has("CMakeLists.txt"));
  EXPECT_TRUE(has("run"));
  EXPECT_TRUE(has("tests/house/house_test.cpp"));
}

/// Paths of this project that `page` names in back-quotes and `exists` does not know.
std::vector<std::string> paths_missing(const std::string& page,
                                       const std::function<bool(const std::string&)>& exists) {
  static const std::regex named(
      "`((?:bench|cmake|docs|engine|gateway|ledger|schemas|tests)/"
      "[a-z0-9_./-]*[a-z0-9_/]|docs/[A-Za-z_/]+\\.md)`");
  std::vector<std::string> missing;
  for (auto it = std::sregex_iterator(page.begin(), page.end(), named);
       it != std::sregex_iterator(); ++it) {
    std::string path = (*it)[1];
    while (path.ends_with('/')) path.pop_back();
    // A pair of .hpp and .cpp may be named by its noun.
    if (!exists(path) && !exists(path + ".hpp") && !exists(path + ".cpp")) missing.push_back(path);
  }
  return missing;
}

TEST(House, pages_name_only_what_exists) {
  const auto exists = [](const std::string& path) {
    return std::filesystem::exists(std::string(KARST_SOURCE_DIR) + "/" + path);
  };
  for (const SourceFile& file : tree()) {
    if (!file.path.ends_with(".md") || file.path == "CHANGELOG.md") continue;
    for (const std::string& path : paths_missing(file.text, exists)) {
      ADD_FAILURE() << file.path << " names " << path
                    << "\n    mend: a page says what is there; name it once it is";
    }
  }
}

TEST(House, pages_may_not_promise_files) {
  const auto exists = [](const std::string& path) { return path == "engine/a.hpp"; };
  EXPECT_EQ(
      paths_missing("see `engine/a.hpp`, `engine/a` and `run`, `engine/b/`, `docs/NO.md`", exists),
      (std::vector<std::string>{"engine/b", "docs/NO.md"}));
}

TEST(House, the_version_is_that_of_the_project) {
  const auto found = [](const std::string& path, const char* pattern) {
    for (const SourceFile& file : tree()) {
      std::smatch parts;
      const std::string text(file.text);
      if (file.path == path && std::regex_search(text, parts, std::regex(pattern))) {
        return parts[1].str();
      }
    }
    return path + " says none";
  };
  EXPECT_EQ(found("gateway/config/version.hpp", "version = \"([0-9.]+)\""),
            found("CMakeLists.txt", "project\\(karst VERSION ([0-9.]+) "));
}

TEST(House, packages_have_a_group_and_a_reason) {
  static const std::regex line("[a-z0-9.+-]+ +(build|test|ci|bench) +# .{8,}");
  for (const SourceFile& file : tree()) {
    if (file.path != "cmake/packages.txt") continue;
    for (const std::string_view text : split_lines(file.text)) {
      if (text.empty() || text.starts_with('#')) continue;
      EXPECT_TRUE(std::regex_match(std::string(text), line)) << text;
    }
  }
}

TEST(House, files_may_not_stand_outside_of_the_rooms) {
  EXPECT_EQ(broken_lines(files_have_a_room, "engine/attic/a.hpp", ""), (Lines{0}));
  EXPECT_EQ(broken_lines(files_have_a_room, "ledger/a.hpp", ""), (Lines{0}));
  EXPECT_EQ(broken_lines(files_have_a_room, "engine/book/a.hpp", ""), Lines{});
  EXPECT_EQ(broken_lines(files_have_a_room, "tests/attic/a.hpp", ""), Lines{});
}

TEST(House, includes_may_not_run_up) {
  // Between floors ...
  EXPECT_EQ(broken_lines(includes_run_down, "engine/book/book.cpp",
                         "#include \"engine/book/book.hpp\"\n#include \"ledger/files/a.hpp\"\n"),
            (Lines{2}));
  EXPECT_EQ(broken_lines(includes_run_down, "ledger/audit/a.hpp",
                         "#include \"schemas/words/a.hpp\"\n#  include \"gateway/wire/b.hpp\"\n"),
            (Lines{2}));
  // ... and between the rooms of one.
  EXPECT_EQ(broken_lines(includes_run_down, "engine/order/a.hpp",
                         "#include \"engine/settlement/a.hpp\"\n"
                         "#include \"engine/reference/b.hpp\"\n#include \"engine/engine.hpp\"\n"),
            (Lines{2, 3}));
  EXPECT_EQ(broken_lines(includes_run_down, "gateway/tool/trade/a.hpp",
                         "#include \"gateway/tool/b.hpp\"\n"
                         "#include \"gateway/tool/files/b.hpp\"\n"),
            (Lines{2}));
  EXPECT_EQ(broken_lines(includes_run_down, "gateway/wire/a.hpp",
                         "#include \"tests/effort.hpp\"\n"),
            (Lines{1}));
  EXPECT_EQ(broken_lines(includes_run_down, "gateway/wire/a.hpp",
                         "// #include \"tests/a.hpp\"\n#include \"engine/base/a.hpp\"\n"),
            Lines{});
  EXPECT_EQ(broken_lines(includes_run_down, "tests/a.cpp", "#include \"gateway/wire/a.hpp\"\n"),
            Lines{});
}

TEST(House, includes_run_in_no_circle) {
  for (const Finding& it : includes_run_in_no_circle(tree())) ADD_FAILURE() << it.text();
}

TEST(House, includes_may_not_run_in_a_circle) {
  const Findings findings = includes_run_in_no_circle(
      {{"engine/book/a.hpp", "#include \"engine/book/b.hpp\"\n"},
       {"engine/book/b.hpp", "#include <vector>\n#include \"engine/book/c.hpp\"\n"},
       {"engine/book/c.hpp", "#include \"engine/book/a.hpp\"\n"},
       {"engine/book/d.hpp", "#include \"engine/book/a.hpp\"\n"}});
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].path, "engine/book/c.hpp");
}

TEST(House, benchmarks_may_not_include_the_tool) {
  const std::string text =
      "#include \"gateway/measure/a.hpp\"\n#include \"gateway/tool/output.hpp\"\n";
  EXPECT_EQ(broken_lines(benchmarks_know_no_tool, "bench/a.cpp", text), (Lines{2}));
  EXPECT_EQ(broken_lines(benchmarks_know_no_tool, "tests/a.cpp", text), Lines{});
}

TEST(House, tests_may_not_hide) {
  const std::string text =
      "// TEST(In, comment)\n\nTEST(Some, thing) {}\nTEST_F(Other, thing) {}\n";
  EXPECT_EQ(broken_lines(tests_are_named_so, "tests/ledger/books/books.cpp", text), (Lines{3}));
  EXPECT_EQ(broken_lines(tests_are_named_so, "tests/ledger/books/books_test.cpp", text), Lines{});
}

TEST(House, libraries_may_not_sink_below_their_floor) {
  EXPECT_EQ(broken_lines(libraries_stay_on_their_floor, "ledger/a.cpp",
                         "#include <sqlite3.h>\n#include <boost/asio/post.hpp>\n"),
            (Lines{2}));
  EXPECT_EQ(broken_lines(libraries_stay_on_their_floor, "gateway/a.cpp",
                         "#include <boost/asio/post.hpp>\n#include <sqlite3.h>\n"),
            (Lines{2}));
  EXPECT_EQ(broken_lines(libraries_stay_on_their_floor, "schemas/a.cpp",
                         "#include <google/protobuf/message.h>\n#include <openssl/evp.h>\n"),
            (Lines{2}));
}

TEST(House, the_verifier_may_not_borrow) {
  const std::string text =
      "#include <openssl/sha.h>\n#include \"ledger/verify/tree.hpp\"\n"
      "#include \"engine/base/units.hpp\"\n#include \"ledger/record/record.hpp\"\n";
  EXPECT_EQ(broken_lines(verifier_stands_alone, "ledger/verify/verify.cpp", text), (Lines{3, 4}));
  EXPECT_EQ(broken_lines(verifier_stands_alone, "ledger/record/record.cpp", text), Lines{});
}

TEST(House, the_model_may_not_borrow) {
  const std::string text =
      "#include \"engine/command/command.hpp\"\n#include \"engine/book/order_book.hpp\"\n"
      "#include \"tests/model/model.hpp\"\n";
  EXPECT_EQ(broken_lines(model_stands_apart, "tests/model/model_book.cpp", text), (Lines{2}));
  EXPECT_EQ(broken_lines(model_stands_apart, "tests/model/compare.cpp", text), Lines{});
}

TEST(House, the_engine_may_not_ask_the_world) {
  const std::string text =
      "#include <vector>\n#include <chrono>\n#include <unordered_map>\n/*\n#include <thread>\n*/\n";
  EXPECT_EQ(broken_lines(engine_includes_pure_headers, "engine/a.hpp", text), (Lines{2, 3}));
  EXPECT_EQ(broken_lines(engine_includes_pure_headers, "gateway/a.hpp", text), Lines{});
}

TEST(House, the_engine_may_not_throw_or_round) {
  const std::string text =
      "double price;  // no float\nint try_again = 0;\n// we throw nothing\n"
      "const char* word = \"catch\";\nthrow 1;\nauto raw = R\"(virtual)\";\n"
      "int million = 1'000'000; virtual void f();\n";
  EXPECT_EQ(broken_lines(engine_uses_pure_words, "engine/a.cpp", text), (Lines{1, 5, 7}));
  EXPECT_EQ(broken_lines(engine_uses_pure_words, "ledger/a.cpp", text), Lines{});
  EXPECT_EQ(broken_lines(engine_uses_pure_words, "engine/seams/clock.hpp", text), (Lines{1, 5}));
}

TEST(House, lines_may_not_be_wider_than_100_columns) {
  const std::string wide(101, 'x');
  const std::string fits(100, 'x');
  std::string arrows;
  for (int i = 0; i < 100; ++i) arrows += "→";
  EXPECT_EQ(broken_lines(lines_fit, "engine/a.cpp", fits + "\n" + wide + "\n" + arrows + "\n"),
            (Lines{2}));
  EXPECT_EQ(broken_lines(lines_fit, "docs/page.md", wide), Lines{});
}

TEST(House, files_may_not_be_longer_than_600_lines) {
  std::string text;
  for (int i = 0; i < 600; ++i) text += "line\n";
  EXPECT_EQ(broken_lines(files_are_short, "gateway/a.cpp", text), Lines{});
  EXPECT_EQ(broken_lines(files_are_short, "gateway/a.cpp", text + "line\n"), (Lines{601}));
}

TEST(House, headers_must_introduce_themselves) {
  EXPECT_EQ(broken_lines(headers_introduce_themselves, "engine/a.hpp",
                         "// Prices, quantities and their arithmetic.\n#pragma once\n"),
            Lines{});
  EXPECT_EQ(broken_lines(headers_introduce_themselves, "engine/a.hpp",
                         "#pragma once\n\n#include <vector>\n"),
            (Lines{1}));
  EXPECT_EQ(broken_lines(headers_introduce_themselves, "engine/a.hpp",
                         "// Prices, quantities and their arithmetic.\nint a;\n"),
            (Lines{1}));
}

TEST(House, nothing_may_be_left_open) {
  EXPECT_EQ(broken_lines(nothing_is_left_open, "docs/a.md",
                         "done\n"
                         "TO"
                         "DO: the rest\nFIX"
                         "ME\nTO"
                         "DOS are fine\n"),
            (Lines{2, 3}));
}

TEST(House, machines_may_not_be_named) {
  EXPECT_EQ(broken_lines(no_machine_is_named, "README.md",
                         "see docs/\ncd /wo"
                         "rk/karst\nat /tmp/b"
                         "in/tool\n"),
            (Lines{2, 3}));
}

TEST(House, output_must_be_checked) {
  const char* const code = "std::printf(\"a\");\nfputs(text, stdout);\nfprintf(stderr, text);\n";
  EXPECT_EQ(broken_lines(output_is_checked, "gateway/tool/a.cpp", code), (Lines{1, 2}));
  EXPECT_EQ(broken_lines(output_is_checked, "ledger/files/standard_output.cpp", code), Lines{});
  EXPECT_EQ(broken_lines(output_is_checked, "tests/a_test.cpp", code), Lines{});
}

TEST(House, names_must_be_snake_case) {
  EXPECT_EQ(broken_lines(names_are_snake_case, "engine/OrderBook.hpp", ""), (Lines{0}));
  EXPECT_EQ(broken_lines(names_are_snake_case, "engine/order-book.cpp", ""), (Lines{0}));
  EXPECT_EQ(broken_lines(names_are_snake_case, "engine/book/order_book.hpp", ""), Lines{});
  EXPECT_EQ(broken_lines(names_are_snake_case, "engine/CMakeLists.txt", ""), Lines{});
}

TEST(House, literals_and_comments_are_blanked_in_place) {
  EXPECT_EQ(blank_comments_and_literals("a /* b\nc */ d // e\nf"), "a     \n     d     \nf");
  EXPECT_EQ(blank_comments_and_literals("x = \"a\\\"b\" + 'c';"), "x =        +    ;");
  EXPECT_EQ(blank_comments_and_literals("n = 1'000 + 0x'ff;"), "n = 1'000 + 0x'ff;");
  EXPECT_EQ(blank_comments_and_literals("r = R\"y(a\n)\" )y\" + z"), "r = R    \n       + z");
}

}  // namespace
}  // namespace karst::house
