// How a field stands in a file, in the words of docs/FORMATS.md.
#pragma once

#include <concepts>
#include <string>
#include <type_traits>

namespace karst::test {

/// "u32", "i64", "text 16" (NUL-padded), "16 bytes". Enumerations and flags are u8.
template <class T>
[[nodiscard]] std::string field_type(const T& field) {
  if constexpr (std::is_enum_v<T>) {
    return field_type(static_cast<std::underlying_type_t<T>>(field));
  } else if constexpr (std::same_as<T, bool>) {
    return "u8";
  } else if constexpr (std::is_integral_v<T>) {
    return (std::is_signed_v<T> ? "i" : "u") + std::to_string(8 * sizeof(T));
  } else if constexpr (requires { field.value(); }) {
    return field_type(field.value());
  } else if constexpr (std::same_as<std::remove_cvref_t<decltype(field[0])>, char>) {
    return "text " + std::to_string(sizeof(T));
  } else {
    return std::to_string(sizeof(T)) + " bytes";
  }
}

}  // namespace karst::test
