# SPDX-License-Identifier: Apache-2.0
"""stage: a gateway in both modes over every transport, servers that mirror what they get, and how a case is played.

Every case has a connection of its own, and behind it goes a sentinel, an ordinary request: whatever comes before the
sentinel, at the server or at the client, belongs to the case.
"""
import re

from play import Failure, Message, SipServer, UdpClient, UdpServer, equal, expect, request
from play.messages import cut
from play.server import Link

from .case import DROPPED, PASSES

WITHIN = 4.0  # seconds for one answer
NAMES = re.compile(rb"(via|v|from|f|to|t|call-id|i|cseq)[ \t]*:", re.I)
LINE = re.compile(rb"[^\r\n]*(?:\r\n[ \t][^\r\n]*)*\r\n")  # with those folded into it
OUR_VIA = re.compile(rb"Via: SIP/2\.0/(?:UDP|TCP|TLS) [^;\r\n]+;[^\r\n]*branch=z9hG4bKlg[^\r\n]*\r\n")
# What a hop adds where it is missing, and where it is there.
ADDED = ((rb"Max-Forwards: 70\r\n", rb"\nMax-Forwards[ \t]*:"),
         (rb"Content-Length: \d+\r\n", rb"\n(Content-Length|l)[ \t]*:"))
TRANSPORTS = {"transparent": ("tcp", "tls"), "by-connection": ("tcp", "tls"), "hop": ("udp", "tcp", "tls")}
PORTS = {("transparent", "tcp"): 5060, ("transparent", "tls"): 5061, ("by-connection", "tcp"): 5062,
         ("by-connection", "tls"): 5063, ("hop", "tcp"): 5064, ("hop", "tls"): 5065, ("hop", "udp"): 5060}


def lines_of(raw):
    """(start line, header lines with their folds, body)"""
    head, _, body = raw.partition(b"\r\n\r\n")
    lines = LINE.findall(head + b"\r\n")
    return lines[0], lines[1:], body


def mirror(raw, start=b"SIP/2.0 200 OK\r\n", more=b"Content-Length: 0\r\n"):
    """The answer that copies what answers copy, byte for byte."""
    return start + b"".join(line for line in lines_of(raw)[1] if NAMES.match(line)) + more + b"\r\n"


def messages_of(data):
    """All the messages in these bytes."""
    rest, found = bytearray(data), []
    while rest:
        found.append(cut(rest).raw)
    return found


# ---- What a hop may change ----

def without_our_via(raw):
    """What the client sees of it, or of the answer to it."""
    start, lines, body = lines_of(raw)
    expect(lines and OUR_VIA.fullmatch(lines[0]), f"the first line is a Via of the gateway's: {raw[:200]!r}")
    return start + b"".join(lines[1:]) + b"\r\n" + body


def without_marks(raw):
    """Without received and rport in the topmost Via, and what they were."""
    start, lines, body = lines_of(raw)
    for n, line in enumerate(lines):
        if re.match(rb"(via|v)[ \t]*:", line, re.I):
            marks = re.findall(rb";(?:received=[^;,\s]*|rport(?:=\d*)?)", line)
            lines[n] = re.sub(rb";(?:received=[^;,\s]*|rport(?:=\d*)?)", b"", line)
            return start + b"".join(lines) + b"\r\n" + body, marks
    return raw, []


def one_hop_less(raw):
    """With Max-Forwards as it is one hop on."""
    def less(found):
        return found.group(1) + b"%d" % (int(found.group(2)) - 1)
    return re.sub(rb"(\nMax-Forwards[ \t]*:[ \t]*)(\d+)", less, raw, count=1, flags=re.I)


def untouched(mode, sent, arrived, source):
    """Fails unless what arrived is what was sent, but for what a hop has to change."""
    if mode != "hop":
        equal(arrived, sent, "the message at the other end")
        return
    for line, there in ADDED:
        if not re.search(there, sent, re.I):
            arrived, found = re.subn(line, b"", arrived, count=1)
            equal(found, 1, f"a line {line} where there was none")
    clean, marks = without_marks(without_our_via(arrived))
    equal(clean, without_marks(one_hop_less(sent))[0], "the message at the other end")
    expect(b";received=" + source.encode() in marks, f"received={source} in the topmost Via, not {marks}")


# ---- The servers ----

class Tape(Link):
    """Hands every message to the stage."""

    def take(self, message):
        made = None if message.keepalive else self.server.answer(message)
        if made:
            self.write(made)


class TapeServer(SipServer):
    link = Tape


# ---- The clients ----

