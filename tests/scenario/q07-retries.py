#!/usr/bin/python3
"""q07: servers that fail: another one is asked only if nothing came and asking twice does no harm; a broken answer is
seen to be broken."""
from play import equal, expect, main, never, story
from play.http import CHUNKED, CLOSE, RESET, answer, chunk

POOL = 'balance = "round-robin",'


def stage(play, pool=POOL, **words):
    servers = [play.web_server(name) for name in ("one", "two")]
    return servers, play.web(servers, pool=pool, gateway="workers = 1,", **words)


def asked(servers, target):
    return sum(len(s.got(target)) for s in servers)


@story
def what_may_be_repeated_goes_to_another_server(play):
    servers, _ = stage(play)
    servers[0].answer = lambda r: [RESET]
    client = play.web_client()
    for n in range(4):
        for method in ("GET", "HEAD", "OPTIONS"):
            got = client.get(f"/{n}", method)
            equal((got.status, got.header("X-Server")), (200, "two"), f"the answer to {method}")
    expect(servers[0].requests, "the dying server was asked")


@story
def what_may_not_be_repeated_is_asked_once(play):
    servers, _ = stage(play)
    for server in servers:
        server.answer = lambda r: [CLOSE]
    for n, method in enumerate(("POST", "PATCH", "FROBNICATE")):
        got = play.web_client().get(f"/{n}", method, body=b"12345")
        equal(got.status, 502, f"the answer to {method}")
        equal(asked(servers, f"/{n}"), 1, f"how often {method} was asked")


@story
def nothing_is_repeated_once_an_answer_has_begun(play):
    servers, _ = stage(play)
    for server in servers:
        server.answer = lambda r: [b"HTTP/1.1 2", 0.05, RESET]
    equal(play.web_client().get("/half").status, 502, "the answer to a GET")
    equal(asked(servers, "/half"), 1, "how often it was asked")


@story
def two_failures_are_enough(play):
    servers, _ = stage(play)
    for server in servers:
        server.answer = lambda r: [RESET]
    client = play.web_client()
    equal(client.get("/x").status, 502, "the answer")
    expect(asked(servers, "/x") <= 2, f"it was asked {asked(servers, '/x')} times")
    for server in servers:
        server.answer = server.ok
    equal(client.get("/y").status, 200, "the same connection goes on")


@story
def an_idle_connection_that_has_died_costs_no_post(play):
    servers, _ = stage(play)
    client = play.web_client()
    for _ in range(4):
        client.get("/warm")
    for server in servers:
        for link in server.open_used:
            link.close()
            link.wait_closed("it is closed")
    for n in range(4):
        got = client.get(f"/{n}", "POST", body=b"12345")
        equal((got.status, asked(servers, f"/{n}")), (200, 1), "a POST after that: its answer, how often it was asked")


@story
def a_stale_connection_is_tried_anew_with_the_same_server(play):
    # The server closes what has been idle at the very moment at which the next request comes.
    one = play.web_server("one")
    play.web([one], gateway="workers = 1,", pool="monitor = false,", wait=False)
    client = play.web_client()
    equal(client.get("/first").status, 200, "the first answer")
    stale = one.link_of("/first")
    one.answer = lambda r: [CLOSE] if r.link is stale else one.ok(r)
    equal(client.get("/second").status, 200, "the answer by a new connection")
    equal([r.link is stale for r in one.got("/second")], [True, False], "whether it was asked by the stale one")


@story
def a_server_that_dies_in_mid_answer_is_seen(play):
    servers, _ = stage(play)
    kinds = {
        "a length, closed": [answer(200, b"12345", length=10), 0.05, CLOSE],
        "a length, reset": [answer(200, b"12345", length=10), 0.05, RESET],
        "chunks, closed between": [answer(200, b"", [CHUNKED], length=False) + chunk(b"12345"), 0.05, CLOSE],
        "chunks, closed within": [answer(200, b"", [CHUNKED], length=False) + b"a\r\n12345", 0.05, CLOSE],
        "chunks, reset": [answer(200, b"", [CHUNKED], length=False) + chunk(b"12345"), 0.05, RESET],
        "until close, reset": [answer(200, b"12345", length=False), 0.05, RESET],
        "chunks, broken": [answer(200, b"", [CHUNKED], length=False) + chunk(b"12345") + b"xyz\r\n"],
        "chunks, without the last": [answer(200, b"", [CHUNKED], length=False) + chunk(b"12345") + b"0\r\n", 0.05,
                                     CLOSE],
    }
    wrong = []
    for n, (what, steps) in enumerate(kinds.items()):
        for server in servers:
            server.answer = lambda r, steps=steps: steps
        client = play.web_client()
        try:
            got = client.get(f"/{n}")
            reset = False
        except OSError:
            reset = True
        if not reset and not client.cut and not (what.startswith("until close") and not got.text):
            wrong.append(f"{what}: {got.start} {got.text!r} looks whole")
        if asked(servers, f"/{n}") != 1:
            wrong.append(f"{what}: asked {asked(servers, f'/{n}')} times")
    equal(wrong, [], "what the client could not see")


@story
def a_server_that_refuses_connections_is_passed_by(play):
    servers, gateway = stage(play, pool=POOL + ' monitor = { interval = "10s", timeout = "1s" },')
    servers[0].die()
    client = play.web_client()
    for n in range(6):
        got = client.get(f"/{n}", "POST", body=b"1")
        equal((got.status, got.header("X-Server")), (200, "two"), "the answer")


@story
def nobody_there_is_a_503_and_silence_a_504(play):
    servers, gateway = stage(play, POOL + ' all_down = "reply",', options='answer = "500ms"')
    for server in servers:
        server.answer = None
    client = play.web_client()
    equal(client.get("/poll").status, 504, "the answer when none comes")
    equal(asked(servers, "/poll"), 1, "how often it was asked")
    for server in servers:
        server.die()
    for server in servers:
        gateway.wait_state(server, "down")
    equal(play.web_client().get("/x").status, 503, "the answer when nobody is there")


@story
def a_late_answer_is_for_nobody_else(play):
    servers, _ = stage(play, options='answer = "300ms"')
    for server in servers:
        server.answer = lambda r, s=server: (
            [0.8, s.say(f"late {r.target}".encode())] if r.target == "/late" else s.ok(r))
    client = play.web_client()
    equal(client.get("/late").status, 504, "the answer to the first")
    for n in range(8):
        equal(play.web_client().get(f"/{n}").text, f"GET /{n} 0\n", "everyone's own answer")
    never(lambda: not all(k.broken is None for s in servers for k in s.links), "a broken request", 0.6)
    equal(play.web_client().get("/end").text, "GET /end 0\n", "later, too")


main()
