// State to and from bytes: the two archives that every table's save and load take.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

#include "engine/base/section.hpp"

namespace karst {

/// Plain data without padding: equal values are equal bytes.
template <class T>
concept Plain = std::is_trivially_copyable_v<T> && std::has_unique_object_representations_v<T>;

/// What became of reading a saved state.
enum class Loaded : std::uint8_t {
  good,
  corrupt,  ///< or of other sizes, or of a format no landed version wrote
  newer,    ///< a later version wrote it, and this one would lose something
};

/// Stands before each section. Written field by field, so without padding.
struct SectionHead {
  static constexpr std::size_t bytes = 20;
  std::uint32_t tag;
  std::uint32_t version;
  std::uint32_t element_bytes;
  std::uint64_t count;
};

/// Appends sections to a vector. Source: docs/FORMATS.md, "The engine's state".
class StateWriter {
 public:
  static constexpr std::uint64_t format = 0x34305453524b;  // "KRST04"

  explicit StateWriter(std::vector<std::uint8_t>& out) : out_(out) { put(format); }

  template <class Row>
  void rows(Section section, const Row* first, std::uint64_t count) {
    begin<Row>(section, count);
    more(first, count);
  }
  /// The same for rows whose count nothing else says.
  template <Plain Row>
  void array(Section section, const Row* first, std::uint64_t count) {
    rows(section, first, count);
  }
  /// A section whose rows lie in several places: more() is called until there are `count`.
  template <class Row>
  void begin(Section section, std::uint64_t count) {
    put(static_cast<std::uint32_t>(section));
    put(find_section(static_cast<std::uint32_t>(section))->version);
    put(static_cast<std::uint32_t>(sizeof(Row)));
    put(count);
  }
  template <class Row>
  void more(const Row* first, std::uint64_t count) {
    static_assert(std::is_trivially_copyable_v<Row>);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(first);
    out_.insert(out_.end(), bytes, bytes + count * sizeof(Row));
  }

 private:
  template <class T>
  void put(T value) {
    more(&value, 1);
  }

  std::vector<std::uint8_t>& out_;
};

/// Reads what a StateWriter wrote, of this version or one before it: an element that was shorter
/// then reads as zero behind its end, and so does a section that was not there. The format before
/// sections, KRST03, is read in the order in which it was written: that of the calls.
///
/// Once anything does not fit, everything reads as zero.
class StateReader {
 public:
  explicit StateReader(std::span<const std::uint8_t> in);

  template <class Row>
  void rows(Section section, Row* first, std::uint64_t count) {
    begin<Row>(section, count);
    more(first, count);
  }
  /// Reads at most `count_max` rows. Returns: how many.
  template <Plain Row>
  std::uint64_t array(Section section, Row* first, std::uint64_t count_max) {
    const std::uint64_t count = count_of(section);
    if (count > count_max) {
      refuse(Loaded::corrupt);
      return 0;
    }
    rows(section, first, count);
    return count;
  }
  template <Plain Row>
  void array(Section section, std::vector<Row>& into) {
    const std::uint64_t count = count_of(section);
    begin<Row>(section, count);
    if (!has_room(count)) refuse(Loaded::corrupt);
    into.resize(result_ == Loaded::good ? count : 0);
    more(into.data(), into.size());
  }
  template <class Row>
  void begin(Section section, std::uint64_t count) {
    begin(section, static_cast<std::uint32_t>(sizeof(Row)), count);
  }
  template <class Row>
  void more(Row* first, std::uint64_t count) {
    static_assert(std::is_trivially_copyable_v<Row>);
    auto* to = reinterpret_cast<std::uint8_t*>(first);
    if (!has_room(count)) {
      refuse(Loaded::corrupt);
      std::fill(to, to + count * sizeof(Row), std::uint8_t{0});
      return;
    }
    if (element_bytes_ == sizeof(Row)) {
      take(to, count * sizeof(Row));
      return;
    }
    for (; count != 0; --count, to += sizeof(Row)) {
      std::fill(to, to + sizeof(Row), std::uint8_t{0});
      take(to, element_bytes_);
    }
  }

  /// The version in which a section was written; 0 if it was not, or in the format before sections.
  [[nodiscard]] std::uint32_t version(Section section) const {
    const Found* found = find(section);
    return found == nullptr ? 0 : found->head.version;
  }
  /// Whether the bytes are of the format before sections.
  [[nodiscard]] bool is_krst03() const { return is_krst03_; }
  /// Bytes of the header of KRST03, as they lie there.
  template <Plain T>
  void krst03_header(T& header) {
    element_bytes_ = sizeof header;
    more(&header, 1);
  }
  [[nodiscard]] Loaded result() const { return result_; }
  /// What all came to. Requires: nothing more is to be read.
  [[nodiscard]] Loaded finish() {
    if (is_krst03_ && !in_.empty()) refuse(Loaded::corrupt);
    return result_;
  }

 private:
  struct Found {
    SectionHead head;
    std::span<const std::uint8_t> bytes;
  };

  void find_sections(std::span<const std::uint8_t> in);
  [[nodiscard]] const Found* find(Section section) const;
  [[nodiscard]] std::uint64_t count_of(Section section);
  void begin(Section section, std::uint32_t row_bytes, std::uint64_t count);
  [[nodiscard]] bool has_room(std::uint64_t count) const {
    return element_bytes_ == 0 ? is_absent_ : count <= in_.size() / element_bytes_;
  }
  void take(std::uint8_t* to, std::size_t size) {
    if (size != 0) std::memcpy(to, in_.data(), size);
    in_ = in_.subspan(size);
  }
  /// The first reason stands.
  void refuse(Loaded why) {
    if (result_ == Loaded::good) result_ = why;
    in_ = {};
    found_.clear();
  }

  std::vector<Found> found_;
  std::span<const std::uint8_t> in_;  ///< of the section begun; in KRST03 all that is left
  std::uint32_t element_bytes_ = 0;   ///< of the section begun, as written
  bool is_absent_ = false;            ///< the section begun is none of those written
  bool is_krst03_ = false;
  Loaded result_ = Loaded::good;
};

}  // namespace karst
