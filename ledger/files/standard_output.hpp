// Standard output as what it is: a file that may refuse what is written to it.
#pragma once

#include <string_view>

#include "engine/base/result.hpp"

namespace karst {

/// Makes this process safe to write from, before it opens anything: a reader that leaves is an
/// error of the write and no signal, and no file that is opened later can take the number of a
/// standard stream that was closed, and be written over by words meant for people.
void prepare_standard_streams();

/// Writes `text` to standard output. It may stay in a buffer until flush_output(): what fails
/// then says so too.
///
/// Errors: no_space, or io with the errno of the system. EPIPE: is_reader_gone().
[[nodiscard]] Status write_output(std::string_view text);
[[nodiscard]] Status flush_output();

/// Whether whoever read standard output wanted no more of it (`karst events | head -1`): the end
/// of the work, and no failure.
[[nodiscard]] bool is_reader_gone(const Error& error);

}  // namespace karst
