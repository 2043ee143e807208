// Memory for the engine's tables in huge pages.
#pragma once

namespace karst {

/// From now on tables of 2 MiB or more are asked for in huge pages, where the kernel gives them
/// out on request ("madvise" or "always" in /sys/kernel/mm/transparent_hugepage/enabled); else
/// nothing changes but the alignment. The tables of an engine are read at random, and at 4 KiB a
/// page most commands would wait for an address translation or two.
///
/// Requires: called before other threads start, and before the engine is made.
void use_huge_pages();

}  // namespace karst
