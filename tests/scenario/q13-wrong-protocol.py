#!/usr/bin/python3
"""q13: who speaks something else: a clean end and one line of the log, and no server hears of it."""
import ssl

from play import equal, main, request, story
from play.http import ask


def hello():
    context = ssl.create_default_context()
    outgoing = ssl.MemoryBIO()
    try:
        context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="web.test").do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def ends(play, gateway, what, data, **words):
    """Cleanly, not by a reset, and with one more line about this client."""
    client = play.web_client(**words)
    port = client.socket.getsockname()[1]
    client.send(data)
    client.socket.settimeout(10)
    came = b""
    while True:
        more = client.socket.recv(65536)
        if not more:
            break
        came += more
    wait = f":{port} "
    gateway.wait_line(wait, " info ")
    lines = [line for line in gateway.lines(wait) if " debug " not in line]
    equal(len(lines), 1, f"lines about {what}: {lines}")
    return came


@story
def on_the_plain_port(play):
    one = play.web_server("one")
    gateway = play.web([one])
    for what, data in (("TLS", hello()), ("SIP", request("OPTIONS").raw),
                       ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
                       ("SSH", b"SSH-2.0-OpenSSH_9.2\r\n"), ("SSH of Debian", b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"),
                       ("SMTP", b"EHLO mail.test\r\n"), ("Redis", b"*1\r\n$4\r\nPING\r\n"), ("HTTP/0.9", b"GET /\r\n")):
        came = ends(play, gateway, what, data)
        equal(came[:12] in (b"", b"HTTP/1.1 400", b"HTTP/1.1 505"), True, f"{what} gets {came[:60]!r}")
    equal(one.requests, [], "requests at the server")
    equal(play.web_client().get("/").status, 200, "HTTP is served")


@story
def on_the_tls_port(play):
    one = play.web_server("one")
    gateway = play.web([one], bind="tls", words=play.certificates.word("pool"), listener='tls = "pool",')
    for what, data in (("HTTP", ask("/")), ("SIP", request("OPTIONS").raw)):
        client = play.client()
        client.send(data)
        came = client.ended()
        equal(came[:1] in (b"", b"\x15"), True, f"{what} gets an end or an alert: {came[:60]!r}")
    equal(len(gateway.lines("tls-refused", "not TLS")), 2, "lines of the log")
    sip = play.tls_client()
    sip.send(request("OPTIONS"))
    came = sip.ended()
    equal(came[:12] in (b"", b"HTTP/1.1 400", b"HTTP/1.1 505"), True, f"SIP inside TLS gets {came[:60]!r}")
    equal(one.requests, [], "requests at the server")
    equal(play.web_tls_client().get("/").status, 200, "HTTPS is served")


main()
