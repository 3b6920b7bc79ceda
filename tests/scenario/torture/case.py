# SPDX-License-Identifier: Apache-2.0
"""case: one message and what is right to do with it.

A gateway judges what it uses: start line, framing, and the headers by which it finds the way.  What only the far end
can judge passes.  Transparent mode inserts nothing and uses less, so more passes it than a hop.
"""
from dataclasses import dataclass
from typing import Any

PASSES = "passes"    # the other end gets it untouched, and the answer to it comes back untouched
DROPPED = "dropped"  # the other end does not get it, and nobody is told
CLOSES = ("closes", None)  # no answer is possible: a close; of a datagram: dropped
# A number: this answer, and the connection goes on.


def closes(code):
    """This answer, then a close, for nobody knows where the next message begins."""
    return ("closes", code)


@dataclass(frozen=True)
class Case:
    name: str             # the RFC's
    section: str
    odd: str              # what is odd about it
    message: bytes        # a response has VIAS where the Via lines of what it answers belong
    transparent: Any
    hop: Any
    datagram: Any = None  # a hop over UDP, if that is another verdict
    first: int = 0        # a datagram with more than one message in it: how many bytes are heard
    stream: bytes = b""   # what else comes in a stream, and belongs to the message there

    @property
    def is_response(self):
        return self.message.startswith(b"SIP/")

    def over(self, mode, transport):
        """The verdict."""
        if mode == "transparent":
            return self.transparent
        if transport != "udp":
            return self.hop
        verdict = self.hop if self.datagram is None else self.datagram
        if isinstance(verdict, tuple):
            verdict = verdict[1] or DROPPED
        return verdict


def sip(head, body=b""):
    """The bytes of a message: lines end in CRLF, LENGTH is the number of bytes of the body, letters are UTF-8."""
    body = body.replace("\n", "\r\n").encode() if isinstance(body, str) else body
    lines = head.replace("\n", "\r\n").replace("LENGTH", str(len(body)))
    return lines.encode() + b"\r\n" + body
