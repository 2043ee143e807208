// One encoded message of the feed, shared by everyone it goes to.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "engine/base/units.hpp"
#include "gateway/feed/feed_schema.hpp"

namespace karst::feed {

/// The bytes of one frame as they go to the wire (length, Response, MarketData), and what the feed
/// has to remember of them. Written once, then never changed.
///
/// Memory:  one allocation, freed with the last FramePtr.
/// Threads: any, once it is written.
class Frame {
 public:
  /// What a subscriber that falls behind may lose.
  enum class Kind : std::uint8_t {
    update,     ///< made good by a snapshot
    heartbeat,  ///< made good by the next one
    essential,  ///< replies and notices: never dropped
  };
  struct About {
    Kind kind = Kind::essential;
    Schema schema = Schema::definition;  ///< of an update
    InstrumentId instrument{0};          ///< of an update
    std::uint64_t sequence = 0;
  };

  [[nodiscard]] const About& about() const { return about_; }
  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return {data(), size_}; }

  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

 private:
  friend class FramePtr;
  Frame(const About& about, std::uint32_t size) : references_(1), size_(size), about_(about) {}
  [[nodiscard]] std::uint8_t* data() { return reinterpret_cast<std::uint8_t*>(this + 1); }
  [[nodiscard]] const std::uint8_t* data() const {
    return reinterpret_cast<const std::uint8_t*>(this + 1);
  }

  std::atomic<std::uint32_t> references_;
  std::uint32_t size_;  // Unit: bytes
  About about_;
};

/// A share in a Frame.
class FramePtr {
 public:
  FramePtr() = default;
  FramePtr(const FramePtr& other) : frame_(other.frame_) {
    if (frame_ != nullptr) frame_->references_.fetch_add(1, std::memory_order_relaxed);
  }
  FramePtr(FramePtr&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  FramePtr& operator=(FramePtr other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~FramePtr() { release(); }

  /// A new frame whose `size` bytes are written by `write(std::uint8_t*)`.
  template <class Write>
  [[nodiscard]] static FramePtr make(const Frame::About& about, std::uint32_t size, Write&& write) {
    FramePtr made(allocate(about, size));
    write(made.frame_->data());
    return made;
  }

  const Frame& operator*() const { return *frame_; }
  const Frame* operator->() const { return frame_; }
  explicit operator bool() const { return frame_ != nullptr; }

 private:
  explicit FramePtr(Frame* frame) : frame_(frame) {}
  [[nodiscard]] static Frame* allocate(const Frame::About& about, std::uint32_t size);
  void release();

  Frame* frame_ = nullptr;
};

}  // namespace karst::feed
