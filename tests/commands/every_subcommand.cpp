#include "tests/commands/every_subcommand.hpp"

namespace karst::test {
namespace {

using namespace tool;

constexpr SubcommandRow trade[] = {
    {"instruments", "--open --key bob", "instruments", "--key nobody", exit_not_there,
     "cannot read the key"},
    {"buy", "WEATHER 10 --price 2.50 --key bob", "order", "WEATHER 1 --price 2.505 --key bob",
     exit_usage, "steps of 0.01"},
    {"orders", "--key bob", "orders", "", exit_usage, "--account N"},
    {"amend", "$ORDER --lots 8 --key bob", "order", "$ORDER --key bob", exit_usage,
     "--price AMOUNT, --lots N"},
    {"hibernate", "$ORDER --key bob", "hibernated", "$ORDER --key bob", exit_refused,
     "ORDER_HIBERNATED"},
    {"reactivate", "$ORDER --key bob", "order", "$ORDER --key bob", exit_refused,
     "ORDER_NOT_HIBERNATED"},
    {"cancel", "$ORDER --key bob", "cancelled", "$ORDER --key bob", exit_refused, "UNKNOWN_ORDER"},
    {"mass-cancel", "--all --key bob", "mass_cancelled", "--key bob", exit_usage, "--all of them"},
    {"sell", "WEATHER 4 --price 2 --from capacity --key alice", "order",
     "WEATHER 4 --price 2 --key bob", exit_refused, "--from capacity"},
    {"holdings", "--key carol", "holdings", "--key alice --account 2", exit_not_there,
     "no merchant 2 that this key may ask about"},
    {"balance", "--key bob", "balance", "", exit_usage, "--account N"},
    {"offers post", "ATLAS 1000 --key alice", "offer", "WEATHER 1000 --key alice", exit_usage,
     "trades in a book"},
    {"offers list", "--key bob", "offers", "--key nobody", exit_not_there, "cannot read the key"},
    {"offers lower", "ATLAS 900 --key alice", "offer", "ATLAS 950 --key alice", exit_usage,
     "at 900.00 now"},
    {"offers take", "ATLAS 2 --key bob", "order", "ATLAS --max-price 899 --key bob", exit_refused,
     "offered at 900.00"},
    {"offers withdraw", "ATLAS --key alice", "offer", "ATLAS --key bob", exit_refused,
     "NOT_ISSUER"},
    {"events", "--key bob", "events", "", exit_usage, "--account N"},
    {"watch", "--once", "watch", "--once --instrument NOTHING", exit_not_there, "NOTHING",
     Answer::lines},
    {"status", "", "status", "/nowhere", exit_not_there, "--home DIR"},
    {"access-log", "--key auditor", "access_log", "--key alice", exit_refused, "NOT_PERMITTED"},
};

constexpr SubcommandRow operate[] = {
    {"merchant admit", "51 --name 'Cloud Atlas' --tier 3", "reply", "52", exit_usage,
     "--name is required"},
    {"merchant suspend", "51", "reply", "99", exit_refused, "karst merchant admit ACCOUNT"},
    {"merchant readmit", "51", "reply", "99", exit_refused, "UNKNOWN_ACCOUNT"},
    {"group", "51 7 --tier 3 --clearance 1", "reply", "51 7", exit_usage, "--tier is required"},
    {"limits", "51 --order-value 500000.00", "reply", "51 --order-value 0.001", exit_usage,
     "0.001 is no amount"},
    {"fund", "51 250.05 --reference ICBC-1", "reply", "51 250.05", exit_usage,
     "--reference is required"},
    {"withdraw", "51 50.05 --reference OUT-1", "reply", "51 5000 --reference OUT-2", exit_refused,
     "INSUFFICIENT_FUNDS"},
    {"kill", "51", "reply", "", exit_usage, "account is required"},
    {"unkill", "51", "reply", "99", exit_refused, "UNKNOWN_ACCOUNT"},
    {"keys create", "61 --account 51 --scopes read,trade", "key",
     "61 --account 51 --scopes read,trade", exit_in_the_way, "no key is ever overwritten"},
    {"keys revoke", "61", "reply", "61", exit_refused, "KEY_REVOKED"},
    {"merchant exit", "51", "reply", "51 --key alice", exit_refused, "NOT_PERMITTED"},
    {"currency", "2 HKD", "reply", "2 USD", exit_refused, "ALREADY_EXISTS"},
    {"calendar", "2 --utc-offset=-5h", "reply", "3 --utc-offset 8", exit_usage,
     "8 is no duration like 8h"},
    {"fees", "2 --maker-bps 5 --taker-bps 10", "reply", "3 --maker-bps 5001", exit_refused,
     "INVALID_FIELD"},
    {"pool define", "9 --operator 1 --symbol GUIAN-P --accelerator MIXED", "reply",
     "8 --operator 1 --symbol A --accelerator B --unit hour", exit_usage, "p_hour"},
    {"pool terms",
     "9 --tick 0.05 --list-price 28.00 --price-min 0.05 --price-max 112.00 --currency 2 "
     "--calendar 2 --fees 2",
     "reply", "9 --tick 0.05 --list-price 28.01 --price-max 112.00", exit_usage,
     "no multiple of the tick"},
    {"contracts list", "9 --hours 3 $FROM", "reply", "9 $FROM", exit_refused, "ALREADY_EXISTS"},
    {"capacity set", "9 2000", "reply", "7 2000", exit_refused, "UNKNOWN_POOL"},
    {"capacity mint", "1 9 100 --hours 3 $FROM", "reply", "1 9 2001 $FROM", exit_refused,
     "karst capacity set"},
    {"product list",
     "1 --symbol CLIMATE --list-price 1800.00 --price-max 18000.00 --certificate 2099-12-31",
     "reply", "1 --symbol CLIMATE --list-price 1800.00 --price-max 18000.00", exit_usage,
     "--certificate is required"},
    {"product terms", "1 --certificate 2099-12-31T12:00+08:00 --terms-hash $HASH", "reply",
     "1 --certificate 2099-12-31 --terms-hash abc", exit_usage, "64 hexadecimal digits"},
    {"instrument suspend", "1", "reply", "1", exit_refused, "WRONG_STATE"},
    {"instrument open", "1", "reply", "99", exit_refused, "UNKNOWN_INSTRUMENT"},
    {"halt", "WEATHER", "reply", "WETHER", exit_not_there, "WETHER"},
    {"resume", "WEATHER --reference 1.20", "reply", "WEATHER --reference 1.20", exit_refused,
     "WRONG_STATE"},
    {"instrument delist", "1", "reply", "1", exit_refused, "WRONG_STATE"},
};

constexpr SubcommandRow four_eyes[] = {
    {"confirm", "$REQUEST --key second", "reply", "$REQUEST --key second", exit_refused,
     "UNKNOWN_CONFIRMATION"},
};

constexpr SubcommandRow clock_of_a_trace[] = {
    {"clock", "$LATER", "reply", "noon", exit_usage, "noon is no time"},
};

constexpr SubcommandRow files[] = {
    {"audit transactions", "$HOME --merchant 2", "audit_transaction", "$ROOM", exit_not_there,
     "$ROOM", Answer::lines},
    {"audit balance", "$HOME 2", "audit_balance", "$HOME", exit_usage, "merchant is required"},
    {"audit trial-balance", "$DATA", "audit_trial_balance", "$DATA --at 999999", exit_not_there,
     "the newest is "},
    {"audit reconcile", "$DATA", "audit_reconcile", "$ROOM", exit_not_there, "$ROOM"},
    {"journal verify", "$DATA", "journal_verify", "$ROOM", exit_not_there, "$ROOM"},
    {"journal dump", "$DATA --from 3 --to 6", "journal_command", "$ROOM", exit_not_there, "$ROOM",
     Answer::lines},
    {"state-hash", "$HOME", "state_hash", "$HOME --at 999999", exit_not_there, "command 999999"},
    {"snapshot", "$DATA", "state_hash", "$ROOM", exit_not_there, "$ROOM"},
    {"rebuild", "$DATA --into $ROOM/anew", "rebuild", "$DATA --into $ROOM/anew", exit_in_the_way,
     "anew"},
    {"backup", "$DATA --into $ROOM/backup", "backup", "$DATA --into $ROOM/backup",
     exit_in_the_way, "backup"},
    {"restore", "$ROOM/backup --into $ROOM/restored", "backup", "$ROOM/backup --into $DATA",
     exit_in_the_way, "$DATA"},
};

constexpr SubcommandRow start[] = {
    {"init", "$ROOM/x", "init", "$ROOM/x", exit_in_the_way, "start what is there: karstd "},
    {"keygen", "$ROOM/mine.key", "keygen", "$ROOM/mine.key", exit_in_the_way, "mine.key"},
    {"client-certificate", "$HOME Me $ROOM/me", "client_certificate", "$HOME Me $ROOM/me",
     exit_in_the_way, "already exists"},
    {"server-certificate", "$HOME $ROOM/next --names exchange.example", "server_certificate",
     "$ROOM $ROOM/more", exit_not_there, "ca.key"},
    {"doctor", "", "doctor", "$ROOM/nothing", exit_failed, ""},
    {"completion", "bash", nullptr, "dos", exit_usage, "dos", Answer::no_json},
    {"demo", "--seconds 1", "demo", "--seconds 1 --home $ROOM", exit_not_there, "karst init DIR"},
    {"load", "--rate 200 --seconds 0.5 --warm-up 0 --first-account 901 --first-key 1901 --pool 9",
     "load", "--seconds 0.1 --key alice", exit_refused, "NOT_PERMITTED"},
    {"bench flow", "$FLOW --repetitions 1", "bench_flow", "$FLOW.missing", exit_not_there,
     "missing"},
    {"bench book-flow", "$BOOK_FLOW --repetitions 1", "bench_book_flow", "$FLOW", exit_newer_format,
     "read as a book-flow file"},
    {"replay itch", "$ITCH", "replay_itch", "$ITCH.missing", exit_not_there, "missing"},
    {"replay cluster",
     "--nodes $TRACE/nodes.csv --tasks $TRACE/tasks.csv --data $ROOM/cluster --hours 1",
     "replay_cluster", "--nodes $TRACE/nodes.csv --tasks /no/tasks.csv --data $ROOM/none",
     exit_not_there, "/no/tasks.csv"},
};

}  // namespace

std::span<const SubcommandRow> trade_rows() { return trade; }
std::span<const SubcommandRow> operate_rows() { return operate; }
std::span<const SubcommandRow> four_eyes_rows() { return four_eyes; }
std::span<const SubcommandRow> clock_rows() { return clock_of_a_trace; }
std::span<const SubcommandRow> files_rows() { return files; }
std::span<const SubcommandRow> start_rows() { return start; }

}  // namespace karst::test
