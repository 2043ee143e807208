// What a shell offers after Tab: asked of the program itself, so that it never lags behind it.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace karst::tool {

/// One word that may stand next.
struct Candidate {
  std::string word;
  std::string about;
};

/// The words that may take the place of the last of `words` (what was typed of it so far, or an
/// empty text) on a command line of `app`; none where only files or values fit.
[[nodiscard]] std::vector<Candidate> complete(const CLI::App& app,
                                              const std::vector<std::string>& words);

}  // namespace karst::tool
