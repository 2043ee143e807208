// Where the tables of the engine take their memory from.
#pragma once

#include <cstddef>
#include <cstdlib>

namespace karst {

/// Gives zeroed bytes that are touched only when used, and takes them back.
struct MemorySource {
  /// Returns: `bytes` zero bytes aligned as malloc() does, or nullptr.
  void* (*take)(std::size_t bytes);
  /// Requires: what take() of the same source gave for as many bytes.
  void (*give_back)(void* memory, std::size_t bytes);
};

inline constexpr MemorySource heap_memory{
    [](std::size_t bytes) { return std::calloc(bytes, 1); },
    [](void* memory, std::size_t) { std::free(memory); }};

/// The source of tables made from now on. A program may put a better one here (huge pages) before
/// it makes its first engine; what the engine comes to does not depend on it.
///
/// Threads: written before other threads start.
inline MemorySource table_memory = heap_memory;

}  // namespace karst
