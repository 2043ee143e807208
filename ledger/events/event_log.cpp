#include "ledger/events/event_log.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace karst {
namespace {

// The number in "0000000012.events"; 0 for other names.
std::uint64_t segment_number(std::string_view name) {
  constexpr std::string_view ending = ".events";
  if (!name.ends_with(ending)) return 0;
  name.remove_suffix(ending.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size() ? number : 0;
}

}  // namespace

std::uint64_t event_segment_bytes(std::uint64_t retain_bytes) {
  constexpr std::uint64_t parts = 8;
  constexpr std::uint64_t least = std::uint64_t{4} << 20U;
  return std::clamp(retain_bytes / parts, least, EventLogOptions().segment_bytes);
}

EventLog::EventLog(Storage& storage, EventLogOptions options)
    : storage_(storage), options_(std::move(options)) {
  // Offsets are 32 bits, and a frame is written whole.
  KARST_ASSERT(options_.segment_bytes <= std::uint64_t{1} << 31U);
}

Result<std::unique_ptr<EventLog>> EventLog::open(Storage& storage, EventLogOptions options) {
  std::unique_ptr<EventLog> log(new EventLog(storage, std::move(options)));
  if (Status made = storage.create_directory(log->options_.directory); !made) return made.error();
  if (Status loaded = log->load(); !loaded) return loaded.error();
  return log;
}

Status EventLog::load() {
  const Result<std::vector<std::string>> names = storage_.list(options_.directory);
  if (!names) return names.error();
  std::vector<std::uint64_t> numbers;
  for (const std::string& name : *names) {
    const std::uint64_t number = segment_number(name);
    if (number != 0) numbers.push_back(number);
  }
  std::ranges::sort(numbers);
  bool follows = true;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const bool is_next = i == 0 || numbers[i] == numbers[i - 1] + 1;
    follows = follows && is_next;
    const bool is_last = i + 1 == numbers.size();
    if (follows && !is_last) {
      if (Status loaded = load_sealed(numbers[i], follows); !loaded) return loaded;
    } else if (follows) {
      if (Status taken = take_last(numbers[i]); !taken) return taken;
    }
    if (!follows) {
      tell(event_segment_path(options_.directory, numbers[i]) +
           " does not go on where the one before ends: it is made again from the journal");
      if (Status removed = remove_segment(numbers[i]); !removed) return removed;
    }
  }
  if (open_file_ == nullptr) {
    const std::uint64_t after =
        sealed_.empty() ? options_.begin_after : sealed_.back()->range().last_sequence;
    const std::uint64_t number = sealed_.empty() ? 1 : sealed_.back()->range().number + 1;
    if (Status begun = begin_segment(number, after); !begun) return begun;
  }
  Result<EventFloor> floor = EventFloor::load(storage_, options_.directory, oldest_sequence());
  if (!floor) return floor.error();
  {
    const std::lock_guard guard(mutex_);
    floor_ = std::move(floor).value();
  }
  durable_sequence_.store(open_.last_sequence, std::memory_order_release);
  return {};
}

Status EventLog::load_sealed(std::uint64_t number, bool& follows) {
  Result<SealedEventSegment> sealed =
      SealedEventSegment::open(storage_, options_.directory, number);
  if (!sealed &&
      (sealed.error().code == ErrorCode::not_found || sealed.error().code == ErrorCode::corrupt)) {
    EventIndex index;
    Result<EventSegmentRange> range =
        scan_event_segment(storage_, event_segment_path(options_.directory, number), index);
    if (!range) return range.error();
    range->number = number;
    if (range->bytes == 0) {
      follows = false;
      return {};
    }
    Status made = SealedEventSegment::seal(storage_, options_.directory, *range, index);
    if (!made) return made;
    tell(event_index_path(options_.directory, number) +
         " was missing or damaged: it is made again");
    sealed = SealedEventSegment::open(storage_, options_.directory, number);
  }
  if (!sealed) return sealed.error();
  const EventSegmentRange& range = sealed.value().range();
  follows = sealed_.empty() || range.first_sequence == sealed_.back()->range().last_sequence + 1;
  if (follows) {
    sealed_.push_back(std::make_shared<const SealedEventSegment>(std::move(sealed).value()));
  }
  return {};
}

