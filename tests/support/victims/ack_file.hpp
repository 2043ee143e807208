// AckFile: what a client was told, in a file that outlives it and the exchange.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <map>
#include <string>
#include <utility>

#include "engine/base/units.hpp"
#include "tests/support/machine/client_ack.hpp"

namespace karst::test {

/// One line per answer: key, number, sequence, account event, order, code. A line is one write(),
/// so a kill leaves it whole or not at all; a last line without its end is no line.
///
/// Threads: one owner.
class AckFile {
 public:
  using Acks = std::map<std::pair<std::uint32_t, std::uint64_t>, sim::ClientAck>;

  explicit AckFile(const std::string& path)
      : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) {}
  ~AckFile() { ::close(file_); }
  AckFile(const AckFile&) = delete;
  AckFile& operator=(const AckFile&) = delete;

  void add(KeyId key, std::uint64_t client_seq, const sim::ClientAck& ack) {
    char line[160];
    const int length = std::snprintf(
        line, sizeof line, "%" PRIu32 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %u .\n",
        key.value(), client_seq, ack.sequence, ack.account_event, ack.order.value(),
        static_cast<unsigned>(ack.code));
    if (::write(file_, line, static_cast<std::size_t>(length)) != length) std::abort();
  }

  [[nodiscard]] static Acks read(const std::string& path) {
    Acks acks;
    std::ifstream file(path);
    std::uint32_t key = 0;
    std::uint64_t client_seq = 0;
    std::uint64_t order = 0;
    unsigned code = 0;
    sim::ClientAck ack;
    std::string end;
    while (file >> key >> client_seq >> ack.sequence >> ack.account_event >> order >> code >> end) {
      ack.order = OrderId{order};
      ack.code = static_cast<RejectCode>(code);
      acks[{key, client_seq}] = ack;
    }
    return acks;
  }

 private:
  int file_;
};

}  // namespace karst::test
