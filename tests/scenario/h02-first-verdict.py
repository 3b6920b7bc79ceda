#!/usr/bin/python3
"""h02: the first probe goes out at once; a listener opens after the first verdict; what is unknown takes no traffic."""
from play import equal, eventually, expect, main, never, request, story

PROBE = 'monitor = { plugin = "sip", interval = "60s", timeout = "30s" }'


@story
def a_listener_opens_with_the_first_verdict_and_not_before(play):
    one = play.server("one")
    one.probe_answer = None
    gateway = play.gateway([one], pool=PROBE, start=False)
    gateway.start()
    eventually(lambda: one.probes, "the first probe goes out at once")
    equal(gateway.server(one)["state"], "unknown", "its state")
    never(lambda: not play.refused(), "a connection is taken before the first verdict")
    link = next(k for k in one.links if k.probed)
    link.send(one.ok(one.probes[0][1]))
    gateway.wait_open()
    equal(play.client().ask(request()).server, "one", "the server that answers")


@story
def an_unknown_server_takes_no_traffic(play):
    one, two = play.server("one"), play.server("two")
    two.probe_answer = None
    gateway = play.gateway([one, two], pool=PROBE, listener='options = { route = "message" }')
    client = play.client()
    equal({client.ask(request()).server for _ in range(6)}, {"one"}, "who answers")
    equal((gateway.server(two)["state"], two.requests), ("unknown", []), "the other's state and requests")


@story
def without_a_monitor_a_server_is_always_up(play):
    nobody = play.server("nobody", listen=False)
    gateway = play.gateway([nobody], pool="monitor = false")
    equal(gateway.server(nobody)["state"], "up", "the state of a server that nobody asks")


@story
def a_probe_has_a_port_and_a_transport_of_its_own(play):
    one = play.tls_server("one")
    clear = play.server("one's clear port", host=one.host)
    gateway = play.gateway([one], bind="tls", words=play.certificates.word("pool"), listener='tls = "pool"',
                           pool="""tls = "pool", tls_name = "pool.test", all_down = "reply",
                           monitor = { plugin = "sip", transport = "tcp", port = 5060, interval = "200ms",
                                       fall = 2 }""")
    expect(clear.probes, "the probe comes to the clear port")
    equal(one.links, [], "connections to the TLS port before there is traffic")
    equal(play.tls_client().ask(request()).server, "one", "traffic goes to the TLS port")
    clear.probe_answer = clear.refuse(503)
    gateway.wait_state(one, "down")


@story
def a_probe_inside_tls_verifies_the_server_and_the_status_says_why_not(play):
    good, bad = play.tls_server("good"), play.tls_server("bad", certificate="forged")
    gateway = play.gateway([good, bad], words=play.certificates.word("pool"), pool="""
                           tls = "pool", tls_name = "pool.test",
                           monitor = { plugin = "sip", interval = "200ms" }""")
    gateway.wait_state(bad, "down")
    equal(gateway.server(good)["state"], "up", "the state of the server with the right certificate")
    expect("authority" in gateway.server(bad)["probe"], f"why it is down: {gateway.server(bad)['probe']}")
    equal(bad.probes, [], "what the wrong server was asked")


main()