// The last file goes on where its sound part ends.
Status EventLog::take_last(std::uint64_t number) {
  const std::string path = event_segment_path(options_.directory, number);
  Result<OpenFile> file = OpenFile::open(storage_, path, OpenMode::write);
  if (!file) return file.error();
  const FileHandle handle = file.value().handle();
  // After a failed sync memory may hold what the device never got.
  if (Status dropped = storage_.drop_cache(handle); !dropped) return dropped;
  EventIndex index;
  Result<EventSegmentRange> range = scan_event_segment(storage_, path, index);
  if (!range) return range.error();
  const bool is_empty = range->bytes == 0;
  const bool follows =
      sealed_.empty() || range->first_sequence == sealed_.back()->range().last_sequence + 1;
  const Result<std::uint64_t> size = storage_.size(handle);
  if (!size) return size.error();
  if (*size > range->bytes) {
    tell(path + ": " + std::to_string(*size - range->bytes) + " bytes behind byte " +
         std::to_string(range->bytes) +
         " are no whole frames: they are cut and made again from the journal");
  }
  if (is_empty || !follows) return remove_segment(number);
  // The cut must be durable before anything is written behind it.
  if (Status cut = storage_.truncate(handle, range->bytes); !cut) return cut;
  if (Status synced = storage_.sync(handle); !synced) return synced;
  open_ = *range;
  open_.number = number;
  open_index_ = std::move(index);
  open_file_ = std::make_shared<const OpenFile>(std::move(file).value());
  return {};
}

void EventLog::tell(const std::string& words) const {
  if (options_.notice != nullptr) options_.notice(words);
}

Status EventLog::remove_segment(std::uint64_t number) {
  for (const std::string& path : {event_segment_path(options_.directory, number),
                                  event_index_path(options_.directory, number)}) {
    const Status removed = storage_.unlink(path);
    if (!removed && removed.error().code != ErrorCode::not_found) return removed;
  }
  return storage_.sync_directory(options_.directory);
}

Status EventLog::begin_segment(std::uint64_t number, std::uint64_t after_sequence) {
  const std::string path = event_segment_path(options_.directory, number);
  Result<OpenFile> file = OpenFile::open(storage_, path, OpenMode::create);
  if (!file) return file.error();
  const FileHandle handle = file.value().handle();
  if (Status cut = storage_.truncate(handle, 0); !cut) return cut;
  if (Status synced = storage_.sync(handle); !synced) return synced;
  if (Status synced = storage_.sync_directory(options_.directory); !synced) return synced;
  const std::lock_guard guard(mutex_);
  open_ = {number, after_sequence + 1, after_sequence, Time{0}, 0};
  open_index_.clear();
  open_file_ = std::make_shared<const OpenFile>(std::move(file).value());
  return {};
}

Status EventLog::append(const Executed& executed) {
  if (is_failed_) return Error{ErrorCode::poisoned, "append events", options_.directory};
  if (frame_.size() >= frame_bytes_max) {
    return Error{ErrorCode::busy, "append events: sync() first", options_.directory};
  }
  if (frame_.empty()) {
    frame_.resize(EventFrame::header_bytes);
    filling_ = EventFrame();
    filling_.first_sequence = open_.last_sequence + 1;
  }
  const std::uint64_t expected =
      filling_.last_sequence == 0 ? filling_.first_sequence : filling_.last_sequence + 1;
  const Command& command = executed.command;
  KARST_ASSERT(command.sequence == expected);
  names_.note_name(executed);
  for (std::uint32_t i = 0; i < executed.events.size(); ++i) {
    const AccountPlaces numbers = account_places(executed.events[i]);
    for (std::uint32_t k = 0; k < numbers.count; ++k) {
      const std::uint64_t offset = open_.bytes + frame_.size();
      pending_.push_back({numbers.items[k], static_cast<std::uint32_t>(offset)});
      encode_entry(make_entry(executed, i, numbers.items[k], names_), frame_);
    }
  }
  names_.note_ends(executed);
  filling_.last_sequence = command.sequence;
  filling_.last_time = command.time;
  return {};
}

// What it has is not looked at; what open orders are called is learned again.
Status EventLog::compare(const Executed& executed) {
  names_.note_name(executed);
  names_.note_ends(executed);
  return {};
}

