// A saved state opens in the format it was written in, and in no other way.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <vector>

#include "engine/command/rules.hpp"
#include "engine/engine.hpp"
#include "engine/event/event_ring.hpp"
#include "tests/model/krst03.hpp"
#include "tests/model/model.hpp"
#include "tests/model/random_commands.hpp"
#include "tests/support/random_run.hpp"

namespace karst::model {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes& rules_in(std::vector<SavedSection>& sections) {
  return std::ranges::find(sections, static_cast<std::uint32_t>(Section::rules),
                           [](const SavedSection& it) { return it.head.tag; })
      ->bytes;
}

/// Where each of the sections ends in the saved state.
std::vector<std::size_t> ends_of(const std::vector<SavedSection>& sections) {
  std::vector<std::size_t> ends;
  std::size_t at = sizeof(StateWriter::format);
  for (const SavedSection& section : sections) {
    at += SectionHead::bytes + section.bytes.size();
    ends.push_back(at);
  }
  return ends;
}

bool has_first_rules(const Bytes& saved) {
  std::vector<SavedSection> sections = sections_of(saved);
  return rules_in(sections)[0] == rules_first;
}

class SavedState : public testing::TestWithParam<Profile> {
 protected:
  /// Calls `f(sizes, saved)` with the states of one random market as it goes on.
  template <class F>
  void each_state(std::uint64_t seed, F&& f) {
    Model model;
    RandomCommands random(seed, GetParam(), model);
    Engine engine(random.configuration());
    std::vector<Event> memory(2 * events_per_command_max);
    EventRing ring{memory.data(), memory.size() - 1, 0};
    for (int i = 0; i < 1'500; ++i) {
      if (i % 250 == 0 || i == 1'499) {
        Bytes saved;
        engine.save(saved);
        f(engine.sizes(), saved);
      }
      const Command command = random.next();
      (void)engine.apply(command, ring);
      (void)model.apply(command);
    }
  }

  static Loaded loaded(const Configure& sizes, const Bytes& saved) {
    return Engine(sizes).load(saved);
  }

