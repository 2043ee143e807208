// A body that does not fit into its command lies beside it, and is the command's own.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/hash.hpp"
#include "engine/command/codec.hpp"
#include "engine/command/fields.hpp"

namespace karst {
namespace {

using Encoded = std::array<std::uint8_t, encoded_command_bytes_max>;

Command titled(const char* title) {
  Command command;
  command.type = CommandType::define_product;
  command.define_product->seats = Quantity{7};
  std::strcpy(command.define_product->title.data(), title);
  return command;
}

std::string title_of(const Command& command) { return command.define_product->title.data(); }

Command cancel() {
  Command command;
  command.type = CommandType::cancel_order;
  command.cancel_order.order = OrderId{0xffff'ffff'ffff'ffff};
  command.cancel_order.client_order_id = {~std::uint64_t{0}, ~std::uint64_t{0}};
  return command;
}

static_assert(is_long<DefineProduct> && has_long_body(CommandType::define_product));
static_assert(!is_long<PlaceOrder> && !is_long<CancelOrder> && !is_long<SetPoolTerms>);
static_assert(!has_long_body(CommandType{}) && !has_long_body(CommandType{255}));

TEST(LongBody, a_copy_is_a_body_of_its_own) {
  Command first = titled("one");
  const Command second = first;
  first.define_product->title[0] = 'O';
  EXPECT_EQ(title_of(first), "One");
  EXPECT_EQ(title_of(second), "one");
  first = second;
  EXPECT_TRUE(first == second);
  EXPECT_NE(&*first.define_product, &*second.define_product);
}

TEST(LongBody, goes_with_its_command_and_leaves_zeros_behind) {
  Command first = titled("one");
  const DefineProduct* const body = &*first.define_product;
  Command second = std::move(first);
  EXPECT_EQ(&*second.define_product, body);
  EXPECT_EQ(title_of(std::as_const(first)), "");
  EXPECT_EQ(std::as_const(first).define_product->seats, Quantity{0});
  first.define_product->title[0] = 'x';  // may be written again
  EXPECT_EQ(title_of(second), "one");
  second = std::move(first);
  EXPECT_EQ(title_of(second), "x");
  first = titled("three");
  std::swap(first, second);
  EXPECT_EQ(title_of(first) + title_of(second), "xthree");
}

TEST(LongBody, is_kept_by_a_command_that_is_given_to_itself) {
  Command command = titled("one");
  Command& same = command;
  command = same;
  EXPECT_EQ(title_of(command), "one");
  command = std::move(same);
  EXPECT_EQ(title_of(command), "one");
}

TEST(LongBody, is_overwritten_by_a_short_one_and_the_other_way_round) {
  Command command = titled("one");
  command = cancel();
  EXPECT_TRUE(command == cancel());
  command = titled("two");
  EXPECT_EQ(title_of(command), "two");
  const Command other = cancel();
  command = other;
  EXPECT_TRUE(command == other);
  std::vector<Command> many;
  for (int i = 0; i < 100; ++i) many.push_back(i % 2 == 0 ? titled("even") : cancel());
  many.erase(many.begin() + 3);
  EXPECT_EQ(title_of(many[97]), "even");
}

TEST(LongBody, a_command_of_another_type_begins_with_zeros) {
  Command command = cancel();
  command.type = CommandType::define_product;  // what lay there is no place of a body
  EXPECT_EQ(title_of(std::as_const(command)), "");
  command.define_product->title[0] = 'x';
  command.type = CommandType::define_product;
  EXPECT_EQ(title_of(command), "x");
  command.type = CommandType::cancel_order;
  EXPECT_TRUE(command.cancel_order.order.is_none());
  const Command tick;
  EXPECT_EQ(title_of(tick), "");
  EXPECT_EQ(title_of(std::as_const(command)), "");
}

TEST(LongBody, that_is_written_first_gives_a_command_its_type) {
  Command command;
  command.define_product->title[0] = 'x';
  EXPECT_EQ(command.type, CommandType::define_product);
  command.define_product = DefineProduct{};
  EXPECT_EQ(title_of(command), "");
  const Command other = titled("one");
  command.define_product = other.define_product;
  EXPECT_EQ(title_of(command), "one");
}

TEST(LongBody, reads_as_zero_where_none_was_written) {
  Command command;
  command.type = CommandType::define_product;
  const Command same = command;
  Encoded bytes{};
  const std::size_t size = encode_command(same, bytes);
  EXPECT_GT(size, encoded_short_bytes_max);
  Command written = command;
  written.define_product->seats = Quantity{0};
  EXPECT_TRUE(written == same);
  EXPECT_EQ(request_hash(written), request_hash(same));
}

TEST(LongBody, comes_back_from_its_bytes_and_from_no_others) {
  Command command = titled("a title of more than a few bytes");
  command.sequence = 7;
  Encoded bytes{};
  const std::size_t size = encode_command(command, bytes);
  Command read = cancel();
  std::span<const std::uint8_t> in(bytes.data(), size);
  ASSERT_TRUE(decode_command(in, read) && in.empty());
  EXPECT_TRUE(read == command);
  for (std::size_t length = 0; length < size; ++length) {
    in = {bytes.data(), length};
    EXPECT_FALSE(decode_command(in, read)) << length;
  }
  // Its length says more, or less, than there is.
  for (const std::size_t said : {std::size_t{0}, std::size_t{39}, size - 1, size + 1,
                                 encoded_command_bytes_max, std::size_t{0xffff}}) {
    Encoded spoilt = bytes;
    spoilt[2] = static_cast<std::uint8_t>(said);
    spoilt[3] = static_cast<std::uint8_t>(said >> 8);
    in = spoilt;
    EXPECT_FALSE(decode_command(in, read)) << said;
    EXPECT_EQ(in.size(), spoilt.size());
  }
  in = {bytes.data(), size};
  ASSERT_TRUE(decode_command(in, read)) << "whatever was read into it before";
  EXPECT_TRUE(read == command);
}

TEST(LongBody, that_ended_before_its_title_has_none) {
  const Command command = titled("one");
  Encoded bytes{};
  const std::size_t size = encode_command(command, bytes) - sizeof(Text<64>);
  bytes[2] = static_cast<std::uint8_t>(size);
  bytes[3] = 0;
  std::span<const std::uint8_t> in(bytes.data(), size);
  Command read = titled("before");
  ASSERT_TRUE(decode_command(in, read));
  EXPECT_TRUE(read == titled(""));
}

TEST(RequestHash, is_another_for_another_title_and_the_old_one_without) {
  EXPECT_NE(request_hash(titled("one")), request_hash(titled("two")));
  EXPECT_NE(request_hash(titled("one")), request_hash(titled("")));
  Command odd = titled("");
  odd.define_product->title[1] = 'x';  // none, and yet something
  EXPECT_NE(request_hash(odd), request_hash(titled("")));
  // As it was when a product ended with its symbol: keys remember it for what they have said.
  const Command command = titled("");
  Encoded bytes{};
  const std::size_t end = encode_command(command, bytes) - sizeof(Text<64>);
  std::uint64_t hash = mix(hash_seed, 0, static_cast<std::uint64_t>(command.type));
  for (std::size_t at = encoded_header_bytes; at < end; at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, 8);
    hash = mix(hash, word);
  }
  EXPECT_EQ(request_hash(command), hash);
}

}  // namespace
}  // namespace karst
