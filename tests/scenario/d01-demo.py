#!/usr/bin/python3
"""d01: the demo's configuration does what it says: one process, two servers of its own, and a gateway in front of
them."""
import os

from play import equal, eventually, lync, main, request, story

DEMO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "examples", "demo.lua")


def demo(play):
    """The demo as it is, but on the addresses and with the certificate of the play."""
    with open(DEMO) as file:
        text = file.read()
    for last, ours in ((1, 1), (2, 11), (3, 12)):
        text = text.replace(f"127.0.0.{last}:", f"{play.host(ours)}:")
    for file in ("server.pem", "server.key"):
        text = text.replace(f"../../build/demo/{file}", play.certificates.path(file.replace("server", "pool")))
    gateway = play.gateway_of(text.replace("../../build/demo/lychgate.sock", "control"))
    for last in (11, 12):
        gateway.wait_state(f"{play.host(last)}:5060", "up", pool="servers")
    return gateway.wait_open("front")


@story
def every_request_is_answered_and_a_call_id_has_one_server(play):
    gateway = demo(play)
    tcp = play.client()
    tls = play.tls_client(address=(play.host(1), 5061))
    first = {f"demo{n}@play": None for n in range(20)}
    for call_id in first:
        first[call_id] = tcp.ask(request(call_id=call_id)).server
    equal(set(first.values()), {"one", "two"}, "who answers")
    equal({i: tls.ask(request(call_id=i, cseq=2)).server for i in first}, first, "who answers over TLS")
    equal(tls.ask(request("NEGOTIATE", more=[("Compression", "LZ77-8K")])).status, 400, "the answer to NEGOTIATE")
    equal(len({tls.ask(lync()).server for _ in range(6)}), 1, "servers of a Lync client")
    states = [s["state"] for s in gateway.status()["pools"][0]["servers"]]
    equal(states, ["up", "up"], "the servers' states")


@story
def a_server_that_is_disabled_takes_nothing_and_the_other_takes_all(play):
    gateway = demo(play)
    equal(gateway.ctl("server", "disable", f"servers/{play.host(11)}:5060").returncode, 0, "the exit code of lychctl")
    client = play.client()
    eventually(lambda: {client.ask(request()).server for _ in range(10)} == {"two"}, "only the other one answers")


main()
