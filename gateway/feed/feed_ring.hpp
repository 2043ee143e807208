// The recent increments of the feed, kept for those who come back.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "gateway/feed/feed_frame.hpp"

namespace karst::feed {

/// The latest increments of all channels in the order of their sequence, bounded in number and
/// bytes: the oldest make room.
///
/// Invariants: 1. bytes() <= bytes_max, size() <= frames_max.
///             2. Every frame pushed with a sequence above floor() is here.
/// Threads:    owned by one.
class FeedRing {
 public:
  /// Requires: frames_max >= 1.
  FeedRing(std::size_t frames_max, std::size_t bytes_max)
      : frames_(frames_max), bytes_max_(bytes_max) {}

  /// Requires: a sequence not below the one pushed before.
  void push(const FramePtr& frame) {
    const std::size_t size = frame->bytes().size();
    while (count_ > 0 && (count_ == frames_.size() || bytes_ + size > bytes_max_)) {
      evict();
    }
    if (size > bytes_max_) {
      floor_ = frame->about().sequence;
      return;
    }
    frames_[place(count_)] = frame;
    ++count_;
    bytes_ += size;
  }

  /// Nothing is known of increments up to and including this sequence. `sequence` is raised only.
  void raise_floor(std::uint64_t sequence) { floor_ = std::max(floor_, sequence); }
  [[nodiscard]] std::uint64_t floor() const { return floor_; }
  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

  /// Calls `f(const FramePtr&)` for every frame above `sequence`, oldest first.
  /// Complexity: O(log size) and what is called for.
  template <class F>
  void after(std::uint64_t sequence, F&& f) const {
    std::size_t low = 0;
    std::size_t high = count_;
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      if (frames_[place(middle)]->about().sequence <= sequence) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    for (; low < count_; ++low) f(frames_[place(low)]);
  }

 private:
  [[nodiscard]] std::size_t place(std::size_t index) const {
    const std::size_t at = first_ + index;
    return at < frames_.size() ? at : at - frames_.size();
  }
  void evict() {
    FramePtr& oldest = frames_[first_];
    floor_ = std::max(floor_, oldest->about().sequence);
    bytes_ -= oldest->bytes().size();
    oldest = FramePtr();
    first_ = place(1);
    --count_;
  }

  std::vector<FramePtr> frames_;
  std::size_t bytes_max_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t floor_ = 0;  // sequence of the latest frame no longer here
};

}  // namespace karst::feed
