// Numbers into text that people and plots read, where a format says it shortest.
#pragma once

#include <cstdio>
#include <string>

namespace karst::tool {

/// Appends what std::printf() would print.
template <typename... Values>
void append_formatted(std::string& text, const char* format, Values... values) {
  const int length = std::snprintf(nullptr, 0, format, values...);
  const std::size_t begin = text.size();
  text.resize(begin + static_cast<std::size_t>(length) + 1);
  std::snprintf(text.data() + begin, static_cast<std::size_t>(length) + 1, format, values...);
  text.pop_back();
}

}  // namespace karst::tool
