#include "gateway/daemon/refusal_log.hpp"

#include <algorithm>

namespace karst::gateway {
namespace {

constexpr std::size_t text_bytes_max = 128;

/// The text with nothing in it that a terminal or a reader of lines would act on.
std::string escaped(std::string_view text) {
  std::string plain;
  for (const char c : text.substr(0, text_bytes_max)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '\\') {
      plain += c;
    } else {
      plain += "\\x";
      plain += "0123456789abcdef"[byte >> 4U];
      plain += "0123456789abcdef"[byte & 15U];
    }
  }
  return plain.empty() ? "unknown" : plain;
}

}  // namespace

RefusalLog::Reason& RefusalLog::reason_of(std::string_view name, std::int64_t steady_ns) {
  const auto found =
      std::ranges::find_if(reasons_, [&](const Reason& it) { return it.name == name; });
  if (found != reasons_.end()) return *found;
  if (reasons_.size() == reasons_max) return reasons_.back();
  reasons_.push_back({.name = std::string(name), .since_ns = steady_ns, .last_address = {}});
  return reasons_.back();
}

void RefusalLog::note(std::string_view address, std::string_view reason, std::string_view detail,
                      std::int64_t steady_ns) {
  Reason& kind = reason_of(reason, steady_ns);
  if (steady_ns - kind.since_ns >= interval_ns) {
    say_held_back(kind);
    kind.since_ns = steady_ns;
    kind.lines = 0;
  }
  if (kind.lines == lines_per_interval) {
    ++kind.held_back;
    kind.last_address = std::string(address);
    return;
  }
  ++kind.lines;
  const std::string more = detail.empty() ? "" : " (" + escaped(detail) + ")";
  print_("refused " + escaped(address) + ": " + escaped(reason) + more);
}

void RefusalLog::say_held_back(Reason& reason) {
  if (reason.held_back == 0) return;
  print_("refused " + std::to_string(reason.held_back) + " more: " + escaped(reason.name) +
         ", the last from " + escaped(reason.last_address));
  reason.held_back = 0;
}

void RefusalLog::finish() {
  for (Reason& reason : reasons_) say_held_back(reason);
}

void RefusalLog::on_timer(std::int64_t steady_ns) {
  for (Reason& reason : reasons_) {
    if (steady_ns - reason.since_ns >= interval_ns) say_held_back(reason);
  }
}

}  // namespace karst::gateway
