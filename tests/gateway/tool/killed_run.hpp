// A program that is killed at a chosen step of what it does to files.
#pragma once

#include <string>
#include <vector>

namespace karst::test {

/// Runs `karst` with these arguments and kills it before its `step`-th call (from 1) that makes,
/// writes, syncs, names or removes something. Its output is not kept.
///
/// Returns: whether it was killed; false: it ended before it came to that step.
[[nodiscard]] bool kill_at_step(const std::vector<std::string>& arguments, const std::string& home,
                                int step);

}  // namespace karst::test
