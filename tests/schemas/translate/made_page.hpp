// A page of docs that is made from what the code says.
#pragma once

#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace karst::test {

/// Expects that docs/`name` is `page`. With KARST_UPDATE set the page is written.
inline void expect_page(const std::string& name, const std::string& page) {
  const std::string path = KARST_SOURCE_DIR "/docs/" + name;
  if (std::getenv("KARST_UPDATE") != nullptr) std::ofstream(path) << page;
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(text, page) << "run this test with KARST_UPDATE=1 to write the page";
}

/// ORDER_KIND_ of OrderKind: what the wire puts before each of its enumerators.
inline std::string prefix_of(const google::protobuf::EnumDescriptor& type) {
  const std::string& zero = type.FindValueByNumber(0)->name();
  return zero.substr(0, zero.size() - std::string_view("UNSPECIFIED").size());
}

}  // namespace karst::test
