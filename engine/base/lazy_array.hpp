// A fixed-size array whose memory is touched only when used.

#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <type_traits>

#include "engine/base/assert.hpp"
#include "engine/base/memory_source.hpp"

namespace karst {

/// A fixed number of elements, all bytes zero at first, on a cache-line boundary. Memory is asked
/// for once and touched only when used, so a generous capacity costs address space, not memory.
///
/// Requires: `Element` is trivially copyable, and all-zero bytes are a valid value of it.
/// Errors:   a failed reservation ends the process (it happens at start, from configuration).
/// Threads:  owned by one.
template <class Element>
class LazyArray {
  static_assert(std::is_trivially_copyable_v<Element>);

 public:
  static constexpr std::size_t cache_line = 64;  // Unit: bytes

  explicit LazyArray(std::size_t count) {
    KARST_ASSERT(count <= (std::numeric_limits<std::size_t>::max() - cache_line) / sizeof(Element));
    const std::size_t bytes = count * sizeof(Element) + cache_line;
    memory_ = {table_memory.take(bytes), GiveBack{bytes, table_memory.give_back}};
    KARST_ASSERT(memory_ != nullptr);
    const auto address = reinterpret_cast<std::uintptr_t>(memory_.get());
    const auto aligned = (address + cache_line - 1) / cache_line * cache_line;
    elements_ = static_cast<Element*>(
        static_cast<void*>(static_cast<char*>(memory_.get()) + (aligned - address)));
  }

  [[nodiscard]] Element& operator[](std::size_t index) { return elements_[index]; }
  [[nodiscard]] const Element& operator[](std::size_t index) const { return elements_[index]; }
  [[nodiscard]] Element* data() { return elements_; }
  [[nodiscard]] const Element* data() const { return elements_; }

 private:
  struct GiveBack {
    std::size_t bytes = 0;
    void (*to)(void*, std::size_t) = nullptr;
    void operator()(void* memory) const { to(memory, bytes); }
  };
  std::unique_ptr<void, GiveBack> memory_;
  Element* elements_ = nullptr;
};

}  // namespace karst
