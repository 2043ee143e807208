// Client order ids for people.
#include "schemas/words/client_id_text.hpp"

#include <gtest/gtest.h>

namespace karst::tool {
namespace {

TEST(ClientIdText, shows_text_as_it_is_and_other_bytes_by_their_digits) {
  EXPECT_EQ(client_id_text(""), "");
  EXPECT_EQ(client_id_text("desk-7"), "desk-7");
  EXPECT_EQ(client_id_text("sixteen-letters!"), "sixteen-letters!");
  EXPECT_EQ(client_id_text("\x6b\xa7\xb8\x10\x9d\xad\x11\xd1\x80\xb4" + std::string(1, '\0') +
                           "\xc0\x4f\xd4\x30\xc8"),
            "6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  EXPECT_EQ(client_id_text(std::string(1, '\0') + "\xff"), "0x00ff");
}

}  // namespace
}  // namespace karst::tool
