#!/usr/bin/python3
"""q11: what servers are told of the client, and what is for one connection only and goes no further."""
from play import equal, eventually, expect, main, story
from play.http import ask

FORGED = [("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-Proto", "gopher"), ("X-Forwarded-Host", "evil.test"),
          ("Forwarded", "for=192.0.2.1;proto=gopher"), ("x-forwarded-for", "192.0.2.2")]


def stage(play, options="", **words):
    one = play.web_server("one")
    return one, play.web([one], options, gateway="workers = 1,", **words)


def told(one):
    got = one.requests[-1]
    return tuple(", ".join(got.all(f"X-Forwarded-{n}")) for n in ("For", "Proto", "Host"))


@story
def what_a_client_says_of_itself_is_replaced(play):
    one, _ = stage(play)
    source = play.host(77)
    client = play.web_client(source=source)
    for more in ((), FORGED):
        client.get("/", more=more)
        equal(told(one), (source, "http", "web.test"), "what the server is told")
        equal(len(one.requests[-1].all("Forwarded")), 1, "lines Forwarded")
        forwarded = one.requests[-1].header("Forwarded").lower()
        expect(source in forwarded and "proto=http" in forwarded and "192.0.2.1" not in forwarded,
               f"Forwarded: {forwarded}")


@story
def inside_tls_it_says_so(play):
    one, _ = stage(play, bind="tls", words=play.certificates.word("pool"), listener='tls = "pool",')
    play.web_tls_client(source=play.host(77)).get("/", host="pool.test")
    equal(told(one), (play.host(77), "https", "pool.test"), "what the server is told")


@story
def who_is_trusted_is_believed(play):
    one, _ = stage(play, f'trusted = {{ "{play.host(77)}" }}')
    play.web_client(source=play.host(77)).get("/", more=FORGED[:3])
    equal(told(one)[0], f"192.0.2.1, {play.host(77)}", "what the server is told behind a trusted proxy")
    play.web_client(source=play.host(78)).get("/", more=FORGED[:3])
    equal(told(one), (play.host(78), "http", "web.test"), "and behind anyone else")


@story
def off_leaves_all_as_it_came(play):
    one, _ = stage(play, 'forwarded = "off"')
    client = play.web_client()
    client.get("/")
    equal(told(one), ("", "", ""), "what the server is told")
    client.get("/", more=FORGED[:1])
    equal(told(one), ("192.0.2.1", "", ""), "what the server is told then")


@story
def what_is_for_one_connection_goes_no_further(play):
    one, _ = stage(play)
    one.answer = lambda r: one.say(b"", r, more=[("Connection", "X-Server-Hop"), ("X-Server-Hop", "1"),
                                                 ("Keep-Alive", "timeout=5"),
                                                   ("Proxy-Connection", "keep-alive"), ("X-End", "1")])
    hops = [("Connection", "keep-alive, X-Hop , close-not"), ("X-Hop", "1"), ("Keep-Alive", "300"),
            ("Proxy-Connection", "close"),
            ("TE", "trailers, deflate"), ("Upgrade", "something"), ("X-End", "1"), ("Close-Not", "1")]
    got = play.web_client().get("/", more=hops)
    asked = one.requests[-1]
    for name in ("X-Hop", "Keep-Alive", "Proxy-Connection", "Upgrade", "Close-Not"):
        equal(asked.all(name), [], f"{name} at the server")
    equal(asked.header("X-End"), "1", "an end-to-end field")
    for name in ("X-Server-Hop", "Keep-Alive", "Proxy-Connection"):
        equal(got.all(name), [], f"{name} at the client")
    equal(got.header("X-End"), "1", "an end-to-end field of the answer")


