// `karst doctor`: what is well, what is not, and what to do.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "gateway/config/init_exchange.hpp"
#include "gateway/trust/pki.hpp"
#include "schemas/karst/v1/gateway.pb.h"
#include "tests/gateway/tool/tool_exchange.hpp"

namespace karst::test {
namespace {

using namespace tool;

/// The findings of one look, by check; of the same check the worst.
struct Diagnosis {
  explicit Diagnosis(const Json& json) {
    for (const Json& it : json["findings"]) {
      const std::string check = it["check"];
      if (found.contains(check) && found[check]["health"] == "fail") continue;
      found[check] = it;
    }
  }
  [[nodiscard]] std::string health(const std::string& check) const {
    return found.contains(check) ? found[check].value("health", "") : "not looked at";
  }
  [[nodiscard]] std::string text(const std::string& check) const {
    return found.contains(check) ? found[check].value("text", "") : "";
  }
  [[nodiscard]] std::string hint(const std::string& check) const {
    return found.contains(check) ? found[check].value("hint", "") : "";
  }
  Json found;
};

void write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

TEST(Doctor, ends_no_session_of_the_operator) {
  const ToolExchange exchange;
  const auto operators = exchange.connect(operator_key);
  const std::uint64_t epoch = operators->logged_on().epoch();
  const ToolRun text = exchange.run("doctor");
  EXPECT_EQ(text.exit, exit_ok) << text.out << text.err;
  EXPECT_NE(text.out.find("keys create"), std::string::npos) << text.out;
  v1::Request request;
  request.mutable_query_status();
  EXPECT_TRUE(operators->ask(request).ok());
  EXPECT_EQ(operators->logged_on().epoch(), epoch) << "it was ended, and logged on anew";
}

TEST(Doctor, finds_a_running_exchange_well) {
  ToolExchange exchange;
  ASSERT_EQ(exchange.run("keys create 70 --exchange --scopes audit --file " + exchange.folder() +
                         "/monitor.key").exit,
            exit_ok);
  const ToolRun text = exchange.run("doctor");
  EXPECT_EQ(text.exit, exit_ok) << text.out << text.err;
  const Diagnosis running(exchange.json("doctor", "doctor"));
  for (const char* check : {"config", "secrets", "certificate", "authority", "journal_lock",
                            "log_on", "server_clock", "market_clock", "journal", "books"}) {
    EXPECT_EQ(running.health(check), "ok") << check << "\n" << text.out;
  }
  exchange.stop();
  const Diagnosis stopped(exchange.json("doctor", "doctor"));
  EXPECT_EQ(stopped.health("port"), "warn");
  EXPECT_EQ(stopped.health("log_on"), "not looked at");
  EXPECT_NE(stopped.hint("port").find("karstd "), std::string::npos);
}

TEST(Doctor, says_what_a_restart_does_with_another_capacity) {
  ToolExchange exchange;
  EXPECT_EQ(Diagnosis(exchange.json("doctor", "doctor")).text("capacity"),
            "the exchange has these sizes");
  exchange.set_config("orders_max", "65537");
  const Diagnosis larger(exchange.json("doctor", "doctor"));
  EXPECT_EQ(larger.health("capacity"), "ok");
  EXPECT_EQ(larger.text("capacity"),
            "a start makes the exchange larger: orders_max from 65536 to 65537");
  exchange.set_config("orders_max", "65535");
  const Diagnosis smaller(exchange.json("doctor", "doctor", exit_failed));
  EXPECT_EQ(smaller.health("capacity"), "fail");
  EXPECT_NE(smaller.text("capacity").find("orders_max was 65536, not 65535"), std::string::npos);
}

TEST(Doctor, names_file_and_line_of_a_damaged_access_log) {
  ToolExchange exchange;
  ASSERT_EQ(exchange.run("keys create 70 --exchange --scopes audit --file " + exchange.folder() +
                         "/monitor.key").exit,
            exit_ok);
  static_cast<void>(exchange.json("orders --account 1 --key auditor", "orders"));
  const Diagnosis well(exchange.json("doctor", "doctor"));
  EXPECT_EQ(well.health("access_log"), "ok");
  EXPECT_EQ(well.health("tables"), "ok");
  exchange.stop();
  const std::string path = exchange.folder() + "/data/access.log";
  std::ifstream stream(path);
  std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  ASSERT_NE(text.find("QueryOrders"), std::string::npos) << text;
  text.replace(text.find("QueryOrders"), 11, "QueryEvents");
  write(path, text);
  const Diagnosis changed(exchange.json("doctor", "doctor", exit_failed));
  EXPECT_EQ(changed.health("access_log"), "fail");
  EXPECT_NE(changed.found["access_log"].value("text", "").find(path + ":2: "), std::string::npos)
      << changed.found.dump();
  exchange.start();
  EXPECT_EQ(Diagnosis(exchange.json("doctor", "doctor")).health("access_log"), "warn")
      << "it goes on, and does not forget";
}

TEST(Doctor, says_what_is_wrong_and_what_to_do) {
  const TemporaryFolder parent;
  const std::string folder = parent.path() + "/x";
  const auto look = [&](int exit) {
    const ToolRun run = run_tool({"doctor", folder, "--json"}, ".");
    EXPECT_EQ(run.exit, exit) << run.out;
    expect_shape(run.out, "doctor");
    return Diagnosis(run.json());
  };
  EXPECT_NE(look(exit_failed).hint("config").find("karst init"), std::string::npos);

  ASSERT_TRUE(init_exchange(folder, "localhost").ok());
  // Whoever else is on this machine, no port is asked for.
  ASSERT_EQ(std::system(("sed -i 's/^port = .*/port = 0/' " + folder + "/karst.toml").c_str()), 0);
  ASSERT_EQ(::chmod((folder + "/operator.key").c_str(), 0644), 0);
  const Diagnosis open(look(exit_failed));
  EXPECT_EQ(open.health("secrets"), "fail");
  EXPECT_EQ(open.hint("secrets"), "chmod 600 " + folder + "/operator.key");
  ASSERT_EQ(::chmod((folder + "/operator.key").c_str(), 0600), 0);

  const Certified authority = make_authority("another");
  const Certified expired = make_server(authority, "localhost", -1);
  write(folder + "/server.key", expired.private_key);
  write(folder + "/server.crt", expired.certificate);
  const Diagnosis over(look(exit_failed));
  EXPECT_EQ(over.health("certificate"), "fail");
  EXPECT_NE(over.hint("certificate").find("kill -HUP"), std::string::npos);
  EXPECT_EQ(over.health("authority"), "fail") << "ca.crt has not signed it";
  const Certified soon = make_server(authority, "localhost", 3);
  write(folder + "/server.crt", soon.certificate);
  EXPECT_EQ(look(exit_failed).health("certificate"), "fail") << "the key is another's";
  write(folder + "/server.key", soon.private_key);
  write(folder + "/ca.crt", authority.certificate);
  EXPECT_EQ(look(exit_ok).health("certificate"), "warn");

  write(folder + "/karst.toml", "[gateway]\nport = 70000\n");
  EXPECT_EQ(look(exit_failed).health("config"), "fail");
}

}  // namespace
}  // namespace karst::test
