#!/usr/bin/python3
"""y03: however the bytes are cut or heaped, each message arrives as it was, and its answer comes back; keep-alives by
the thousand."""
import time

from play import Message, equal, main, request, story
from torture import CASES, PASSES, TRANSPORTS, Stage, messages_of, sip

MODES = ["transparent", "by-connection", "hop"]
PING, PONG = b"\r\n\r\n", b"\r\n"
PINGS = PING * 1000
CONNECTIONS = 32

# Folds, compact names, blanks around colons, bytes above 127, and a body that looks like a message.
CUT = sip("""\
MESSAGE sip:tomb@yard.example;a=b SIP/2.0
v: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK-cut-NNNN , SIP/2.0/TCP
  gable.example;branch=z9hG4bKx
Max-Forwards : 69
f: "Änn \\" <" <sip:ann@roof.example>
 ;tag=37
To:sip:tomb@yard.example
i: NNNN.cut@play
CSeq: 0007
\tMESSAGE
l \t: LENGTH
Subject:
""", "OPTIONS sip:x SIP/2.0\nContent-Length: 3\n\n\0\n\n")


def numbered(n):
    return CUT.replace(b"NNNN", b"%04d" % n)


def streams(modes):
    """Every mode with every transport that has no bounds of its own."""
    return [(mode, transport) for mode in modes for transport in TRANSPORTS[mode] if transport != "udp"]


@story
def every_cut_of_a_message(play):
    stage = Stage(play, MODES)
    for mode, transport in streams(MODES):
        clients = [stage.open(mode, transport) for _ in range(CONNECTIONS)]
        for first in range(1, len(CUT), CONNECTIONS):
            cut_at = dict(zip(clients, range(first, len(CUT))))
            for client, at in cut_at.items():
                client.send(numbered(at)[:at])
            time.sleep(0.005)  # so that hardly ever both pieces are read as one
            for client, at in cut_at.items():
                client.send(numbered(at)[at:])
            answers = {at: client.receive() for client, at in cut_at.items()}
            arrived = {Message(raw).call_id: raw for raw in stage.arrived}
            equal(len(stage.arrived), len(cut_at), f"how many messages arrived, {mode} over {transport}")
            for client, at in cut_at.items():
                sent = numbered(at)
                stage.expect_arrived(mode, sent, arrived[Message(sent).call_id], answers[at], client,
                                     f"a message cut at {at}, {mode} over {transport}")
            stage.arrived.clear()
        for client in clients:
            client.close()


@story
def all_that_passes_at_once_and_byte_by_byte(play):
    stage = Stage(play, MODES)
    for mode, transport in streams(MODES):
        wanted = [c for c in CASES if not c.is_response and c.over(mode, transport) == PASSES]
        heap = b"".join(c.message + c.stream for c in wanted)
        sent = messages_of(heap)
        for size in (len(heap), 1460, 1):
            client = stage.open(mode, transport)
            for at in range(0, len(heap), size):
                client.send(heap[at:at + size])
            answers = {answer.call_id: answer for answer in (client.receive() for _ in sent)}
            what = f"{len(sent)} messages in pieces of {size}, {mode} over {transport}"
            equal([Message(raw).call_id for raw in stage.arrived], [Message(raw).call_id for raw in sent], what)
            for one, raw in zip(sent, stage.arrived):
                stage.expect_arrived(mode, one, raw, answers[Message(one).call_id], client, what)
            stage.arrived.clear()
            client.close()


@story
def what_is_wrong_is_as_wrong_in_pieces(play):
    stage = Stage(play, MODES)
    for mode, transport in streams(MODES):
        answered = [c for c in CASES if isinstance(c.over(mode, transport), int)]
        for stage.piece in (1, 61):
            stage.play_all(answered, [(mode, transport)])


@story
def all_that_passes_in_datagrams_at_once(play):
    stage = Stage(play, ["hop"])
    client = stage.open("hop", "udp")
    sent = [c.message[:c.first or None] for c in CASES if not c.is_response and c.over("hop", "udp") == PASSES]
    for one in sent:
        client.send(one)
    answers = {answer.call_id: answer for answer in (client.receive() for _ in sent)}
    arrived = {Message(raw).call_id: raw for raw in stage.arrived}
    equal(len(arrived), len(sent), "how many messages arrived")
    for one in sent:
        call_id = Message(one).call_id
        stage.expect_arrived("hop", one, arrived[call_id], answers[call_id], client, call_id)


@story
def a_thousand_keep_alives(play):
    stage = Stage(play, MODES)
    for mode, transport in streams(MODES):
        what = f"{mode} over {transport}"
        for size in (len(PINGS), 3):
            client, before, behind = stage.open(mode, transport), request(), request()
            client.send(before.raw)
            equal(client.receive().status, 200, f"the answer before 1,000 keep-alives, {what}")
            for at in range(0, len(PINGS), size):
                client.send(PINGS[at:at + size])
            if mode != "by-connection":
                equal(client.take(len(PONG) * 1000), PONG * 1000, f"the answers to 1,000 keep-alives, {what}")
            client.send(PONG + behind.raw + PONG)
            answer = client.client.receive(keepalive=True)
            equal((answer.call_id, answer.status), (behind.call_id, 200), f"what comes behind them, {what}")
            equal(len(stage.arrived), 2, f"messages at the server, {what}")
            received = next(k for k in stage.server.links if before.call_id.encode() in k.received).received
            passed = PINGS + PONG in received if mode == "by-connection" else PONG * 3 in received
            equal(passed, mode == "by-connection", f"whether they went to the server, {what}")
            stage.arrived.clear()
            client.close()


@story
def a_thousand_keep_alives_in_datagrams_mean_nothing(play):
    stage = Stage(play, ["hop"])
    client = stage.open("hop", "udp")
    for data in (PING, PONG, b"\0", b"", b"\r\n\r\n\r\n\r\n"):
        for _ in range(200):
            client.send(data)
    ordinary = request()
    client.send(ordinary.raw)
    answer = client.receive()
    equal((answer.call_id, answer.status), (ordinary.call_id, 200), "what comes behind 1,000 keep-alives")


main()
