// SimStorage: a disk in memory that keeps, loses, tears and reorders what was not synced.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/seams/random.hpp"
#include "engine/seams/storage.hpp"

namespace karst::sim {

/// What a crash does to writes and names that were not synced.
enum class Loss : std::uint8_t {
  lost,       ///< None of it is there.
  kept,       ///< All of it is seen and still waits for a sync: only the process died.
  torn,       ///< It is there up to some sector, which holds garbage; the rest is not.
  reordered,  ///< Each sector is new, old or garbage; each name changed or not.
};

inline constexpr Loss every_loss[] = {Loss::lost, Loss::kept, Loss::torn, Loss::reordered};

[[nodiscard]] const char* name(Loss loss);

/// The disk of a simulated machine. Two pictures of every file are kept: what the process sees (the
/// page cache) and what the device has; sync() moves the one to the other, restart() makes the
/// other of the one.
///
/// A failed sync behaves as Linux does: the pages are clean and still read as written, but the
/// device need not have them.
///
/// Threads: one owner.
class SimStorage : public Storage {
 public:
  static constexpr std::size_t sector_bytes = 512;

  explicit SimStorage(std::uint64_t seed = 1) : random_(seed) {}

  // --- what can go wrong ---

  /// The machine stops inside the n-th change from now (1 is the next): from then on every call
  /// fails with `crashed`, until restart(). A change is a call that can alter the disk;
  /// write_through() is two.
  void crash_at_change(std::uint64_t n) { crash_at_ = changes_ + n; }
  /// The n-th call from now fails with that code, and so do the `more` calls after it. A failing
  /// write may have written some of its bytes, a failing sync may have synced some.
  void fail_call(std::uint64_t n, ErrorCode code, std::uint64_t more = 0);
  /// Every sync from the n-th from now on fails.
  void fail_syncs_from(std::uint64_t n) { fail_syncs_from_ = syncs_ + n; }
  /// The disk holds that many bytes of files.
  void set_capacity(std::uint64_t bytes) { capacity_ = bytes; }

  /// While paused, calls meet no fault and are not counted: for whoever looks from outside.
  void pause_faults(bool is_paused) { is_paused_ = is_paused; }

  /// The machine stops here, between two calls: whoever tidies up finds no disk any more.
  void stop() { has_crashed_ = true; }

  /// After a crash, or out of the blue: the disk as the next process finds it. Handles and locks
  /// are gone, and so are the faults above, but for the capacity.
  void restart(Loss loss);

  /// How many changes, calls and syncs there were so far.
  [[nodiscard]] std::uint64_t changes() const { return changes_; }
  [[nodiscard]] std::uint64_t calls() const { return calls_; }
  [[nodiscard]] std::uint64_t syncs() const { return syncs_; }
  [[nodiscard]] bool has_crashed() const { return has_crashed_; }

  // --- the disk seen from outside ---

  /// Turns over one bit of a file, on the device and in memory.
  void flip_bit(const std::string& path, std::uint64_t offset, unsigned bit);
  /// The bytes of a file as the process sees them. Requires: the file exists.
  [[nodiscard]] const std::vector<std::byte>& bytes(const std::string& path) const;
  /// Puts a file there, durable.
  void put(const std::string& path, std::vector<std::byte> bytes);
  [[nodiscard]] bool exists(const std::string& path) const { return names_.contains(path); }

  // --- Storage ---
  [[nodiscard]] Result<FileHandle> open(std::string_view path, OpenMode mode) override;
  Status close(FileHandle file) override;
  [[nodiscard]] Result<std::uint64_t> size(FileHandle file) override;
  [[nodiscard]] Result<std::size_t> read(FileHandle file, std::uint64_t offset,
                                         std::span<std::byte> bytes) override;
  [[nodiscard]] Status write(FileHandle file, std::uint64_t offset,
                             std::span<const std::byte> bytes) override;
  [[nodiscard]] Status append(FileHandle file, std::span<const std::byte> bytes) override;
  [[nodiscard]] Status write_through(FileHandle file, std::uint64_t offset,
                                     std::span<const std::byte> bytes) override;
  [[nodiscard]] Status preallocate(FileHandle file, std::uint64_t bytes) override;
  [[nodiscard]] Status truncate(FileHandle file, std::uint64_t bytes) override;
  [[nodiscard]] Status sync(FileHandle file) override;
  [[nodiscard]] Status drop_cache(FileHandle file) override;
  [[nodiscard]] Status rename(std::string_view from, std::string_view to) override;
  [[nodiscard]] Status unlink(std::string_view path) override;
  [[nodiscard]] Status sync_directory(std::string_view path) override;
  [[nodiscard]] Status create_directory(std::string_view path) override;
  [[nodiscard]] Result<std::vector<std::string>> list(std::string_view path) override;
  [[nodiscard]] Result<std::uint64_t> space_left(std::string_view path) override;
  [[nodiscard]] Result<FileHandle> lock(std::string_view path) override;

 private:
  // One change to a file that the device need not have yet: bytes at an offset, or a new length.
  struct Change {
    std::uint64_t offset = 0;
    std::vector<std::byte> bytes;
    std::optional<std::uint64_t> length;
  };
  struct File {
    std::vector<std::byte> seen;     // by the process
    std::vector<std::byte> durable;  // on the device
    std::vector<Change> pending;     // between the two, oldest first
  };
  using Names = std::map<std::string, std::shared_ptr<File>>;
  struct NameChange {
    std::string directory;
    std::string removed;  // "" for none
    std::string added;    // "" for none
    std::shared_ptr<File> file;
  };
  struct Open {
    std::shared_ptr<File> file;
    std::string path;
    bool may_write = false;
    bool is_lock = false;
  };

  [[nodiscard]] Status begin_call(const char* doing, std::string_view path, bool is_change);
  [[nodiscard]] Status inside_crash(const char* doing, std::string_view path) const;
  [[nodiscard]] Result<Open*> find(FileHandle file, const char* doing, bool to_write);
  [[nodiscard]] Status check_room(const File& file, std::uint64_t size, std::string_view path);
  [[nodiscard]] Status change_file(FileHandle file, const char* doing, Change change);
  void change_names(NameChange change);
  [[nodiscard]] std::uint64_t used_bytes() const;
  FileHandle give_handle(Open open);
  void lose(File& file, Loss loss);
  static void apply(std::vector<std::byte>& bytes, const Change& change);
  void apply_sector(std::vector<std::byte>& bytes, const Change& change, std::size_t begin,
                    bool is_garbage);
  static void apply(Names& names, const NameChange& change);

  Random random_;
  Names names_;
  Names durable_names_;
  std::vector<NameChange> pending_names_;
  std::map<std::int32_t, Open> handles_;
  std::set<std::string> locks_;
  std::int32_t next_handle_ = 1;
  std::uint64_t calls_ = 0;
  std::uint64_t changes_ = 0;
  std::uint64_t syncs_ = 0;
  std::uint64_t crash_at_ = 0;
  std::uint64_t fail_from_ = 0;
  std::uint64_t fail_to_ = 0;
  ErrorCode fail_code_ = ErrorCode::io;
  std::uint64_t fail_syncs_from_ = 0;
  std::uint64_t capacity_ = ~std::uint64_t{0};
  bool is_paused_ = false;
  bool is_crashing_ = false;  // inside the change that does not return
  bool has_crashed_ = false;
};

}  // namespace karst::sim
