#include "gateway/measure/flow_file.hpp"

#include <lzma.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>
#include <string_view>

namespace karst::tool {
namespace {

constexpr std::string_view xz_magic{
    "\xFD"
    "7zXZ\0",
    6};
constexpr std::string_view flow_magic{"MEOPS01\0", 8};
constexpr std::string_view book_flow_magic{"MEBOOK01", 8};
constexpr std::size_t header_bytes = 64;
constexpr std::size_t chunk_bytes = std::size_t{1} << 20;

struct FlowHeader {
  char magic[8];
  std::uint32_t version;
  std::uint32_t instruments;
  std::uint64_t operations;
  std::uint64_t prefill;
  std::uint32_t price_limit;
  std::uint32_t live_max;
  std::uint64_t orders;
  std::uint64_t seed;
  std::uint64_t reserved;
};
static_assert(sizeof(FlowHeader) == header_bytes);

struct BookFlowHeader {
  char magic[8];
  std::uint32_t version;
  std::uint32_t zero;
  std::uint64_t messages;
  std::uint64_t zeros[5];
};
static_assert(sizeof(BookFlowHeader) == header_bytes);

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

Error corrupt(const std::string& path, const char* doing, std::uint64_t offset) {
  return Error{ErrorCode::corrupt, doing, path, offset, 0};
}

bool begins_with(const std::vector<char>& bytes, std::string_view magic) {
  return bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

Result<std::vector<char>> read_plain(const std::string& path) {
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rb"));
  if (file == nullptr) {
    const ErrorCode code = errno == ENOENT ? ErrorCode::not_found : ErrorCode::io;
    return Error{code, "open", path, Error::no_offset, errno};
  }
  std::vector<char> bytes;
  for (;;) {
    const std::size_t before = bytes.size();
    bytes.resize(before + chunk_bytes);
    const std::size_t got = std::fread(bytes.data() + before, 1, chunk_bytes, file.get());
    bytes.resize(before + got);
    if (got == 0) {
      break;
    }
  }
  if (std::ferror(file.get()) != 0) {
    return Error{ErrorCode::io, "read", path, bytes.size(), errno};
  }
  return bytes;
}

Result<std::vector<char>> unpack(const std::string& path, const std::vector<char>& packed) {
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, std::numeric_limits<std::uint64_t>::max(), LZMA_CONCATENATED) !=
      LZMA_OK) {
    return Error{ErrorCode::io, "start the xz decoder", path, Error::no_offset, 0};
  }
  const std::unique_ptr<lzma_stream, decltype(&lzma_end)> end(&stream, lzma_end);
  stream.next_in = reinterpret_cast<const std::uint8_t*>(packed.data());
  stream.avail_in = packed.size();
  std::vector<char> bytes;
  lzma_ret state = LZMA_OK;
  while (state == LZMA_OK) {
    const std::size_t before = bytes.size();
    bytes.resize(before + chunk_bytes);
    stream.next_out = reinterpret_cast<std::uint8_t*>(bytes.data() + before);
    stream.avail_out = chunk_bytes;
    state = lzma_code(&stream, LZMA_FINISH);
    bytes.resize(before + chunk_bytes - stream.avail_out);
  }
  if (state != LZMA_STREAM_END) {
    return corrupt(path, "unpack", stream.total_in);
  }
  return bytes;
}

FlowCommand decode(std::uint64_t word) {
  FlowCommand command{};
  command.type = static_cast<FlowType>(word & 3);
  command.side = (word >> 2 & 1) != 0 ? Side::sell : Side::buy;
  command.instrument = static_cast<std::uint16_t>(word >> 3 & 0x3ff);
  command.quantity = static_cast<std::uint32_t>(word >> 13 & 0x3ff);
  command.value = word >> 23 & 0xffffff;
  return command;
}

/// Whether an operation keeps what the header promised; `orders` have come before it.
bool is_sound(const Flow& flow, const FlowCommand& command, std::uint64_t orders) {
  switch (command.type) {
    case FlowType::add:
    case FlowType::take:
      return command.instrument < flow.instruments && command.quantity >= 1 &&
             command.value < flow.price_limit;
    case FlowType::cancel:
      return command.instrument < flow.instruments && command.value >= 1 && command.value <= orders;
  }
  return false;
}

}  // namespace

Result<std::vector<char>> read_unpacked(const std::string& path) {
  auto bytes = read_plain(path);
  if (bytes.ok() && begins_with(*bytes, xz_magic)) {
    return unpack(path, *bytes);
  }
  return bytes;
}

Result<Flow> read_flow(const std::string& path) {
  const auto bytes = read_unpacked(path);
  if (!bytes.ok()) {
    return bytes.error();
  }
  FlowHeader header;
  if (!begins_with(*bytes, flow_magic) || (*bytes).size() < sizeof header) {
    return Error{ErrorCode::unknown_format, "read as a flow file", path, Error::no_offset, 0};
  }
  std::memcpy(&header, (*bytes).data(), sizeof header);
  const std::size_t words = ((*bytes).size() - sizeof header) / sizeof(std::uint64_t);
  if (header.version != 1 || header.operations != words || header.prefill > words ||
      header.instruments == 0 || header.instruments > 1024) {
    return corrupt(path, "check the header of", 0);
  }
  Flow flow{header.instruments, header.price_limit, header.live_max,
            header.orders,      header.prefill,     {}};
  flow.commands.reserve(words);
  std::uint64_t orders = 0;
  for (std::size_t i = 0; i < words; ++i) {
    const std::size_t offset = sizeof header + i * sizeof(std::uint64_t);
    std::uint64_t word;
    std::memcpy(&word, (*bytes).data() + offset, sizeof word);
    const FlowCommand command = decode(word);
    if (!is_sound(flow, command, orders)) {
      return corrupt(path, "check an operation of", offset);
    }
    orders += command.type == FlowType::cancel ? 0 : 1;
    flow.commands.push_back(command);
  }
  if (orders != header.orders) {
    return corrupt(path, "count the orders of", 0);
  }
  return flow;
}

Result<std::vector<BookMessage>> read_book_flow(const std::string& path) {
  const auto bytes = read_unpacked(path);
  if (!bytes.ok()) {
    return bytes.error();
  }
  BookFlowHeader header;
  if (!begins_with(*bytes, book_flow_magic) || (*bytes).size() < sizeof header) {
    return Error{ErrorCode::unknown_format, "read as a book-flow file", path, Error::no_offset, 0};
  }
  std::memcpy(&header, (*bytes).data(), sizeof header);
  const std::size_t count = ((*bytes).size() - sizeof header) / sizeof(BookMessage);
  if (header.version != 1 || header.messages != count) {
    return corrupt(path, "check the header of", 0);
  }
  std::vector<BookMessage> messages(count);
  std::memcpy(messages.data(), (*bytes).data() + sizeof header, count * sizeof(BookMessage));
  for (std::size_t i = 0; i < count; ++i) {
    const BookMessage& message = messages[i];
    if (message.type > BookMessageType::modify || message.is_sell > 1 || message.is_ioc > 1) {
      return corrupt(path, "check a message of", sizeof header + i * sizeof(BookMessage));
    }
  }
  return messages;
}

}  // namespace karst::tool
