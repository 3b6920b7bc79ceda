#!/usr/bin/python3
"""h04: track: the servers of one pool are as healthy as those with the same address in another, and are not asked
themselves; the operator's word on those counts for them too."""
from play import equal, eventually, expect, main, never, request, story

TRACK = 'monitor = { track = "sip" },'
MESSAGE = 'options = { route = "message" },'


def stage(play, **words):
    """Two machines, each with two services: what is asked is the one in pool "sip", what takes the traffic the
    other."""
    asked = [play.server(name) for name in ("one", "two")]
    servers = [play.server(f"{s.name}'s other service", 5070, host=s.host) for s in asked]
    sip = ", ".join(f'"{s.address}"' for s in asked)
    pool = f'pool "sip" {{ servers = {{ {sip} }}, monitor = {{ plugin = "sip", interval = "200ms", fall = 2 }} }}'
    return asked, servers, play.gateway(servers, words=pool, pool=TRACK + words.pop("pool", ""), listener=MESSAGE,
                                        **words)


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


def word(gateway, *words):
    done = gateway.ctl("server", *words)
    equal(done.returncode, 0, f"the exit code of lychctl server {' '.join(words)}: {done.stderr}")
    return done.stdout


def both(play, route="message"):
    """Two machines, each with two services: listener "in" leads to those that track, "sip" to the others."""
    asked = [play.server(name) for name in ("one", "two")]
    others = [play.server(s.name, 5070, host=s.host) for s in asked]
    sip = ", ".join(f'"{s.address}"' for s in asked)
    words = f"""pool "sip" {{ servers = {{ {sip} }}, monitor = {{ plugin = "sip", interval = "200ms" }} }}
                listener "sip" {{ plugin = "sip", bind = "tcp:{play.host(1)}:5081", pool = "sip",
                                 options = {{ route = "{route}" }} }}"""
    gateway = play.gateway(others, words=words, pool=TRACK, listener=f'options = {{ route = "{route}" }},')
    for server in others:
        gateway.wait_state(server, "up")
    gateway.wait_open("sip").wait_open()
    return asked, others, gateway


def doors(play, gateway):
    """The addresses of the listeners "in" and "sip"."""
    return gateway.address, (play.host(1), 5081)


def comers(play, gateway):
    """The machines of new connections' new Call-IDs, through each listener."""
    return [{play.client(address=at).ask(request()).server for _ in range(6)} for at in doors(play, gateway)]


@story
def one_word_takes_a_machine_out_of_both_pools(play):
    asked, others, gateway = both(play)
    client = play.client()
    old = {i: client.ask(request(call_id=i)).server for i in (f"old{n}@play" for n in range(8))}
    said = word(gateway, "drain", f"sip/{asked[0].address}").splitlines()
    equal([line.split(": ")[0] for line in said], [f"sip/{asked[0].address}", f"farm/{others[0].address}"],
          "who is told of")
    expect(f"by the word to sip/{asked[0].address}" in said[1], f"why the second one is: {said}")
    equal(comers(play, gateway), [{"two"}, {"two"}], "the servers of new clients")
    equal({i: client.ask(request(call_id=i, cseq=2)).server for i in old}, old, "the servers of the old Call-IDs")
    found = gateway.server(others[0])
    equal((found["state"], found["health"], found["own_word"], found["word_from"]),
          ("drain", "up", None, f"sip/{asked[0].address}"), "what the status says of the one that tracks")
    expect(f"drain (up) by sip/{asked[0].address}" in gateway.ctl("status").stdout, "the table says so too")
    gateway.wait_line("server-drained", "pool=farm", others[0].address, f"follows=sip/{asked[0].address}")
    word(gateway, "enable", f"sip/{asked[0].address}")
    equal(comers(play, gateway), [{"one", "two"}, {"one", "two"}], "the servers of new clients after enable")


@story
def disable_ends_the_sessions_of_those_that_track_too(play):
    asked, others, gateway = both(play, "connection")
    clients = [play.client(address=at) for at in doors(play, gateway) for _ in range(4)]
    servers = [(client, client.ask(request()).server) for client in clients]
    word(gateway, "disable", f"sip/{asked[0].address}")
    for client, server in servers:
        if server == "one":
            equal(client.ended(), b"", "what came before the close")
        else:
            equal(client.ask(request()).server, "two", "the other machine's sessions stay")
    eventually(lambda: not asked[0].open_used and not others[0].open_used, "no link to the machine is left")
    word(gateway, "disable", f"sip/{asked[1].address}")
    eventually(lambda: not gateway.is_open() and not gateway.is_open("sip"), "both listeners close for want of servers")
    word(gateway, "enable", f"sip/{asked[0].address}")
    gateway.wait_open("sip").wait_open()
    equal(comers(play, gateway), [{"one"}, {"one"}], "the servers of new clients after enable")


@story
def an_own_word_outlives_the_other_ones(play):
    asked, others, gateway = both(play)
    word(gateway, "drain", f"farm/{others[0].address}")
    word(gateway, "disable", f"sip/{asked[0].address}")
    equal(gateway.server(others[0])["state"], "disabled", "the stronger word")
    word(gateway, "enable", f"sip/{asked[0].address}")
    found = gateway.server(others[0])
    equal((found["state"], found["own_word"], found["word_from"]), ("drain", "drain", None), "what is left")
    equal(comers(play, gateway), [{"two"}, {"one", "two"}], "the servers of new clients")
    word(gateway, "drain", f"sip/{asked[0].address}")
    said = word(gateway, "enable", f"farm/{others[0].address}")
    expect("drain, as before, by the word to" in said, f"the other's still counts: {said}")
    equal(comers(play, gateway), [{"two"}, {"two"}], "the servers of new clients then")


main()
