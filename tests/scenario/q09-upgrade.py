#!/usr/bin/python3
"""q09: upgrades: behind a 101 both connections are one pair, bytes go as they come, with an idle limit of their own."""
import os

from play import equal, eventually, expect, main, story
from play.http import answer, ask

UPGRADE = [("Connection", "keep-alive, Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
           ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")]
ACCEPT = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")]


def stage(play, options="", behind=b"", **words):
    one = play.web_server("one")
    one.echoes = True

    def switch(request):
        if request.header("Upgrade") != "websocket":
            return one.ok(request)
        request.link.become_raw()
        return answer(101, behind, ACCEPT)
    one.answer = switch
    play.web([one], options, gateway="workers = 1,", **words)
    return one


def read(client, n):
    came = bytes(client.reader.rest)
    client.reader.rest.clear()
    while len(came) < n:
        data = client.read()
        if not data:
            break
        came += data
    return came


@story
def bytes_go_both_ways(play):
    one = stage(play)
    client = play.web_client()
    got = client.get("/ws", more=UPGRADE)
    equal((got.status, got.header("Upgrade"), got.header("Sec-WebSocket-Accept")), (101, "websocket", ACCEPT[2][1]),
          "the answer")
    asked = one.wait_request("/ws")
    equal((asked.header("Upgrade"), "upgrade" in asked.tokens("Connection")), ("websocket", True),
          "what the server was asked")
    for size in (1, 125, 70000, 1000000):
        data = os.urandom(size)
        client.send(data)
        expect(read(client, size) == data, f"an echo of {size} bytes")
    link = one.link_of("/ws")
    link.do(b"server speaks")
    equal(read(client, 13), b"server speaks", "what the server says by itself")
    other = play.web_client()
    equal(other.get("/other").status, 200, "another request")
    expect(one.link_of("/other") is not link, "it has another connection")


@story
def the_pair_ends_together(play):
    one = stage(play)
    client = play.web_client()
    client.get("/1", more=UPGRADE)
    client.close()
    one.link_of("/1").wait_closed("when the client goes")
    client = play.web_client()
    client.get("/2", more=UPGRADE)
    one.link_of("/2").do(b"bye")
    eventually(lambda: client.reader.rest or client.reader.rest.extend(client.read()) or True, "bye comes")
    one.link_of("/2").close()
    equal(client.ended(), b"bye", "when the server goes")


@story
def what_comes_at_once_behind_the_heads_is_not_lost(play):
    one = stage(play, behind=b"from the server")
    client = play.web_client()
    client.send(ask("/ws", more=UPGRADE) + b"from the client")
    equal(client.answer().status, 101, "the answer")
    both = b"from the server" + b"from the client"
    equal(sorted(read(client, len(both))), sorted(both), "what follows")


@story
def inside_tls_too(play):
    one = stage(play, bind="tls", words=play.certificates.word("pool"), listener='tls = "pool",')
    client = play.web_tls_client()
    equal(client.get("/ws", more=UPGRADE).status, 101, "the answer")
    data = os.urandom(300000)
    client.send(data)
    expect(read(client, len(data)) == data, "an echo")


@story
def a_server_that_does_not_want_to_answers(play):
    one = stage(play)
    one.answer = one.ok
    client = play.web_client()
    for n in range(3):
        equal(client.get(f"/{n}", more=UPGRADE).status, 200, "the answer")
    equal(len(one.used), 1, "connections to the server")


@story
def an_idle_pair_ends(play):
    one = stage(play, 'upgrade_idle = "1s"')
    client = play.web_client()
    client.get("/ws", more=UPGRADE)
    equal(client.ended(), b"", "what an idle client gets")
    one.link_of("/ws").wait_closed()


@story
def without_leave_there_is_no_upgrade(play):
    one = stage(play, "websocket = false")
    got = play.web_client().get("/ws", more=UPGRADE)
    expect(got.status != 101, f"no 101: {got.start}")
    equal([r.target for r in one.requests if r.all("Upgrade")], [], "requests with Upgrade at the server")


@story
def other_upgrades_are_left_out(play):
    one = stage(play)
    got = play.web_client().get("/h2c", more=[("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"),
                                              ("HTTP2-Settings", "AAMAAABk")])
    equal((got.status, got.text), (200, "GET /h2c 0\n"), "the answer is HTTP/1.1's")
    asked = one.wait_request("/h2c")
    equal((asked.all("Upgrade"), asked.all("HTTP2-Settings")), ([], []), "hop-by-hop fields at the server")


main()
