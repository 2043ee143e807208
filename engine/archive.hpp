// State to and from bytes: the two archives that every table's save and load take.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

namespace karst {

/// Plain data without padding: equal values are equal bytes.
template <class T>
concept Plain = std::is_trivially_copyable_v<T> && std::has_unique_object_representations_v<T>;

/// Appends to a vector.
class ByteWriter {
 public:
  explicit ByteWriter(std::vector<std::uint8_t>& out) : out_(out) {}
  void bytes(const void* data, std::size_t size) {
    const auto* first = static_cast<const std::uint8_t*>(data);
    out_.insert(out_.end(), first, first + size);
  }
  template <Plain T>
  void value(const T& value) {
    bytes(&value, sizeof value);
  }
  /// A count, then as many elements.
  template <Plain T>
  void array(const T* first, std::uint64_t count) {
    value(count);
    bytes(first, count * sizeof(T));
  }

 private:
  std::vector<std::uint8_t>& out_;
};

/// Reads what a ByteWriter wrote; anything short or too long makes `is_good()` false for ever.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::uint8_t> in) : in_(in) {}
  void bytes(void* data, std::size_t size) {
    if (size > in_.size()) {
      is_good_ = false;
      std::memset(data, 0, size);
      return;
    }
    if (size != 0) std::memcpy(data, in_.data(), size);
    in_ = in_.subspan(size);
  }
  template <Plain T>
  void value(T& value) {
    bytes(&value, sizeof value);
  }
  /// Reads at most `count_max` elements. Returns: how many.
  template <Plain T>
  std::uint64_t array(T* first, std::uint64_t count_max) {
    std::uint64_t count = 0;
    value(count);
    if (count > count_max || count > in_.size() / sizeof(T)) {
      is_good_ = false;
      return 0;
    }
    bytes(first, count * sizeof(T));
    return count;
  }
  template <Plain T>
  void array(std::vector<T>& into) {
    std::uint64_t count = 0;
    value(count);
    if (count > in_.size() / sizeof(T)) {
      is_good_ = false;
      return;
    }
    into.resize(count);
    bytes(into.data(), count * sizeof(T));
  }
  [[nodiscard]] bool is_good() const { return is_good_; }
  [[nodiscard]] bool is_at_end() const { return in_.empty(); }

 private:
  std::span<const std::uint8_t> in_;
  bool is_good_ = true;
};

}  // namespace karst
