// Whom `karst audit` asks: the running exchange, or the files of one that does not run.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "gateway/tool/exchange_link.hpp"
#include "gateway/tool/output.hpp"
#include "schemas/karst/v1/gateway.pb.h"

namespace karst::tool {

/// Answers questions to the books; both kinds by the same code (gateway::BooksAnswers). What stands
/// in the way ends the program.
///
/// Threads: one owner.
class AuditSource {
 public:
  virtual ~AuditSource() = default;

  /// Returns: what answers the question, never a refusal.
  [[nodiscard]] virtual v1::Response ask(const v1::Request& request) = 0;

  /// The exchange, where one runs on the files in `link.home` or `link.host` names one, unless
  /// `is_offline`; where it cannot be reached, the files, and a line on standard error.
  [[nodiscard]] static std::unique_ptr<AuditSource> open(const LinkOptions& link, bool is_offline,
                                                         const Output& output);
};

}  // namespace karst::tool
