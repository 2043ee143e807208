#include "schemas/words/colour.hpp"

namespace karst::tool {

std::string Paint::operator()(Colour colour, const std::string& text) const {
  if (!is_on || colour == Colour::plain) return text;
  const char* start = "";
  switch (colour) {
    case Colour::plain: break;
    case Colour::bold: start = "\x1b[1m"; break;
    case Colour::faint: start = "\x1b[2m"; break;
    case Colour::red: start = "\x1b[31m"; break;
    case Colour::green: start = "\x1b[32m"; break;
    case Colour::yellow: start = "\x1b[33m"; break;
  }
  return start + text + "\x1b[0m";
}

}  // namespace karst::tool
