// The schemas of the feed, by the names subscribers know them by.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace karst::feed {

/// The numbers of karst.v1.FeedSchema. A channel is one schema of one instrument.
enum class Schema : std::uint8_t {
  definition = 1,
  status = 2,
  mbo = 3,
  mbp_10 = 4,
  mbp_1 = 5,
  trades = 6,
};

inline constexpr std::size_t schemas_count = 6;
inline constexpr std::array<Schema, schemas_count> schemas{
    Schema::definition, Schema::status, Schema::mbo, Schema::mbp_10, Schema::mbp_1, Schema::trades};

[[nodiscard]] constexpr std::size_t index_of(Schema schema) {
  return static_cast<std::size_t>(schema) - 1;
}

/// A set of schemas, one bit each.
using SchemaMask = std::uint8_t;
[[nodiscard]] constexpr SchemaMask mask_of(Schema schema) {
  return static_cast<SchemaMask>(1U << index_of(schema));
}
[[nodiscard]] constexpr bool contains(SchemaMask mask, Schema schema) {
  return (mask & mask_of(schema)) != 0;
}
inline constexpr SchemaMask all_schemas = (1U << schemas_count) - 1;

/// The schemas told by way of the book's depth.
inline constexpr SchemaMask depth_schemas =
    mask_of(Schema::mbo) | mask_of(Schema::mbp_10) | mask_of(Schema::mbp_1);

[[nodiscard]] constexpr std::string_view name_of(Schema schema) {
  constexpr std::array<std::string_view, schemas_count> names{"definition", "status", "mbo",
                                                              "mbp-10",     "mbp-1",  "trades"};
  return names[index_of(schema)];
}

[[nodiscard]] constexpr std::optional<Schema> schema_named(std::string_view name) {
  for (const Schema schema : schemas) {
    if (name_of(schema) == name) return schema;
  }
  return std::nullopt;
}

}  // namespace karst::feed
