# SPDX-License-Identifier: Apache-2.0
"""mapper: an endpoint mapper and its clients: just enough of connection-oriented DCE/RPC (C706 chapter 12) to ask it
where an interface is (ept_map) and to be told, in either byte order, in NDR and in NDR64, in one fragment or
several."""
import socket
import struct
import time
import uuid

from .client import Client
from .server import Link, SipServer
from .words import Failure, slow

REQUEST, RESPONSE, BIND, BIND_ACK = 0, 2, 11, 12
FIRST, LAST = 1, 2
CONNECT, SEALED = 2, 6  # levels of a verifier
NOT_REGISTERED = 0x16c9a0d6
EPM = uuid.UUID("e1af8308-5d1f-11c9-91a4-08002b14a0fa")
NDR = uuid.UUID("8a885d04-1ceb-11c9-9fe8-08002b104860")
NDR64 = uuid.UUID("71710533-beba-4937-8319-b5dbef9ccc36")
SERVICE = uuid.UUID("12345678-1234-abcd-ef00-0123456789ab")  # the interface that everybody asks for


def order(big):
    return ">" if big else "<"


def raw(value, big):
    return value.bytes if big else value.bytes_le


def pdu(kind, call, body, big=False, flags=FIRST | LAST, verifier=b"", level=CONNECT):
    """With a verifier it gets its header, and the padding before it."""
    if verifier:
        pad = -len(body) % 4
        body += bytes(pad) + bytes([10, level, pad, 0]) + bytes(4) + verifier
    return (struct.pack("4B", 5, 0, kind, flags) + (b"\0" if big else b"\x10") + bytes(3)
            + struct.pack(order(big) + "HHI", 16 + len(body), len(verifier), call) + body)


class Pdu:
    def __init__(self, data):
        self.raw = bytes(data)
        self.kind, self.flags = data[2], data[3]
        self.big = data[4] & 0xf0 == 0
        self.call = struct.unpack_from(order(self.big) + "I", data, 12)[0]
        auth = struct.unpack_from(order(self.big) + "H", data, 10)[0]
        end = len(data) - (8 + auth if auth else 0)
        self.body = self.raw[16:end - (self.raw[end + 2] if auth else 0)]

    def number(self, form, at):
        return struct.unpack_from(order(self.big) + form, self.body, at)[0]


def cut_pdu(rest):
    """Takes the first whole PDU off a bytearray; None: it is not there yet."""
    if len(rest) < 16:
        return None
    length = struct.unpack_from(order(rest[4] & 0xf0 == 0) + "H", rest, 8)[0]
    if len(rest) < length:
        return None
    data = rest[:length]
    del rest[:length]
    return Pdu(data)


# ---- Towers ----

def floor(left, right):
    return struct.pack("<H", len(left)) + left + struct.pack("<H", len(right)) + right


def syntax(interface, major):
    return floor(b"\x0d" + interface.bytes_le + struct.pack("<H", major), bytes(2))


def tower(host, port, interface=SERVICE):
    """ncacn_ip_tcp:host[port]"""
    return (struct.pack("<H", 5) + syntax(interface, 1) + syntax(NDR, 2) + floor(b"\x0b", bytes(2))
            + floor(b"\x07", struct.pack(">H", port)) + floor(b"\x09", socket.inet_aton(host)))


def place(data):
    """(host, port) of a tower."""
    return socket.inet_ntoa(data[-4:]), struct.unpack(">H", data[-11:-9])[0]


def pad_to(data, size):
    return data + bytes(-len(data) % size)


def answer_stub(towers, status, big, wide):
    word, size = (order(big) + "Q", 8) if wide else (order(big) + "I", 4)
    stub = pad_to(bytes(20) + struct.pack(order(big) + "I", len(towers)), size)
    stub += b"".join(struct.pack(word, n) for n in (max(4, len(towers)), 0, len(towers), *range(1, len(towers) + 1)))
    for data in towers:
        stub = pad_to(stub, size) + struct.pack(word, len(data)) + struct.pack(order(big) + "I", len(data)) + data
    return pad_to(stub, 4) + struct.pack(order(big) + "I", status)


