#!/usr/bin/python3
"""q01: which pool a request goes to: routes by host and path, then policies; all requests of a connection by
themselves."""
import os

from play import equal, eventually, expect, main, story
from play.http import ask

MONITOR = 'monitor = { interval = "300ms", timeout = "1s" }'
POLICY = """
return {
  plugin = "https", pools = { "web", "owa" },
  reads = { "method", "host", "path", "query", "header.x-kind", "cookie.kind", "source", "sni" },
  decide = function(m)
    if m.method == "DELETE" then return reply(405, "Not here", { Allow = "GET" }) end
    if m.path == "/moved" then return reply(302, "Found", { Location = "https://other.test/" }) end
    if m.path == "/gone" then return drop() end
    if m["header.x-kind"] == "web" or m["cookie.kind"] == "web" or m.query == "kind=web" then return route("web") end
    if m.host == "owa.test" then return route("owa") end
  end,
}
"""


def stage(play, options="", policies="", files=None):
    one, web, owa = (play.web_server(name) for name in ("one", "web", "owa"))
    words = "".join(f'pool "{s.name}" {{ servers = {{ "{s.address}" }}, {MONITOR} }}\n' for s in (web, owa))
    gateway = play.web([one], options, policies, words=words, files=files)
    for server in (web, owa):
        gateway.wait_state(server, "up", pool=server.name)
    return gateway


def who(client, target="/", **words):
    return client.get(target, **words).header("X-Server")


@story
def routes_go_by_host_and_path(play):
    stage(play, """routes = { { host = "meet.*", path = "/x/", pool = "web" }, { host = "owa.test", pool = "owa" },
        { path = "/deep/er/", pool = "owa" }, { path = "/deep/", pool = "web" }, { path = "/exact", pool = "web" } }""")
    client = play.web_client()
    for host, target, server in (
            ("meet.test", "/x/1", "web"), ("MEET.example", "/x/", "web"), ("meet.test", "/y/", "one"),
            ("meet.test", "/xx", "one"),
            ("owa.test", "/", "owa"), ("OWA.test:5060", "/x/", "owa"), ("owa.test.example", "/", "one"),
            ("xowa.test", "/", "one"),
            ("web.test", "/deep/", "web"), ("web.test", "/deep/er/?a=/deep/", "owa"), ("web.test", "/deep", "one"),
            ("web.test", "/exact", "web"), ("web.test", "/exact?q", "web"), ("web.test", "/exactly", "one")):
        equal(who(client, target, host=host), server, f"who gets {target} of {host}")


@story
def a_path_is_judged_as_the_server_gets_it(play):
    stage(play, 'routes = { { path = "/deep/", pool = "web" } }')
    client = play.web_client()
    web = next(s for s in play.servers if s.name == "web")
    for target, gets in (("/a/../deep/1", "/deep/1"), ("/./deep/2", "/deep/2"), ("/%64eep/3", "/deep/3"),
                         ("/d%65ep/4?%64=1", None),
                         ("/a/%2e%2E/deep/5", "/deep/5"), ("http://web.test/deep/6", "/deep/6")):
        equal(who(client, target), "web", f"who gets {target}")
        if gets:
            equal(web.requests[-1].target, gets, f"the target that came of {target}")
    for target in ("/deep/../x", "/deep%2f..%2fx", "/%64eep/%2e%2e/x"):
        got = play.web_client().get(target)
        expect(got.status == 400 or got.header("X-Server") == "one", f"{target} is no way into /deep/: {got.start}")


@story
def the_host_of_an_absolute_target_counts(play):
    stage(play, 'routes = { { host = "owa.test", pool = "owa" } }')
    client = play.web_client()
    equal(who(client, "http://owa.test/x", host="other.test"), "owa", "who gets it")
    owa = next(s for s in play.servers if s.name == "owa")
    got = owa.requests[-1]
    equal((got.target, got.header("Host")), ("/x", "owa.test"), "target and Host at the server")


