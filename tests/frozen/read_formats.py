#!/usr/bin/env python3
"""Reads the folder of an exchange by docs/FORMATS.md alone, and checks all that the page promises.

usage: read_formats.py DOCS FOLDER

A second implementation, in another language and without a line of ours: where the page says too
little or something wrong, this stops. The fields of commands and events it takes from the tables in
DOCS/COMMANDS.md and DOCS/EVENTS.md. Prints what it counted, one line "what number" each.
"""
import glob
import hashlib
import os
import re
import sqlite3
import struct
import sys

BLOCK = 4096


def make_crc32c_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


CRC32C = make_crc32c_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = CRC32C[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def expect(is_so, what):
    if not is_so:
        raise SystemExit(f"read_formats: {what}")


def read(path):
    with open(path, "rb") as file:
        return file.read()


def little(data, at, layout):
    return struct.unpack_from("<" + layout, data, at)


def big(data, at, layout):
    return struct.unpack_from(">" + layout, data, at)


# --- the tables of commands and events ------------------------------------------------------------


def size_of(kind):
    """Bytes of "u32", "i64", "text 16", "16 bytes"."""
    if re.fullmatch(r"[ui]\d+", kind):
        return int(kind[1:]) // 8
    return int(re.search(r"\d+", kind)[0])


def value_of(kind, data):
    if re.fullmatch(r"[ui]\d+", kind):
        return int.from_bytes(data, "little", signed=kind[0] == "i")
    return data


def rows_of(page):
    for line in page.splitlines():
        if line.startswith("| "):
            yield [cell.strip() for cell in line.strip("|").split(" | ")]


def command_table(docs):
    """{number: (name, [(field, type)])}"""
    names, fields = {}, {}
    for row in rows_of(read(f"{docs}/COMMANDS.md").decode()):
        if row[0].isdigit():
            names[row[1]] = int(row[0])
        elif row[0] in names:
            fields.setdefault(row[0], []).append((row[1], row[2]))
    return {number: (name, fields.get(name, [])) for name, number in names.items()}


def event_table(docs):
    """{number: (name, [(field, type)])}"""
    table = {}
    for row in rows_of(read(f"{docs}/EVENTS.md").decode()):
        if row[0].isdigit():
            table[int(row[0])] = row[1], [tuple(it.split(" ", 1)) for it in row[5].split(", ")]
    for name, fields in table.values():
        expect(sum(size_of(kind) for _, kind in fields) == 48, f"{name} has not 48 bytes")
    return table


# --- command journal ------------------------------------------------------------------------------


def read_command(data, at, commands):
    layout, kind, length, key, _, account, sequence, time, client_seq = little(
        data, at, "BBHIIIQqQ"
    )
    expect(layout == 1 and kind in commands, "a command")
    name, fields = commands[kind]
    command = {"type": name, "key": key, "account": account, "sequence": sequence}
    command |= {"time": time, "client_seq": client_seq}
    place, end = at + 40, at + length
    for field, field_kind in fields:
        if place == end:
            break  # written by a version that had no more
        size = size_of(field_kind)
        command[field] = value_of(field_kind, data[place : place + size])
        place += size
    expect(place == end, f"the end of {name}")
    return command, end


def read_journal(folder, commands):
    """All commands, oldest first."""
    found, previous, expected_seq, expected_command = [], None, None, None
    paths = sorted(glob.glob(f"{folder}/*.journal"))
    numbers = [int(os.path.basename(path)[:10]) for path in paths]
    expect(numbers == list(range(numbers[0], numbers[0] + len(numbers))), "names of segments")
    for path in paths:
        data = read(path)
        expect(len(data) % BLOCK == 0, f"the size of {path}")
        at = 0
        while at < len(data) and any(data[at : at + 128]):
            header = data[at : at + 128]
            magic, layout, kind, _ = little(header, 0, "8sHHI")
            epoch, seq, first, count, length, time, durable = little(header, 16, "QQQIIQQ")
            expect(magic == b"KARSTJNL" and layout == 1, f"a frame at {path}:{at}")
            expect(little(header, 124, "I")[0] == crc32c(header[:124]), "a header's CRC")
            payload = data[at + 128 : at + 128 + length]
            expect(little(header, 120, "I")[0] == crc32c(payload), "a payload's CRC")
            expect(not any(header[80:120]), "zeros in a header")
            if seq == 1:
                expect(header[64:80] == bytes(16), "`previous` of the first frame")
            if previous is not None:
                expect(seq == expected_seq and first == expected_command, "the order of frames")
                expect(header[64:80] == previous, "the chain")
            expect(at > 0 or durable == seq - 1, "the first frame of a segment")
            expect((kind == 1) == (count > 0) and kind in (1, 2, 3), "a kind of frame")
            expect(epoch > 0 and durable < seq, "epoch and durable_through")
            place = 0
            for i in range(count):
                command, place = read_command(payload, place, commands)
                expect(command["sequence"] == first + i, "the number of a command")
                earlier = found[-1]["time"] + 1 if found else 0
                expect(command["time"] == max(earlier, time + i), "the time of a command")
                found.append(command)
            expect(place == length, "the end of a payload")
            previous = hashlib.sha256(header).digest()[:16]
            expected_seq, expected_command = seq + 1, first + count
            size = (128 + length + BLOCK - 1) // BLOCK * BLOCK
            expect(not any(data[at + 128 + length : at + size]), "padding")
            at += size
        expect(not any(data[at:]), f"zeros behind the last frame of {path}")
    return found


# --- snapshots ------------------------------------------------------------------------------------


def read_snapshot(path):
    """{tag: (version, element bytes, elements)}; none of the format KRST03."""
    data = read(path)
    magic, layout, _, _, command, _, _, _, length = little(data, 0, "8sHHIQQQQQ")
    expect(magic == b"KARSTSNP" and layout == 1, path)
    expect(little(data, 124, "I")[0] == crc32c(data[:124]), "a snapshot's header")
    expect(int(os.path.basename(path)[:20]) == command, "the name of a snapshot")
    state, at, block = b"", 128, 0
    while len(state) < length:
        part = data[at : at + min(1048572, length - len(state))]
        (crc,) = little(data, at + len(part), "I")
        expect(crc == crc32c(struct.pack("<QQ", command, block) + part), "a snapshot's block")
        state, at, block = state + part, at + len(part) + 4, block + 1
    expect(at == len(data), "the end of a snapshot")
    state = state[15 * 4 :]  # behind Configure
    if state[:6] == b"KRST03":
        return {}
    expect(state[:8] == b"KRST04\0\0", "the engine's state")
    sections, at = {}, 8
    while at < len(state):
        tag, version, size, count = little(state, at, "IIIQ")
        sections[tag] = version, size, count
        at += 20 + size * count
    expect(at == len(state), "the end of the sections")
    return sections


# --- account event log ----------------------------------------------------------------------------


def read_event(data, events):
    sequence, index, kind, detail, instrument = little(data, 0, "QHBBI")
    name, fields = events[kind]
    event = {"sequence": sequence, "index": index, "type": name, "detail": detail}
    event["instrument"] = instrument
    at = 16
    for field, field_kind in fields:
        event[field] = value_of(field_kind, data[at : at + size_of(field_kind)])
        at += size_of(field_kind)
    return event


def read_entry(data, at, events):
    crc, account, number, time = little(data, at, "IIQq")
    key, command, flags = little(data, at + 40, "IBB")
    size = 180 if flags & (2 | 8) else 116
    expect(crc == crc32c(data[at + 4 : at + size]), "an entry's CRC")
    expect(flags < 16 and data[at + 46] <= 1 and not any(data[at + 47 : at + 52]), "an entry's rest")
    entry = {"account": account, "number": number, "time": time, "key": key, "command": command}
    entry["event"] = read_event(data[at + 52 : at + 116], events)
    if flags & 2:
        expect(entry["event"]["type"] == "settlement", "a trade stands before its settlement")
        expect(read_event(data[at + 116 : at + 180], events)["type"] == "trade", "a trade")
    if flags & 8:
        named = ("merchant_admitted", "merchant_renamed")
        expect(entry["event"]["type"] in named, "a name stands with a merchant's")
        entry["name"] = data[at + 116 : at + 180].rstrip(b"\0").decode()
    return entry, at + size


def read_event_files(folder, events):
    """All entries, file by file, each file compared with its index."""
    found, expected = [], None
    for path in sorted(glob.glob(f"{folder}/*.events")):
        data, at, entries = read(path), 0, []
        while at < len(data):
            magic, layout, _, first, last, time, count, length, _, crc = little(
                data, at, "4sHHQQqIIII"
            )
            expect(magic == b"KEVL" and layout in (1, 2), f"a frame at {path}:{at}")
            expect(crc == crc32c(data[at : at + 44]), "a header's CRC")
            expect(expected in (None, first) and last >= first, "frames cover all commands")
            expected, at = last + 1, at + 48
            end = at + length
            for _ in range(count):
                place = at
                entry, at = read_entry(data, at, events)
                entries.append((entry["account"], entry["number"], place))
                found.append(entry)
            expect(at == end, "the end of a frame")
        index = path.replace(".events", ".index")
        if os.path.exists(index):
            expect(read_event_index(index, len(data)) == sorted(entries), f"what {index} says")
    return found


def read_event_index(path, file_bytes):
    """[(account, number, offset)]"""
    data = read(path)
    magic, layout, _, accounts = little(data, 0, "4sHHI")
    size, entries = little(data, 40, "QQ")
    expect(magic == b"KEXI" and layout == 1 and size == file_bytes, path)
    expect(little(data, 60, "I")[0] == crc32c(data[:60]), "an index's CRC")
    found, offsets = [], 64 + 24 * accounts
    expect(len(data) == offsets + 4 * entries, "the size of an index")
    for row in range(accounts):
        account, count, first, place = little(data, 64 + 24 * row, "IIQQ")
        for i in range(count):
            (offset,) = little(data, offsets + 4 * (place + i), "I")
            found.append((account, first + i, offset))
    return found


# --- record log -----------------------------------------------------------------------------------

EXTENSIONS = {1: 24, 2: 44, 3: 48, 4: 16, 5: 68, 6: 64, 7: 176, 8: 16}
HAS_EXTENSIONS, FIRST, LAST = 1, 2, 4


def read_record(data):
    version, kind, flags, zero, legs, source, seq, time = big(data, 0, "BBBBHHQq")
    command, index, shard, source_seq = big(data, 24, "QIIQ")
    expect(version == 1 and 1 <= kind <= 15 and flags < 8 and zero == 0, "a record's header")
    expect(source == shard, "the source of a record")
    record = {"kind": kind, "flags": flags, "seq": seq, "time": time, "command": command}
    record |= {"index": index, "source_seq": source_seq, "legs": [], "extensions": {}}
    at = 48
    for _ in range(legs):
        account, asset, amount, after = big(data, at, "IIqq")
        account_seq = int.from_bytes(data[at + 24 : at + 30], "big")
        (role,) = big(data, at + 30, "H")
        expect(1 <= role <= 8, "a role")
        record["legs"].append((account, asset, amount, after, account_seq))
        at += 32
    while at < len(data):
        kind, length = big(data, at, "HH")
        expect(EXTENSIONS.get(kind) == length, "an extension")
        expect(all(kind > other for other in record["extensions"]), "the order of extensions")
        record["extensions"][kind] = data[at + 4 : at + 4 + length]
        at += 4 + length
    expect(at == len(data), "the end of a record")
    expect(bool(flags & HAS_EXTENSIONS) == bool(record["extensions"]), "the flag of extensions")
    return record


def mix(state, first, second=0):
    """Both halves of a product, folded."""
    product = (state ^ first) * (0xD6E8FEB86659FD93 ^ second)
    return ((product & 2**64 - 1) ^ product >> 64) + 0x9E3779B97F4A7C15 & 2**64 - 1


def mix_record(state, data):
    """The hash of all records, one more taken in."""
    padded = data + bytes(-len(data) % 16)
    for at in range(0, len(padded), 16):
        state = mix(state, *little(padded, at, "QQ"))
    return mix(state, len(data))


def read_record_log(folder):
    """(records, where each begins: (file, offset, bytes with its length))"""
    records, places, previous, state = [], [], 0, 0
    paths = sorted(glob.glob(f"{folder}/*.log"))
    for file, path in enumerate(paths):
        expect(re.fullmatch(r"\d{20}\.log", os.path.basename(path)), "the name of a file")
        data, at = read(path), 0
        while at < len(data) and any(data[at : at + 64]):
            magic, version, first, count, length = big(data, at, "4sBxxxQII")
            _, settled, before, told, zero, payload_crc, header_crc = big(data, at + 24, "QQIQIII")
            expect(magic == b"KRLF" and version in (1, 2), f"a frame at {path}:{at}")
            expect(header_crc == crc32c(data[at : at + 60]), "a header's CRC")
            expect(before == previous, "the chain of headers")
            expect(first == len(records), "the number of the first record")
            payload = data[at + 64 : at + 64 + length]
            expect(payload_crc == crc32c(payload), "a payload's CRC")
            place = 0
            for _ in range(count):
                (size,) = big(payload, place, "H")
                places.append((file, at + 64 + place, size + 2))
                records.append(read_record(payload[place + 2 : place + 2 + size]))
                state = mix_record(state, payload[place + 2 : place + 2 + size])
                place += 2 + size
            expect(place == length, "the end of a payload")
            expect(told == (state if version == 2 else 0) and zero == 0, "the hash of all records")
            expect(settled == len(records), "the last settlement")
            previous = header_crc
            end = at + (64 + length + 2 + BLOCK - 1) // BLOCK * BLOCK
            expect(not any(data[at + 64 + length : end]), "padding")
            at = end
        expect(not any(data[at:]), f"zeros behind the last frame of {path}")
    return records, places


def check_records(records):
    """What holds for every record. Returns: {(account, asset): (balance, account_seq, debits)}."""
    states, matches = {}, set()
    for seq, record in enumerate(records):
        expect(record["seq"] == seq and record["source_seq"] == seq + 1, "records are dense")
        expect(seq == 0 or record["time"] >= records[seq - 1]["time"], "time of records")
        sums = {}
        for account, asset, amount, after, account_seq in record["legs"]:
            balance, count, debits = states.get((account, asset), (0, 0, 0))
            expect(after == balance + amount and account_seq == count + 1, "a leg")
            states[account, asset] = after, account_seq, debits + max(0, -amount)
            sums[asset] = sums.get(asset, 0) + amount
        expect(not any(sums.values()), "amounts sum to 0 for each asset")
        expect(record["flags"] & (FIRST | LAST) == FIRST | LAST, "a match in one record")
        if 1 in record["extensions"]:
            expect(record["index"] < 2**31 and record["kind"] == 7, "the index of a trade")
            matches.add((record["command"], record["index"]))
        else:
            expect(record["index"] >= 2**31, "the index of what is no trade")
    return states, matches


# --- audit store and saved balances ---------------------------------------------------------------


def varints(blob):
    values, value, shift = [], 0, 0
    for byte in blob:
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            values.append(value)
            value, shift = 0, 0
    expect(shift == 0, "a varint")
    return values


def signed(zigzag):
    return zigzag >> 1 ^ -(zigzag & 1)


def check_store(folder, records, places):
    path = f"{folder}/ledger.db"
    data = read(path)
    if big(data, 60, "I") < (3,):
        return None  # user_version: an earlier one, which karstd makes again
    for page in range(0, len(data), BLOCK):
        (crc,) = big(data, page + 4088, "I")
        expect(crc == crc32c(struct.pack(">Q", page) + data[page : page + 4088]), "a page's CRC")
        expect(not any(data[page + 4092 : page + BLOCK]), "zeros of a page")
    # As it is in the file: what is still in the write-ahead log is left out.
    store = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    expect(store.execute("PRAGMA application_id").fetchone() == (0x4B525354,), "application_id")
    expect(store.execute("PRAGMA user_version").fetchone() == (3,), "user_version")
    _, size = store.execute("SELECT shard, segment_records FROM ledger").fetchone()
    segments = [row[0] for row in store.execute("SELECT segment FROM segment ORDER BY segment")]
    expect(segments == list(range(len(segments))), "segments are dense")
    check_marks(store, records, places)
    check_postings(store, records, size, len(segments))
    for table, kind in (("account", 1), ("asset", 2)):
        for seq, name, details in store.execute(
            f"SELECT seq, {'name' if kind == 1 else 'text'}, details FROM {table}"
        ):
            definition = read_record(details)
            extension = definition["extensions"][kind + 1]
            expect(extension == records[seq]["extensions"][kind + 1], "details")
            text = extension[12:] if kind == 1 else extension[32:]
            expect(text.rstrip(b"\0").decode() == name, f"a name of {table}")
            expect(details[:48] == bytes([1, 15, 7]) + bytes(45), "details have no more")
    return len(segments)


def check_marks(store, records, places):
    for (marks,) in store.execute("SELECT marks FROM segment ORDER BY segment"):
        values, seq, time, file, offset = varints(marks), 0, 0, 0, 0
        expect(len(values) % 6 == 0, "six numbers a mark")
        for i in range(0, len(values), 6):
            seq += values[i]
            time += signed(values[i + 1])
            offset = values[i + 3] + (offset if values[i + 2] == 0 else 0)
            file += values[i + 2]
            expect(places[seq][:2] == (file, offset), "where a mark points")
            expect(records[seq]["time"] == time, "the time of a mark")
            run, further = 0, seq
            while run < values[i + 4]:
                run += places[further][2]
                further += 1
            expect(run == values[i + 4] and further - seq <= 16, "the run of a mark")


def check_postings(store, records, size, segments):
    expected = {}
    for record in records[: size * segments]:
        segment, place = divmod(record["seq"], size)
        for key in {leg[:2] for leg in record["legs"]}:
            expected.setdefault((segment, *key), []).append(place)
    found, last = {}, {}
    rows = "SELECT segment, account, asset, first, block FROM posting ORDER BY 1, 2, 3, 4"
    for segment, account, asset, first, block in store.execute(rows):
        before, _, _, _, *steps = varints(block)
        here = [first]
        for step in steps:
            here.append(here[-1] + step)
        expect(len(here) <= 64, "places of a block")
        expect(before == last.get((account, asset, segment), before), "the segment before")
        last[account, asset, segment] = before
        found.setdefault((segment, account, asset), []).extend(here)
    expect(found == expected, "the postings of the store")


def check_balances(path, records, segments):
    if not os.path.exists(path):
        expect(segments == 0, "balances of a store with segments")
        return
    data = read(path)
    magic, version, _, size = big(data, 0, "4sBxxxH2xI")[0:4]
    segments_told, rows = big(data, 16, "I")[0], big(data, 24, "Q")[0]
    expect(magic == b"KRBL" and version == 1, path)
    expect(big(data, 60, "I")[0] == crc32c(data[:60]), "the header of balances")
    expect(big(data, 32, "I")[0] == crc32c(data[64:]), "the rows of balances")
    expect(len(data) == 64 + 48 * rows, "the size of balances")
    expect(segments is None or segments_told <= segments, "the segments of balances")
    states, _ = check_records(records[: size * segments_told])
    told = {}
    for row in range(rows):
        account, asset, balance, count, high, low = big(data, 64 + 48 * row, "IIqQQQ")
        told[account, asset] = balance, count, high << 64 | low
    expect(told == states and list(told) == sorted(told), "saved balances")


# --- access log -----------------------------------------------------------------------------------


def read_access_log(folder):
    """The entries, as (number, time, key, account, question)."""
    paths = [f"{folder}/access.log"] + sorted(glob.glob(f"{folder}/access.log.*"))
    entries, head = [], None
    for path in filter(os.path.exists, paths):
        for line in read(path).decode().splitlines():
            *words, digits = line.split(" ")
            if words[0] == "chain":
                why, _, named = words[1:]
                expect(named == (head if why == "continued" else "0" * 32), "a chain line")
                head = named
            expected = hashlib.sha256((head + " ".join(words)).encode()).hexdigest()[:32]
            expect(digits == expected, f"a line of {path}")
            head = digits
            if words[0] != "chain":
                entries.append((*map(int, words[:4]), words[4]))
    expect([it[0] for it in entries] == list(range(1, len(entries) + 1)), "numbers of entries")
    return entries


# --------------------------------------------------------------------------------------------------


def check_references(records, commands):
    """The bank's reference of a movement is that of the command, each half turned round."""
    of_command = {it["sequence"]: it["reference"] for it in commands if "reference" in it}
    for record in records:
        if 4 in record["extensions"] and record["command"] in of_command:
            told = record["extensions"][4]
            expect(told[7::-1] + told[:7:-1] == of_command[record["command"]], "a reference")


def main(docs, folder):
    commands = read_journal(f"{folder}/journal", command_table(docs))
    print("commands", commands[-1]["sequence"])
    for path in glob.glob(f"{folder}/snapshots/*.snapshot"):
        print("sections", len(read_snapshot(path)))
    entries = read_event_files(f"{folder}/events", event_table(docs))
    print("entries", len(entries))
    logs = {}
    for entry in entries:
        expected = logs.get(entry["account"], entry["number"])
        expect(entry["number"] == expected, "numbers in the log of an account")
        logs[entry["account"]] = expected + 1
    records, places = read_record_log(f"{folder}/books/log")
    _, matches = check_records(records)
    check_references(records, commands)
    print("records", len(records))
    print("matches", len(matches))
    segments = check_store(f"{folder}/books", records, places)
    print("segments", segments or 0)
    check_balances(f"{folder}/books/balances", records, segments)
    print("access", len(read_access_log(folder)))
    return commands, records, entries


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
