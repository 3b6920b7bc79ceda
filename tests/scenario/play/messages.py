# SPDX-License-Identifier: Apache-2.0
"""messages: SIP text for the peers, made and cut here and nowhere else.  It is deliberately not the gateway's code."""
import itertools
import os
import re

COMPACT = {"i": "call-id", "v": "via", "f": "from", "t": "to", "l": "content-length", "m": "contact",
           "c": "content-type", "k": "supported", "e": "content-encoding", "s": "subject"}
OURS = "@play"  # how the Call-IDs of the play end; others are probes'
UNANSWERED = ("ACK", "BENOTIFY")
numbers = itertools.count(1)


class Message:
    """One message as it was on the wire (`raw`), and a way to read it."""

    def __init__(self, raw):
        self.raw = bytes(raw)
        head, _, self.body = self.raw.partition(b"\r\n\r\n")
        lines = re.sub(r"\r\n[ \t]+", " ", head.decode("latin-1")).split("\r\n")
        self.start = lines[0]
        pairs = (line.partition(":") for line in lines[1:] if line)
        self.headers = [(name.strip(), value.strip()) for name, _, value in pairs]

    def all(self, name):
        name = name.lower()
        return [v for n, v in self.headers if COMPACT.get(n.lower(), n.lower()) == name]

    def header(self, name):
        values = self.all(name)
        return values[0] if values else None

    @property
    def keepalive(self):
        return not self.raw.strip()

    @property
    def status(self):
        """None for a request."""
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0 ") else None

    @property
    def method(self):
        """Of a response: the method that it answers."""
        return self.start.split()[0] if self.status is None else (self.header("CSeq") or "? ?").split()[-1]

    @property
    def call_id(self):
        return self.header("Call-ID")

    @property
    def transaction(self):
        cseq = re.match(r"\d+", self.header("CSeq") or "")
        return (self.call_id, cseq and cseq.group(), self.header("Via"))

    @property
    def server(self):
        """Which of the play's servers wrote it."""
        return self.header("X-Server")

    @property
    def is_probe(self):
        return not (self.call_id or OURS).endswith(OURS)

    def __bytes__(self):
        return self.raw

    def __repr__(self):
        return f"<{self.start or 'keep-alive'}; Call-ID {self.call_id}; {len(self.raw)} bytes>"


def cut(buffer):
    """Takes the first message off a bytearray; None: it is not whole yet."""
    if buffer.startswith(b"\r\n"):
        n = 4 if buffer.startswith(b"\r\n\r\n") else 2
    else:
        end = buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        n = end + 4 + int(Message(buffer[:end + 4]).header("Content-Length") or 0)
    if len(buffer) < n:
        return None
    message = Message(buffer[:n])
    del buffer[:n]
    return message


def new_call_id():
    return f"{next(numbers)}.{os.getpid()}{OURS}"


def build(start, headers, body):
    """None as a header's value leaves it out."""
    lines = [start] + [f"{n}: {v}" for n, v in headers if v is not None]
    return Message("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)


def request(method="OPTIONS", call_id=None, cseq=1, uri="sip:bob@example.test", to="<sip:bob@example.test>",
            sender="<sip:alice@example.test>;tag=a1", via=None, contact="<sip:alice@192.0.2.1>", more=(), body=b"",
            length=True, version="SIP/2.0"):
    """Plain SIP, as any phone writes it.  `more` are further headers, pairs of name and value."""
    n = next(numbers)
    return build(f"{method} {uri} {version}", [
        ("Via", via or f"SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK{n}"),
        ("Max-Forwards", "70"),
        ("From", sender),
        ("To", to),
        ("Call-ID", call_id or new_call_id()),
        ("CSeq", f"{cseq} {method}"),
        ("Contact", contact),
        *more,
        ("Content-Length", str(len(body)) if length else None)], body)


LYNC = "<sip:192.0.2.1:50000;transport=tls;ms-opaque=d3470f2e1d>;proxy=replace"


def lync(method="REGISTER", call_id=None, cseq=1, more=(), body=b"", **words):
    """As a Lync client writes it: no branch, a small tls, an epid, Contact with proxy=replace."""
    return request(method, call_id, cseq, via="SIP/2.0/tls 192.0.2.1:50000",
                   sender="<sip:alice@example.test>;tag=a1;epid=0123456789", contact=LYNC,
                   more=[("Proxy-Require", "ms-feature"), *more], body=body, **words)


def in_dialog(method, answer, cseq):
    """The client's next request in the dialog that `answer` (a 200 that it got) made."""
    return request(method, answer.call_id, cseq, to=answer.header("To"), sender=answer.header("From"))


def ack_of(answer):
    return in_dialog("ACK", answer, answer.header("CSeq").split()[0])


def response(asked, code=200, reason="OK", server=None, more=(), body=b""):
    """Answers the message `asked`."""
    to = asked.header("To")
    return build(f"SIP/2.0 {code} {reason}", [
        *[("Via", v) for v in asked.all("Via")],
        ("From", asked.header("From")),
        ("To", to if ";tag=" in to else f"{to};tag=b{server or 'x'}"),
        ("Call-ID", asked.call_id),
        ("CSeq", asked.header("CSeq")),
        ("X-Server", server),
        *more,
        ("Content-Length", str(len(body)))], body)
