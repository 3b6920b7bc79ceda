#!/usr/bin/python3
"""h06: servers by host name: resolved while the gateway runs; each address of a name is a server."""
from play import equal, eventually, expect, main, never, request, story
from play.names import Names

MESSAGE = 'options = { route = "message" },'


PICK = """return { plugin = "sip", reads = { "header.x-server" }, decide = function(m)
  return pick(tonumber(m["header.x-server"]))
end }"""


def stage(play, names, servers, settings="", files=None, **words):
    """`servers` as the configuration writes them."""
    words.setdefault("listener", MESSAGE)
    config = play.config(servers, gateway=f'resolve = "200ms", {settings}', **words)
    return names.start(play.gateway_of(config, start=False, files=files))


def shown(gateway, pool="farm"):
    """The addresses of a pool's servers and their states."""
    servers = next(p for p in gateway.status()["pools"] if p["name"] == pool)["servers"]
    return {s["address"]: s["state"] for s in servers}


def wait_shown(gateway, what, pool="farm"):
    eventually(lambda: shown(gateway, pool) == what, f"the servers are {what}, not {shown(gateway, pool)}")


def who(play, n=6):
    client = play.client()
    return {client.ask(request()).server for _ in range(n)}


@story
def each_address_of_a_name_is_a_server(play):
    one, two, three = (play.server(name) for name in ("one", "two", "three"))
    names = Names(play.folder).now(farm=f"{one.host} {two.host}")
    gateway = stage(play, names, ['"farm.play:5060"']).wait_open()
    wait_shown(gateway, {one.address: "up", two.address: "up"})
    equal({s["name"] for s in gateway.status()["pools"][0]["servers"]}, {"farm.play:5060"}, "their name")
    equal(gateway.server(one)["host"], "farm.play", "their host")
    equal(who(play), {"one", "two"}, "who answers")
    names.now(farm=f"{one.host} {two.host} {three.host}")
    wait_shown(gateway, {one.address: "up", two.address: "up", three.address: "up"})
    equal(who(play), {"one", "two", "three"}, "who answers now")


@story
def an_address_that_vanishes_keeps_what_it_has(play):
    one, two = play.server("one"), play.server("two")
    names = Names(play.folder).now(farm=one.host)
    gateway = stage(play, names, ['"farm.play:5060"']).wait_open()
    client = play.client()
    call = client.ask(request(call_id="old@play"))
    equal(call.server, "one", "who answers")
    names.now(farm=two.host)
    wait_shown(gateway, {one.address: "leaving", two.address: "up"})
    equal(client.ask(request(call_id="old@play", cseq=2)).server, "one", "who answers the old Call-ID")
    equal(who(play), {"two"}, "who answers new Call-IDs")
    client.close()
    for other in play.clients:
        other.close()
    wait_shown(gateway, {two.address: "up"})
    gateway.wait_line("address-gone", one.address)
    probes = len(one.links)
    never(lambda: len(one.links) > probes, "it is asked when it is gone", 0.7)
    names.now(farm=f"{one.host} {two.host}")
    wait_shown(gateway, {one.address: "up", two.address: "up"})


@story
def an_address_that_has_vanished_ends_its_sessions_when_it_dies(play):
    one, two = play.server("one"), play.server("two")
    names = Names(play.folder).now(farm=one.host)
    gateway = stage(play, names, ['"farm.play:5060"'], listener='options = { route = "connection" },',
                    pool='on_down = "end", monitor = { plugin = "sip", interval = "200ms", fall = 2 },').wait_open()
    client = play.client()
    equal(client.ask(request()).server, "one", "who answers")
    names.now(farm=two.host)
    wait_shown(gateway, {one.address: "leaving", two.address: "up"})
    equal(client.ask(request()).server, "one", "who answers as long as it is well")
    one.probe_answer = one.refuse(503)
    equal(client.ended(), b"", "what came before the close")
    wait_shown(gateway, {two.address: "up"})