@story
def connection_cannot_take_away_what_matters(play):
    one, _ = stage(play)
    client = play.web_client()
    hops = "Host, Content-Length, X-Forwarded-For, Cookie, Transfer-Encoding, Forwarded"
    got = client.get("/", "POST", body=b"12345", more=[("Connection", hops), ("Cookie", "a=b")])
    expect(got.status in (200, 400), f"the answer: {got.start}")
    if got.status == 200:
        asked = one.requests[-1]
        equal((asked.header("Host"), asked.length, asked.header("Cookie")), ("web.test", 5, "a=b"),
              "what the server got")
        equal(len(asked.all("X-Forwarded-For")), 1, "X-Forwarded-For at the server")
    one.nothing_broken()


@story
def all_else_stays_as_it_came(play):
    one, _ = stage(play, 'forwarded = "off"')
    fields = [("X-b", "2"), ("x-A", "1, 2"), ("X-a", "3"), ("Accept", "*/*;q=0.1"), ("X-Empty", ""),
              ("X-Long", "y" * 5000), ("X-Quoted", '"a, b"'), ("X-Latin", "caf\xe9")]
    play.web_client().ask(b"GET /a%20b;c=d/?x=%2F%41&y=a+b&z='%22 HTTP/1.1\r\nhOsT: Web.Test:8080\r\n" +
                          "".join(f"{n}: {v}\r\n" for n, v in fields).encode("latin-1") + b"\r\n")
    asked = one.requests[-1]
    equal(asked.target, "/a%20b;c=d/?x=%2F%41&y=a+b&z='%22", "the target")
    equal([f for f in asked.fields if f[0].startswith(("X", "x", "A"))], fields, "the fields, in their order and case")
    equal(asked.header("Host").lower(), "web.test:8080", "Host")
    one.answer = lambda r: b"HTTP/1.1 299 Odd but fine\r\nx-B: 2\r\nX-a: 1\r\ncontent-LENGTH: 2\r\nX-a: 3\r\n\r\nok"
    got = play.web_client().get("/")
    equal((got.status, got.reason, got.text), (299, "Odd but fine", "ok"), "the answer")
    equal([f for f in got.fields if f[0].lower().startswith("x-")], [("x-B", "2"), ("X-a", "1"), ("X-a", "3")],
          "its fields")


@story
def a_proxy_tells_where_a_client_comes_from(play):
    one, gateway = stage(play, 'trusted = { "127.0.0.0/8" }, proxy_in = true')
    client = play.web_client()
    client.send(b"PROXY TCP4 198.51.100.9 203.0.113.1 4711 443\r\n")
    client.get("/")
    equal(told(one)[0], "198.51.100.9", "what the server is told")
    bad = play.web_client()
    bad.send(ask("/none"))
    equal(bad.ended(), b"", "what a proxy without a header gets")
    eventually(lambda: gateway.lines("proxy-header-refused"), "a line of the log")


@story
def servers_are_told_by_the_proxy_protocol(play):
    one, _ = stage(play, 'proxy = "v1"')
    one.reads = False
    client = play.web_client(source=play.host(77))
    client.send(ask("/"))
    link = eventually(lambda: one.used and one.used[-1], "it comes")
    eventually(lambda: b"\r\n\r\n" in link.received, "the head comes")
    expect(bytes(link.received).startswith(f"PROXY TCP4 {play.host(77)} ".encode()),
           f"a header in front: {bytes(link.received[:80])!r}")


def header(source, port=4711):
    return f"PROXY TCP4 {source} 203.0.113.1 {port} 443\r\n".encode()


def behind(play, source, **words):
    """A client whose proxy says that it comes from there."""
    return play.web_client(preface=header(source), **words)


