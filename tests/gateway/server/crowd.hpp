// Crowd: very many TLS connections that say nothing, cheap for whoever makes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

struct ssl_ctx_st;
struct ssl_st;

namespace karst::test {

/// Threads: open() and visit() by any, the rest by one when those have returned.
class Crowd {
 public:
  explicit Crowd(std::uint16_t port);
  ~Crowd();
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  /// Opens one more connection and keeps it. Returns: whether TLS came up.
  bool open();

  enum class Manner : std::uint8_t {
    polite,  ///< shakes hands and leaves
    silent,  ///< connects and leaves at once
    rude,    ///< connects, says something that is not TLS, and leaves
  };
  /// Connects, does so, hangs up. Returns: whether it got as far as it wanted.
  bool visit(Manner manner);

  [[nodiscard]] std::size_t size() const { return members_.size(); }
  void hang_up();

 private:
  struct Member {
    ssl_st* ssl = nullptr;
    int fd = -1;
  };
  [[nodiscard]] int connect() const;
  [[nodiscard]] bool shake_hands(Member& member) const;
  static void close(Member& member);

  std::uint16_t port_;
  std::unique_ptr<ssl_ctx_st, void (*)(ssl_ctx_st*)> context_;
  std::mutex lock_;
  std::vector<Member> members_;
};

}  // namespace karst::test
