# SPDX-License-Identifier: Apache-2.0
"""http: a web server on the backstage that behaves as a story says, and a client that sends bytes and reads answers
exactly.

Both take nothing for granted: heads are taken apart here, byte for byte, and what does not follow RFC 9112 to the
letter is a failure of the story.  What a server does with a request is a list of steps: bytes, seconds to wait, an
iterator of bytes (written as fast as they are taken), CLOSE or RESET."""
import asyncio
import itertools
import re
import ssl
import zlib

from .client import Client
from .server import SipServer, reset
from .words import PATIENCE, Failure, eventually, slow

CLOSE, RESET = object(), object()
END = b"\r\n\r\n"
KEPT = 256 * 1024  # bytes of a body, or of a link, that are kept; the rest is only counted
NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
SIZE = re.compile(rb"[0-9A-Fa-f]{1,8}\Z")
REASONS = {100: "Continue", 101: "Switching Protocols", 103: "Early Hints", 200: "OK", 204: "No Content",
           304: "Not Modified", 401: "Unauthorized", 404: "Not Found", 503: "Service Unavailable"}


class Head:
    """A start line and fields, as they came; a body is counted and, if it is short, kept."""

    def __init__(self, raw):
        self.raw = raw
        start, *lines = raw[:-len(END)].decode("latin-1").split("\r\n")
        self.start = start
        self.fields = []
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon or not NAME.match(name.encode("latin-1")) or "\n" in line or "\r" in line or "\0" in line:
                raise Failure(f"a line that is no field: {line!r} in {raw!r}")
            self.fields.append((name, value.strip(" \t")))
        if "\n" in start or "\r" in start:
            raise Failure(f"a start line with a bare end of line: {start!r}")
        self.length, self.sum, self.body = 0, 0, bytearray()
        self.trailers, self.chunks = [], 0
        self.whole = False
        self.interim = []  # a final answer's: the 1xx that came before it

    def all(self, name):
        return [v for n, v in self.fields if n.lower() == name.lower()]

    def header(self, name):
        """The value of its only line, or None."""
        found = self.all(name)
        if len(found) > 1:
            raise Failure(f"{len(found)} lines {name}: {found}")
        return found[0] if found else None

    def tokens(self, name):
        return [t.strip().lower() for v in self.all(name) for t in v.split(",") if t.strip()]

    def add(self, data):
        self.length += len(data)
        self.sum = zlib.crc32(data, self.sum)
        self.body += data[:max(0, KEPT - len(self.body))]

    @property
    def text(self):
        return bytes(self.body).decode("latin-1")

    def framing(self):
        """("chunked", 0), ("length", n) or (None, 0); whoever is between must have left no doubt."""
        coding, lengths = self.tokens("Transfer-Encoding"), self.all("Content-Length")
        if coding and lengths:
            raise Failure(f"Transfer-Encoding and Content-Length together: {self.raw!r}")
        if coding:
            if coding != ["chunked"]:
                raise Failure(f"Transfer-Encoding: {coding}")
            return "chunked", 0
        if not lengths:
            return None, 0
        if len(lengths) > 1 or not re.fullmatch(r"[0-9]+", lengths[0]):
            raise Failure(f"Content-Length: {lengths}")
        return "length", int(lengths[0])


class Request(Head):
    def __init__(self, raw):
        super().__init__(raw)
        words = self.start.split(" ")
        if len(words) != 3 or words[2] not in ("HTTP/1.1", "HTTP/1.0"):
            raise Failure(f"a request line that is none: {self.start!r}")
        self.method, self.target, self.version = words
        if self.version == "HTTP/1.1" and len(self.all("Host")) != 1:
            raise Failure(f"{len(self.all('Host'))} lines Host: {raw!r}")
        self.link = None

    def how_long(self, _):
        kind, n = self.framing()
        return kind or "length", n


