#include "ledger/files/huge_pages.hpp"

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>

#include "engine/base/memory_source.hpp"

namespace karst {
namespace {

constexpr std::size_t huge_page_bytes = std::size_t{2} << 20U;

constexpr std::size_t whole_pages(std::size_t bytes) {
  return (bytes + huge_page_bytes - 1) / huge_page_bytes * huge_page_bytes;
}

void* take(std::size_t bytes) {
  if (bytes < huge_page_bytes) return heap_memory.take(bytes);
  // One page more, so that a whole number of aligned ones lies within.
  const std::size_t wanted = whole_pages(bytes);
  void* const mapped = ::mmap(nullptr, wanted + huge_page_bytes, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  char* const begin = static_cast<char*>(mapped);
  const auto misfit = reinterpret_cast<std::uintptr_t>(begin) % huge_page_bytes;
  const std::size_t before = misfit == 0 ? 0 : huge_page_bytes - misfit;
  if (before != 0) ::munmap(begin, before);
  ::munmap(begin + before + wanted, huge_page_bytes - before);
  static_cast<void>(::madvise(begin + before, wanted, MADV_HUGEPAGE));  // a wish
  return begin + before;
}

void give_back(void* memory, std::size_t bytes) {
  if (bytes < huge_page_bytes) return heap_memory.give_back(memory, bytes);
  ::munmap(memory, whole_pages(bytes));
}

}  // namespace

void use_huge_pages() { table_memory = {take, give_back}; }

}  // namespace karst
