// Listeners: who is subscribed to one channel.
#pragma once

#include <cstddef>
#include <unordered_map>
#include <vector>

#include "engine/base/assert.hpp"

namespace karst::feed {

class Subscriber;

/// A set of subscribers to go over, in no order that means anything.
///
/// Invariant:   items_[places_[s]] == s for each of them.
/// Complexity:  O(1) to add and to remove.
class Listeners {
 public:
  /// Requires: it is not among them.
  void add(Subscriber& subscriber) {
    const bool is_new = places_.emplace(&subscriber, items_.size()).second;
    KARST_ASSERT(is_new);
    items_.push_back(&subscriber);
  }
  /// Requires: it is among them.
  void remove(Subscriber& subscriber) {
    const auto found = places_.find(&subscriber);
    KARST_ASSERT(found != places_.end());
    Subscriber* const last = items_.back();
    items_[found->second] = last;
    places_[last] = found->second;
    items_.pop_back();
    places_.erase(&subscriber);
  }

  [[nodiscard]] bool empty() const { return items_.empty(); }
  [[nodiscard]] std::size_t size() const { return items_.size(); }
  [[nodiscard]] auto begin() const { return items_.begin(); }
  [[nodiscard]] auto end() const { return items_.end(); }

 private:
  std::vector<Subscriber*> items_;
  std::unordered_map<const Subscriber*, std::size_t> places_;
};

}  // namespace karst::feed
