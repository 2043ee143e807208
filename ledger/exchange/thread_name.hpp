// The name of a thread, as `top -H` and `ps -L` show it.
#pragma once

#include <string>

namespace karst {

/// Names the calling thread by the first 15 bytes. docs/OPERATIONS.md lists the names of karstd's.
void name_thread(const std::string& name);

}  // namespace karst
