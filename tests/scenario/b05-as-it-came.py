#!/usr/bin/python3
"""b05: nothing inserted, nothing changed: Lync's oddities and odd but legal SIP pass as they came."""
from play import equal, lync, main, request, story

PASS = {
    "a Via without branch and SIP/2.0/tls": lync("REGISTER"),
    "BENOTIFY, which nobody answers": lync("BENOTIFY"),
    "SERVICE with a body": lync("SERVICE", body=b"<xml/>"),
    "Proxy-Require and an unknown method": request("FROBNICATE", more=[("Proxy-Require", "ms-feature")]),
    "Max-Forwards 0, which is 483 only for a hop": request(more=[("Max-Forwards", "0")]),
    "two Vias, as a server behind another has": request(more=[("Via", "SIP/2.0/TCP 192.0.2.9;branch=z9hG4bKx")]),
    "compact and folded headers": request(more=[("k", "a,\r\n b"), ("s", "\r\n\t folded")]),
    "several values in a line": request(more=[("Route", '"a, b" <sip:x;lr>, <sip:y,z;lr>')]),
    "bytes above 127 and quotes": request(more=[("X-Odd", '\xe4\xf6\xfc "\\"" ;;;,,,')]),
    "an empty header": request(more=[("X-Empty", "")]),
    "a line of 30 KiB, as sign-in sends": lync(more=[("Proxy-Authorization", "TLS-DSK gssapi-data=" + "A" * 30000)]),
    "a head of nearly 64 KiB": request(more=[(f"X-{n}", "y" * 900) for n in range(70)]),
}


@story
def odd_requests_reach_the_server_byte_for_byte(play):
    one = play.server("one")
    play.gateway([one], listener='options = { route = "message" }')
    client = play.client()
    for what, asked in PASS.items():
        client.send(asked)
        equal(one.wait_request(asked.call_id).raw, asked.raw, what)


@story
def a_signed_in_lync_clients_requests_reach_the_server_byte_for_byte(play):
    one = play.server("one")
    play.gateway([one])
    client = play.client()
    client.ask(lync("REGISTER"))
    for what, asked in PASS.items():
        client.send(asked)
        equal(one.wait_request(asked.call_id).raw, asked.raw, what)
    equal(len(one.used[-1].requests), 1 + len(PASS), "requests on the client's one server link")


main()
