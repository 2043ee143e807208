// What a command would free, for who must decide which commands get the last room of a journal.
#pragma once

#include <cstdint>

namespace karst {

/// The answer of Engine::relief(). Nobody can get much of the second kind out of a market where no
/// order is let in any more: a merchant a mass cancel and a kill switch, an operator a kill switch
/// per merchant and a halt per instrument.
enum class Relief : std::uint8_t {
  none,    ///< it would be refused, or nothing would be less afterwards
  some,    ///< an order goes, or a key, or an instrument no longer trades
  utmost,  ///< a kill switch goes on, an instrument is halted, all orders of a merchant go
};

}  // namespace karst
