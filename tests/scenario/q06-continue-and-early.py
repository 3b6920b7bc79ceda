#!/usr/bin/python3
"""q06: 100-continue is the server's word, and answers that come before the request is over."""
from play import equal, eventually, expect, main, never, story
from play.http import CHUNKED, CLOSE, answer, ask, blocks

MIB = 1024 * 1024
EXPECT = ("Expect", "100-continue")


def stage(play, **words):
    one = play.web_server("one")
    play.web([one], gateway="workers = 1,", **words)
    return one


@story
def a_client_that_waits_is_told_by_the_server(play):
    one = stage(play)
    one.continues = True
    client = play.web_client()
    client.send(ask("/up", "POST", more=[("Content-Length", "5"), EXPECT]))
    equal(client.head().status, 100, "what comes first")
    equal(one.wait_request("/up", whole=False).header("Expect"), "100-continue", "what the server is told")
    client.send(b"12345")
    equal(client.answer().text, "POST /up 5\n", "the answer")
    equal(client.get("/next").status, 200, "the next one")


@story
def a_server_that_refuses_sees_no_body(play):
    one = stage(play)
    one.answers_heads = True
    one.answer = lambda r: answer(417, b"no", [("Connection", "close")])
    client = play.web_client()
    client.send(ask("/up", "POST", more=[("Content-Length", "500"), EXPECT]))
    equal(client.answer().status, 417, "the answer")
    never(lambda: one.requests[0].length, "a body at the server")


@story
def a_client_that_does_not_wait_is_served_too(play):
    one = stage(play)
    one.continues = True
    client = play.web_client()
    for n in range(3):
        client.send(ask(f"/{n}", "POST", body=b"12345", more=[EXPECT]))
        equal(client.answer().text, f"POST /{n} 5\n", "the answer")


@story
def a_server_that_never_says_it_gets_the_body_that_comes(play):
    one = stage(play)
    client = play.web_client()
    client.send(ask("/up", "POST", more=[("Content-Length", "5"), EXPECT]))
    one.wait_request("/up", whole=False)
    client.send(b"12345")
    equal(client.answer().text, "POST /up 5\n", "the answer")


@story
def early_hints_pass(play):
    one = stage(play)
    one.answer = lambda r: answer(103, more=[("Link", "</a.css>")]) + answer(103) + one.ok(r)
    client = play.web_client()
    got = client.get("/")
    equal(([h.status for h in got.interim], got.text), ([103, 103], "GET / 0\n"), "what came")
    old = play.web_client()
    got = old.get("/", version="HTTP/1.0")
    equal(([h.status for h in got.interim], got.status), ([], 200), "an HTTP/1.0 client is spared them")


@story
def an_early_answer_reaches_a_client_that_still_sends(play):
    one = stage(play)
    one.answers_heads = True
    one.answer = lambda r: [answer(413, b"too large", [("Connection", "close")]), 0.2, CLOSE]
    client = play.web_client()
    client.send(ask("/up", "POST", more=[("Content-Length", 64 * MIB)]))
    try:
        client.stream(blocks(2 * MIB))
    except OSError:
        pass
    got = client.answer()
    equal((got.status, got.text), (413, "too large"), "the answer")
    eventually(lambda: not client.is_open(), "the connection ends: its body is in doubt")
    one.answers_heads, one.answer = False, one.ok
    equal(play.web_client().get("/next").status, 200, "the next client's answer")


@story
def an_early_answer_with_the_whole_body_behind_it_keeps_framing(play):
    one = stage(play)
    one.answers_heads = True
    one.answer = lambda r: answer(200, b"early")
    client = play.web_client()
    client.send(ask("/up", "POST", more=[("Content-Length", "10")]) + b"12345")
    equal(client.answer().text, "early", "the answer")
    try:
        client.send(b"67890" + ask("/second"))
        got = client.answer()
        equal(got.text, "early", "a second answer, if there is one, is to the second request")
    except Exception as closed:
        expect("closed" in str(closed) or isinstance(closed, OSError), f"or the connection has ended: {closed!r}")
    equal([r.target for r in one.requests if r.target not in ("/up", "/second")], [], "no body was taken for a request")


@story
def an_upload_that_is_cut_is_cut_at_the_server(play):
    one = stage(play)
    for n, more in enumerate(([("Content-Length", "1000")], [CHUNKED])):
        client = play.web_client()
        client.send(ask(f"/{n}", "POST", more=more) + b"5\r\n12345\r\n")
        link = one.link_of(f"/{n}")
        eventually(lambda: one.requests[-1].length, "some of it has come")
        client.close()
        link.wait_closed("the server's connection ends, too")
        expect(not one.requests[-1].whole, "the request is not whole")


main()
