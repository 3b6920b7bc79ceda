#!/usr/bin/python3
"""q02: connections: clients keep theirs, and the gateway has no more to the servers than requests are open at once."""
from play import equal, eventually, expect, main, never, story
from play.http import CHUNKED, CLOSE, answer, ask, chunked

ONE = "workers = 1,"


@story
def one_connection_serves_clients_that_take_turns(play):
    one = play.web_server("one")
    play.web([one], gateway=ONE)
    clients = [play.web_client() for _ in range(5)]
    for n in range(8):
        for client in clients:
            equal(client.get(f"/{n}").text, f"GET /{n} 0\n", "the answer")
    equal(len(one.used), 1, "connections to the server")


@story
def requests_at_once_have_a_connection_each_and_leave_it_to_others(play):
    one = play.web_server("one")
    play.web([one], gateway=ONE)
    one.answer = None
    clients = [play.web_client() for _ in range(6)]
    for n, client in enumerate(clients):
        client.send(ask(f"/{n}"))
    for n in range(6):
        one.wait_request(f"/{n}")
    equal(len(one.used), 6, "connections to the server")
    one.answer = one.ok
    for n in reversed(range(6)):
        one.link_of(f"/{n}").do(one.say(f"own {n}".encode()))
        equal(clients[n].answer().text, f"own {n}", "the answer is the client's own")
    for client in clients:
        client.get("/again")
    equal(len(one.used), 6, "connections to the server, later")


@story
def every_request_is_balanced_by_itself(play):
    servers = [play.web_server(name) for name in ("one", "two", "three")]
    play.web(servers, pool='balance = "round-robin",')
    client = play.web_client()
    said = [client.get("/").header("X-Server") for _ in range(9)]
    equal({name: said.count(name) for name in said}, {"one": 3, "two": 3, "three": 3}, "who has answered how often")


@story
def pipelined_requests_are_answered_in_their_order(play):
    servers = [play.web_server(name) for name in ("one", "two")]
    play.web(servers, pool='balance = "round-robin",')
    servers[0].answer = lambda r: [0.1, servers[0].ok(r)]
    client = play.web_client()
    client.send(b"".join(ask(f"/{n}", "POST", body=b"x" * n) for n in range(20)))
    for n in range(20):
        equal(client.answer().text, f"POST /{n} {n}\n", "the answer")


@story
def who_wants_to_close_is_heard(play):
    one = play.web_server("one")
    play.web([one], gateway=ONE)
    client = play.web_client()
    got = client.get("/", more=[("Connection", "close")])
    equal((got.status, got.tokens("Connection")), (200, ["close"]), "the answer says that it is the last")
    equal(client.ended(), b"", "what comes behind it")
    old = play.web_client()
    got = old.get("/old", version="HTTP/1.0", host=None)
    equal((got.status, old.ended()), (200, b""), "an HTTP/1.0 client gets its answer and the end")
    kept = play.web_client()
    for _ in range(2):
        got = kept.get("/kept", version="HTTP/1.0", more=[("Connection", "keep-alive")])
        equal(got.status, 200, "an HTTP/1.0 client that wants to go on")
    equal(len(one.used), 1, "what clients want does not close a server's connection")


@story
def a_server_that_closes_costs_the_client_nothing(play):
    one = play.web_server("one")
    play.web([one], gateway=ONE)
    client = play.web_client()
    one.answer = lambda r: [one.say(b"last", r, more=[("Connection", "close")]), CLOSE]
    for n in range(3):
        got = client.get(f"/{n}")
        equal((got.text, got.tokens("Connection").count("close")), ("last", 0), "the answer")
    equal(len(one.used), 3, "connections to the server")
    one.answer = one.ok
    client.get("/idle")
    one.link_of("/idle").close()
    one.link_of("/idle").wait_closed("it is closed")
    for n in range(3):
        equal(client.get("/next", "POST", body=b"1").text, "POST /next 1\n", "after an idle connection was closed")


@story
def bodies_of_every_kind_leave_a_connection_usable(play):
    one = play.web_server("one")
    play.web([one], gateway=ONE)
    client = play.web_client()
    said = iter((answer(204), answer(304), answer(200, b"", [CHUNKED], length=False) +
                 chunked(b"a", b"bc", trailers=[("X-T", "t")]),
                 answer(200, b""), answer(200, b"x" * 100000), answer(200, length=12),
                 answer(200, b"", [CHUNKED], length=False)))
    one.answer = lambda r: next(said)
    for method, status, body in (("GET", 204, ""), ("GET", 304, ""), ("GET", 200, "abc"), ("GET", 200, ""),
                                 ("GET", 200, "x" * 100000), ("HEAD", 200, ""), ("HEAD", 200, "")):
        got = client.get("/", method)
        equal((got.status, got.text), (status, body), f"the answer to {method}")
        expect(not client.cut, "it is whole")
    equal(len(one.used), 1, "connections to the server")


@story
def what_nobody_asked_for_is_no_answer(play):
    one = play.web_server("one")
    play.web([one], gateway=ONE)
    client = play.web_client()
    one.answer = lambda r: one.say(b"asked") + one.say(b"smuggled")
    equal(client.get("/1").text, "asked", "the answer")
    one.answer = lambda r: one.say(b"second")
    other = play.web_client()
    equal(other.get("/2").text, "second", "the next client's answer")
    equal(client.get("/3").text, "second", "the first client's next answer")
    one.link_of("/1").wait_closed("the connection that said too much is closed")
    # What comes on an idle connection is for nobody.
    idle = one.link_of("/3")
    idle.do(one.say(b"too early"))
    idle.wait_closed("a connection that speaks unasked is closed")
    equal(other.get("/4").text, "second", "the answer after that")


@story
def a_client_that_goes_takes_its_exchange_along(play):
    one = play.web_server("one")
    play.web([one], gateway=ONE)
    one.answer = None
    client = play.web_client()
    client.send(ask("/poll"))
    link = one.link_of("/poll")
    client.reset()
    link.wait_closed("the connection in mid-answer is closed")
    one.answer = one.ok
    equal(play.web_client().get("/next").text, "GET /next 0\n", "the next client's answer")
    never(lambda: [k for k in one.links if k.broken], "a broken request")


@story
def connections_to_servers_inside_tls_are_kept_apart_by_who_asks(play):
    one = play.web_server("one", tls=play.certificates.for_server("pool"))
    words = play.certificates.word("pool")
    play.web([one], gateway=ONE, bind="tls", words=words,
             listener='tls = "pool", verify = "optional", peers = { "edge.test" },',
             pool='tls = "pool", tls_name = "pool.test",')
    equal(play.web_tls_client().get("/anyone").status, 200, "the answer to anyone")
    equal(play.web_tls_client("edge").get("/edge").status, 200, "the answer to the edge")
    expect(one.link_of("/anyone") is not one.link_of("/edge"),
           "an anonymous client's connection is not the trusted one's")
    equal(one.link_of("/anyone").shown, None, "the certificate that the gateway shows for anyone")
    equal(one.link_of("/edge").shown, play.certificates.der("pool"), "and for a trusted peer")
    eventually(lambda: one.link_of("/edge").sni == "pool.test", "the server's name is asked for")


main()
