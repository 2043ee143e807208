// Stands in for libFuzzer in the ordinary builds: runs a fuzz target over its saved inputs and a
// few thousand seeded mutations of them, so that targets never rot and old findings stay found.
//
// Usage: fuzz_NAME CORPUS_DIRECTORY [SEED]
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr int mutations_total = 4000;
constexpr std::size_t input_bytes_max = 4096;

void run_one(const Bytes& input) {
  // A copy of exactly the input's size, so that a sanitizer sees any read past its end.
  const Bytes exact(input.begin(), input.end());
  static_cast<void>(LLVMFuzzerTestOneInput(exact.data(), exact.size()));
}

std::vector<Bytes> load_corpus(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> files;
  if (std::filesystem::is_directory(directory)) {
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());  // one order on every file system
  std::vector<Bytes> corpus{Bytes{}};
  for (const auto& file : files) {
    std::ifstream stream(file, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
  }
  return corpus;
}

/// Flips bits, writes extreme bytes, cuts, grows and splices: one to eight such steps.
Bytes mutate(Bytes bytes, const std::vector<Bytes>& corpus, std::mt19937_64& random) {
  const int steps = 1 + static_cast<int>(random() % 8);
  for (int step = 0; step < steps; ++step) {
    const std::size_t at = bytes.empty() ? 0 : random() % bytes.size();
    const auto where = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    switch (random() % 5) {
      case 0:
        if (!bytes.empty()) bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ (1U << random() % 8));
        break;
      case 1:
        if (!bytes.empty()) bytes[at] = random() % 2 == 0 ? 0xFF : 0x00;
        break;
      case 2:
        bytes.resize(at);
        break;
      case 3:
        bytes.insert(where, 1 + random() % 16, static_cast<std::uint8_t>(random()));
        break;
      default: {
        const Bytes& other = corpus[random() % corpus.size()];
        bytes.insert(where, other.begin(), other.end());
      }
    }
    if (bytes.size() > input_bytes_max) bytes.resize(input_bytes_max);
  }
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: " << argv[0] << " CORPUS_DIRECTORY [SEED]\n";
    return 2;
  }
  const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  std::cout << "seed " << seed << '\n';
  const std::vector<Bytes> corpus = load_corpus(argv[1]);
  for (const Bytes& input : corpus) run_one(input);
  std::mt19937_64 random(seed);
  for (int i = 0; i < mutations_total; ++i) {
    run_one(mutate(corpus[random() % corpus.size()], corpus, random));
  }
  std::cout << corpus.size() << " saved inputs, " << mutations_total << " mutations\n";
  return 0;
}