class Answer(Head):
    def __init__(self, raw):
        super().__init__(raw)
        match = re.fullmatch(r"(HTTP/1\.[01]) ([1-9][0-9][0-9]) ([^\r\n]*)", self.start)
        if not match:
            raise Failure(f"a status line that is none: {self.start!r}")
        self.version, self.status, self.reason = match[1], int(match[2]), match[3]

    def how_long(self, method):
        if method == "HEAD" or self.status < 200 or self.status in (204, 304):
            return "length", 0
        kind, n = self.framing()
        return kind or "until close", n


class Reader:
    """Cuts heads and bodies out of a stream, strictly."""

    def __init__(self, kind):
        self.kind, self.rest = kind, bytearray()
        self.head = None
        self.left, self.state = 0, None

    def begin(self):
        """The next head, if it is here."""
        end = self.rest.find(END)
        if end < 0:
            return None
        raw = bytes(self.rest[:end + len(END)])
        del self.rest[:len(raw)]
        self.head = self.kind(raw)
        return self.head

    def frame(self, method=None):
        self.state, self.left = self.head.how_long(method)
        if self.state == "chunked":
            self.state = "size"

    def take(self):
        """Moves what is here into the body; True: the message is whole."""
        while not self.head.whole:
            if not self.step():
                return False
        return True

    def step(self):
        if self.state == "length" and self.left == 0:
            self.head.whole = True
            return True
        if self.state in ("length", "data", "until close"):
            return self.some()
        line = self.line()
        if line is None:
            return False
        if self.state == "size":
            if not SIZE.match(line):
                raise Failure(f"a chunk's size: {line!r}")
            self.left = int(line, 16)
            self.state = "data" if self.left else "trailers"
            self.head.chunks += 1
        elif self.state == "after":
            if line:
                raise Failure(f"behind a chunk: {line!r}")
            self.state = "size"
        elif line:
            self.head.trailers.append(line.decode("latin-1"))
        else:
            self.head.whole = True
        return True

    def some(self):
        n = len(self.rest) if self.state == "until close" else min(self.left, len(self.rest))
        if not n:
            return False
        self.head.add(bytes(self.rest[:n]))
        del self.rest[:n]
        self.left -= n
        if self.state == "data" and not self.left:
            self.state = "after"
        return True

    def line(self):
        end = self.rest.find(b"\r\n")
        if end < 0:
            if len(self.rest) > 65536:
                raise Failure(f"a line without an end: {bytes(self.rest[:100])!r}")
            return None
        line = bytes(self.rest[:end])
        del self.rest[:end + 2]
        return line


# ---- Words for messages ----

def lines(fields):
    return "".join(f"{name}: {value}\r\n" for name, value in fields).encode("latin-1")


def ask(target="/", method="GET", host="web.test", more=(), body=None, version="HTTP/1.1"):
    """A request's bytes.  A body has its length said, unless `more` says how else it ends."""
    fields = [("Host", host)] if host is not None else []
    fields += list(more)
    if body is not None and not any(n.lower() in ("content-length", "transfer-encoding") for n, _ in fields):
        fields.append(("Content-Length", len(body)))
    return f"{method} {target} {version}\r\n".encode("latin-1") + lines(fields) + b"\r\n" + (body or b"")


def answer(status=200, body=b"", more=(), reason=None, length=True, version="HTTP/1.1"):
    """An answer's bytes; `length` False: nothing says how long it is, a number: that is said."""
    fields = list(more)
    if length is not False and status >= 200 and status not in (204, 304):
        fields.append(("Content-Length", len(body) if length is True else length))
    reason = REASONS.get(status, "No") if reason is None else reason
    return f"{version} {status} {reason}\r\n".encode("latin-1") + lines(fields) + b"\r\n" + body


def chunk(data):
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def chunked(*pieces, trailers=()):
    return b"".join(chunk(p) for p in pieces) + b"0\r\n" + lines(trailers) + b"\r\n"


CHUNKED = ("Transfer-Encoding", "chunked")


