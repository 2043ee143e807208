// Fields of plain values to and from bytes, one behind the other, least significant byte first,
// however the value lies in memory.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace karst {

static_assert(std::endian::native == std::endian::little);

/// Writes fields one behind the other: integers, enumerations, numbers with units, arrays of these.
class FieldWriter {
 public:
  explicit FieldWriter(std::uint8_t* out) : out_(out) {}
  template <class T>
  void operator()(const T& field) {
    if constexpr (std::is_same_v<T, bool>) {
      std::uint8_t byte = 0;  // as it lies there: a bool made of foreign bytes may hold anything
      std::memcpy(&byte, &field, sizeof byte);
      (*this)(byte);
    } else if constexpr (std::is_integral_v<T>) {
      std::memcpy(out_, &field, sizeof field);
      out_ += sizeof field;
    } else if constexpr (std::is_enum_v<T>) {
      (*this)(static_cast<std::underlying_type_t<T>>(field));
    } else if constexpr (requires { field.value(); }) {
      (*this)(field.value());
    } else {
      for (const auto& element : field) (*this)(element);
    }
  }
  [[nodiscard]] std::uint8_t* end() const { return out_; }

 private:
  std::uint8_t* out_;
};

/// Reads what a FieldWriter wrote. Behind the end of the bytes nothing is read, and nothing is
/// good.
class FieldReader {
 public:
  FieldReader(const std::uint8_t* in, const std::uint8_t* end) : in_(in), end_(end) {}
  template <class T>
  void operator()(T& field) {
    if constexpr (std::is_same_v<T, bool>) {
      std::uint8_t byte = 0;
      (*this)(byte);
      is_good_ = is_good_ && byte <= 1;
      field = byte == 1;
    } else if constexpr (std::is_integral_v<T>) {
      if (static_cast<std::size_t>(end_ - in_) < sizeof(T)) {
        is_good_ = false;
        return;
      }
      std::memcpy(&field, in_, sizeof field);
      in_ += sizeof field;
    } else if constexpr (std::is_enum_v<T>) {
      std::underlying_type_t<T> value{};
      (*this)(value);
      field = static_cast<T>(value);
    } else if constexpr (requires { typename T::Value; }) {
      typename T::Value value{};
      (*this)(value);
      field = T{value};
    } else {
      for (auto& element : field) (*this)(element);
    }
  }
  [[nodiscard]] bool is_at_end() const { return in_ == end_; }
  [[nodiscard]] bool is_good_at_end() const { return is_good_ && in_ == end_; }

 private:
  const std::uint8_t* in_;
  const std::uint8_t* end_;
  bool is_good_ = true;
};

}  // namespace karst
