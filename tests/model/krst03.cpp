#include "tests/model/krst03.hpp"

#include <cstddef>
#include <cstring>
#include <set>

#include "engine/state/instrument_table.hpp"

namespace karst::model {
namespace {

constexpr std::size_t format_bytes = sizeof(std::uint64_t);

// The sections that had no count of their own elsewhere, so that KRST03 wrote one before them.
const std::set<Section> counted{Section::account_links, Section::references,   Section::timers,
                                Section::jobs,          Section::sweeps,       Section::currencies,
                                Section::calendars,     Section::fee_schedules};

template <class T>
void put(std::vector<std::uint8_t>& to, const T& value) {
  const auto* first = reinterpret_cast<const std::uint8_t*>(&value);
  to.insert(to.end(), first, first + sizeof value);
}

template <class T>
T take(std::span<const std::uint8_t>& from) {
  T value{};
  std::memcpy(&value, from.data(), sizeof value);
  from = from.subspan(sizeof value);
  return value;
}

void put_all(std::vector<std::uint8_t>& to, std::span<const std::uint8_t> bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

// Behind the sizes: is_configured u32, then the words of `progress` but its last, is_configured.
void put_progress(std::vector<std::uint8_t>& to, std::span<const std::uint8_t> progress) {
  constexpr std::size_t words = 4 * sizeof(std::uint64_t);
  put_all(to, progress.subspan(words, sizeof(std::uint32_t)));
  put_all(to, progress.first(words));
}

}  // namespace

std::vector<SavedSection> sections_of(std::span<const std::uint8_t> saved) {
  std::vector<SavedSection> sections;
  saved = saved.subspan(format_bytes);
  while (!saved.empty()) {
    SavedSection section{};
    section.head.tag = take<std::uint32_t>(saved);
    section.head.version = take<std::uint32_t>(saved);
    section.head.element_bytes = take<std::uint32_t>(saved);
    section.head.count = take<std::uint64_t>(saved);
    const auto bytes = saved.first(section.head.element_bytes * section.head.count);
    section.bytes.assign(bytes.begin(), bytes.end());
    saved = saved.subspan(bytes.size());
    sections.push_back(std::move(section));
  }
  return sections;
}

std::vector<std::uint8_t> saved_of(const std::vector<SavedSection>& sections) {
  std::vector<std::uint8_t> saved;
  put(saved, StateWriter::format);
  for (const SavedSection& section : sections) {
    put(saved, section.head.tag);
    put(saved, section.head.version);
    put(saved, section.head.element_bytes);
    put(saved, section.head.count);
    put_all(saved, section.bytes);
  }
  return saved;
}

void before_modes(SavedSection& instruments) {
  constexpr std::size_t at = offsetof(Instrument, modes);
  instruments.head.version = 1;
  for (std::size_t row = 0; row < instruments.bytes.size(); row += sizeof(Instrument)) {
    std::uint8_t& modes = instruments.bytes[row + at];
    modes = modes == bit_of(TradeMode::posted) ? 1 : 0;
  }
}

std::vector<std::uint8_t> krst03_of(std::span<const std::uint8_t> saved) {
  std::vector<std::uint8_t> old;
  put(old, std::uint64_t{0x33305453524b});  // "KRST03"
  for (SavedSection& section : sections_of(saved)) {
    const auto name = static_cast<Section>(section.head.tag);
    const bool is_header = name == Section::sizes || name == Section::progress;
    if (!is_header && find_section(section.head.tag)->krst03_bytes == 0) continue;
    if (name == Section::instruments) before_modes(section);
    if (counted.contains(name)) put(old, section.head.count);
    if (name == Section::progress) {
      put_progress(old, section.bytes);
    } else {
      put_all(old, section.bytes);
    }
  }
  return old;
}

}  // namespace karst::model