Status EventLog::sync() {
  if (is_failed_) return Error{ErrorCode::poisoned, "sync events", options_.directory};
  Status status;
  if (!frame_.empty()) {
    status = write_frame();
    if (status) publish();
  }
  const bool is_sealed = open_.bytes >= options_.segment_bytes ||
                         (open_.bytes != 0 && is_trim_floor_wanted(open_.last_sequence));
  if (status && is_sealed) status = seal_open();
  is_failed_ = !status;
  return status;
}

Status EventLog::write_frame() {
  filling_.count = static_cast<std::uint32_t>(pending_.size());
  filling_.length = static_cast<std::uint32_t>(frame_.size() - EventFrame::header_bytes);
  encode_event_frame(filling_, std::span(frame_).first(EventFrame::header_bytes));
  const FileHandle handle = open_file_->handle();
  if (Status written = storage_.write(handle, open_.bytes, frame_); !written) return written;
  return storage_.sync(handle);
}

// From here on readers see the frame.
void EventLog::publish() {
  {
    const std::lock_guard guard(mutex_);
    for (const Pending& it : pending_) KARST_ASSERT(open_index_.add(it.place, it.offset));
    open_.last_sequence = filling_.last_sequence;
    open_.last_time = filling_.last_time;
    open_.bytes += frame_.size();
  }
  durable_sequence_.store(filling_.last_sequence, std::memory_order_release);
  pending_.clear();
  frame_.clear();
}

Status EventLog::seal_open() {
  Status made = SealedEventSegment::seal(storage_, options_.directory, open_, open_index_);
  if (!made) return made;
  Result<SealedEventSegment> sealed =
      SealedEventSegment::open(storage_, options_.directory, open_.number);
  if (!sealed) return sealed.error();
  {
    const std::lock_guard guard(mutex_);
    sealed_.push_back(std::make_shared<const SealedEventSegment>(std::move(sealed).value()));
    open_index_.clear();
    open_.first_sequence = open_.last_sequence + 1;
  }
  if (Status begun = begin_segment(open_.number + 1, open_.last_sequence); !begun) return begun;
  return let_go_of_old();
}

Status EventLog::let_go_of_old() {
  while (!sealed_.empty()) {
    std::uint64_t bytes = 0;
    for (const Sealed& it : sealed_) bytes += it->range().bytes;
    const EventSegmentRange oldest = sealed_.front()->range();
    const std::int64_t newest_ns = sealed_.back()->range().last_time.value();
    const bool is_old = newest_ns - oldest.last_time.value() > options_.retain_ns;
    if (!is_old && bytes <= options_.retain_bytes) break;
    EventFloor floor = floor_;
    Status noted = floor.let_go(storage_, options_.directory, *sealed_.front());
    if (!noted) return noted;
    {
      const std::lock_guard guard(mutex_);
      sealed_.erase(sealed_.begin());
      floor_ = std::move(floor);
    }
    if (Status removed = remove_segment(oldest.number); !removed) return removed;
  }
  return {};
}

Status EventLog::reset() {
  {
    const std::lock_guard guard(mutex_);
    sealed_.clear();
    open_ = {};
    open_index_.clear();
    open_file_.reset();
    floor_ = EventFloor();
  }
  frame_.clear();
  pending_.clear();
  names_.clear();
  is_failed_ = false;
  return load();
}

std::uint64_t EventLog::trim_floor() const {
  const std::lock_guard guard(mutex_);
  return open_.first_sequence - 1;
}

std::size_t EventLog::segments() const {
  const std::lock_guard guard(mutex_);
  return sealed_.size() + 1;
}

std::uint64_t EventLog::oldest_sequence() const {
  const std::lock_guard guard(mutex_);
  return sealed_.empty() ? open_.first_sequence : sealed_.front()->range().first_sequence;
}