@story
def a_name_that_does_not_resolve_is_a_server_that_is_down(play):
    one = play.server("one")
    names = Names(play.folder)
    gateway = stage(play, names, ['"farm.play:5060"'])
    wait_shown(gateway, {"": "down"})
    expect("does not resolve" in gateway.server("farm.play:5060")["probe"], gateway.server("farm.play:5060")["probe"])
    equal(gateway.status()["pools"][0]["state"], "down", "the pool's state")
    expect(not gateway.is_open(), "nobody can be served, so the listener is closed")
    expect("farm.play" in gateway.ctl("status").stdout, "lychctl status has its name")
    equal(len(gateway.lines("name-unresolved", "farm.play")), 1, "lines of the log that tell of it")
    names.now(farm=one.host)
    gateway.wait_open().wait_line("name-resolves", "farm.play")
    equal(who(play), {"one"}, "who answers")


@story
def the_last_addresses_hold_for_a_while(play):
    one = play.server("one")
    names = Names(play.folder).now(farm=one.host)
    gateway = stage(play, names, ['"farm.play:5060"']).wait_open()
    names.now()
    gateway.wait_line("name-unresolved", "stay where they were")
    equal(shown(gateway), {one.address: "up"}, "its state")
    equal(who(play), {"one"}, "who answers")


@story
def and_then_no_longer(play):
    one = play.server("one")
    names = Names(play.folder).now(farm=one.host)
    gateway = stage(play, names, ['"farm.play:5060"'], 'resolve_keep = "500ms"').wait_open()
    names.now()
    wait_shown(gateway, {"": "down"})
    expect(gateway.lines("name-unresolved", "servers=down"), "the log tells of it")
    names.now(farm=one.host)
    wait_shown(gateway, {one.address: "up"})


@story
def lychctl_knows_the_name_and_each_address(play):
    one, two, three = (play.server(name) for name in ("one", "two", "three"))
    names = Names(play.folder).now(farm=f"{one.host} {two.host}")
    gateway = stage(play, names, ['"farm.play:5060"']).wait_open()
    wait_shown(gateway, {one.address: "up", two.address: "up"})
    done = gateway.ctl("server", "drain", f"farm/{one.address}")
    expect(f"farm/farm.play:5060 ({one.address}): drain" in done.stdout, f"what lychctl says: {done}")
    equal(shown(gateway), {one.address: "drain", two.address: "up"}, "one of them")
    equal(who(play), {"two"}, "who answers")
    done = gateway.ctl("server", "disable", "farm/farm.play:5060")
    equal(len(done.stdout.splitlines()), 2, f"lines about both: {done}")
    equal(shown(gateway), {one.address: "disabled", two.address: "disabled"}, "all of them")
    names.now(farm=f"{one.host} {two.host} {three.host}")
    wait_shown(gateway, {a: "disabled" for a in (one.address, two.address, three.address)})
    gateway.ctl("server", "enable", "farm/farm.play:5060")
    wait_shown(gateway, {a: "up" for a in (one.address, two.address, three.address)})


@story
def no_more_addresses_than_it_may_have(play):
    servers = [play.server(name) for name in ("one", "two", "three")]
    names = Names(play.folder).now(farm=" ".join(s.host for s in servers))
    gateway = stage(play, names, ['{ "farm.play:5060", addresses = 2 }']).wait_open()
    wait_shown(gateway, {servers[0].address: "up", servers[1].address: "up"})
    gateway.wait_line("addresses-left-out", "farm.play", "number=1")
    names.now(farm=servers[2].host)
    wait_shown(gateway, {servers[2].address: "up"})


