# SPDX-License-Identifier: Apache-2.0
"""client: one connection to the gateway, driven step by step from the story's own thread."""
import socket
import ssl
import struct
import time

from .messages import cut, response
from .words import PATIENCE, Failure, slow


class Client:
    def __init__(self, address, source=None, tls=None, sni=None, session=None, receive_buffer=None, preface=b"",
                 port=0):
        """`tls` is a context of certificates.for_client(); `sni` the name that is asked for; `preface` is sent ahead of
        TLS; `port` is the source's."""
        self.rest = bytearray()
        self.waiting = []      # messages that came while another was waited for
        self.received = 0      # bytes
        self.socket = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
        self.socket.settimeout(slow(PATIENCE))
        try:
            if receive_buffer:
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            if source:
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1 if port else 0)
                self.socket.bind((source, port))
            self.socket.connect(address)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.socket.sendall(preface)
            if tls:
                self.socket = tls.wrap_socket(self.socket, server_hostname=sni, session=session)
        except BaseException:
            self.socket.close()
            raise

    # ---- Sending ----

    def send(self, *messages):
        self.socket.sendall(b"".join(bytes(m) for m in messages))

    def send_in_pieces(self, data, size, pause=0.0):
        """Cuts the bytes so that each piece is a segment (and a TLS record) of its own."""
        for at in range(0, len(data), size):
            self.socket.sendall(data[at:at + size])
            if pause:
                time.sleep(pause)

    def finish(self):
        """Says that no more will come."""
        self.socket.shutdown(socket.SHUT_WR)

    def close(self):
        self.socket.close()

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    # ---- Receiving ----

    def read(self, within=PATIENCE):
        """Some bytes; b"" at the end, however it came."""
        self.socket.settimeout(slow(within))
        try:
            data = self.socket.recv(65536)
        except (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return b""
        except ssl.SSLError as error:
            if "alert" in str(error).lower():
                return b""
            raise
        self.received += len(data)
        return data

    def receive(self, keepalive=False, within=PATIENCE):
        """The next message; keep-alives are skipped unless asked for."""
        if self.waiting:
            return self.waiting.pop(0)
        while True:
            message = cut(self.rest)
            if message is None:
                try:
                    data = self.read(within)
                except TimeoutError:
                    raise Failure(f"the client got no message within {slow(within):g} s, only "
                                  f"{bytes(self.rest[:200])!r}") from None
                if not data:
                    raise Failure(f"the gateway closed the client's connection, after {bytes(self.rest[:200])!r}")
                self.rest += data
            elif keepalive or not message.keepalive:
                return message

    def ask(self, message, final=True):
        """Sends a request and waits for its (final) answer; what else comes is kept for `receive`."""
        self.send(message)
        return self.wait_answer(message, final)

    def wait_answer(self, message, final=True):
        others = []
        while True:
            got = self.receive()
            same = (got.call_id, got.header("CSeq")) == (message.call_id, message.header("CSeq"))
            if got.status is not None and same and (got.status >= 200 or not final):
                self.waiting[:0] = others
                return got
            others.append(got)

    def answer(self, message, code=200, reason="OK", **words):
        self.send(response(message, code, reason, **words))

    def ended(self, within=PATIENCE):
        """Waits for the gateway to close; returns what came before that."""
        came = bytearray(self.rest)
        while True:
            try:
                data = self.read(within)
            except TimeoutError:
                raise Failure(f"the gateway did not close the client's connection within {slow(within):g} s") from None
            if not data:
                return bytes(came)
            came += data

    def is_open(self, watched=0.2):
        """Nothing has closed it, and nothing closes it for a while."""
        self.socket.settimeout(watched)
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            return True
        except OSError:
            return False
        self.rest += data
        return bool(data)

    # ---- TLS ----

    @property
    def server_certificate(self):
        return self.socket.getpeercert(binary_form=True)
