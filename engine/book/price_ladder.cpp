// The cold paths of the level pages: making, freeing and searching pages.

#include "engine/book/price_ladder.hpp"

namespace karst {

std::uint32_t LevelPages::take_page(Side side, std::uint32_t first_key) {
  KARST_ASSERT(pages_free() > 0);
  std::uint32_t page = free_pages_.first;
  if (page != 0) {
    free_pages_.first = pages_[page].first_key;
  } else {
    page = ++free_pages_.touched;
  }
  ++free_pages_.used;
  pages_[page].first_key = first_key;
  pages_[page].side = side;
  return page;
}

std::uint32_t LevelPages::take_branch() {
  std::uint32_t branch = free_branches_.first;
  if (branch != 0) {
    free_branches_.first = child(branch, 0);
    child(branch, 0) = 0;
  } else {
    branch = ++free_branches_.touched;
  }
  ++free_branches_.used;
  return branch;
}

void LevelPages::give_back_branch(std::uint32_t branch) {
  child(branch, 0) = free_branches_.first;
  free_branches_.first = branch;
  --free_branches_.used;
}

void LevelPages::adopt(std::uint32_t branch, std::uint32_t digit, std::uint32_t adopted) {
  child(branch, digit) = adopted;
  branches_[branch] |= std::uint64_t{1} << digit;
}

/// Puts new roots above the old one until `key` is covered.
void LevelPages::grow(Ladder& ladder, std::uint32_t key) {
  while (!ladder.covers(key)) {
    const std::uint32_t branch = take_branch();
    adopt(branch, ladder.root_prefix % fan_out, ladder.root);
    ladder.root = branch;
    ladder.root_shift += 6;
    ladder.root_prefix >>= 6;
  }
}

std::uint32_t LevelPages::make_page(Ladder& ladder, Side side, std::int64_t price) {
  if (ladder.root == 0) {
    ladder.base = (price ^ Ladder::direction(side)) - Ladder::middle_key;
    ladder.root = take_branch();
    ladder.root_shift = 6;
    ladder.root_prefix = Ladder::middle_key >> 12;
  }
  const std::uint32_t key = ladder.key(side, price);
  const std::uint32_t page = take_page(side, key / fan_out * fan_out);
  grow(ladder, key);
  std::uint32_t at = ladder.root;
  for (std::uint32_t shift = ladder.root_shift; shift > 6; shift -= 6) {
    if (child(at, digit(key, shift)) == 0) {
      adopt(at, digit(key, shift), take_branch());
    }
    at = child(at, digit(key, shift));
  }
  adopt(at, digit(key, 6), page);
  return page;
}

LevelPages::Path LevelPages::path(const Ladder& ladder, std::uint32_t key) const {
  Path path{};
  std::uint32_t at = ladder.root;
  for (std::uint32_t shift = ladder.root_shift; shift != 0; shift -= 6) {
    path.branch[path.depth++] = at;
    at = child(at, digit(key, shift));
  }
  path.page = at;
  return path;
}

/// Frees the page of `level`, its last one, and every branch that is left without children; finds
/// the best level if it was that.
void LevelPages::free_page(Ladder& ladder, std::uint32_t level) {
  const std::uint32_t page = level / fan_out;
  const std::uint32_t key = pages_[page].first_key;
  Path above = path(ladder, key);
  KARST_ASSERT(above.page == page);
  pages_[page] = Page{};
  pages_[page].first_key = free_pages_.first;
  free_pages_.first = page;
  --free_pages_.used;
  for (std::uint32_t shift = 6; above.depth != 0; shift += 6) {
    const std::uint32_t branch = above.branch[--above.depth];
    child(branch, digit(key, shift)) = 0;
    branches_[branch] &= ~(std::uint64_t{1} << digit(key, shift));
    if (branches_[branch] != 0) {
      if (level == ladder.best_level) {
        find_best(ladder);
      }
      return;
    }
    give_back_branch(branch);
  }
  ladder.clear();
}

/// The lowest level in use under a branch or page whose digit is at `shift`.
std::uint32_t LevelPages::lowest(std::uint32_t at, std::uint32_t shift) const {
  for (; shift != 0; shift -= 6) {
    at = child(at, static_cast<std::uint32_t>(std::countr_zero(branches_[at])));
  }
  return at * fan_out + static_cast<std::uint32_t>(std::countr_zero(pages_[at].occupancy));
}

void LevelPages::find_best(Ladder& ladder) const {
  ladder.best_level = lowest(ladder.root, ladder.root_shift);
  ladder.best_key = key_of(ladder.best_level);
}

std::uint32_t LevelPages::next(const Ladder& ladder, std::uint32_t key) const {
  if (ladder.root == 0) {
    return 0;
  }
  if (!ladder.covers(key)) {
    const bool is_below = std::uint64_t{key} >> (ladder.root_shift + 6) < ladder.root_prefix;
    return is_below ? lowest(ladder.root, ladder.root_shift) : 0;
  }
  // Down along the key; where it leads on, remember the nearest younger sibling on the way.
  std::uint32_t at = ladder.root;
  std::uint32_t sibling = 0;
  std::uint32_t sibling_shift = 0;
  std::uint32_t shift = ladder.root_shift;
  for (; shift != 0 && at != 0; shift -= 6) {
    const std::uint64_t above = branches_[at] & (~std::uint64_t{1} << digit(key, shift));
    if (above != 0) {
      sibling = child(at, static_cast<std::uint32_t>(std::countr_zero(above)));
      sibling_shift = shift - 6;
    }
    at = child(at, digit(key, shift));
  }
  if (at != 0) {
    const std::uint64_t here = pages_[at].occupancy & (~std::uint64_t{0} << (key % fan_out));
    if (here != 0) {
      return at * fan_out + static_cast<std::uint32_t>(std::countr_zero(here));
    }
  }
  return sibling == 0 ? 0 : lowest(sibling, sibling_shift);
}

}  // namespace karst
