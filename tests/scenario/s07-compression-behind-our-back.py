#!/usr/bin/python3
"""s07: a server agrees to compression although no policy refused it: joined raw if there is one server, else closed."""
from play import equal, eventually, expect, main, request, response, story

AGREED = [("Compression", "LZ77-8K")]
CHUNK = bytes(range(256)) * 20  # what follows is no SIP any more


def negotiated(play, route):
    one, two = play.server("one"), play.server("two")
    gateway = play.gateway([one, two], listener=f'options = {{ route = "{route}" }}')
    one.answer = two.answer = lambda m: response(m, more=AGREED if m.method == "NEGOTIATE" else ())
    return gateway, play.client()


def negotiate():
    return request("NEGOTIATE", more=AGREED)


@story
def with_one_server_bytes_pass_raw_from_then_on(play):
    gateway, client = negotiated(play, "auto")
    asked = negotiate()
    equal(client.ask(asked).header("Compression"), "LZ77-8K", "the server's agreement")
    server = next(s for s in play.servers if s.got(asked.call_id))
    link = server.link_of(asked)
    server.reads = False
    before = len(link.received)
    client.send(CHUNK)
    eventually(lambda: bytes(link.received[before:]) == CHUNK, "the client's bytes reach the server as they are")
    link.send(CHUNK[::-1])
    came = bytearray(client.rest)
    eventually(lambda: came == CHUNK[::-1] or came.extend(client.read()),
               "the server's bytes reach the client as they are")
    link.close()
    equal(client.ended(), b"", "what comes after the server's end")
    equal(len([k for k in gateway.log() if "compression" in k]), 1, "lines of the log about it")


@story
def with_several_servers_the_client_is_closed(play):
    gateway, client = negotiated(play, "message")
    for _ in range(4):
        client.ask(request())
    client.send(negotiate())
    came = client.ended()
    expect(b"\r\n\r\n" not in came.partition(b"\r\n\r\n")[2], "at most the answer itself comes before the close")
    gateway.wait_line("compression")


main()