def read_answer(stub, big, wide):
    """(towers, status)"""
    word, size = (order(big) + "Q", 8) if wide else (order(big) + "I", 4)
    count = struct.unpack_from(order(big) + "I", stub, 20)[0]
    at, towers = 24 + (3 + count) * size, []
    for _ in range(count):
        at += -at % size + size
        length = struct.unpack_from(order(big) + "I", stub, at)[0]
        towers.append(stub[at + 4:at + 4 + length])
        at += 4 + length
    return towers, struct.unpack_from(order(big) + "I", stub, at + -at % 4)[0]


def question_stub(interface, big):
    data = tower("0.0.0.0", 0, interface)
    numbers = (0, 1, len(data), len(data))
    return struct.pack(order(big) + "4I", *numbers) + pad_to(data, 4) + bytes(20) + struct.pack(order(big) + "I", 4)


# ---- The two sides ----

class MapperLink(Link):
    wide = False

    def data_received(self, data):
        self.received += data
        self.rest += data
        while got := cut_pdu(self.rest):
            if got.kind == BIND:
                self.write(self.bound(got))
            elif got.kind == REQUEST:
                self.asked(got)

    def bound(self, got):
        """Takes the last transfer syntax of the one context."""
        offered = got.body[-20:]
        self.wide = offered[:16] == raw(NDR64, got.big)
        head = struct.pack(order(got.big) + "HHI", 4280, 4280, 1) + struct.pack(order(got.big) + "H", 4) + b"135\0"
        return pdu(BIND_ACK, got.call, pad_to(head, 4) + b"\1\0\0\0" + bytes(4) + offered, got.big)

    def asked(self, got):
        interface = got.body[8 + 16 + 2 + 3:][:16]
        known = interface == SERVICE.bytes_le and self.server.ports
        stub = answer_stub([tower(self.server.host, port) for port in self.server.ports] if known else [],
                           0 if known else NOT_REGISTERED, got.big, self.wide)
        pieces = [stub[at:at + self.server.fragment] for at in range(0, len(stub), self.server.fragment)]
        for n, piece in enumerate(pieces):
            flags = (FIRST if n == 0 else 0) | (LAST if n == len(pieces) - 1 else 0)
            self.write(pdu(RESPONSE, got.call, struct.pack(order(got.big) + "IHH", len(piece), 0, 0) + piece, got.big,
                           flags, self.server.verifier, self.server.level))


class Mapper(SipServer):
    """An endpoint mapper that knows one interface, at these ports."""
    link = MapperLink

    def __init__(self, *words, **more):
        super().__init__(*words, **more)
        self.ports, self.fragment, self.verifier, self.level = [], 4096, b"", CONNECT


class MapperClient(Client):
    def receive_pdu(self):
        end = time.monotonic() + slow(10)
        while not (got := cut_pdu(self.rest)):
            data = self.read()
            if not data or time.monotonic() > end:
                raise Failure(f"no answer to a PDU, only {bytes(self.rest)!r}")
            self.rest += data
        return got

    def bind(self, big=False, wide=False):
        self.big, self.wide = big, wide
        offer = raw(EPM, big) + struct.pack(order(big) + "I", 3) + raw(NDR64 if wide else NDR, big) + \
            struct.pack(order(big) + "I", 1 if wide else 2)
        body = struct.pack(order(big) + "HHI", 4280, 4280, 0) + b"\1\0\0\0" + bytes(2) + b"\1\0" + offer
        self.send(pdu(BIND, 1, body, big))
        got = self.receive_pdu()
        if got.kind != BIND_ACK:
            raise Failure(f"no bind_ack but {got.raw!r}")
        return self

    def map(self, interface=SERVICE, call=2):
        """([(host, port)...], status) of an ept_map; the answer's PDUs stay in .answer."""
        head = struct.pack(order(self.big) + "IHH", 0, 0, 3)
        self.send(pdu(REQUEST, call, head + question_stub(interface, self.big), self.big))
        self.answer = [self.receive_pdu()]
        while not self.answer[-1].flags & LAST:
            self.answer.append(self.receive_pdu())
        towers, status = read_answer(b"".join(p.body[8:] for p in self.answer), self.big, self.wide)
        return [place(t) for t in towers], status


def mapper(play, name, port=135):
    """One more server of the play, which listens."""
    made = Mapper(play.backstage, name, play.host(11 + len(play.servers)), port)
    play.servers.append(made)
    return made.listen()


def mapper_client(play, **words):
    made = MapperClient(play.gateways[-1].address)
    play.clients.append(made)
    return made.bind(**words)
