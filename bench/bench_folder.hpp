// BenchFolder: where a benchmark writes.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace karst::bench {

/// A folder of its own on the disk that KARST_BENCH_DIRECTORY names (default: the working folder);
/// it and all in it go when the object does.
class BenchFolder {
 public:
  explicit BenchFolder(const std::string& name) {
    static int made = 0;
    const char* base = std::getenv("KARST_BENCH_DIRECTORY");
    path_ = std::string(base != nullptr ? base : ".") + "/" + name + "." +
            std::to_string(::getpid()) + "." + std::to_string(++made);
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  BenchFolder(const BenchFolder&) = delete;
  BenchFolder& operator=(const BenchFolder&) = delete;
  ~BenchFolder() { std::filesystem::remove_all(path_); }

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace karst::bench
