#include "gateway/desk/access_chain.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>

namespace karst::gateway {
namespace {

constexpr std::size_t words_max = 8;
constexpr std::size_t number_digits = 10;  // of a file's name
constexpr std::array<std::string_view, 3> start_words{"begun", "continued", "broken"};

std::string no_hash() { return std::string(chain_hash_digits, '0'); }

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

/// The words between single spaces; none if there are more than there can be.
std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (words.size() < words_max) {
    const std::size_t space = line.find(' ');
    words.push_back(line.substr(0, space));
    if (space == std::string_view::npos) return words;
    line.remove_prefix(space + 1);
  }
  return {};
}

/// The whole text as a number, written the one way it can be.
template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_padded = text.size() > 1 && text.front() == '0';
  return error == std::errc{} && end == text.data() + text.size() && !is_padded;
}

bool is_hash(std::string_view text) {
  return text.size() == chain_hash_digits && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::optional<AccessEntry> read_entry(const std::vector<std::string_view>& words) {
  AccessEntry entry;
  std::uint32_t key = 0;
  std::uint32_t account = 0;
  if (words.size() < 5 || !read_number(words[0], entry.number) ||
      !read_number(words[1], entry.time_ns) || !read_number(words[2], key) ||
      !read_number(words[3], account) || words[4].empty()) {
    return std::nullopt;
  }
  const bool is_name = std::ranges::all_of(
      words[4], [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
  if (!is_name) return std::nullopt;
  entry.key = KeyId{key};
  entry.account = AccountId{account};
  entry.question = std::string(words[4]);
  return entry;
}

/// Goes through the lines of one log and judges each by the one before.
class Reader {
 public:
  Reader(AccessLogReport& report, const std::function<void(AccessEntry&&)>& sink)
      : report_(report), sink_(sink) {}

  /// Errors: io. A file that is gone was let go of meanwhile.
  [[nodiscard]] Status read(const AccessFile& file, bool is_last);

 private:
  void on_line(std::string_view line);
  void on_chain(const std::vector<std::string_view>& words, std::string_view line);
  void on_entry(const std::vector<std::string_view>& words, std::string_view line);
  void damage(const char* what, std::string_view line);
  /// Whether the line ends with the hash that it must have behind `previous`.
  [[nodiscard]] static bool is_linked(const std::string& previous, std::string_view line) {
    const std::size_t cut = line.size() - chain_hash_digits;
    return chain_hash(previous, line.substr(0, cut - 1)) == line.substr(cut);
  }

  AccessLogReport& report_;
  const std::function<void(AccessEntry&&)>& sink_;
  std::string path_;
  std::uint64_t line_ = 0;
  bool is_first_file_ = true;
  bool is_chained_ = false;  // a chain has begun, or what is there instead is damaged
};

void Reader::damage(const char* what, std::string_view line) {
  if (report_.first_damage.empty()) {
    report_.first_damage = path_ + ":" + std::to_string(line_) + ": " + what;
  }
  ++report_.damaged;
  report_.is_damage_marked = false;
  ++report_.last_number;  // it had one
  // What follows is judged by the hash that stands here, so that the damage is found where it is.
  const std::string_view tail =
      line.size() > chain_hash_digits ? line.substr(line.size() - chain_hash_digits) : "";
  report_.head = is_hash(tail) ? std::string(tail) : "";
  is_chained_ = is_chained_ || is_hash(tail);
}

void Reader::on_chain(const std::vector<std::string_view>& words, std::string_view line) {
  const auto why = std::ranges::find(start_words, words.size() == 5 ? words[1] : "");
  std::uint64_t last_number = 0;
  if (why == start_words.end() || !read_number(words[2], last_number) || !is_hash(words[3]) ||
      !is_hash(words[4]) || !is_linked(std::string(words[3]), line)) {
    return damage("a chain line that is not as it was written", line);
  }
  const auto start = static_cast<ChainStart>(why - start_words.begin());
  const bool is_start_of_all = is_first_file_ && line_ == 1;
  const bool is_right = start == ChainStart::begun ? !is_chained_ && words[3] == no_hash()
                        : start == ChainStart::continued
                            ? line_ == 1 && (is_start_of_all || words[3] == report_.head)
                            : words[3] == no_hash();
  if (!is_right) return damage("the chain does not go on from the line before", line);
  if (start == ChainStart::broken) {
    ++report_.breaks;
    report_.is_damage_marked = true;
  }
  is_chained_ = true;
  report_.head = std::string(words[4]);
  report_.last_number = last_number;
}

void Reader::on_entry(const std::vector<std::string_view>& words, std::string_view line) {
  std::optional<AccessEntry> entry = read_entry(words);
  const bool is_right = entry && (is_chained_ ? words.size() == 6 && is_hash(words[5]) &&
                                                    is_linked(report_.head, line)
                                              : words.size() == 5);
  if (!is_right) return damage("a line that is not as it was written", line);
  if (is_chained_) {
    report_.head = std::string(words[5]);
  } else {
    ++report_.unchained;
  }
  ++report_.entries;
  report_.last_number = entry->number;
  sink_(std::move(*entry));
}

void Reader::on_line(std::string_view line) {
  ++line_;
  const std::vector<std::string_view> words = words_of(line);
  if (line_ == 1 && !is_first_file_ && (words.empty() || words[0] != "chain")) {
    return damage("a further file that does not begin with a chain line", line);
  }
  if (!words.empty() && words[0] == "chain") return on_chain(words, line);
  on_entry(words, line);
}

Status Reader::read(const AccessFile& file, bool is_last) {
  const std::unique_ptr<std::FILE, CloseFile> stream(std::fopen(file.path.c_str(), "re"));
  const auto failed = [&] {
    return Error{ErrorCode::io, "read the access log", file.path, Error::no_offset, errno};
  };
  if (stream == nullptr && errno == ENOENT) return {};
  if (stream == nullptr) return failed();
  path_ = file.path;
  line_ = 0;
  std::array<char, 64 * 1024> room;
  std::string line;
  std::uint64_t unfinished = 0;  // bytes since the last line feed
  report_.last_file_bytes = 0;
  for (std::size_t got = 0; (got = std::fread(room.data(), 1, room.size(), stream.get())) > 0;) {
    report_.bytes += got;
    for (std::string_view rest(room.data(), got); !rest.empty();) {
      const std::size_t end = rest.find('\n');
      const std::string_view part = rest.substr(0, end);
      // Of a line that is too long to be ours, a little more than its beginning will do.
      line += part.substr(
          0, access_line_bytes_max + 1 - std::min(line.size(), access_line_bytes_max + 1));
      unfinished += part.size();
      if (end == std::string_view::npos) break;
      on_line(line);
      report_.last_file_bytes += unfinished + 1;
      line.clear();
      unfinished = 0;
      rest.remove_prefix(end + 1);
    }
  }
  if (std::ferror(stream.get()) != 0) return failed();
  ++report_.files;
  if (is_last) {
    report_.torn_bytes = unfinished;
  } else if (unfinished > 0) {
    ++line_;
    damage("a line without an end", line);
  }
  is_first_file_ = false;
  return {};
}

}  // namespace

std::string chain_hash(std::string_view previous, std::string_view words) {
  // Fetched once: asking for it by name at every line takes longer than the hash.
  static const std::unique_ptr<EVP_MD, void (*)(EVP_MD*)> sha256(
      EVP_MD_fetch(nullptr, "SHA256", nullptr), EVP_MD_free);
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                   EVP_MD_CTX_free);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  EVP_DigestInit_ex(context.get(), sha256.get(), nullptr);
  EVP_DigestUpdate(context.get(), previous.data(), previous.size());
  EVP_DigestUpdate(context.get(), words.data(), words.size());
  EVP_DigestFinal_ex(context.get(), digest.data(), nullptr);
  std::string text;
  for (std::size_t i = 0; i < chain_hash_digits / 2; ++i) {
    text += "0123456789abcdef"[digest[i] >> 4U];
    text += "0123456789abcdef"[digest[i] & 15U];
  }
  return text;
}

std::string entry_line(const AccessEntry& entry, std::string& head) {
  const std::string words = std::to_string(entry.number) + " " + std::to_string(entry.time_ns) +
                            " " + std::to_string(entry.key.value()) + " " +
                            std::to_string(entry.account.value()) + " " + entry.question;
  head = chain_hash(head, words);
  return words + " " + head + "\n";
}

std::string chain_line(ChainStart why, std::uint64_t last_number, std::string& head) {
  const std::string previous = why == ChainStart::continued ? head : no_hash();
  const std::string words = "chain " + std::string(start_words[static_cast<std::size_t>(why)]) +
                            " " + std::to_string(last_number) + " " + previous;
  head = chain_hash(previous, words);
  return words + " " + head + "\n";
}

std::string access_file_path(const std::string& path, std::uint64_t number) {
  if (number <= 1) return path;
  std::string digits = std::to_string(number);
  if (digits.size() < number_digits) digits.insert(0, number_digits - digits.size(), '0');
  return path + "." + digits;
}

std::vector<AccessFile> access_files(const std::string& path) {
  std::vector<AccessFile> files;
  const std::filesystem::path whole(path);
  const std::string name = whole.filename().string();
  std::error_code ignored;
  for (std::filesystem::directory_iterator it(whole.parent_path(), ignored), end;
       !ignored && it != end; it.increment(ignored)) {
    const std::string found = it->path().filename().string();
    if (found == name) files.push_back({1, path});
    if (!found.starts_with(name + ".")) continue;
    const std::string_view digits = std::string_view(found).substr(name.size() + 1);
    std::uint64_t number = 0;
    const auto [last, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc{} || last != digits.data() + digits.size()) continue;
    // A name that we would write differently is somebody else's file.
    if (number > 1 && access_file_path(path, number) == path + "." + std::string(digits)) {
      files.push_back({number, access_file_path(path, number)});
    }
  }
  std::ranges::sort(files, {}, &AccessFile::number);
  return files;
}

Result<AccessLogReport> read_access_log(const std::string& path,
                                        const std::function<void(AccessEntry&&)>& sink) {
  AccessLogReport report;
  const std::vector<AccessFile> files = access_files(path);
  Reader reader(report, sink);
  for (const AccessFile& file : files) {
    const Status read = reader.read(file, file.number == files.back().number);
    if (!read) return read.error();
  }
  return report;
}

}  // namespace karst::gateway