@story
def a_policy_picks_a_name_as_one_server(play):
    one, two, three = (play.server(name) for name in ("one", "two", "three"))
    names = Names(play.folder).now(farm=f"{one.host} {two.host}")
    servers = ['"farm.play:5060"', f'"{three.address}"']
    gateway = stage(play, names, servers, listener='policies = { "./pick.lua" }, ' + MESSAGE, files={"pick.lua": PICK})
    gateway.expected_errors = ["policy"]
    wait_shown(gateway, {s.address: "up" for s in (one, two, three)})
    client = play.client()
    ask = lambda number: client.ask(request(more=[("X-Server", str(number))]))
    equal({ask(2).server for _ in range(3)}, {"three"}, "pick(2)")
    equal({ask(1).server for _ in range(6)}, {"one", "two"}, "pick(1), in turn")
    equal(ask(3).status, 503, "the answer to pick(3)")
    expect(gateway.lines("pick(3), but pool", "has 2 servers"), "the log says why")


@story
def a_web_pool_follows_the_sip_pool(play):
    """By name both, one by name and the other by address."""
    asked = [play.server(name) for name in ("one", "two")]
    others = [play.server(f"{s.name}'s other service", 5070, host=s.host) for s in asked]
    names = Names(play.folder).now(sip=asked[0].host, web=f"{asked[0].host} {asked[1].host}")
    words = '''pool "sip" { servers = { "sip.play:5060" }, monitor = { plugin = "sip", interval = "200ms", fall = 2 } }
               pool "plain" { servers = { "%s" }, monitor = { track = "sip" } }''' % others[0].address
    gateway = stage(play, names, ['"web.play:5070"'], pool='monitor = { track = "sip" },', words=words).wait_open()
    wait_shown(gateway, {others[0].address: "up", others[1].address: "down"})
    expect("no server with this address" in gateway.server(others[1])["probe"], gateway.server(others[1])["probe"])
    equal(shown(gateway, "plain"), {others[0].address: "up"}, "the one by address")
    names.now(sip=f"{asked[0].host} {asked[1].host}", web=f"{asked[0].host} {asked[1].host}")
    wait_shown(gateway, {others[0].address: "up", others[1].address: "up"})
    asked[0].probe_answer = asked[0].refuse(503)
    wait_shown(gateway, {others[0].address: "down", others[1].address: "up"})
    asked[0].probe_answer = asked[0].ok
    wait_shown(gateway, {others[0].address: "up", others[1].address: "up"})
    names.now(sip=asked[1].host, web=f"{asked[0].host} {asked[1].host}")
    wait_shown(gateway, {others[0].address: "down", others[1].address: "up"})
    equal(shown(gateway, "plain"), {others[0].address: "down"}, "the one by address")
    equal([s.probes for s in others], [[], []], "probes that came to those that track")


@story
def a_word_reaches_those_that_begin_to_follow(play):
    """As a name gets its addresses, and as it loses them."""
    asked = [play.server(name) for name in ("one", "two")]
    others = [play.server(f"{s.name}'s other service", 5070, host=s.host) for s in asked]
    names = Names(play.folder).now(sip=asked[1].host)
    words = 'pool "sip" { servers = { "sip.play:5060" }, monitor = { plugin = "sip", interval = "200ms" } }'
    gateway = stage(play, names, others, pool='monitor = { track = "sip" },', words=words).wait_open()
    wait_shown(gateway, {others[0].address: "down", others[1].address: "up"})
    equal(gateway.ctl("server", "drain", "sip/sip.play:5060").returncode, 0, "the exit code of lychctl")
    equal(shown(gateway), {others[0].address: "down", others[1].address: "drain"}, "who follows so far")
    names.now(sip=f"{asked[0].host} {asked[1].host}")
    wait_shown(gateway, {others[0].address: "drain", others[1].address: "drain"})
    gateway.wait_line("server-drained", others[0].address, f"follows=sip/{asked[0].address}")
    names.now(sip=asked[1].host)
    wait_shown(gateway, {others[0].address: "down", others[1].address: "drain"})
    gateway.ctl("server", "enable", "sip.play")
    wait_shown(gateway, {others[0].address: "down", others[1].address: "up"})
    names.now(sip=f"{asked[0].host} {asked[1].host}")
    wait_shown(gateway, {others[0].address: "up", others[1].address: "up"})


main()
