// The feed under everything the engine can be asked: the reference model's random commands.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "engine/engine.hpp"
#include "engine/state/instrument_table.hpp"
#include "gateway/feed/feed_restore.hpp"
#include "tests/gateway/feed/feed_fixture.hpp"
#include "tests/model/random_commands.hpp"
#include "tests/support/random_run.hpp"

namespace karst::feed::test {
namespace {

/// The best levels of the engine's own book.
Depth depth_of(const Engine& engine, InstrumentId instrument) {
  Depth depth;
  const std::int64_t offer = engine.instrument(instrument)->offer;
  if (offer != 0) depth.push(Side::sell, {offer, quantity_unlimited, 1});
  for (const Side side : {Side::buy, Side::sell}) {
    engine.levels(instrument, side, [&](std::int64_t price, std::uint64_t lots, std::uint32_t n) {
      if (depth.side(side).size() == Depth::levels_max) return false;
      depth.push(side, {price, lots, n});
      return true;
    });
  }
  return depth;
}

class FeedOfEverything : public testing::TestWithParam<model::Profile> {};

TEST_P(FeedOfEverything, the_books_are_the_engines_at_every_sequence) {
  model::Model model;
  model::RandomCommands commands(karst::test::seed_of_run(), GetParam(), model);
  Engine engine(commands.configuration());
  std::vector<Event> memory(2 * events_per_command_max);
  EventRing ring{memory.data(), memory.size() - 1, 0};
  FeedPublisher publisher(commands.configuration(), {});
  ConnectedClient client(publisher, {all_schemas, {}, OnSlow::conflate});
  client.connect();
  const std::int64_t steps = karst::test::effort(20'000);
  for (std::int64_t i = 0; i < steps; ++i) {
    const Command command = commands.next();
    model.apply(command);  // the next command depends on it
    const Applied applied = engine.apply(command, ring);
    std::vector<Event> events;
    for (std::uint32_t at = 0; at < applied.count; ++at) {
      events.push_back(ring.at(applied.first + at));
    }
    publisher.apply(command, events);
    client.read();
    for (std::uint32_t slot = 1; slot < engine.instruments_end(); ++slot) {
      const InstrumentId id = engine.instrument_in(slot);
      ASSERT_EQ(publisher.book().instrument(slot), id);
      if (id.is_none()) continue;
      const Depth expected = depth_of(engine, id);
      Depth depth;
      publisher.book().depth(slot, depth);
      ASSERT_EQ(depth, expected) << "sequence " << command.sequence;
      ASSERT_EQ(publisher.book().state(slot), engine.instrument(id)->state);
      ASSERT_EQ(publisher.book().reference(slot).value(), engine.instrument(id)->reference);
      const FeedClientBook* book = client.book(id, Schema::mbo);
      ASSERT_EQ(book == nullptr ? Depth() : book->depth(), expected);
    }
    if (i % 1'000 != 0) continue;
    FeedPublisher restored(commands.configuration(), {});
    restore(restored, engine, command.time);
    ASSERT_EQ(all_snapshots(restored), all_snapshots(publisher)) << command.sequence;
  }
  EXPECT_EQ(client.count(Received::gap) + client.count(Received::mismatch), 0U);
}

INSTANTIATE_TEST_SUITE_P(profiles, FeedOfEverything,
                         testing::Values(model::Profile::adversary, model::Profile::traders),
                         [](const auto& profile) {
                           return profile.param == model::Profile::adversary ? "adversary"
                                                                             : "traders";
                         });

}  // namespace
}  // namespace karst::feed::test
