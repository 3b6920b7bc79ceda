#!/usr/bin/python3
"""q12: limits of sizes, counts and times, each with the status that says which one it was."""
import resource
import time

from play import equal, eventually, expect, main, story
from play.http import CHUNKED, answer, ask, chunk, chunked


def stage(play, options="", **words):
    one = play.web_server("one")
    return one, play.web([one], options, gateway="workers = 1,", **words)


@story
def heads_that_are_too_large(play):
    one, _ = stage(play)
    client = play.web_client()
    equal(client.get("/", more=[("X-Long", "y" * 8000)] * 7).status, 200, "56 kB of head")
    equal(client.get("/" + "x" * 8000).status, 200, "8 kB of target")
    equal(client.get("/", more=[(f"X-{n}", "1") for n in range(190)]).status, 200, "190 fields")
    before = len(one.requests)
    for what, data, status in (
            ("70 kB of fields", ask("/", more=[("X-Long", "y" * 7000)] * 10), 431),
            ("a field of 70 kB", ask("/", more=[("X", "y" * 70000)]), 431),
            ("201 fields", ask("/", more=[(f"X-{n}", "1") for n in range(200)]), 431),
            ("70 kB of target", ask("/" + "x" * 70000), 414),
            ("a head without an end", b"GET / HTTP/1.1\r\nHost: web.test\r\n" + b"X-A: 1\r\n" * 10000, 431)):
        client = play.web_client()
        try:
            client.send(data)
        except ConnectionError:
            pass
        equal(client.answer().status, status, what)
        eventually(lambda: not client.is_open(), f"{what}: the connection ends")
    equal(len(one.requests), before, "requests at the server")


@story
def options_set_other_limits(play):
    stage(play, "fields = 10", listener='limits = { headers = "1k" },')
    client = play.web_client()
    equal(client.get("/", more=[("X-1", "1")] * 8).status, 200, "9 fields")
    equal(play.web_client().get("/", more=[("X-1", "1")] * 10).status, 431, "11 fields")
    equal(play.web_client().get("/", more=[("X-1", "y" * 1100)]).status, 431, "more than 1k of head")


@story
def bodies_that_are_too_large(play):
    one, _ = stage(play, "body = 1000")
    client = play.web_client()
    equal(client.get("/", "POST", body=b"x" * 1000).text, "POST / 1000\n", "just enough")
    equal(client.ask(ask("/", "POST", more=[CHUNKED]) + chunked(b"x" * 500, b"y" * 500)).text, "POST / 1000\n",
          "just enough in chunks")
    equal(play.web_client().get("/", "POST", body=b"x" * 1001).status, 413, "one more")
    chunks = play.web_client()
    chunks.send(ask("/c", "POST", more=[CHUNKED]) + chunk(b"x" * 500) + chunk(b"x" * 501))
    equal(chunks.answer().status, 413, "one more in chunks")
    eventually(lambda: not chunks.is_open(), "the connection ends")
    expect(not [r for r in one.got("/c") if r.whole], "no server took it for whole")


@story
def heads_that_take_too_long(play):
    one, _ = stage(play, 'head_time = "500ms"')
    client = play.web_client()
    equal(client.get("/").status, 200, "the answer to a quick one")
    client.send(b"GET / HTTP/1.1\r\nHost: web")
    equal(client.refused(), 408, "what a slow one gets")
    drip = play.web_client()
    began = time.monotonic()
    try:
        for byte in b"GET / HTTP/1.1\r\nX-Long: " + b"y" * 1000:
            drip.send(bytes([byte]))
            time.sleep(0.05)
            if not drip.is_open(0.001):
                break
    except OSError:
        pass
    expect(time.monotonic() - began < 10, "dripping does not help")
    idle = play.web_client()
    idle.get("/")
    expect(idle.is_open(0.8), "who asks nothing is not slow")


@story
def who_asks_nothing_for_too_long_is_closed(play):
    one, _ = stage(play, listener='limits = { idle = "1s" },')
    client = play.web_client()
    client.get("/")
    equal(client.ended(), b"", "what it gets")


@story
def who_waits_for_an_answer_is_not_idle(play):
    one, _ = stage(play, 'answer = "10s"', listener='limits = { idle = "1s" },')
    one.answer = lambda r: [2.5, one.ok(r)] if r.target == "/poll" else one.ok(r)
    client = play.web_client()
    equal(client.get("/poll").status, 200, "the answer, which took longer than a link may be idle")
    equal(client.ended(), b"", "afterwards it is idle")
    one.answer = lambda r: [answer(200, b"12345", length=10)]
    cut = play.web_client()
    cut.get("/half")
    expect(cut.cut, "an answer that stops in its body does not count as waiting")


