# SPDX-License-Identifier: Apache-2.0
"""udp: clients and servers that speak datagrams, and the few of STUN's words that they need."""
import os
import socket
import struct
import time

from .words import PATIENCE, Failure, eventually, slow

BINDING, ALLOCATE, REFRESH, INDICATION, SUCCESS = 0x0001, 0x0003, 0x0004, 0x0011, 0x0101
COOKIE = 0x2112A442
SOFTWARE = 0x8022
IP_PKTINFO = 8
BUFFER = 4 << 20  # bytes; bursts are for the gateway to lose, not for the play

# What a pool behind a UDP listener is watched by.
MONITOR = 'monitor = { plugin = "stun", transport = "udp", interval = "300ms", timeout = "1s" },'


def stun(kind, text="play", identity=None):
    """A message with its text in SOFTWARE; a probe of the gateway's has no attribute."""
    value = text.encode()
    attribute = struct.pack("!HH", SOFTWARE, len(value)) + value + bytes(-len(value) % 4) if value else b""
    return struct.pack("!HHI", kind, len(attribute), COOKIE) + (identity or os.urandom(12)) + attribute


def channel(data, number=0x4000):
    return struct.pack("!HH", number, len(data)) + data


def is_probe(data):
    """A Binding request and nothing else, with the cookie or without."""
    return len(data) == 20 and data[:4] == b"\0\1\0\0"


def udp_socket(host):
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    return made


class UdpClient:
    """A client's socket.  It is not connected, so that it sees where an answer comes from."""

    def __init__(self, address, source=None):
        self.address = address
        self.socket = udp_socket(address[0])
        if source:
            self.socket.bind((source, 0))

    def send(self, *datagrams, to=None):
        for data in datagrams:
            self.socket.sendto(data, to or self.address)

    def read(self, within=PATIENCE, at=None):
        """The next datagram, which must come from the address that was sent to."""
        self.socket.settimeout(slow(within))
        try:
            data, origin = self.socket.recvfrom(1 << 16)
        except socket.timeout:
            raise Failure(f"no datagram came within {slow(within):g} s") from None
        if origin[:2] != (at or self.address):
            raise Failure(f"the datagram came from {origin[:2]}, and was asked of {at or self.address}")
        return data

    def ask(self, data=b"who?", to=None):
        self.send(data, to=to)
        return self.read(at=to)

    def silent(self, seconds=0.3):
        """Whether nothing comes for so long."""
        self.socket.settimeout(seconds)
        try:
            return not self.socket.recvfrom(1 << 16)
        except socket.timeout:
            return True

    def close(self):
        self.socket.close()


class Flood:
    """Datagrams from one new address after the other (127.128.0.0 and on), all from one socket: each names its own."""

    def __init__(self, address):
        self.address, self.next = address, 0x7F800000
        self.socket = udp_socket("0.0.0.0")
        self.socket.bind(("0.0.0.0", 0))

    def send(self, sources, data=b"flood"):
        for source in range(self.next, self.next + sources):
            info = struct.pack("!iIi", 0, source, 0)  # struct in_pktinfo: the middle is the source
            self.socket.sendmsg([data], [(socket.IPPROTO_IP, IP_PKTINFO, info)], 0, self.address)
        self.next += sources

    def close(self):
        self.socket.close()


class UdpServer:
    """Answers the gateway's probes as a STUN server, and everything else with its own name and what was asked, until it
    is told otherwise.  Its socket is its own: asyncio's do not send empty datagrams."""

    def __init__(self, backstage, name, host, port):
        self.backstage, self.name, self.host, self.port = backstage, name, host, port
        self.address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self.received = []         # (source, datagram), all but probes
        self.probes = []           # (time, datagram)
        self.keep = None           # a function from a datagram to whether it goes to `received`; None: all do
        self.answer = self.named   # a function from a datagram to its answer; None: no answer
        self.answers_probes = True
        self.socket = None

    def named(self, data):
        return f"{self.name} ".encode() + data

    @staticmethod
    def echo(data):
        return data

    def listen(self):
        self.socket = udp_socket(self.host)
        self.socket.setblocking(False)
        self.socket.bind((self.host, self.port))
        self.backstage.do(lambda: self.backstage.loop.add_reader(self.socket, self.take_all))
        return self

    def die(self):
        """As a process that is killed: ICMP answers for it."""
        if self.socket:
            self.backstage.do(lambda: self.backstage.loop.remove_reader(self.socket))
            self.socket.close()
            self.socket = None

    def fall_silent(self):
        """As a host that hangs."""
        self.answer, self.answers_probes = None, False

    def take_all(self):
        try:
            while True:
                self.take(*self.socket.recvfrom(1 << 16))
        except BlockingIOError:
            pass

    def take(self, data, source):
        if is_probe(data):
            self.probes.append((time.monotonic(), data))
            if self.answers_probes:
                self.socket.sendto(struct.pack("!HH", SUCCESS, 0) + data[4:], source)
            return
        if not self.keep or self.keep(data):
            self.received.append((source, data))
        made = self.answer(data) if self.answer else None
        if made is not None:
            self.socket.sendto(made, source)

    @property
    def datagrams(self):
        return [data for _, data in list(self.received)]

    @property
    def sources(self):
        """The gateway's sockets that have sent here: one for each flow."""
        return {source for source, _ in list(self.received)}

    # What a story does, from the main thread.

    def send(self, source, *datagrams):
        self.backstage.do(lambda: [self.socket.sendto(data, source) for data in datagrams])

    def wait_datagrams(self, n):
        eventually(lambda: len(self.received) >= n, f"{self.name} gets {n} datagram(s)")
        return self.datagrams
