#!/usr/bin/python3
"""q16: the monitor of web servers: what it asks, and which answers are healthy."""
from play import equal, expect, main, never, story
from play.http import CLOSE, answer


def monitored(play, words, **more):
    one = play.web_server("one", **more)
    one.answer = lambda r: answer(200, b"all is well")
    pool = f'monitor = {{ plugin = "https", interval = "200ms", timeout = "1s", fall = 2, {words} }},'
    return one, play.web([one], pool=pool, wait=False)


@story
def what_it_asks(play):
    one, gateway = monitored(play, 'path = "/health?a=b", host = "web.test"')
    gateway.wait_state(one, "up")
    asked = one.wait_request("/health?a=b")
    equal((asked.method, asked.header("Host"), asked.length), ("GET", "web.test", 0), "the question")
    one.nothing_broken()


@story
def it_may_ask_by_head(play):
    one, gateway = monitored(play, 'method = "HEAD"')
    one.answer = lambda r: answer(200, length=11)
    gateway.wait_state(one, "up")
    equal(one.requests[-1].method, "HEAD", "the question")


@story
def codes_tell(play):
    one, gateway = monitored(play, 'codes = "200, 300-399"')
    for status, state in ((200, "up"), (404, "down"), (302, "up"), (503, "down"), (200, "up"), (401, "down")):
        one.answer = lambda r, status=status: answer(status, b"x")
        gateway.wait_state(one, state)


@story
def a_word_in_the_body_tells(play):
    one, gateway = monitored(play, 'contains = "is well"')
    gateway.wait_state(one, "up")
    one.answer = lambda r: answer(200, b"all is lost")
    gateway.wait_state(one, "down")
    one.answer = lambda r: [answer(200, b"all i", length=11), 0.1, b"s well"]
    gateway.wait_state(one, "up")


@story
def junk_and_silence_are_sick(play):
    one, gateway = monitored(play, "")
    for bad in (lambda r: b"220 hello\r\n\r\n", lambda r: [CLOSE], lambda r: None,
                lambda r: [answer(200, length=5)[:20], CLOSE]):
        gateway.wait_state(one, "up")
        one.answer = bad
        gateway.wait_state(one, "down")
        one.answer = lambda r: answer(200, b"all is well")


@story
def inside_tls(play):
    one = play.web_server("one", tls=play.certificates.for_server("pool"))
    gateway = play.web([f'{{ "{one.address}", name = "pool.test" }}'], words=play.certificates.word("pool"), wait=False,
                       pool='tls = "pool", monitor = { plugin = "https", interval = "200ms" },')
    gateway.wait_state(one, "up")
    expect(one.requests[0].link.sni == "pool.test", "the name asked for")
    equal(one.requests[0].header("Host"), "pool.test", "the host asked for")
    one.answer = lambda r: answer(500)
    gateway.wait_state(one, "down")


@story
def it_asks_for_the_servers_name(play):
    one = play.web_server("one")
    one.answer = lambda r: answer(200)
    gateway = play.web([f'{{ "{one.address}", name = "fe1.test" }}'], wait=False,
                       pool='monitor = { plugin = "https", interval = "200ms" },')
    gateway.wait_state(one, "up")
    equal(one.requests[0].header("Host"), "fe1.test", "the host asked for")


@story
def wrong_words_are_told_before_anything_runs(play):
    for words, said in (('path = "no-slash"', "`path` is no path"), ('codes = "fine"', "`codes` is not a list"),
                        ('method = "HEAD", contains = "x"', "needs method GET"), ('host = "a/b"', "`host` is no host")):
        made = play.web([play.host(50) + ":80"][:0] or [f'"{play.host(50)}:80"'], wait=False, start=False,
                        pool=f'monitor = {{ plugin = "https", {words} }},')
        checked = made.run("-t")
        expect(said in checked.stderr and checked.returncode != 0, f"{words}: {checked.stderr}")


@story
def traffic_alone_changes_no_health(play):
    one, gateway = monitored(play, 'path = "/health"')
    gateway.wait_state(one, "up")
    one.answer = lambda r: answer(200, b"well") if r.target == "/health" else answer(500, b"no")
    for _ in range(20):
        equal(play.web_client().get("/x").status, 500, "a server's own 500 passes")
    never(lambda: gateway.server(one)["state"] != "up", "it is not up")


main()
