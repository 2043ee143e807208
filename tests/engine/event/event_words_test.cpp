// An event made of words is, byte for byte, the one written field by field.
#include "engine/event/event_words.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "engine/event/event_hash.hpp"
#include "engine/seams/random.hpp"
#include "tests/support/random_run.hpp"

namespace karst {
namespace {

/// The event as its fields, from words drawn at random.
template <class Body>
void expect_same_bytes(Random& random) {
  Event event{};
  for (std::uint64_t& word : event.words) word = random.next();
  event.sequence = random.next();
  event.index = static_cast<std::uint16_t>(random.next());
  event.type = static_cast<EventType>(random.below(256));
  event.detail = static_cast<std::uint8_t>(random.next());
  event.instrument = InstrumentId{static_cast<std::uint32_t>(random.next())};

  Body body;
  std::memcpy(&body, event.words, sizeof body);
  const EventBody words = body_of(body);
  EXPECT_EQ(std::memcmp(words.word, event.words, sizeof event.words), 0);

  std::uint64_t written[8];
  std::memcpy(written, &event, sizeof written);
  EXPECT_EQ(event_head(event.index, event.type, event.detail, event.instrument), written[1]);
  const FourWords first{written[0], written[1], written[2], written[3]};
  const FourWords second{written[4], written[5], written[6], written[7]};
  EXPECT_EQ(mix(hash_seed, gather(first, second)), mix(hash_seed, event));
}

TEST(EventWords, are_the_bytes_of_the_event_written_field_by_field) {
  Random random(test::seed_of_run());
  for (int round = 0; round < 10'000; ++round) {
    expect_same_bytes<OrderChange>(random);
    expect_same_bytes<Trade>(random);
    expect_same_bytes<Settlement>(random);
  }
}

}  // namespace
}  // namespace karst