class Stream:
    def __init__(self, stage, mode, transport):
        tls = stage.play.certificates.for_client() if transport == "tls" else None
        self.client = stage.play.client(address=stage.address(mode, transport), tls=tls,
                                        sni="pool.test" if tls else None)
        self.send, self.close = self.client.send, self.client.close
        self.source = self.client.socket.getsockname()[0]

    def receive(self):
        return self.client.receive(within=WITHIN)

    def take(self, n):
        """So many bytes."""
        came = b""
        while len(came) < n and (data := self.client.read(WITHIN)):
            came += data
        return came

    def ended(self):
        came = self.client.ended(within=WITHIN)
        return Message(came) if came else None


class Datagrams:
    """One socket for all cases, at the port that their Vias name."""

    def __init__(self, stage):
        self.client = UdpClient(stage.address("hop", "udp"))
        self.source = stage.play.host(50)
        self.client.socket.bind((self.source, 5060))
        stage.play.clients.append(self.client)

    def send(self, data):
        self.client.send(bytes(data))

    def receive(self):
        return Message(self.client.read(within=WITHIN))

    def close(self):
        pass


# ---- The stage ----

def place(host, port):
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class Stage:
    transports = TRANSPORTS

    def __init__(self, play, modes, hop="", servers=None):
        """`hop` are further options of hop mode, `servers` other servers than the mirror."""
        self.play, self.modes, self.hop = play, modes, hop
        self.arrived = []     # every request at the servers
        self.answers = []     # to requests of the servers'
        self.responding = {}  # Call-ID: the response case that answers it
        self.piece = 0        # a stream's messages are sent in pieces of so many bytes; 0: whole
        self.answer = None    # a function from a message to the answer's bytes; None: what it is without
        host = play.host(11)
        self.server = TapeServer(play.backstage, "mirror", host, 5060)
        self.server.answer = self.take
        play.servers.append(self.server.listen())
        self.ways = [(mode, transport) for mode in modes for transport in self.transports[mode]]
        if ("hop", "udp") in self.ways:
            self.udp_server = UdpServer(play.backstage, "mirror-udp", host, 5060)
            self.udp_server.answer = lambda data: self.take(Message(data))
            play.servers.append(self.udp_server.listen())
        self.gateway = play.gateway_of(self.config(servers or [self.server.address]))
        for mode in modes:
            self.gateway.wait_open(mode)
        self.datagrams = Datagrams(self) if ("hop", "udp") in self.ways else None

    def config(self, servers):
        options = {"transparent": 'route = "message"', "by-connection": 'route = "connection"',
                   "hop": f'mode = "hop", first_answer = "32s", {self.hop}'}
        names = ", ".join(f'"{s}"' for s in servers)
        words = self.play.certificates.word("pool") + f"""
gateway {{ workers = 2, log = "info", control = "control", drain = "100ms" }}
pool "farm" {{ servers = {{ {names} }}, monitor = false }}
"""
        for mode in self.modes:
            binds = ", ".join(f'"{t}:{place(*self.address(mode, t))}"' for t in self.transports[mode])
            tls = 'tls = "pool", ' if "tls" in self.transports[mode] else ""
            words += f"""listener "{mode}" {{ plugin = "sip", bind = {{ {binds} }}, {tls}pool = "farm",
	options = {{ {options[mode]} }} }}
"""
        return words

    def take(self, message):
        """On the servers' thread: keeps a message and answers it."""
        if message.status is not None:
            self.answers.append(message)
            return None
        self.arrived.append(message.raw)
        if message.method == "ACK":
            return None
        if self.answer:
            return self.answer(message)
        case = self.responding.get(message.call_id)
        if not case:
            return mirror(message.raw)
        vias = b"".join(line for line in lines_of(message.raw)[1] if re.match(rb"via:", line, re.I))
        return case.message.replace(b"VIAS\r\n", vias)

    def address(self, mode, transport):
        """Where the gateway listens."""
        return self.play.host(1), PORTS[mode, transport]

    def counted(self, name, mode="hop"):
        return self.gateway.listener(mode)["counters"][name]

    def open(self, mode, transport):
        return self.datagrams if transport == "udp" else Stream(self, mode, transport)

    def expect_arrived(self, mode, sent, raw, answer, client, what):
        """A message came as it should, and so did the answer to it."""
        try:
            untouched(mode, sent, raw, client.source)
        except Failure as failure:
            raise Failure(f"{what}: {failure}") from None
        equal(answer.raw, mirror(without_our_via(raw) if mode == "hop" else raw), f"{what}: the answer at the client")

    def say(self, transport, data):
        """A server's own message, on the link that the last request of a client with this transport came by."""
        if transport == "udp":
            self.udp_server.send(self.udp_server.received[-1][0], bytes(data))
        else:
            self.server.links[-1].send(data)

    # ---- One case ----

    def try_case(self, case, mode, transport):
        verdict = case.over("hop" if mode == "hop" else "transparent", transport)
        client = self.open(mode, transport)
        try:
            if case.is_response:
                self.try_response(case, verdict, client, mode)
            else:
                self.try_request(case, verdict, client, mode, transport)
        finally:
            client.close()

    def try_request(self, case, verdict, client, mode, transport):
        mark = len(self.arrived)
        data = case.message + (b"" if transport == "udp" else case.stream)
        for at in range(0, len(data), self.piece or len(data)):
            client.send(data[at:at + (self.piece or len(data))])
        if verdict == PASSES:
            heard = [data[:case.first or None]] if transport == "udp" else messages_of(data)
            self.expect_passed(mode, heard, client, mark)
        elif isinstance(verdict, tuple):
            self.expect_closed(verdict[1], client, mode, transport, mark)
        else:
            self.expect_refused(verdict, client, mark)

    def expect_passed(self, mode, messages, client, mark):
        answers = {answer.call_id: answer for answer in (client.receive() for _ in messages)}
        came = self.arrived[mark:]
        equal(len(came), len(messages), "how many messages the server got")
        for sent, raw in zip(messages, came):
            self.expect_arrived(mode, sent, raw, answers[Message(sent).call_id], client, "the message")
        self.expect_nothing_else(client, mark + len(messages))

    def expect_refused(self, code, client, mark):
        if code != DROPPED:
            self.expect_code(client.receive(), code)
        self.expect_nothing_else(client, mark)

    def expect_closed(self, code, client, mode, transport, mark):
        self.expect_code(client.ended(), code)
        another = self.open(mode, transport)
        self.expect_nothing_else(another, mark)
        another.close()

    @staticmethod
    def expect_code(answer, code):
        equal(answer and answer.status, code, f"the answer ({answer and answer.raw[:300]})")
        if code == 420:
            equal(", ".join(answer.all("Unsupported")), "gargoyle, weathercock", "what is unsupported")

    def expect_nothing_else(self, client, mark):
        """The next thing at either end is the sentinel, or its answer."""
        sentinel = request()
        client.send(sentinel.raw)
        answer = client.receive()
        equal((answer.call_id, answer.status), (sentinel.call_id, 200), "the next message at the client")
        equal([Message(raw).call_id for raw in self.arrived[mark:]], [sentinel.call_id], "what else the server got")

    # ---- A response ----

    def try_response(self, case, verdict, client, mode):
        response = Message(case.message)
        number, method = response.header("CSeq").split()
        asked = request(method, response.call_id, int(number) % 2**31,
                        via=f"SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK{case.name}")
        self.responding[response.call_id] = case
        client.send(asked.raw)
        if verdict == PASSES:
            answer = client.receive()
            vias = [line for line in lines_of(answer.raw)[1] if line.startswith(b"Via:")]
            equal(answer.raw, case.message.replace(b"VIAS\r\n", b"".join(vias)), "the response at the client")
            expect(b"VIAS" not in case.message or len(vias) == 1, f"no Via but the client's own: {vias}")
        if verdict == DROPPED and mode == "by-connection":
            equal(client.ended(), None, "what the client gets before its connection ends, as its server's does")
        else:
            self.expect_none_like(response, client)

    @staticmethod
    def expect_none_like(response, client):
        """A sentinel's answer comes, and before it nothing but answers of the gateway's own.  Sentinels may be
        lost with the link that the response came by."""
        for _ in range(3):
            sentinel = request()
            client.send(sentinel.raw)
            while (got := client.receive()).call_id != sentinel.call_id:
                expect(got.start != response.start and got.status in (500, 503),
                       f"none like {response.start}: {got.raw!r}")
            if got.status == 200:
                return
        raise Failure(f"nothing works any more after {response.start}")

    # ---- All of them ----

    def play_all(self, cases, ways=None):
        """All of them, each way (mode, transport); without, in all modes over all transports.  Fails at the end."""
        wrong = []
        for mode, transport in ways or self.ways:
            for case in cases:
                try:
                    self.try_case(case, mode, transport)
                except (Failure, ConnectionError) as failure:
                    wrong.append(f"{case.name} ({case.section}: {case.odd}), {mode} over {transport}: {failure}")
        if wrong:
            raise Failure("\n    ".join(wrong))