  /// Loads, and saves again.
  static Bytes again(const Configure& sizes, const Bytes& saved) {
    Engine engine(sizes);
    EXPECT_EQ(engine.load(saved), Loaded::good);
    engine.check_invariants();
    Bytes bytes;
    engine.save(bytes);
    return bytes;
  }
};

TEST_P(SavedState, is_the_same_after_a_round_trip_through_either_format) {
  const std::uint64_t seed = test::seed_of_run();
  for (std::uint64_t of_rules = seed; of_rules < seed + rules_newest; ++of_rules) {
    each_state(of_rules, [](const Configure& sizes, const Bytes& saved) {
      ASSERT_EQ(again(sizes, saved), saved);
      if (!has_first_rules(saved)) return;
      ASSERT_EQ(again(sizes, krst03_of(saved)), saved);
    });
  }
}

TEST_P(SavedState, of_instruments_that_did_not_say_their_modes_is_the_same) {
  each_state(test::seed_of_run(), [](const Configure& sizes, const Bytes& saved) {
    std::vector<SavedSection> sections = sections_of(saved);
    for (SavedSection& section : sections) {
      if (static_cast<Section>(section.head.tag) == Section::instruments) before_modes(section);
    }
    ASSERT_NE(saved_of(sections), saved);
    ASSERT_EQ(again(sizes, saved_of(sections)), saved);
  });
}

TEST_P(SavedState, of_rules_this_build_does_not_know_is_newer) {
  each_state(test::seed_of_run(), [](const Configure& sizes, const Bytes& saved) {
    std::vector<SavedSection> sections = sections_of(saved);
    rules_in(sections)[0] = rules_newest + 1;
    ASSERT_EQ(loaded(sizes, saved_of(sections)), Loaded::newer);
    rules_in(sections)[0] = 0;  // of a version that knew no rules
    ASSERT_EQ(loaded(sizes, saved_of(sections)), Loaded::good);
  });
}

/// Takes the last byte off every element, if all of them are zero.
bool make_shorter(SavedSection& section) {
  const std::uint32_t size = section.head.element_bytes;
  if (size == 1) return false;
  Bytes shorter;
  for (std::size_t at = 0; at < section.bytes.size(); at += size) {
    if (section.bytes[at + size - 1] != 0) return false;
    shorter.insert(shorter.end(), &section.bytes[at], &section.bytes[at] + size - 1);
  }
  section.bytes = std::move(shorter);
  --section.head.element_bytes;
  return true;
}

TEST_P(SavedState, an_element_written_shorter_reads_as_zero_behind_its_end) {
  std::uint64_t shortened = 0;
  each_state(test::seed_of_run(), [&](const Configure& sizes, const Bytes& saved) {
    std::vector<SavedSection> sections = sections_of(saved);
    for (SavedSection& section : sections) shortened += make_shorter(section) ? 1U : 0U;
    ASSERT_EQ(again(sizes, saved_of(sections)), saved);
  });
  EXPECT_GT(shortened, 40U);
}

TEST_P(SavedState, what_a_later_version_wrote_is_newer_not_corrupt) {
  each_state(test::seed_of_run(), [](const Configure& sizes, const Bytes& saved) {
    const std::vector<SavedSection> sections = sections_of(saved);
    for (std::size_t i = 0; i < sections.size(); ++i) {
      std::vector<SavedSection> longer = sections;
      ++longer[i].head.element_bytes;
      longer[i].bytes.resize(longer[i].head.element_bytes * longer[i].head.count);
      ASSERT_EQ(loaded(sizes, saved_of(longer)), Loaded::newer) << sections[i].head.tag;
      std::vector<SavedSection> later = sections;
      ++later[i].head.version;
      ASSERT_EQ(loaded(sizes, saved_of(later)), Loaded::newer) << sections[i].head.tag;
    }
    std::vector<SavedSection> more = sections;
    more.push_back({{4'000'000'000, 1, 1, 1}, {7}});
    ASSERT_EQ(loaded(sizes, saved_of(more)), Loaded::newer);
    Bytes next = saved;
    next[5] = '5';
    ASSERT_EQ(loaded(sizes, next), Loaded::newer) << "KRST05";
    next[4] = '1';
    ASSERT_EQ(loaded(sizes, next), Loaded::newer) << "KRST15";
  });
}

TEST_P(SavedState, what_nobody_wrote_is_corrupt) {
  each_state(test::seed_of_run(), [](const Configure& sizes, const Bytes& saved) {
    const std::vector<SavedSection> sections = sections_of(saved);
    std::vector<SavedSection> twice = sections;
    twice.push_back(sections.front());
    ASSERT_EQ(loaded(sizes, saved_of(twice)), Loaded::corrupt);
    for (const char digit : {'0', '1', '2'}) {
      Bytes older = saved;
      older[5] = static_cast<std::uint8_t>(digit);
      ASSERT_EQ(loaded(sizes, older), Loaded::corrupt) << digit;
    }
    Bytes old = krst03_of(saved);
    const std::vector<std::size_t> ends = ends_of(sections);
    for (const Bytes& whole : {saved, old}) {
      // What ends with a section is the state of an engine that knew no more of them.
      const std::size_t half = whole.size() / 2;
      const std::size_t middle = std::ranges::count(ends, half) != 0 ? half - 1 : half;
      for (const std::size_t cut : {std::size_t{0}, std::size_t{7}, std::size_t{8}, std::size_t{70},
                                    middle, whole.size() - 1}) {
        const Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(cut));
        ASSERT_EQ(loaded(sizes, part), Loaded::corrupt) << cut;
      }
    }
    old.push_back(0);
    ASSERT_EQ(loaded(sizes, old), Loaded::corrupt);
  });
}

INSTANTIATE_TEST_SUITE_P(profiles, SavedState,
                         testing::Values(Profile::adversary, Profile::traders),
                         [](const auto& profile) {
                           return profile.param == Profile::adversary ? "adversary" : "traders";
                         });

}  // namespace
}  // namespace karst::model
