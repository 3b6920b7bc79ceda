#!/usr/bin/python3
"""c05: the log: one event a line, key=value; no byte of the network forges a line; never a body or a credential."""
import re

from play import equal, expect, lync, main, request, story

LINE = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (error|warning|info|debug) [a-z0-9-]+'
                  r'( [a-z0-9_.-]+=("([^"\\]|\\.)*"|[^\s"]*))*')
SECRET = "hush4711"


@story
def every_line_has_the_form_and_nothing_secret(play):
    one = play.server("one")
    gateway = play.gateway([one], listener='policies = { "responder/no-compression" }', pool='all_down = "reply"')
    hidden = [("Authorization", f'NTLM gssapi-data="{SECRET}"'), ("Proxy-Authorization", f"Digest response={SECRET}")]
    client = play.client()
    client.ask(lync(more=hidden, body=SECRET.encode()))
    bad = request("MESSAGE", more=hidden + [("CSeq", "7 x")], body=SECRET.encode())
    client.send(bad)
    client.ended()
    for start in (b"\n2026-11-22T13:20:49.123Z error forged x=y\n", b'"\\x00\x1b[31m\r\r', bytes(range(256))):
        other = play.client()
        other.send(start * 50 + SECRET.encode() + b"\r\n\r\n")
        other.finish()
        other.ended()
    one.answer = lambda m: f"SIP/2.0 2x0 {SECRET}\r\n\r\n".encode()
    play.client().send(request(more=hidden))
    one.die()
    gateway.wait_state(one, "down")
    client.close()
    gateway.stop()
    for line in gateway.log():
        expect(LINE.fullmatch(line), f"a line of the log has the form of an event: {line!r}")
        expect(SECRET not in line, f"no line tells a secret: {line!r}")
    equal(gateway.lines(" error "), [], "lines of level error: what others do wrong is no error of the gateway's")


@story
def the_level_is_kept(play):
    gateway = play.gateway([play.server("one")], gateway='log = "warning",')
    play.client().ask(request())
    gateway.stop()
    equal([line for line in gateway.log() if " info " in line or " debug " in line], [], "lines below warning")


main()