@story
def a_site_that_is_nobodys_is_not_found(play):
    one = play.web_server("one")
    config = play.config([one], plugin="https", port=8080, listener="""access_log = "access",
        options = { routes = { { host = "meet.*", pool = "farm" } } },""")
    config = config.replace('pool = "farm", access_log', "access_log")  # nowhere to go but by routes
    gateway = play.gateway_of(config, (play.host(1), 8080)).wait_open()
    access = os.path.join(gateway.folder, "access")
    gateway.wait_state(one, "up")
    client = play.web_client()
    equal(client.get(host="meet.test").status, 200, "the answer for a site that is there")
    answer = client.get(host="mete.test")
    equal((answer.status, answer.all("Retry-After")), (404, []), "the answer for one that is not")
    equal(client.get(host="meet.test").status, 200, "the same connection's next")
    gateway.wait_line("no-route", "listener=in")
    with open(access, encoding="utf-8") as log:
        eventually(lambda: "verdict=no-route" in log.read(), "the access log has it")


@story
def policies_answer_route_and_drop(play):
    gateway = stage(play, policies='policies = { "./kind.lua" },', files={"kind.lua": POLICY})
    client = play.web_client()
    refused = client.get("/", "DELETE")
    equal((refused.status, refused.reason, refused.header("Allow")), (405, "Not here", "GET"), "the policy's answer")
    moved = client.get("/moved")
    equal((moved.status, moved.header("Location")), (302, "https://other.test/"), "the policy's redirect")
    equal(who(client), "one", "who gets what no policy means")
    equal(who(client, more=[("X-Kind", "web")]), "web", "who is chosen by a header")
    equal(who(client, more=[("Cookie", "a=b; kind=web; c=d")]), "web", "who is chosen by a cookie")
    equal(who(client, "/?kind=web"), "web", "who is chosen by the query")
    equal(who(client, host="owa.test"), "owa", "who is chosen by the host")
    equal(client.get("/", "POST", body=b"0123456789").text, "POST / 10\n", "a body goes with it")
    equal(client.get("/", "DELETE", body=b"x" * 100000).status, 405, "a policy's answer to a body")
    dropped = play.web_client()
    dropped.send(ask("/gone"))
    equal(dropped.ended(), b"", "what a dropped client gets")
    equal(gateway.listener()["name"], "in", "the gateway lives")


@story
def edits_change_heads_and_nothing_else(play):
    stage(play, policies='''
        policies = { { "edit/headers", set = { ["x-new"] = "1", ["x-there"] = "2" }, remove = { "x-off" },
        answer = { ["x-answer"] = "3", server = false } } },''')
    one = play.servers[0]
    one.answer = lambda r: one.say(b"body", r, more=[("Server", "secret"), ("X-Kept", "k")])
    got = play.web_client().get("/", "POST", body=b"x-off: 1\r\n",
                                more=[("X-There", "old"), ("X-Off", "a"), ("x-off", "b")])
    asked = one.requests[-1]
    equal((asked.header("x-new"), asked.header("x-there"), asked.all("x-off")), ("1", "2", []), "the request's headers")
    equal(asked.text, "x-off: 1\r\n", "the request's body")
    equal((got.header("X-Answer"), got.all("Server"), got.header("X-Kept")), ("3", [], "k"), "the answer's headers")
    equal(got.text, "body", "the answer's body")


@story
def edits_cannot_break_the_framing(play):
    stage(play, policies='''
        policies = { { "edit/headers", set = { ["content-length"] = "0", ["transfer-encoding"] = "chunked" },
        remove = { "content-length" }, answer = { ["content-length"] = "1" } } },''')
    client = play.web_client()
    for _ in range(2):
        equal(client.get("/", "POST", body=b"12345").text, "POST / 5\n", "what came of it")
    play.servers[0].nothing_broken()
    eventually(lambda: play.gateways[-1].lines("content-length"), "the gateway says that it leaves such an edit aside")


main()
