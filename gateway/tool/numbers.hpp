// How the tool reads whole numbers: decimal, whatever they begin with, and within their bounds.
#pragma once

#include <CLI/CLI.hpp>

namespace karst::tool {

/// Makes every option of the command, and of those below it, that takes a number read it as
/// decimal: `010` is ten, `0x10` and `nan` are none, and what does not fit is refused. CLI11 by
/// itself reads as C does.
void read_numbers_as_decimal(CLI::App& app);

/// Not 0. Requires: of an option that is read as decimal.
[[nodiscard]] const CLI::Validator& at_least_one();

}  // namespace karst::tool
