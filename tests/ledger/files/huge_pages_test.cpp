// Tables in huge pages hold what tables on the heap hold.
#include "ledger/files/huge_pages.hpp"

#include <gtest/gtest.h>

#include <cstdint>

#include "engine/base/lazy_array.hpp"
#include "engine/base/memory_source.hpp"

namespace karst {
namespace {

struct HugePages : testing::Test {
  ~HugePages() override { table_memory = heap_memory; }
};

TEST_F(HugePages, tables_are_zero_aligned_and_given_back_to_where_they_came_from) {
  LazyArray<std::uint64_t> on_heap(1 << 20);
  use_huge_pages();
  for (const std::size_t count : {std::size_t{3}, std::size_t{1} << 18U, std::size_t{3} << 19U}) {
    LazyArray<std::uint64_t> table(count);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(table.data()) % LazyArray<std::uint64_t>::cache_line,
              0U);
    for (const std::size_t at : {std::size_t{0}, count / 2, count - 1}) {
      EXPECT_EQ(table[at], 0U);
      table[at] = at + 1;
      EXPECT_EQ(table[at], at + 1);
    }
  }
  on_heap[1] = 2;  // goes back to the heap when the test ends
}

}  // namespace
}  // namespace karst
