#!/usr/bin/python3
"""h05: what a monitor can be told: codes, the reverse, TLS with a client certificate; that it backs off while a server
is down; and what the operator sees of it."""
import ssl
from datetime import datetime, timezone

from play import equal, eventually, expect, main, request, story

MONITOR = """all_down = "{all_down}",
  monitor = {{ plugin = "sip", interval = "{interval}", timeout = "1s", fall = 1, {more} }},"""


def watch(play, server, more="", interval="200ms", all_down="reply", **words):
    pool = MONITOR.format(interval=interval, more=more, all_down=all_down) + words.pop("pool", "")
    return play.gateway([server], pool=pool, start=False, **words)


def started(gateway):
    gateway.start()
    return gateway


@story
def codes_tell(play):
    one = play.server("one")
    gateway = started(watch(play, one, 'codes = "200, 401-404, 6xx"'))
    for code, state in ((200, "up"), (503, "down"), (403, "up"), (405, "down"), (699, "up"), (500, "down")):
        one.probe_answer = one.refuse(code)
        gateway.wait_state(one, state)
        eventually(lambda: str(code) in gateway.server(one)["probe"], f"the status tells {code}")


@story
def the_reverse(play):
    """Up is who gives a bad answer, or none."""
    one = play.server("one")
    gateway = started(watch(play, one, "reverse = true"))
    gateway.wait_state(one, "down")
    expect("200" in gateway.server(one)["probe"], "the status tells what was answered")
    one.probe_answer = one.refuse(503)
    gateway.wait_state(one, "up")
    one.probe_answer = one.ok
    gateway.wait_state(one, "down")
    one.probe_answer = None
    gateway.wait_state(one, "up")
    one.probe_answer = one.ok
    gateway.wait_state(one, "down")
    one.die()
    gateway.wait_state(one, "up")


def backed_off(gateway, server):
    """The next probe is further away than three intervals."""
    eventually(lambda: (gateway.server(server)["next_probe_ms"] or 0) > 1500, "it is asked less and less often")


@story
def a_server_that_is_down_is_asked_less_and_less_often(play):
    one = play.server("one")
    one.probe_answer = one.refuse(503)
    gateway = started(watch(play, one, 'backoff = "1h"', "500ms"))
    backed_off(gateway, one)
    asked = len(one.probes)
    equal(gateway.ctl("server", "enable", f"farm/{one.address}").returncode, 0, "lychctl's exit code")
    eventually(lambda: len(one.probes) > asked, "the operator's word makes it asked")
    eventually(lambda: 0 < (gateway.server(one)["next_probe_ms"] or 0) <= 500, "the interval is as at the beginning")
    backed_off(gateway, one)
    one.probe_answer = one.ok
    gateway.wait_state(one, "up")


@story
def traffic_that_fails_ends_the_backing_off(play):
    one = play.server("one")
    one.probe_answer = one.refuse(503)
    gateway = started(watch(play, one, 'backoff = "1h"', "500ms", all_down="fail-open"))
    backed_off(gateway, one)
    one.stop_listening()
    play.client().send(request())
    eventually(lambda: 0 < (gateway.server(one)["next_probe_ms"] or 0) <= 500, "the interval is as at the beginning")


@story
def a_client_certificate_for_the_probe(play):
    """The server wants one; the pool's own `tls` has none."""
    one = play.server("one", 5061, play.certificates.for_server("pool", ssl.CERT_REQUIRED))
    words = play.certificates.word("edge") + f'tls "bare" {{ trust = "{play.certificates.path("ca.pem")}" }}\n'
    pool = 'tls = "bare", tls_name = "pool.test",'
    gateway = started(watch(play, one, pool=pool, words=words))
    gateway.wait_state(one, "down")
    gateway.stop()
    gateway = started(watch(play, one, 'tls = "edge"', pool=pool, words=words))
    gateway.wait_state(one, "up")
    equal(one.links[-1].shown, play.certificates.der("edge"), "the certificate that the server sees")


@story
def what_the_operator_sees(play):
    one = play.server("one")
    one.probe_delay = 0.1
    gateway = started(watch(play, one, interval="60s"))
    gateway.wait_state(one, "up")
    server = gateway.server(one)
    expect(server["probe_ms"] >= 90, f"how long the answer took: {server}")
    expect(50_000 < server["next_probe_ms"] <= 60_000, f"when the next one comes: {server}")
    ago = datetime.now(timezone.utc) - datetime.fromisoformat(server["probed"].replace("Z", "+00:00"))
    expect(0 <= ago.total_seconds() < 60, f"when it was asked: {server}")
    equal(server["host"], None, "the host name of one that is written with an address")


@story
def a_server_that_rests_is_shown(play):
    one, two = play.server("one"), play.server("two")
    gateway = play.gateway([one, two], listener='options = { mode = "hop" },')
    one.answer = one.refuse(503, more=[("Retry-After", "600")])
    client = play.client()
    eventually(lambda: client.ask(request()) and gateway.server(one)["rests_seconds"], "one of them rests")
    expect(500 < gateway.server(one)["rests_seconds"] <= 600, f"for how long: {gateway.server(one)}")
    equal(gateway.server(one)["state"], "up", "its state")
    equal(gateway.server(two)["rests_seconds"], 0, "the other's rest")
    shown = gateway.ctl("status").stdout
    expect("up (rests 5" in shown or "up (rests 600s)" in shown, f"the table shows it: {shown}")
    expect(f"rests     server farm/{one.address} for " in shown, f"so does the list of what is wrong: {shown}")


main()
