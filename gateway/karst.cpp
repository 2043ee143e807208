// The one tool of the house: every subcommand lives in gateway/tool/.
#include "gateway/tool/commands.hpp"

int main(int argc, char** argv) { return karst::tool::run(argc, argv); }
