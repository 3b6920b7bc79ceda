#!/usr/bin/python3
"""a01: the players themselves, without a gateway between them."""
from play import Failure, Message, equal, expect, lync, main, request, story
from play.http import CHUNKED, CLOSE, answer, ask, blocks, chunked, sum_of
from play.messages import cut


@story
def a_client_and_a_server_talk_over_tcp_however_the_bytes_are_cut(play):
    one = play.server("one")
    client = play.client(address=(one.host, one.port))
    asked = request("MESSAGE", body=b"x" * 5000)
    client.send_in_pieces(asked.raw, 700)
    equal(client.wait_answer(asked).server, "one", "the server that answered")
    equal(one.wait_request(asked.call_id).raw, asked.raw, "what the server got")


@story
def a_server_sees_the_certificate_and_the_name_that_a_client_shows(play):
    one = play.tls_server("one")
    client = play.tls_client("edge", sni="fe1.test", address=(one.host, one.port))
    equal(client.ask(lync()).status, 200, "the answer")
    equal(one.links[0].shown, play.certificates.der("edge"), "the certificate shown")
    equal(one.links[0].sni, "fe1.test", "the name asked for")
    equal(client.server_certificate, play.certificates.der("pool"), "the server's certificate")


@story
def a_server_asks_its_client_and_a_dead_server_ends_its_links(play):
    one = play.server("one")
    client = play.client(address=(one.host, one.port))
    hello = request("OPTIONS", more=[("l", "0")], length=False)
    client.ask(hello)
    link = one.link_of(hello)
    call = request("INVITE", call_id="c1@play")
    link.send(call)
    client.answer(client.receive(), 486, "Busy Here")
    equal(link.wait_answer(call).status, 486, "the client's answer")
    one.die()
    equal(client.ended(), b"", "what came before the end")
    expect(not link.open, "the link is closed at the server's side")


@story
def messages_are_cut_by_their_content_length_and_keep_alives_stand_alone(_):
    two = bytearray(b"\r\n\r\nA b SIP/2.0\r\nl : 3\r\n\r\nxyzB")
    expect(cut(two).keepalive, "a keep-alive first")
    equal(cut(two).body, b"xyz", "the body")
    equal(cut(two), None, "half a message")
    equal(Message(b"A b SIP/2.0\r\ni: a\r\n b\r\n\r\n").call_id, "a b", "a folded compact header")


@story
def web_clients_and_servers_talk_however_the_bytes_are_cut(play):
    one = play.web_server("one")
    client = play.web_client(address=(one.host, one.port))
    data = ask("/a", "POST", body=b"12345") + ask("/b", "POST", more=[CHUNKED])
    data += chunked(b"ab", b"c", trailers=[("X", "1")])
    client.send_in_pieces(data, 7)
    equal([client.answer().text for _ in range(2)], ["POST /a 5\n", "POST /b 3\n"], "the answers")
    equal(one.wait_request("/b").trailers, ["X: 1"], "trailers")
    equal((client.get("/c", "HEAD").status, client.get("/d").text), (200, "GET /d 0\n"), "answers after that")


@story
def web_bodies_of_any_size_and_end(play):
    one = play.web_server("one")
    client = play.web_client(address=(one.host, one.port))
    one.answer = lambda r: [answer(103), answer(200, length=10 << 20), blocks(10 << 20)]
    got = client.get("/large")
    equal((got.length, got.sum, [h.status for h in got.interim]), (10 << 20, sum_of(blocks(10 << 20)), [103]),
          "a large one")
    one.answer = lambda r: [answer(200, b"", [CHUNKED], length=False) + b"5\r\n123", CLOSE]
    equal((client.get("/cut").text, client.cut), ("123", True), "one that is cut")
    client = play.web_client(address=(one.host, one.port))
    one.answer = lambda r: [answer(200, b"all", length=False), CLOSE]
    equal((client.get("/close").text, client.cut), ("all", False), "one until close")


@story
def web_servers_and_clients_are_strict(play):
    one = play.web_server("one")
    for data in (b"GET / HTTP/1.1\r\n\r\n", b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", b"GET / HTTP/1.1\nHost: a\r\n\r\n",
                 ask(more=[CHUNKED, ("Content-Length", "5")]), ask(more=[CHUNKED]) + b"5;x=y\r\n12345\r\n0\r\n\r\n"):
        client = play.web_client(address=(one.host, one.port))
        client.send(data)
        equal(client.ended(), b"", f"the end of {data!r}")
        expect(one.links[-1].broken, "the server has noticed")


@story
def what_is_not_so_is_a_failure(_):
    try:
        equal(1, 2, "a sum")
    except Failure as failure:
        equal(str(failure), "a sum: wanted 2, got 1", "the text of a failure")
        return
    raise Failure("equal(1, 2) passed")


main(needs_gateway=False)
