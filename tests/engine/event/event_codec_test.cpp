// Events as files keep them.
#include "engine/event/codec.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <set>

#include "engine/event/fields.hpp"
#include "engine/seams/random.hpp"
#include "tests/support/random_run.hpp"

namespace karst {
namespace {

using Bytes = std::array<std::byte, encoded_event_bytes>;

/// An event of that type whose body is drawn at random, with what a bool can hold.
Event random_event(Random& random, EventType type) {
  Event event{};
  for (std::uint64_t& word : event.words) word = random.next();
  event.sequence = random.next();
  event.index = static_cast<std::uint16_t>(random.next());
  event.type = type;
  event.detail = static_cast<std::uint8_t>(random.next());
  event.instrument = InstrumentId{static_cast<std::uint32_t>(random.next())};
  if (type == EventType::merchant_admitted || type == EventType::merchant_changed ||
      type == EventType::merchant_renamed) {
    event.merchant.domestic = random.chance(1, 2);
    event.merchant.killed = random.chance(1, 2);
  }
  return event;
}

TEST(EventCodec, every_field_of_every_event_comes_back) {
  Random random(test::seed_of_run());
  for (const EventType type : all_events) {
    for (int round = 0; round < 200; ++round) {
      const Event event = random_event(random, type);
      Bytes bytes{};
      encode_event(event, bytes);
      Event again{};
      ASSERT_TRUE(decode_event(bytes, again));
      ASSERT_EQ(std::memcmp(&again, &event, sizeof event), 0) << static_cast<int>(type);
    }
  }
}

// Logs written before there was a codec hold events as they lay in memory, and those are read too.
TEST(EventCodec, an_event_is_written_as_it_was_when_it_was_copied_from_memory) {
  Random random(test::seed_of_run());
  for (const EventType type : all_events) {
    const Event event = random_event(random, type);
    Bytes bytes{};
    encode_event(event, bytes);
    EXPECT_EQ(std::memcmp(bytes.data(), &event, sizeof event), 0) << static_cast<int>(type);
  }
}

TEST(EventCodec, what_is_no_event_is_refused) {
  std::set<EventType> known(all_events.begin(), all_events.end());
  for (int type = 0; type < 256; ++type) {
    Bytes bytes{};
    bytes[10] = static_cast<std::byte>(type);
    Event event{};
    EXPECT_EQ(decode_event(bytes, event), known.contains(static_cast<EventType>(type))) << type;
  }
  Event event{};
  event.type = EventType::merchant_changed;
  Bytes bytes{};
  encode_event(event, bytes);
  constexpr std::size_t domestic = 16 + offsetof(MerchantChange, domestic);
  bytes[domestic] = std::byte{2};
  EXPECT_FALSE(decode_event(bytes, event)) << "no bool";
}

}  // namespace
}  // namespace karst