@story
def a_header_stands_in_front_of_tls(play):
    one, gateway = stage(play, 'trusted = { "127.0.0.0/8" }, proxy_in = true', bind="tls",
                         words=play.certificates.word("pool"), listener='tls = "pool",')
    client = play.web_tls_client(preface=header("198.51.100.9"))
    for _ in range(2):
        client.get("/", host="pool.test")
        equal(told(one), ("198.51.100.9", "https", "pool.test"), "what the server is told")
    v2 = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes([198, 51, 100, 7, 203, 0, 113, 1, 0x12, 0x34, 1, 187])
    play.web_tls_client(preface=v2).get("/", host="pool.test")
    equal(told(one)[0], "198.51.100.7", "what the server is told with version 2")
    equal(play.turned_away(preface=b"\x16\x03\x01\0\0 is no header, but how TLS begins"), True,
          "TLS without a header is turned away")
    gateway.wait_line("proxy-header-refused")
    equal(gateway.lines("tls-refused"), [], "lines that blame TLS")
    equal(gateway.status()["listeners"][0]["refused_proxy"], 1, "headers refused")


@story
def a_header_may_come_in_pieces_but_not_late(play):
    one, gateway = stage(play, 'trusted = { "127.0.0.0/8" }, proxy_in = true',
                         listener='limits = { first_byte = "1s" },')
    client = play.web_client()
    client.send_in_pieces(header("198.51.100.9") + ask("/"), 1)
    equal(client.answer().status, 200, "the answer")
    equal(told(one)[0], "198.51.100.9", "what the server is told")
    late = play.web_client()
    late.send(header("198.51.100.9")[:20])
    equal(late.ended(), b"", "what half a header gets")
    gateway.wait_line("proxy-header-refused", "in time")
    for cut in (b"PROXY TCP4", b"PROXY \n", b"PROXY " + b"x" * 20000, b"\r\n\r\n\0\r\nQUIT\n\x31"):
        bad = play.web_client(preface=cut)
        bad.finish()
        equal(bad.ended(), b"", f"what {cut[:30]!r} gets")
    eventually(lambda: len(gateway.lines("proxy-header-refused")) == 5, "a line for each")


@story
def limits_by_source_count_who_is_behind_the_proxy(play):
    stage(play, 'trusted = { "127.0.0.0/8" }, proxy_in = true', listener="limits = { sessions_per_source = 2 },")
    clients = [behind(play, source) for source in ("198.51.100.9", "198.51.100.9", "198.51.100.8")]
    for client in clients:
        equal(client.get("/").status, 200, "the answer")
    equal(play.turned_away(preface=header("198.51.100.9")), True, "the third of one source is turned away")
    clients[0].close()
    eventually(lambda: not play.turned_away(preface=header("198.51.100.9") + ask("/").replace(b"1.1", b"1.0")),
               "and let in when one has gone")


@story
def who_speaks_to_the_gateway_must_name_its_proxies(play):
    made = play.web([play.web_server("one")], "proxy_in = true", start=False, wait=False)
    said = made.run("-t").stderr
    expect("proxy_in needs `trusted`" in said, f"what the check says: {said}")


@story
def a_link_that_names_a_client_is_nobody_elses(play):
    servers = [play.web_server("one"), play.web_server("two")]
    for server in servers:
        server.reads = False
    play.web(servers, 'proxy = "v1"', gateway="workers = 1,", pool="monitor = false,", wait=False)
    clients = [play.web_client(source=play.host(77 + n)) for n in range(3)]
    for turn in range(4):
        for n, client in enumerate(clients):
            client.send(ask(f"/{n}/{turn}"))
            link = eventually(lambda: next((k for s in servers for k in s.links
                                            if f"GET /{n}/{turn} ".encode() in k.received), None), "it comes")
            expect(bytes(link.received).startswith(f"PROXY TCP4 {play.host(77 + n)} ".encode()),
                   "by a link of this client's")
            equal(link.received.count(b"PROXY"), 1, "headers on it")
            link.do(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            equal(client.answer().text, "ok", "the answer")
    equal(sum(len(s.used) for s in servers), 6, "links: of each client one to each server")
    clients[0].close()
    for server in servers:
        next(k for k in server.used if b"GET /0/" in k.received).wait_closed("its links end with the client")


main()
