#!/usr/bin/python3
"""b04: framing: however the bytes are cut, the server gets the same bytes."""
import itertools
import re

from play import equal, eventually, main, request, story

# What framing has to live with: compact names, folded headers, blanks before the colon, keep-alives between messages,
# bodies that look like messages, no Content-Length at all.
MESSAGES = [
    request("MESSAGE", body=b"INVITE sip:x SIP/2.0\r\nContent-Length: 9\r\n\r\n"),
    b"\r\n\r\n",
    request("MESSAGE", length=False, more=[("l", "\r\n 5"), ("Subject", "a\r\n\tfolded one")], body=b"12345"),
    request("OPTIONS", length=False),
    b"\r\n\r\n\r\n\r\n",
    request("MESSAGE", length=False, more=[("content-length \t", "  3 ")], body=b"xyz"),
    request("SERVICE", more=[("Route", "<sip:a;lr>, <sip:b;lr>"), ("X-Long", "y" * 20000)], body=b"\0" * 3000),
    request("OPTIONS"),
]


def sent_in(play, one, send):
    """What the server receives of all the messages on a new connection."""
    client = play.client()
    stream = b"".join(re.sub(rb"[^\n]*@play", b"Call-ID: cut@play", bytes(m)) for m in MESSAGES)
    before = len(one.used)
    send(client, stream)
    eventually(lambda: len(one.used) > before and len(one.used[-1].requests) == 6, "the server has all six requests")
    eventually(lambda: len(one.used[-1].received) == len(stream), "the server has all the bytes")
    client.close()
    one.used[-1].wait_closed()
    equal(bytes(one.used[-1].received), stream, "the bytes at the server")


@story
def ten_messages_at_once_and_one_byte_at_a_time_are_the_same(play):
    one = play.server("one")
    one.answer = None
    play.gateway([one], listener='options = { route = "connection" }')
    sent_in(play, one, lambda client, stream: client.send(stream))
    sent_in(play, one, lambda client, stream: client.send_in_pieces(stream, 1))
    sent_in(play, one, lambda client, stream: client.send_in_pieces(stream, 1460))
    sent_in(play, one, lambda client, stream: client.send_in_pieces(stream, 7919))


@story
def a_hundred_dialogs_at_once_are_all_answered(play):
    play.gateway([play.server(n) for n in ("one", "two", "three")], listener='options = { route = "message" }')
    client = play.client()
    asked = [request("MESSAGE", body=b"%d " % n * n * 20) for n in range(100)]
    client.send(*asked)
    got = {m.call_id: m.status for m in (client.receive() for _ in asked)}
    equal(got, {m.call_id: 200 for m in asked}, "the answers, sent before any server link was open")
    arrived = {m.call_id: m.raw for server in play.servers for m in server.requests}
    equal(arrived == {m.call_id: m.raw for m in asked}, True, "the requests at the servers are the same, bit for bit")


@story
def what_a_client_sends_before_it_goes_still_arrives(play):
    one = play.server("one")
    play.gateway([one])
    client = play.client()
    asked = [request("MESSAGE", body=b"x" * 10000) for _ in range(20)]
    client.send(*asked)
    client.finish()
    for message in asked:
        equal(one.wait_request(message.call_id).raw, message.raw, "the request at the server")


@story
def one_byte_at_a_time_each_in_a_tls_record_of_its_own(play):
    one = play.server("one")
    play.gateway([one], bind="tls", words=play.certificates.word("pool"), listener='tls = "pool"')
    client = play.tls_client()
    for size, n in itertools.product((1, 2, 3), range(2)):
        asked = request("MESSAGE", body=b"b" * n * 100)
        client.send_in_pieces(asked.raw, size)
        equal(client.wait_answer(asked).status, 200, f"the answer to a message in pieces of {size}")
        equal(one.wait_request(asked.call_id).raw, asked.raw, "the request at the server")


main()
