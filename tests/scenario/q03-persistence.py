#!/usr/bin/python3
"""q03: who came once comes back to the same server: by source, by a header, by the gateway's own cookie."""
import re

from play import equal, expect, main, story

COOKIE = 'cookie = "MS-WSMAN", cookie_httponly = false'


def stage(play, by, options=""):
    servers = [play.web_server(name) for name in ("one", "two", "three")]
    gateway = play.web(servers, options, pool=f'balance = "round-robin", persistence = {{ by = "{by}" }},',
                       gateway="workers = 1,")
    return gateway, servers


def cookie_of(got):
    found = [c for c in got.all("Set-Cookie") if c.startswith("MS-WSMAN=")]
    equal(len(found), 1, f"Set-Cookie lines of the gateway in {got.fields}")
    return found[0]


def value_of(line):
    return re.match(r"MS-WSMAN=([^;]*)", line)[1]


@story
def by_source(play):
    stage(play, "source")
    seen = {}
    for last in (100, 101, 102, 103, 100, 101, 102, 103):
        name = play.web_client(source=play.host(last)).get("/").header("X-Server")
        equal(name, seen.setdefault(last, name), f"the server of host {last}")
    equal(set(seen.values()), {"one", "two", "three"}, "the servers that have a source")


@story
def by_a_header(play):
    stage(play, "header.x-user")
    client, seen = play.web_client(), {}
    for n in range(24):
        user = f"user{n % 6}"
        name = client.get("/", more=[("X-User", user)]).header("X-Server")
        equal(name, seen.setdefault(user, name), f"the server of {user}")
    equal(set(seen.values()), {"one", "two", "three"}, "the servers that have a user")


@story
def by_the_gateways_cookie(play):
    stage(play, "cookie", COOKIE)
    owners = {}
    for _ in range(6):
        got = play.web_client().get("/")
        line = cookie_of(got)
        expect("httponly" not in line.lower(), f"it is no HttpOnly cookie: {line}")
        owners[value_of(line)] = got.header("X-Server")
    equal((len(owners), set(owners.values())), (6, {"one", "two", "three"}), "cookies made, servers that have one")
    for value, name in owners.items():
        for cookies in (f"MS-WSMAN={value}", f"a=b; MS-WSMAN={value}; c=d"):
            got = play.web_client().get("/", more=[("Cookie", cookies)])
            equal(got.header("X-Server"), name, "the server of a cookie")
            equal([c for c in got.all("Set-Cookie") if "MS-WSMAN" in c], [], "a cookie that is known is not set again")


@story
def one_that_the_gateway_did_not_make_counts_as_none(play):
    stage(play, "cookie", COOKIE)
    value = value_of(cookie_of(play.web_client().get("/")))
    other = ("A" if value[-1] != "A" else "B")
    for forged in ("", "x", value[:-1] + other, other + value[1:], value + "A", value[:-1], "0" * len(value),
                   value * 100):
        got = play.web_client().get("/", more=[("Cookie", f"MS-WSMAN={forged}")])
        expect(value_of(cookie_of(got)) not in (forged, value), f"{forged[:40]!r} is replaced")


@story
def a_servers_own_cookies_pass(play):
    _, servers = stage(play, "cookie", COOKIE)
    for server in servers:
        server.answer = lambda r: server.say(b"", r, more=[("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2")])
    got = play.web_client().get("/", more=[("Cookie", "z=1")])
    equal([c for c in got.all("Set-Cookie") if "MS-WSMAN" not in c], ["a=1; Path=/", "b=2"], "the server's cookies")
    cookie_of(got)
    equal(sum((s.requests for s in servers), [])[-1].header("Cookie"), "z=1", "the request's cookies")


main()