def blocks(total, size=65536):
    """An iterator of `total` bytes that are not all the same, for bodies that nobody wants to hold."""
    pattern = bytes(range(251)) * (size // 251 + 2)
    for n in itertools.count():
        if total <= 0:
            return
        yield pattern[n % 251:n % 251 + min(size, total)]
        total -= size


def sum_of(pieces):
    total = 0
    for piece in pieces:
        total = zlib.crc32(piece, total)
    return total


# ---- The server ----

class HttpLink(asyncio.Protocol):
    """One connection that the gateway has opened to a web server."""

    def __init__(self, server):
        self.server = server
        self.received = bytearray()  # the first KEPT bytes
        self.count = 0               # all of them
        self.requests = []
        self.open, self.clean, self.probed = False, False, False
        self.user = None             # who has signed in on it, for servers that ask
        self.reader = Reader(Request)
        self.raw = False             # upgraded: bytes and no more messages
        self.broken = None           # what was wrong with what came
        self.tail = bytearray()      # what came since it is raw

    def connection_made(self, transport):
        self.transport, self.open = transport, True
        self.may_write = asyncio.Event()
        self.may_write.set()
        tls = transport.get_extra_info("ssl_object")
        self.shown = (tls.getpeercert(binary_form=True) or None) if tls else None
        self.sni = getattr(tls, "play_sni", None)
        self.steps = asyncio.Queue()
        self.player = asyncio.get_running_loop().create_task(self.play())
        self.server.links.append(self)

    def data_received(self, data):
        self.count += len(data)
        self.received += data[:max(0, KEPT - len(self.received))]
        if self.raw:
            return self.take_raw(data)
        self.reader.rest += data
        try:
            self.messages()
        except Failure as failure:
            self.broken = str(failure)
            self.transport.abort()

    def messages(self):
        while not self.raw and self.server.reads:
            if not self.reader.head:
                if not self.reader.begin():
                    return
                self.headed()
            if not self.reader.take():
                return
            request, self.reader.head = self.reader.head, None
            if not self.server.answers_heads:
                self.answer(request)

    def headed(self):
        request = self.reader.head
        request.link = self
        self.reader.frame()
        self.requests.append(request)
        self.server.requests.append(request)
        if self.server.continues and request.header("Expect"):
            self.steps.put_nowait([answer(100)])
        if self.server.answers_heads:
            self.answer(request)

    def answer(self, request):
        made = self.server.answer(request) if self.server.answer else None
        if made is not None:
            self.steps.put_nowait([made] if isinstance(made, (bytes, bytearray)) else made)

    async def play(self):
        while True:
            for step in await self.steps.get():
                await self.act(step)

    async def act(self, step):
        if step is CLOSE:
            self.transport.close()
        elif step is RESET:
            reset(self.transport)
        elif isinstance(step, (int, float)):
            await asyncio.sleep(step)
        elif isinstance(step, asyncio.Event):
            await step.wait()
        else:
            for data in [step] if isinstance(step, (bytes, bytearray)) else step:
                if not self.open or self.transport.is_closing():
                    return
                self.transport.write(data)
                await self.may_write.wait()

    def pause_writing(self):
        self.may_write.clear()

    def resume_writing(self):
        self.may_write.set()

    def become_raw(self):
        """Behind a 101: what comes is the other protocol's."""
        self.raw = True
        rest, self.reader.rest = bytes(self.reader.rest), bytearray()
        if rest:
            self.take_raw(rest)

    def take_raw(self, data):
        self.tail += data
        if self.server.echoes:
            self.transport.write(data)

    def eof_received(self):
        self.clean = True

    def connection_lost(self, error):
        self.open = False
        self.may_write.set()
        self.player.cancel()

    # What a story does, from the main thread.

    def do(self, *steps):
        self.server.backstage.do(lambda: self.steps.put_nowait(list(steps)))

    def close(self):
        self.server.backstage.do(self.transport.close)

    def reset(self):
        self.server.backstage.do(lambda: reset(self.transport))

    def pause(self):
        self.server.backstage.do(self.transport.pause_reading)

    def resume(self):
        self.server.backstage.do(self.transport.resume_reading)

    def wait_closed(self, what="the gateway closes the link", within=PATIENCE):
        eventually(lambda: not self.open, f"{what} (to {self.server.name})", within)


class HttpServer(SipServer):
    """Answers every request 200, its own name in X-Server, and the method, target and length of what it got as body."""
    link = HttpLink

    def __init__(self, *words):
        super().__init__(*words)
        self.answers_heads = False  # True: answers when it has a head, whatever follows
        self.continues = False      # True: a request that expects it gets a 100
        self.echoes = False         # what it does when a link is raw

    def ok(self, request):
        return self.say(f"{request.method} {request.target} {request.length}\n".encode(), request)

    def say(self, body, request=None, status=200, more=()):
        made = answer(status, body, [("X-Server", self.name), *more])
        return made[:len(made) - len(body)] if request and request.method == "HEAD" else made

    def got(self, target=None, method=None):
        return [r for r in list(self.requests) if target in (None, r.target) and method in (None, r.method)]

    def wait_request(self, target=None, method=None, n=1, whole=True):
        eventually(lambda: len([r for r in self.got(target, method) if r.whole or not whole]) >= n,
                   f"{self.name} gets {n} request(s) {method or ''} {target or ''}")
        return self.got(target, method)[n - 1]

    def link_of(self, target):
        """The link that a request for this target came by, once it has come."""
        return self.wait_request(target, whole=False).link

    @property
    def used(self):
        return [link for link in self.links if link.count and not link.probed]

    def nothing_broken(self):
        """Everything that came was a message without a doubt."""
        for link in self.links:
            if link.broken:
                raise Failure(f"{self.name} got: {link.broken}")


# ---- The client ----

class HttpClient(Client):
    def __init__(self, *words, **more):
        super().__init__(*words, **more)
        self.reader = Reader(Answer)
        self.cut = False         # the last answer's body ended before its end
        self.was_reset = False   # the connection ended by a reset

    def get(self, target="/", method="GET", within=PATIENCE, **words):
        return self.ask(ask(target, method, **words), within)

    def ask(self, data, within=PATIENCE):
        """Sends a request's bytes and reads its answer."""
        self.send(data)
        return self.answer(data.split(b" ", 1)[0].decode("latin-1"), within=within)

    def answer(self, method="GET", within=PATIENCE, interim=False):
        """The next (final) answer, whole; `cut` tells of one that ended too soon.  Then and after one until close the
        connection is at its end."""
        before = []
        while True:
            head = self.head(within)
            if head.status >= 200 or head.status == 101 or interim:
                break
            before.append(head)
        head.interim = before
        self.reader.frame(method)
        if head.status == 101:
            head.whole = True
            return head
        self.cut = False
        while not self.reader.take():
            data = self.some(within)
            if not data:
                head.whole = self.reader.state == "until close" and not self.was_reset
                self.cut = not head.whole
                return head
            self.reader.rest += data
        return head

    def head(self, within=PATIENCE):
        """The next head, of whatever status."""
        while not self.reader.begin():
            data = self.some(within)
            if not data:
                raise Failure(f"the gateway closed the client's connection, after {bytes(self.reader.rest[:200])!r}")
            self.reader.rest += data
        return self.reader.head

    def read(self, within=PATIENCE):
        self.socket.settimeout(slow(within))
        try:
            data = self.socket.recv(65536)
        except ConnectionError:
            self.was_reset = True
            return b""
        except ssl.SSLError:
            return b""
        self.received += len(data)
        return data

    def some(self, within):
        try:
            return self.read(within)
        except TimeoutError:
            rest = bytes(self.reader.rest[:200])
            raise Failure(f"the client got no whole answer within {within:g} s, only {rest!r}") from None

    def stream(self, pieces):
        for piece in pieces:
            self.socket.sendall(piece)

    def ended(self, within=PATIENCE):
        self.rest, self.reader.rest = bytearray(self.reader.rest), bytearray()
        return super().ended(within)

    def refused(self, within=PATIENCE):
        """The answer to bad input, which must be the last: its status; the connection ends behind it."""
        head = self.answer(within=within)
        after = self.ended(within)
        if after:
            raise Failure(f"behind the {head.status}: {after!r}")
        return head.status
