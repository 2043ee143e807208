#!/usr/bin/env python3
"""Buys one lot of an instrument at the best offer and follows its market data.

Written from docs/WIRE.md, docs/FEED.md and schemas/karst/v1/*.proto alone, as an example for
clients in any language. It logs on with a key file, looks the instrument up, keeps its book (chain
and checksum), places an order, and waits for the Reply, the Fill and the print of the trade.

    apt-get install protobuf-compiler python3-protobuf python3-openssl python3-cryptography
    protoc -I schemas --python_out=build/python schemas/karst/v1/*.proto
    PYTHONPATH=build/python python3 gateway/client/python/first_trade.py \\
        --ca data/demo/ca.crt --key data/demo/me.key --symbol WEATHER-GZ
"""
import argparse
import binascii
import ipaddress
import re
import select
import socket
import struct
import sys
import time

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from OpenSSL import SSL

from karst.v1 import common_pb2, gateway_pb2, market_data_pb2

UNLIMITED = 2**64 - 1  # quantity of a posted offer


class KarstError(Exception):
    """The exchange, or what came from it, was not as it should be."""


def read_key_file(path):
    """The number and the Ed25519 secret in a key file (WIRE.md, "A key")."""
    with open(path, "rb") as file:
        text = file.read()
    number = re.match(rb"Karst-Key: (\d+)\n", text)
    pem = text[text.index(b"-----BEGIN PRIVATE KEY-----") :]
    return int(number[1]) if number else 0, serialization.load_pem_private_key(pem, None)


def log_on_statement(nonce, binding, key_id):
    """The bytes a log-on signs (WIRE.md, "Log-on")."""
    return b"karst log-on v1\0" + nonce + binding + struct.pack(">I", key_id)


