// Reading a saved state: its sections are found first, and then asked for by name.
#include "engine/base/archive.hpp"

namespace karst {
namespace {

constexpr std::uint64_t krst03 = 0x33305453524b;  // "KRST03"

/// Whether a first word is "KRST" and a number of two digits above ours.
bool is_of_newer_format(std::uint64_t word) {
  const auto number = [](std::uint64_t format) {
    const std::uint64_t tens = (format >> 32 & 0xff) - '0';
    const std::uint64_t ones = (format >> 40 & 0xff) - '0';
    return tens < 10 && ones < 10 ? tens * 10 + ones : 0;
  };
  constexpr std::uint64_t name = 0xffff'0000'ffff'ffff;
  return (word & name) == (StateWriter::format & name) &&
         number(word) > number(StateWriter::format);
}

template <class T>
T take_value(std::span<const std::uint8_t>& in) {
  T value{};
  std::memcpy(&value, in.data(), sizeof value);
  in = in.subspan(sizeof value);
  return value;
}

}  // namespace

StateReader::StateReader(std::span<const std::uint8_t> in) {
  if (in.size() < sizeof krst03) {
    refuse(Loaded::corrupt);
    return;
  }
  const auto format = take_value<std::uint64_t>(in);
  is_krst03_ = format == krst03;
  if (is_krst03_) {
    in_ = in;
  } else if (format == StateWriter::format) {
    find_sections(in);
  } else {
    refuse(is_of_newer_format(format) ? Loaded::newer : Loaded::corrupt);
  }
}

void StateReader::find_sections(std::span<const std::uint8_t> in) {
  while (!in.empty()) {
    if (in.size() < SectionHead::bytes) return refuse(Loaded::corrupt);
    Found found{};
    found.head.tag = take_value<std::uint32_t>(in);
    found.head.version = take_value<std::uint32_t>(in);
    found.head.element_bytes = take_value<std::uint32_t>(in);
    found.head.count = take_value<std::uint64_t>(in);
    const SectionHead& head = found.head;
    if (head.element_bytes == 0 || head.count > in.size() / head.element_bytes) {
      return refuse(Loaded::corrupt);
    }
    if (head.version == 0 || find(static_cast<Section>(head.tag)) != nullptr) {
      return refuse(Loaded::corrupt);
    }
    const SectionRow* known = find_section(head.tag);
    if (known == nullptr || head.version > known->version) {
      return refuse(Loaded::newer);
    }
    found.bytes = in.first(head.count * head.element_bytes);
    in = in.subspan(found.bytes.size());
    found_.push_back(found);
  }
}

const StateReader::Found* StateReader::find(Section section) const {
  const auto found = std::ranges::find_if(
      found_, [&](const Found& it) { return it.head.tag == static_cast<std::uint32_t>(section); });
  return found == found_.end() ? nullptr : &*found;
}

std::uint64_t StateReader::count_of(Section section) {
  if (!is_krst03_) {
    const Found* found = find(section);
    return found == nullptr ? 0 : found->head.count;
  }
  std::uint64_t count = 0;
  if (find_section(static_cast<std::uint32_t>(section))->krst03_bytes == 0) return count;
  element_bytes_ = sizeof count;
  more(&count, 1);
  return count;
}

void StateReader::begin(Section section, std::uint32_t row_bytes, std::uint64_t count) {
  if (is_krst03_) {
    element_bytes_ = find_section(static_cast<std::uint32_t>(section))->krst03_bytes;
    is_absent_ = element_bytes_ == 0;
    return;
  }
  const Found* found = find(section);
  is_absent_ = found == nullptr;
  element_bytes_ = is_absent_ ? 0 : found->head.element_bytes;
  in_ = is_absent_ ? std::span<const std::uint8_t>{} : found->bytes;
  if (element_bytes_ > row_bytes) return refuse(Loaded::newer);
  if (!is_absent_ && found->head.count != count) return refuse(Loaded::corrupt);
}

}  // namespace karst
