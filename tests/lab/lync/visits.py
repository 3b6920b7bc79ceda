# SPDX-License-Identifier: Apache-2.0
"""visits: clients that come to an address of the gateway, each in its protocol, and what the server behind it saw."""
import os
import socket
import ssl
import struct
import subprocess

from play import Client, Failure, HttpClient, eventually, expect, request, slow
from play.mapper import BIND, BIND_ACK, EPM, NDR, Pdu, pdu
from play.udp import ALLOCATE, BINDING, COOKIE, UdpClient
from play.words import PATIENCE
from samba import CLIENT, PYTHON, SRVSVC
from stand_ins import Seen

REALM, MAPPED = 0x0014, 0x0020  # attributes of STUN (RFC 5389)


class Visit:
    """A request and its answer: `seen` is the server's word, `sent` and `got` count the client's bytes."""

    def __init__(self, source, seen, sent, got, certificate=None):
        self.source, self.seen, self.sent, self.got, self.certificate = source, seen, sent, got, certificate

    def __str__(self):
        seen = self.seen
        return f"{self.source} -> {seen.server}:{seen.port} as {seen.source}, {self.sent} and {self.got} bytes"


class Visitor:
    """Someone at a machine's address; `shows` is its certificate's file."""

    def __init__(self, deployment, machine, source, shows=None):
        self.deployment, self.machine, self.source, self.shows = deployment, machine, source, shows

    def connect(self, kind, to, name=None, tls=True):
        """A connection of the kind of client, that ends with the play."""
        context = self.context() if tls else None
        made = self.machine.do(lambda: kind(to, source=self.source, tls=context, sni=name))
        self.deployment.play.clients.append(made)
        return made

    def context(self):
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        made.load_verify_locations(self.deployment.trusted)
        if self.shows:
            made.load_cert_chain(f"{self.deployment.path(self.shows)}.pem", f"{self.deployment.path(self.shows)}.key")
        return made

    # ---- One request ----

    def sip(self, to, name, call_id=None):
        return self.ask_sip(self.connect(Client, to, name), call_id)

    def ask_sip(self, client, call_id=None):
        via = f"SIP/2.0/TLS {self.source}:5061;branch=z9hG4bK{os.urandom(4).hex()}"
        asked = request("SUBSCRIBE", call_id, contact=None, via=via)
        answer = client.ask(asked)
        expect(answer.status == 200, f"an answer to a request: {answer!r}")
        seen = Seen(answer.header("X-Seen"))
        return Visit(self.source, seen, len(asked.raw), len(answer.raw), client.server_certificate)

    def web(self, to, name, tls=True):
        return self.ask_web(self.connect(HttpClient, to, name, tls), name, tls)

    def ask_web(self, client, name, tls=True):
        asked = f"GET / HTTP/1.1\r\nHost: {name}\r\n\r\n".encode()
        answer = client.ask(asked)
        expect(answer.status == 200, f"an answer to a GET: {answer.start}")
        shown = client.server_certificate if tls else None
        return Visit(self.source, Seen(answer.text), len(asked), len(answer.raw) + answer.length, shown)

    def xmpp(self, to, name):
        """A partner's server: the stream is opened, and what follows comes back as it was sent."""
        client = self.connect(Client, to, tls=False)
        opening = f"<?xml version='1.0'?><stream:stream xmlns='jabber:server' to='{name}' version='1.0'>".encode()
        stanza = b"<presence from='romeo@partner.example'/>" + os.urandom(2000)
        client.send(opening)
        answer = client.read()
        while b"/>" not in answer:
            answer += client.read()
        client.send(stanza)
        back = b""
        while len(back) < len(stanza):
            more = client.read()
            expect(more, "the stream stands")
            back += more
        expect(back == stanza, "what the partner's server gets back is what it has sent")
        return Visit(self.source, Seen(answer.decode().replace("'", " ")), len(opening), len(answer))

    def rpc(self, to):
        """A bind that stands: its server and what that sees are told by the servers' own tables of connections."""
        client = self.connect(Client, to, tls=False)
        asked = bind(next(self.deployment.contexts))
        client.send(asked)
        got = Pdu(client.read())
        expect(got.kind == BIND_ACK, f"the endpoint mapper takes a bind: {got.raw}")
        found = eventually(lambda: self.deployment.connected(135, len(asked)),
                           f"a server has {len(asked)} bytes of {self.source}'s")
        return Visit(self.source, Seen(f"seen {found} {len(asked)} rpc"), len(asked), len(got.raw))

    def rpc_service(self, to):
        """An endpoint mapper is asked for a service, and that is called where it says: who answers, by its own name."""
        words = [PYTHON, CLIENT, to[0], SRVSVC, "3"]
        done = self.machine.do(lambda: subprocess.run(words, capture_output=True, text=True, timeout=slow(PATIENCE)))
        said = dict(line.split(" ", 1) for line in done.stdout.splitlines())
        if "name" not in said:
            raise Failure(f"the endpoint mapper's client says {done.stdout} {done.stderr}")
        expect(said["tower"].split()[0] == to[0], f"the tower names the gateway: {said['tower']}")
        return said["name"].lower()

    # ---- STUN ----

    def turn(self, to, transport):
        """Whose allocation it would be (its realm), and the address that it sees."""
        if transport == "udp":
            client = self.machine.do(lambda: UdpClient(to, self.source))
        else:
            client = self.machine.do(lambda: StunOverTcp(to, self.source))
        self.deployment.play.clients.append(client)
        return ask_turn(self.source, to, client)