Result<EventLog::Plan> EventLog::plan(AccountId account, std::uint64_t from,
                                      std::size_t entries_max) const {
  Plan plan;
  std::vector<Sealed> sealed;
  bool has_let_go = false;  // if nothing of it is kept
  {
    const std::lock_guard guard(mutex_);
    sealed = sealed_;
    has_let_go = floor_.has_let_go(account, from);
    if (const EventIndex::Account* open = open_index_.find(account)) {
      plan.open_first = std::max(open->first_number, from);
      const std::uint64_t skip = plan.open_first - open->first_number;
      const std::uint64_t count = skip < open->offsets.size() ? open->offsets.size() - skip : 0;
      const auto begin =
          open->offsets.begin() +
          static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(skip, open->offsets.size()));
      plan.open_offsets.assign(
          begin, begin + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(count, entries_max)));
      plan.open_file = open_file_;
      if (open->first_number <= from) return plan;
    }
  }
  bool has_any = plan.open_first != 0;
  for (auto it = sealed.rbegin(); it != sealed.rend(); ++it) {
    const Result<SealedEventSegment::Found> found = (*it)->find(account);
    if (!found) return found.error();
    if (found->count == 0) continue;
    has_any = true;
    if (found->first_number + found->count > from) plan.sealed.emplace_back(*it, *found);
    if (found->first_number <= from) {
      std::ranges::reverse(plan.sealed);
      return plan;
    }
  }
  // Numbers begin with 1 and have no gap: what is missing before those kept was let go of.
  plan.is_too_old = has_any || has_let_go;
  return plan;
}

Result<EventLog::Kept> EventLog::kept(AccountId account) const {
  std::vector<Sealed> sealed;
  Kept kept;
  {
    const std::lock_guard guard(mutex_);
    sealed = sealed_;
    if (const EventIndex::Account* open = open_index_.find(account)) {
      kept = {open->first_number, open->first_number + open->offsets.size()};
    }
  }
  for (auto it = sealed.rbegin(); it != sealed.rend(); ++it) {
    const Result<SealedEventSegment::Found> found = (*it)->find(account);
    if (!found) return found.error();
    if (found->count == 0) continue;
    if (kept.end == 0) kept.end = found->first_number + found->count;
    kept.first = found->first_number;
  }
  return kept;
}

// Entries of one account are in order of time. Complexity: O(log entries) reads.
Result<AccountStart> EventLog::first_at(AccountId account, Time time) const {
  const Result<Kept> kept = this->kept(account);
  if (!kept) return kept.error();
  std::uint64_t low = kept->first;
  std::uint64_t high = kept->end;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    const Result<AccountPage> page = read(account, middle, 1);
    if (!page) return page.error();
    // What was let go of meanwhile is old.
    const bool is_before =
        page->is_too_old || page->entries.empty() || page->entries.front().time < time;
    (is_before ? low : high) = is_before ? middle + 1 : middle;
  }
  AccountStart start{.number = std::max<std::uint64_t>(low, 1)};
  if (start.number == std::max<std::uint64_t>(kept->first, 1)) {
    // Whatever was let go of is older than what the oldest segment ends with.
    const std::lock_guard guard(mutex_);
    const Time oldest = sealed_.empty() ? open_.last_time : sealed_.front()->range().last_time;
    const bool has_let_go = kept->first > 1 || (kept->first == 0 && floor_.has_let_go(account, 1));
    start.is_too_old = has_let_go && time <= oldest;
  }
  return start;
}

Status EventLog::read_sealed(const Plan& plan, AccountId account, std::size_t entries_max,
                             std::uint64_t& next, AccountPage& page) const {
  for (const auto& [segment, found] : plan.sealed) {
    const std::uint64_t end = found.first_number + found.count;
    for (; next < end && page.entries.size() < entries_max; ++next) {
      const Result<std::uint32_t> offset =
          segment->offset(found, static_cast<std::uint32_t>(next - found.first_number));
      if (!offset) return offset.error();
      AccountEntry entry;
      Status read = read_event_entry(storage_, segment->file(), *offset, {account, next}, entry);
      if (!read) return read;
      page.entries.push_back(entry);
    }
  }
  return {};
}

Result<AccountPage> EventLog::read(AccountId account, std::uint64_t from_number,
                                   std::size_t entries_max) const {
  std::uint64_t next = std::max(from_number, std::uint64_t{1});
  const Result<Plan> planned = plan(account, next, entries_max);
  if (!planned) return planned.error();
  AccountPage page;
  page.is_too_old = planned->is_too_old;
  page.next_number = next;
  if (page.is_too_old) return page;
  if (Status read = read_sealed(*planned, account, entries_max, next, page); !read) {
    return read.error();
  }
  for (const std::uint32_t offset : planned->open_offsets) {
    if (page.entries.size() == entries_max) break;
    AccountEntry entry;
    Status read = read_event_entry(storage_, *planned->open_file, offset, {account, next}, entry);
    if (!read) return read.error();
    page.entries.push_back(entry);
    ++next;
  }
  page.next_number = next;
  return page;
}

}  // namespace karst
