#include "gateway/tool/audit/open_books.hpp"

#include <cstdio>

#include "ledger/files/exchange_directory.hpp"
#include "ledger/offline/offline.hpp"

namespace karst::tool {

Status OpenBooks::open(const std::string& directory) {
  const ExchangeDirectory files(directory);
  const Result<std::uint64_t> journal_begin = command_before_journal(storage, files);
  if (!journal_begin) return journal_begin.error();
  Result<std::unique_ptr<Books>> opened =
      Books::open(storage, {.directory = files.books(),
                            .store_path = files.books_database(),
                            .read_only = true,
                            .notice = [](const std::string& words) {
                              std::fprintf(stderr, "karst audit: %s\n", words.c_str());
                            }});
  if (!opened) return opened.error();
  books = std::move(opened).value();
  if (Status reaches = check_reach(*journal_begin, *books); !reaches) return reaches;
  Result<std::unique_ptr<Audit>> auditor = Audit::open(*books);
  if (!auditor) return auditor.error();
  audit = std::move(auditor).value();
  return {};
}

}  // namespace karst::tool