def bind(count):
    """To the endpoint mapper, in so many contexts (C706 section 12.6.4.3)."""
    one = EPM.bytes_le + struct.pack("<I", 3) + NDR.bytes_le + struct.pack("<I", 2)
    all_of_them = b"".join(struct.pack("<HBx", n, 1) + one for n in range(count))
    return pdu(BIND, 1, struct.pack("<HHIB3x", 4280, 4280, 0, count) + all_of_them)


class StunOverTcp:
    def __init__(self, to, source):
        self.socket = socket.create_connection(to, slow(PATIENCE), source_address=(source, 0))

    def ask(self, data):
        self.socket.sendall(data)
        head = self.exactly(20)
        return head + self.exactly(struct.unpack("!H", head[2:4])[0])

    def exactly(self, n):
        data = b""
        while len(data) < n:
            more = self.socket.recv(n - len(data))
            if not more:
                raise Failure("the gateway closed a client's connection for media")
            data += more
        return data

    def close(self):
        self.socket.close()


def ask_turn(source, to, client):
    binding = struct.pack("!HHI", BINDING, 0, COOKIE) + os.urandom(12)
    allocate = struct.pack("!HHI", ALLOCATE, 8, COOKIE) + os.urandom(12) + struct.pack("!HHI", 0x0019, 4, 17 << 24)
    answers = [client.ask(data) for data in (binding, allocate)]
    host, port = mapped(attributes(answers[0])[MAPPED])
    realm = attributes(answers[1])[REALM].rstrip(b"\0").decode()
    seen = Seen(f"seen {realm} {to[1]} {host} {port} {len(binding + allocate)} stun")
    return Visit(source, seen, len(binding + allocate), sum(map(len, answers)))


def attributes(message):
    found, at = {}, 20
    while at + 4 <= len(message):
        kind, length = struct.unpack_from("!HH", message, at)
        found[kind] = message[at + 4:at + 4 + length]
        at += 4 + length + -length % 4
    return found


def mapped(value):
    """XOR-MAPPED-ADDRESS, of IPv4 (RFC 5389 section 15.2)."""
    port, host = struct.unpack("!HI", value[2:8])
    return socket.inet_ntoa(struct.pack("!I", host ^ COOKIE)), port ^ (COOKIE >> 16)
