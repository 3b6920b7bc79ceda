#!/usr/bin/python3
"""s06: what cannot be read unambiguously gets 400, 413, 505 or 513, else a close; it never reaches the other end."""
from play import Message, equal, expect, main, request, story

LIMITS = 'limits = { headers = "8k", message = "64k" }'
CLOSES, EITHER = "closes", "either"


def changed(old, new, body=b"12345"):
    whole = request("MESSAGE", call_id="bad@play", body=body).raw
    assert old in whole
    return whole.replace(old, new, 1)


def with_header(line):
    return changed(b"\r\nContact", b"\r\n" + line + b"\r\nContact")


LENGTH = b"Content-Length: 5"
# What is sent: the statuses that are right (None: a close without one), and what becomes of the connection.
REQUESTS = {
    "two different Content-Lengths": (with_header(b"Content-Length: 6"), (400,), CLOSES),
    "two different, one compact": (with_header(b"l: 6"), (400,), CLOSES),
    "a negative Content-Length": (changed(LENGTH, b"Content-Length: -5"), (400,), CLOSES),
    "a Content-Length that is no number": (changed(LENGTH, b"Content-Length: five"), (400,), CLOSES),
    "two numbers in one Content-Length": (changed(LENGTH, b"Content-Length: 5 5"), (400,), CLOSES),
    "an empty Content-Length": (changed(LENGTH, b"Content-Length:"), (400,), CLOSES),
    "a Content-Length beyond all numbers": (changed(LENGTH, b"Content-Length: 99999999999999999999"), (400, 413),
                                            CLOSES),
    "a Content-Type without Content-Length": (changed(LENGTH, b"Content-Type: text/plain"), (400,), CLOSES),
    "a body over the limit": (request("MESSAGE", body=b"x" * 70000).raw, (413,), EITHER),
    "a head over the limit": (with_header(b"X-Long: " + b"x" * 9000), (513,), EITHER),
    "two different Call-IDs": (with_header(b"i: other@play"), (400, None), EITHER),
    "no Call-ID": (changed(b"Call-ID: bad@play\r\n", b""), (400, None), EITHER),
    "an empty Call-ID": (changed(b"Call-ID: bad@play", b"Call-ID:"), (400, None), EITHER),
    "no CSeq": (changed(b"CSeq: 1 MESSAGE\r\n", b""), (400, None), EITHER),
    "a CSeq without number": (changed(b"CSeq: 1 MESSAGE", b"CSeq: MESSAGE"), (400, None), EITHER),
    "a CSeq beyond 2**32": (changed(b"CSeq: 1 ", b"CSeq: 4294967296 "), (400,), EITHER),
    "two different CSeqs": (with_header(b"CSeq: 2 MESSAGE"), (400, None), EITHER),
    "another version": (changed(b" SIP/2.0\r\n", b" SIP/3.0\r\n"), (505,), EITHER),
    "a start line of one word": (changed(b"MESSAGE sip:bob@example.test SIP/2.0", b"MESSAGE"), (400, None), EITHER),
    "a start line of no protocol": (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", (400, 505, None), CLOSES),
    "binary garbage": (bytes(range(256)) * 8 + b"\r\n\r\n", (400, None), CLOSES),
    "garbage without end": (b"A" * 40000, (400, 513, None), CLOSES),
}


@story
def malformed_requests_never_reach_a_server(play):
    for route in ("message", "connection"):
        one = play.server("one")
        gateway = play.gateway([one], listener=f'{LIMITS}, options = {{ route = "{route}" }}')
        for what, (sent, statuses, then) in REQUESTS.items():
            client = play.client()
            client.ask(request())
            client.send(sent)
            if then == EITHER:
                client.finish()
            came = client.ended()
            status = Message(came).status if came else None
            expect(status in statuses, f"the answer to {what} ({route}) is one of {statuses}, not {came[:80]!r}")
            client.close()
        equal(one.got("bad@play"), [], "what reached the server")
        expect(not any(b"bad@play" in k.received for k in one.links), "not even half of it")
        play.finish()


@story
def as_the_first_thing_on_a_connection_too(play):
    one = play.server("one")
    play.gateway([one], listener=LIMITS)
    for what, (sent, statuses, _) in REQUESTS.items():
        client = play.client()
        client.send(sent)
        client.finish()
        came = client.ended()
        expect((Message(came).status if came else None) in statuses,
               f"the answer to {what} is one of {statuses}: {came[:80]!r}")
    equal([k for k in one.links if k.received], [], "links to the server that carried something")


@story
def a_servers_malformed_answer_is_dropped_and_its_link_closed(play):
    one = play.server("one")
    play.gateway([one], listener=f'{LIMITS}, options = {{ route = "message" }}')
    client = play.client()
    good = one.answer
    for bad in (b"SIP/2.0 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", b"SIP/2.0 2000 OK\r\n\r\n",
                b"SIP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n", b"\0\1\2\3\r\n\r\n"):
        one.answer = lambda m, bad=bad: bad.replace(b"\r\n", b"\r\nCall-ID: " + m.call_id.encode() + b"\r\n", 1)
        asked = request()
        client.send(asked)
        answer = client.wait_answer(asked)
        equal((answer.status, answer.server), (503, None), f"what the client gets instead of {bad}")
        one.link_of(asked).wait_closed()
        one.answer = good
        equal(client.ask(request()).server, "one", "the next answer, on a new link")


main()
