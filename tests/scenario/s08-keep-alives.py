#!/usr/bin/python3
"""s08: keep-alives: passed on by connection, answered with one CRLF by message."""
from play import equal, eventually, expect, main, request, story

PING, PONG = b"\r\n\r\n", b"\r\n"


@story
def by_connection_they_pass_and_the_servers_answer_comes_back(play):
    one = play.server("one")
    play.gateway([one], listener='options = { route = "connection" }')
    client = play.client()
    first = request()
    client.ask(first)
    link = one.link_of(first)
    client.send(PING)
    eventually(lambda: link.pings == 1, "the server gets the ping")
    link.send(PONG)
    equal(client.receive(keepalive=True).raw, PONG, "the server's pong")
    equal(client.ask(request()).server, "one", "the connection works on")


@story
def by_message_each_is_answered_with_one_crlf_and_no_server_sees_it(play):
    one, two = play.server("one"), play.server("two")
    play.gateway([one, two], listener='options = { route = "message" }')
    client = play.client()
    client.send(PING)
    equal(client.receive(keepalive=True).raw, PONG, "the answer to a ping before any request")
    for _ in range(4):
        client.ask(request())
    client.send(PING)
    equal(client.receive(keepalive=True).raw, PONG, "the answer to a ping")
    client.send(PONG)  # a pong is not answered
    asked = request()
    client.send(asked)
    equal(client.receive(keepalive=True).call_id, asked.call_id, "what comes after a pong")
    client.send_in_pieces(PING, 1, pause=0.05)
    equal(client.receive(keepalive=True).raw, PONG, "the answer to a ping that came in four pieces")
    expect(all(link.pings == 0 for s in (one, two) for link in s.used), "no server got a ping")


@story
def a_ping_of_a_server_is_answered_by_message_and_does_not_reach_the_client(play):
    one = play.server("one")
    play.gateway([one], listener='options = { route = "message" }')
    client = play.client()
    first = request()
    client.ask(first)
    link = one.link_of(first)
    before = bytes(link.received)
    link.send(PING)
    eventually(lambda: bytes(link.received) == before + PONG, "the server gets a pong")
    asked = request()
    client.send(asked)
    equal(client.receive(keepalive=True).call_id, asked.call_id, "the first thing that the client gets")


main()
