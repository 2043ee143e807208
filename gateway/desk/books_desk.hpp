// BooksDesk: the books as a store of the exchange, and questions about them in a thread of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/units.hpp"
#include "engine/seams/storage.hpp"
#include "gateway/desk/ledger_names.hpp"
#include "ledger/record/record_hash.hpp"
#include "ledger/stores/derived_store.hpp"
#include "schemas/karst/v1/gateway.pb.h"

namespace karst::gateway {

/// Reading records may wait for the disk; so neither the engine's nor the io thread does it.
///
/// Threads: ask() and take() by the io thread; `wake` is called by the desk's own.
class BooksDesk {
 public:
  /// Opens the books in `directory`; `file_bytes` is the size of one file of the record log.
  ///
  /// Errors: those of Books::open().
  [[nodiscard]] static Result<std::unique_ptr<BooksDesk>> open(Storage& storage,
                                                               const std::string& directory,
                                                               std::uint64_t file_bytes,
                                                               std::function<void()> wake);
  ~BooksDesk();
  BooksDesk(const BooksDesk&) = delete;
  BooksDesk& operator=(const BooksDesk&) = delete;

  /// What the exchange keeps in step with the journal.
  [[nodiscard]] DerivedStore& store();

  /// The books lack settlements: no question about them is answered. Before the first question.
  void leave_behind();

  /// What is durable of the record log. Any thread.
  [[nodiscard]] HashedRecords hashed() const;

  /// Who tells what pools are called, by the desk's thread; null: nobody. Waits while one is asked.
  void set_pools(PoolSymbols pools);

  /// As BooksAnswers takes it.
  struct Question {
    std::uint32_t connection = 0;
    AccountId account{0};
    bool is_elevated = false;
    std::unique_ptr<v1::Request> request;
  };
  struct Answer {
    std::uint32_t connection = 0;
    std::uint64_t request_id = 0;
    std::unique_ptr<v1::Response> response;  ///< null: `refused` says why
    v1::Code refused = v1::CODE_NOT_AVAILABLE;
  };

  /// Returns: false when too many questions wait.
  [[nodiscard]] bool ask(Question question);
  /// The answers that are ready.
  [[nodiscard]] std::vector<Answer> take();

 private:
  struct Parts;
  explicit BooksDesk(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace karst::gateway
