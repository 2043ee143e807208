#include "ledger/exchange/thread_name.hpp"

#include <pthread.h>

#include "engine/base/assert.hpp"

namespace karst {

void name_thread(const std::string& name) {
  constexpr std::size_t bytes_max = 15;  // Linux keeps no more
  KARST_ASSERT(::pthread_setname_np(::pthread_self(), name.substr(0, bytes_max).c_str()) == 0);
}

}  // namespace karst
