#include "tests/gateway/tool/tool_exchange.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "gateway/trust/key_file.hpp"

namespace karst::test {
namespace {

constexpr unsigned seconds_max = 60;

std::string read_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  std::string word;
  bool is_quoted = false;
  bool is_begun = false;
  for (const char c : line + " ") {
    if (c == '\'') {
      is_quoted = !is_quoted;
      is_begun = true;
    } else if (c == ' ' && !is_quoted) {
      if (is_begun) words.push_back(word);
      word.clear();
      is_begun = false;
    } else {
      word += c;
      is_begun = true;
    }
  }
  return words;
}

/// Runs a program with its output in files. Returns: its exit code, or 128 + the signal.
int run_program(const std::vector<std::string>& arguments, const std::string& home,
                const std::string& in, const std::string& out, const std::string& err) {
  const pid_t process = ::fork();
  if (process == 0) {
    ::dup2(::open(in.c_str(), O_RDONLY), STDIN_FILENO);
    ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
    ::dup2(::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
    ::setenv("KARST_HOME", home.c_str(), 1);
    ::unsetenv("KARST_KEY");
    ::alarm(seconds_max);
    std::vector<char*> raw;
    for (const std::string& it : arguments) raw.push_back(const_cast<char*>(it.c_str()));
    raw.push_back(nullptr);
    ::execvp(raw[0], raw.data());
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(process, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Runs a program in an environment of its own.
ToolRun run_words(const std::vector<std::string>& words, const std::string& home) {
  const TemporaryFolder folder;
  ToolRun run;
  const std::string out = folder.path() + "/out";
  const std::string err = folder.path() + "/err";
  run.exit = run_program(words, home, "/dev/null", out, err);
  run.out = read_file(out);
  run.err = read_file(err);
  return run;
}

}  // namespace

ToolRun run_tool(const std::vector<std::string>& arguments, const std::string& home) {
  return run_built("karst", arguments, home);
}

ToolRun run_built(const std::string& program, const std::vector<std::string>& arguments,
                  const std::string& home) {
  std::vector<std::string> all{std::string(KARST_BINARY_DIR) + "/" + program};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return run_words(all, home);
}

ToolRun run_shell(const std::string& line, const std::string& home) {
  return run_words({"bash", "-c", "PATH=" KARST_BINARY_DIR ":$PATH\n" + line}, home);
}

ToolExchange::ToolExchange(bool four_eyes) {
  set_config("four_eyes", "false");
  start();
  make_market();
  if (four_eyes) {
    stop();
    set_config("four_eyes", "true");
    start();
  }
  set_config("port", std::to_string(port()));
  const std::pair<const char*, TestKey> keys[] = {
      {"operator", operator_key}, {"second", second_operator},     {"alice", alice},
      {"bob", bob},               {"viewer", alice_viewer},        {"canceller", alice_canceller},
      {"auditor", auditor},       {"carol", carol},
  };
  for (const auto& [name, key] : keys) {
    const std::string path = folder() + "/" + name + ".key";
    std::ofstream(path, std::ios::binary) << tool::key_file_text(key.key, secret_of(key));
  }
}

ToolRun ToolExchange::run(const std::string& line) const {
  return run_tool(words_of(line), folder());
}

Json ToolExchange::json(const std::string& line, const std::string& shape, int exit) const {
  const ToolRun run = this->run(line + " --json");
  EXPECT_EQ(run.exit, exit) << line << "\n" << run.out << run.err;
  expect_shape(run.out, shape);
  return Json::parse(run.out, nullptr, false);
}

void ToolExchange::expect_failure(const std::string& line, int exit,
                                  const std::string& words) const {
  const ToolRun run = this->run(line);
  EXPECT_EQ(run.exit, exit) << line << "\n" << run.out << run.err;
  EXPECT_EQ(run.out, "") << line;
  EXPECT_NE(run.err.find(words), std::string::npos) << line << "\n" << run.err;
}

void expect_shapes(const std::vector<Shaped>& texts) {
  const TemporaryFolder folder;
  const std::string in = folder.path() + "/in";
  const std::string said = folder.path() + "/said";
  std::ofstream lines(in, std::ios::binary);
  for (const Shaped& it : texts) {
    const bool is_ended = it.text.ends_with('\n');
    const std::string line = it.text.substr(0, it.text.size() - (is_ended ? 1 : 0));
    EXPECT_EQ(line.find('\n'), std::string::npos) << it.shape << " on several lines:\n" << line;
    lines << it.shape << '\t' << line << '\n';
  }
  lines.close();
  const std::string source = KARST_SOURCE_DIR;
  const int exit = run_program({"python3", source + "/tests/gateway/tool/check_shape.py",
                                source + "/docs/json"},
                               folder.path(), in, said, "/dev/null");
  EXPECT_EQ(exit, 0) << "not of its shape: " << read_file(said);
}

void expect_shape(const std::string& text, const std::string& shape) {
  expect_shapes({{shape, text}});
}

}  // namespace karst::test