@story
def who_has_said_all_is_waited_for_but_not_for_ever(play):
    # RFC 9112 section 9.6 and TCP allow it; one who has gone altogether looks the same.
    one, _ = stage(play, listener='limits = { half = "1s" },')
    one.answer = lambda r: [0.3, one.ok(r)] if r.target == "/soon" else None
    client = play.web_client()
    client.send(ask("/soon"))
    client.finish()
    equal(client.answer().status, 200, "the answer that comes in time")
    gone = play.web_client()
    gone.send(ask("/poll"))
    link = one.link_of("/poll")
    gone.finish()
    equal(gone.ended(), b"", "what comes when it takes longer")
    link.wait_closed("the server's connection is given up, too")


@story
def so_many_requests_for_a_connection(play):
    one, _ = stage(play, "per_connection = 3")
    client = play.web_client()
    for n in range(3):
        got = client.get(f"/{n}")
        equal(got.status, 200, "the answer")
        equal("close" in got.tokens("Connection"), n == 2, f"whether answer {n + 1} is the last")
    equal(client.ended(), b"", "what follows")


@story
def so_many_requests_a_second_for_a_source(play):
    one, gateway = stage(play, "rate = 5, burst = 10")
    client = play.web_client(source=play.host(77))
    said = [client.get("/") for _ in range(60)]
    codes = [got.status for got in said]
    expect(5 <= codes.count(200) < 60, f"{codes.count(200)} of 60 were served")
    equal(set(codes), {200, 429}, "the answers")
    late = next(got for got in said if got.status == 429)
    expect(int(late.header("Retry-After")) >= 1, "it says when to come again")
    equal(play.web_client(source=play.host(78)).get("/").status, 200, "another source meanwhile")
    equal(len(one.requests), codes.count(200) + 1, "requests at the server")
    time.sleep(1.1)
    equal(client.get("/").status, 200, "a second later")


@story
def a_rate_is_that_of_who_is_behind_the_proxy(play):
    header = "PROXY TCP4 {} 203.0.113.1 4711 443\r\n"
    stage(play, 'rate = 2, burst = 3, trusted = { "127.0.0.0/8" }, proxy_in = true')
    busy = play.web_client(preface=header.format("198.51.100.9").encode())
    expect(429 in [busy.get("/").status for _ in range(30)], "a source that asks too often is told so")
    equal(play.web_client(preface=header.format("198.51.100.8").encode()).get("/").status, 200,
          "another one behind the same proxy is not")


@story
def a_rate_is_that_of_whom_a_web_proxy_names(play):
    stage(play, f'rate = 2, burst = 3, trusted = {{ "{play.host(77)}" }}')
    proxy = play.web_client(source=play.host(77))
    for busy, other in (("198.51.100.9", "198.51.100.8"), ("2001:db8::9", "2001:db8:1::8"),
                        ("192.0.2.1, [2001:db8:2::1]:99", "192.0.2.1")):
        expect(429 in [proxy.get("/", more=[("X-Forwarded-For", busy)]).status for _ in range(30)],
               f"{busy} is told so")
        equal(proxy.get("/", more=[("X-Forwarded-For", other)]).status, 200, f"{other} is not")
    liar = play.web_client(source=play.host(78))
    expect(429 in [liar.get("/", more=[("X-Forwarded-For", f"192.0.2.{n}")]).status for n in range(30)],
           "what others say is not believed")


@story
def idle_connections_go_when_there_are_no_descriptors_left(play):
    servers = [play.web_server(f"s{n}") for n in range(12)]
    words = "".join(f'pool "p{n}" {{ servers = {{ "{s.address}" }}, monitor = false }}\n'
                    for n, s in enumerate(servers))
    routes = ", ".join(f'{{ path = "/p{n}/", pool = "p{n}" }}' for n in range(12))
    made = play.web(servers[:1], f"routes = {{ {routes} }}", words=words, gateway="workers = 1,",
                    pool="monitor = false,", wait=False)
    client = play.web_client()
    client.get("/p0/")
    resource.prlimit(made.process.pid, resource.RLIMIT_NOFILE, (made.descriptors() + 3, 4096))
    for n in range(12):
        equal(client.get(f"/p{n}/").status, 200, f"the answer of server {n}")
    made.expected_errors.append("accept-failed")
    resource.prlimit(made.process.pid, resource.RLIMIT_NOFILE, (made.descriptors(), 4096))
    equal(play.web_client().get("/p0/").status, 200, "the answer to one who comes then")


@story
def so_many_clients(play):
    one, gateway = stage(play, listener="limits = { sessions = 3 },")
    clients = [play.web_client() for _ in range(3)]
    for client in clients:
        equal(client.get("/").status, 200, "the answer")
    expect(play.turned_away(), "a fourth one is turned away")
    clients[0].close()
    eventually(lambda: gateway.listener()["sessions"] < 3, "one has gone")
    equal(play.web_client().get("/").status, 200, "the next one's answer")


main()
