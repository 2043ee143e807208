// Starts the feed from an engine's state instead of from its first command.
#pragma once

#include "engine/engine.hpp"
#include "gateway/feed/feed_publisher.hpp"

namespace karst::feed {

/// Fills a new publisher with the books, terms and states of an engine: afterwards its snapshots
/// are, byte for byte, those of a publisher that has seen every event of that engine.
///
/// Requires:   the publisher was made with no less than the engine's sizes, and nothing was applied
///             to it yet. `time` is that of the engine's last command.
/// Complexity: O(instruments, pools and resting orders).
void restore(FeedPublisher& publisher, const Engine& engine, Time time);

}  // namespace karst::feed
