#!/usr/bin/python3
"""h04: track: the servers of one pool are as healthy as those with the same address in another, and are not asked
themselves."""
from play import equal, eventually, expect, main, never, request, story

TRACK = 'monitor = { track = "sip" },'
MESSAGE = 'options = { route = "message" },'


def stage(play, **words):
    """Two machines, each with two services: what is asked is the one in pool "sip", what takes the traffic the other."""
    asked = [play.server(name) for name in ("one", "two")]
    servers = [play.server(f"{s.name}'s other service", 5070, host=s.host) for s in asked]
    sip = ", ".join(f'"{s.address}"' for s in asked)
    pool = f'pool "sip" {{ servers = {{ {sip} }}, monitor = {{ plugin = "sip", interval = "200ms", fall = 2 }} }}'
    return asked, servers, play.gateway(servers, words=pool, pool=TRACK + words.pop("pool", ""), listener=MESSAGE, **words)


def who(play):
    client = play.client()
    return {client.ask(request()).server for _ in range(6)}


@story
def a_server_goes_with_the_one_of_its_address(play):
    asked, servers, gateway = stage(play)
    for server in servers:
        gateway.wait_state(server, "up")
    equal(who(play), {s.name for s in servers}, "who takes traffic")
    asked[0].probe_answer = asked[0].refuse(503)
    gateway.wait_state(servers[0], "down")
    equal(gateway.server(asked[0], "sip")["state"], "down", "the state of the one that is asked")
    equal(gateway.server(servers[1])["state"], "up", "the state of the other machine's")
    expect("pool sip: 503" in gateway.server(servers[0])["probe"], f"why: {gateway.server(servers[0])['probe']}")
    equal(who(play), {servers[1].name}, "who takes traffic while one is down")
    asked[0].probe_answer = asked[0].ok
    gateway.wait_state(servers[0], "up")
    expect(gateway.lines("server-down", servers[0].address), "a line of the log tells of it")
    equal([s.probes for s in servers], [[], []], "probes that came to those that track")


@story
def traffic_that_fails_hastens_the_other_pools_probe(play):
    one = play.server("one")
    other = play.server("one's other service", 5070, host=one.host)
    gateway = play.gateway([other], pool=TRACK, words=f"""pool "sip" {{ servers = "{one.address}",
                           monitor = {{ plugin = "sip", interval = "60s" }} }}""")
    play.client().ask(request())
    probes = len(one.probes)
    other.used[-1].reset()
    eventually(lambda: len(one.probes) > probes, "the server that is asked is asked at once")
    equal(gateway.server(other)["state"], "up", "its state, since the other is well")


@story
def a_listener_waits_for_the_tracked_pools_first_verdict(play):
    one = play.server("one")
    one.probe_answer = None
    other = play.server("one's other service", 5070, host=one.host)
    gateway = play.gateway([other], start=False, pool=TRACK, words=f"""pool "sip" {{ servers = "{one.address}",
                           monitor = {{ plugin = "sip", interval = "60s", timeout = "30s" }} }}""")
    gateway.start()
    eventually(lambda: one.probes, "the tracked server is asked")
    equal(gateway.server(other)["state"], "unknown", "the state of the one that tracks")
    never(lambda: not play.refused(), "a connection is taken before the first verdict")
    next(k for k in one.links if k.probed).send(one.ok(one.probes[0][1]))
    gateway.wait_open()
    equal(play.client().ask(request()).server, other.name, "who answers")


main()