class Connection:
    """One TLS connection with the exchange: frames in both directions."""

    def __init__(self, host, port, ca, server_name, timeout=10.0):
        context = SSL.Context(SSL.TLS_METHOD)
        context.set_min_proto_version(SSL.TLS1_3_VERSION)
        context.load_verify_locations(ca)
        context.set_verify(SSL.VERIFY_PEER, lambda *arguments: bool(arguments[-1]))
        self.socket = socket.create_connection((host, port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.tls = SSL.Connection(context, self.socket)
        self.tls.set_tlsext_host_name(server_name.encode())
        self.tls.set_connect_state()
        self.bytes = b""
        self._call(self.tls.do_handshake, time.monotonic() + timeout)
        self._check_name(server_name)

    def _call(self, function, end, *arguments):
        """Calls what may want to wait for the socket, until the time is over."""
        while True:
            try:
                return function(*arguments)
            except SSL.WantReadError:
                reads, writes = [self.socket], []
            except SSL.WantWriteError:
                reads, writes = [], [self.socket]
            left = end - time.monotonic()
            if left <= 0 or not any(select.select(reads, writes, [], left)):
                raise TimeoutError("the exchange says nothing")

    def _check_name(self, name):
        """pyOpenSSL checks who signed the certificate, but not whose it is."""
        certificate = self.tls.get_peer_certificate().to_cryptography()
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        addresses = map(str, names.get_values_for_type(x509.IPAddress))
        if name not in names.get_values_for_type(x509.DNSName) and name not in addresses:
            raise KarstError(f"the certificate is not that of {name}")

    def channel_binding(self):
        return self.tls.export_keying_material(b"EXPORTER-Channel-Binding", 32, None)

    def send(self, request, timeout=10.0):
        message = request.SerializeToString()
        data = struct.pack(">I", len(message)) + message
        end = time.monotonic() + timeout
        while data:
            data = data[self._call(self.tls.send, end, data) :]

    def receive(self, timeout=10.0):
        """The next Response."""
        end = time.monotonic() + timeout
        while True:
            if len(self.bytes) >= 4:
                (length,) = struct.unpack(">I", self.bytes[:4])
                if len(self.bytes) >= 4 + length:
                    message = self.bytes[4 : 4 + length]
                    self.bytes = self.bytes[4 + length :]
                    return gateway_pb2.Response.FromString(message)
            self.bytes += self._call(self.tls.recv, end, 65536)


class Channel:
    """The chain of one channel (FEED.md, "The chain")."""

    def __init__(self):
        self.sequence = None  # where it stands; None = wait for a snapshot

    def take(self, update):
        """"snapshot", "apply", "skip" or "gap"."""
        if update.snapshot:
            step = "snapshot"
        elif update.prev_seq == 0:
            step = "snapshot"  # it begins here, with an empty book
        elif self.sequence is None or update.sequence <= self.sequence:
            return "skip"
        elif update.prev_seq > self.sequence:
            self.sequence = None
            return "gap"
        else:
            step = "apply"
        if update.end_of_event:
            self.sequence = update.sequence
        return step


class Book:
    """The ten best levels of one instrument, from mbp-10."""

    def __init__(self):
        self.channel = Channel()
        self.parts = []
        self.bids, self.asks = {}, {}

    def take(self, update):
        """Returns whether the book is whole and right; False = parts are missing, or skipped."""
        step = self.channel.take(update)
        if step == "gap":
            raise KarstError("something is missing: subscribe again")
        if step == "skip":
            return False
        if step == "snapshot" and update.part == 0:
            self.bids, self.asks = {}, {}
        for side, levels in ((self.bids, update.bids), (self.asks, update.asks)):
            for level in levels:
                side[level.price_ticks] = (level.quantity_lots, level.orders)
                if level.quantity_lots == 0:
                    del side[level.price_ticks]
        if not update.end_of_event:
            return False
        if update.checksum != self.checksum():
            raise KarstError("the book is wrong: subscribe again")
        return True

    def checksum(self):
        bids = sorted(self.bids.items(), reverse=True)[:10]
        asks = sorted(self.asks.items())[:10]
        data = struct.pack("<II", len(bids), len(asks))
        for price, (quantity, orders) in bids + asks:
            data += struct.pack("<qQI", price, quantity, orders)
        return binascii.crc32(data)


class Session:
    """A log-on, and what comes and goes in it. One thread; everything goes through pump()."""

    def __init__(self, connection, key_id, secret):
        self.connection = connection
        self.last_request = 0
        self.replies, self.fills = {}, []
        self.definitions, self.states, self.books, self.trades = {}, {}, {}, {}
        self.subscribed = {}
        challenge = connection.receive().challenge
        if challenge.protocol != 1:
            raise KarstError(f"protocol {challenge.protocol}")
        request = self._request()
        statement = log_on_statement(challenge.nonce, connection.channel_binding(), key_id)
        request.log_on.key_id = key_id
        request.log_on.signature = secret.sign(statement)
        request.log_on.disconnect_grace_ns = 10 * 10**9
        request.log_on.follow_events = True
        connection.send(request)
        answer = connection.receive()
        if answer.HasField("reply"):
            raise KarstError(common_pb2.Code.Name(answer.reply.code))
        if not answer.HasField("logged_on"):
            raise KarstError(answer.logged_off.text)
        self.logged_on = answer.logged_on
        self.client_seq = self.logged_on.last_client_seq
        self.ping_at = time.monotonic()

    def _request(self):
        self.last_request += 1
        return gateway_pb2.Request(request_id=self.last_request)

    def command(self, command):
        """Sends a numbered command. Returns: its Reply, which means that it is on disk."""
        request = self._request()
        request.command.CopyFrom(command)
        request.command.client_seq = self.client_seq + 1
        self.connection.send(request)
        self.wait(lambda: request.request_id in self.replies)
        reply = self.replies.pop(request.request_id)
        if reply.sequence != 0 and not 1 <= reply.code <= 6:
            self.client_seq += 1  # else the number is still free
        return reply

    def subscribe(self, schemas, instruments=()):
        request = self._request()
        request.subscribe.schemas.extend(schemas)
        request.subscribe.instrument_ids.extend(instruments)
        self.connection.send(request)
        self.wait(lambda: request.request_id in self.subscribed)
        answer = self.subscribed.pop(request.request_id)
        if answer.code != common_pb2.CODE_OK:
            raise KarstError(common_pb2.Code.Name(answer.code))

    def wait(self, is_done, seconds=10.0):
        end = time.monotonic() + seconds
        while not is_done():
            if time.monotonic() > end:
                raise TimeoutError("that did not come")
            self.pump()

    def pump(self):
        """Takes one message of the exchange, whatever it is. It says something all the time."""
        if time.monotonic() > self.ping_at:
            request = self._request()
            request.ping.token = 1
            self.connection.send(request)
            self.ping_at += self.logged_on.limits.idle_timeout_ms / 3000
        message = self.connection.receive()
        kind = message.WhichOneof("body")
        if kind == "reply":
            self.replies[message.reply.request_id] = message.reply
        elif kind == "event" and message.event.HasField("fill"):
            self.fills.append(message.event.fill)
        elif kind == "market_data":
            self._take_market_data(message.market_data)
        elif kind == "logged_off":
            raise KarstError(f"logged off: {message.logged_off.text}")

    def _take_market_data(self, data):
        kind = data.WhichOneof("kind")
        if kind == "subscribed":
            self.subscribed[data.subscribed.request_id] = data.subscribed
        elif kind == "update":
            update = data.update
            if update.schema == market_data_pb2.FEED_SCHEMA_DEFINITION:
                self.definitions[update.instrument_id] = update.definition
            elif update.schema == market_data_pb2.FEED_SCHEMA_STATUS:
                self.states[update.instrument_id] = update.status.state
            elif update.schema == market_data_pb2.FEED_SCHEMA_MBP_10:
                self.books.setdefault(update.instrument_id, Book()).take(update)
            elif update.schema == market_data_pb2.FEED_SCHEMA_TRADES:
                chain, prints = self.trades.setdefault(update.instrument_id, (Channel(), []))
                step = chain.take(update)
                if step == "gap":
                    raise KarstError("trades are missing")
                if step == "apply":
                    prints += [(update.sequence, trade) for trade in update.trades]


def buy_one(session, instrument):
    """Takes one lot of the best ask. Returns: the Reply."""
    book = session.books[instrument]
    command = gateway_pb2.Command()
    order = command.place_order
    order.instrument_id = instrument
    order.side = common_pb2.SIDE_BUY
    order.limit_ticks = min(book.asks)
    order.quantity_lots = 1
    order.kind = common_pb2.ORDER_KIND_LIMIT
    order.time_in_force = common_pb2.TIME_IN_FORCE_IOC
    order.self_match = common_pb2.SELF_MATCH_CANCEL_NEWEST
    return session.command(command)


def is_printed(session, instrument, sequence):
    """Whether the feed has shown a trade of that command."""
    return any(sequence == it for it, _ in session.trades[instrument][1])


def find_open(session, symbol):
    """The lowest id of an open instrument of this symbol."""
    return min(
        (
            number
            for number, definition in session.definitions.items()
            if definition.symbol == symbol
            and session.states.get(number) == common_pb2.INSTRUMENT_STATE_OPEN
        ),
        default=None,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=7420)
    parser.add_argument("--server-name", default="localhost")
    parser.add_argument("--ca", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--symbol", required=True)
    parser.add_argument("--follow", type=float, default=0.0, help="seconds, after the trade")
    given = parser.parse_args()

    key_id, secret = read_key_file(given.key)
    connection = Connection(given.host, given.port, given.ca, given.server_name)
    session = Session(connection, key_id, secret)
    print(f"logged on: account {session.logged_on.account_id}, epoch {session.logged_on.epoch}")

    session.subscribe(
        [market_data_pb2.FEED_SCHEMA_DEFINITION, market_data_pb2.FEED_SCHEMA_STATUS]
    )
    session.wait(lambda: find_open(session, given.symbol) is not None)
    instrument = find_open(session, given.symbol)
    session.subscribe(
        [market_data_pb2.FEED_SCHEMA_MBP_10, market_data_pb2.FEED_SCHEMA_TRADES], [instrument]
    )
    session.wait(lambda: instrument in session.books and session.books[instrument].asks)
    print(f"instrument {instrument}: best ask {min(session.books[instrument].asks)}")

    for _ in range(20):  # the ask may be gone when the order comes
        reply = buy_one(session, instrument)
        if reply.code != common_pb2.CODE_OK:
            raise KarstError(common_pb2.Code.Name(reply.code))
        print(f"order {reply.order_id}: command {reply.sequence}, on disk")
        is_ours = lambda fill: fill.order_id == reply.order_id
        try:
            session.wait(lambda: any(map(is_ours, session.fills)), 2.0)
        except TimeoutError:
            continue
        fill = next(filter(is_ours, session.fills))
        print(f"filled {fill.quantity_lots} at {fill.price_ticks}, settlement {fill.settlement}")
        session.wait(lambda: is_printed(session, instrument, reply.sequence))
        print(f"the feed printed it at sequence {reply.sequence}")
        break
    else:
        raise KarstError("nothing was for sale")

    end = time.monotonic() + given.follow
    updates = 0
    while time.monotonic() < end:
        session.pump()
        updates += 1
    print(f"book right at sequence {session.books[instrument].channel.sequence}, {updates} more")


if __name__ == "__main__":
    try:
        main()
    except (KarstError, TimeoutError, OSError, SSL.Error) as error:
        sys.exit(f"first_trade: {error}")
