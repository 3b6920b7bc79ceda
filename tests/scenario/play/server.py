# SPDX-License-Identifier: Apache-2.0
"""server: the servers behind the gateway.  All of them live on one thread with one loop; a story, on the main thread,
sets how they behave, waits for what they have seen and makes them act."""
import asyncio
import socket
import struct
import threading
import time

from .messages import UNANSWERED, cut, response
from .words import PATIENCE, eventually, slow


class Backstage:
    """The thread that the servers run on."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def do(self, act):
        """Runs a function (or a coroutine) there and returns what it returns."""
        async def run():
            done = act()
            return await done if asyncio.iscoroutine(done) else done
        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(slow(PATIENCE))

    def end(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(PATIENCE)
        self.loop.close()


class Link(asyncio.Protocol):
    """One connection that the gateway has opened to a server."""

    def __init__(self, server):
        self.server = server
        self.received = bytearray()  # every byte since it opened
        self.rest = bytearray()      # what is not a whole message yet
        self.answers = []            # to the server's own requests
        self.requests = []
        self.pings = 0
        self.probed = False
        self.open = False
        self.clean = False           # it ended with FIN (or close_notify), not with a reset

    def connection_made(self, transport):
        self.transport = transport
        self.open = True
        tls = transport.get_extra_info("ssl_object")
        self.shown = (tls.getpeercert(binary_form=True) or None) if tls else None  # the gateway's own certificate
        self.sni = getattr(tls, "play_sni", None)
        self.resumed = bool(tls and tls.session_reused)
        self.server.links.append(self)

    def data_received(self, data):
        self.received += data
        self.rest += data
        while self.server.reads and (message := cut(self.rest)):
            self.take(message)

    def take(self, message):
        if message.keepalive:
            self.pings += 1
        elif message.status is not None:
            self.answers.append(message)
        elif message.is_probe:
            self.probed = True
            self.server.probes.append((time.monotonic(), message))
            self.answer(message, self.server.probe_answer, self.server.probe_delay)
        else:
            self.requests.append(message)
            self.server.requests.append(message)
            if message.method not in UNANSWERED:
                self.answer(message, self.server.answer, 0)

    def answer(self, message, make, delay):
        made = make(message) if make else None
        if made is not None:
            asyncio.get_running_loop().call_later(delay, self.write, bytes(made))

    def write(self, data):
        if self.open and not self.transport.is_closing():
            self.transport.write(data)

    def eof_received(self):
        self.clean = True
        return self.server.stays_half_open

    def connection_lost(self, error):
        self.open = False

    # What a story does, from the main thread.

    def send(self, *messages):
        data = b"".join(bytes(m) for m in messages)
        self.server.backstage.do(lambda: self.write(data))

    def ask(self, message):
        """Sends the server's own request to the client behind this link, and waits for the answer on this link."""
        self.send(message)
        return self.wait_answer(message)

    def wait_answer(self, message):
        def found():
            return next((a for a in self.answers if a.transaction == message.transaction and a.status >= 200), None)
        return eventually(found, f"{self.server.name} gets an answer to {message!r} on the link it asked on")

    def close(self):
        self.server.backstage.do(self.transport.close)

    def reset(self):
        self.server.backstage.do(lambda: reset(self.transport))

    def pause(self):
        """Reads no more: the kernel's buffers fill, then the gateway's."""
        self.server.backstage.do(self.transport.pause_reading)

    def resume(self):
        self.server.backstage.do(self.transport.resume_reading)

    def waiting(self):
        """Bytes that the kernel has not taken; inside TLS they wait in the transport below."""
        below = getattr(getattr(self.transport, "_ssl_protocol", None), "_transport", None)
        return sum(t.get_write_buffer_size() for t in (self.transport, below) if t)

    def wait_closed(self, what="the gateway closes the link", within=PATIENCE):
        eventually(lambda: not self.open, f"{what} (to {self.server.name})", within)


def reset(transport):
    underneath = transport.get_extra_info("socket")
    if underneath is not None and underneath.fileno() >= 0:  # the gateway may have been quicker
        underneath.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()


class SipServer:
    """A server: answers every request 200 and names itself in X-Server, until it is told otherwise."""
    link = Link  # what its connections are; a server with a mind of its own has its own

    def __init__(self, backstage, name, host, port, tls=None):
        self.backstage, self.name, self.host, self.port, self.tls = backstage, name, host, port, tls
        self.address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self.links = []     # all that there ever were
        self.requests = []  # all but probes
        self.probes = []    # (time, message)
        self.reads = True   # False: only counts bytes
        self.stays_half_open = False # True: goes on when the other end has said that no more will come
        self.probe_delay = 0
        self.answer = self.ok        # a function from a request to its answer; None: no answer
        self.probe_answer = self.ok
        self.listening = None
        self.machine = None          # where it stands; None: here, on loopback
        if tls:
            tls.sni_callback = lambda ssl_object, sni, _: setattr(ssl_object, "play_sni", sni)

    def ok(self, message):
        return response(message, server=self.name)

    def refuse(self, code, reason="No", more=()):
        return lambda message: response(message, code, reason, server=self.name, more=more)

    def listen(self):
        where = {"host": self.host, "port": self.port, "reuse_address": True}
        if self.machine:
            where = {"sock": self.machine.do(lambda: socket.create_server((self.host, self.port)))}

        async def begin():
            return await self.backstage.loop.create_server(lambda: self.link(self), ssl=self.tls, backlog=512, **where)
        self.listening = self.backstage.do(begin)
        return self

    def stop_listening(self):
        if self.listening:
            self.backstage.do(self.listening.close)
            self.listening = None

    def die(self):
        """As a process that is killed: nothing listens, every connection ends."""
        self.stop_listening()
        self.backstage.do(lambda: [link.transport.abort() for link in self.open_links])

    def fall_silent(self):
        """As a host that hangs: connections stand, nothing is answered."""
        self.answer = self.probe_answer = None

    @property
    def used(self):
        """The links that carried more than a probe, in the order in which they opened."""
        return [link for link in self.links if link.received and not link.probed]

    @property
    def open_used(self):
        return [link for link in self.used if link.open]

    @property
    def open_links(self):
        return [link for link in self.links if link.open]

    def link_of(self, message):
        """The link that a request (or its Call-ID) came by, once it has come."""
        call_id = getattr(message, "call_id", message)
        def found():
            return next((k for k in self.links if any(m.call_id == call_id for m in k.requests)), None)
        return eventually(found, f"{self.name} gets {call_id}")

    def got(self, call_id=None, method=None):
        return [m for m in list(self.requests) if call_id in (None, m.call_id) and method in (None, m.method)]

    def wait_request(self, call_id=None, method=None, n=1):
        eventually(lambda: len(self.got(call_id, method)) >= n,
                   f"{self.name} gets {n} request(s) {method or ''} {call_id or ''}")
        return self.got(call_id, method)[n - 1]
