// The one tool of the house: every subcommand lives in gateway/tool/.
#include "gateway/tool/commands.hpp"
#include "ledger/files/huge_pages.hpp"

int main(int argc, char** argv) {
  karst::use_huge_pages();
  return karst::tool::run(argc, argv);
}
