#!/usr/bin/python3
"""b08: what the tcp plugin reads at the front of a connection: names in ClientHellos, which routes go by, and PROXY
headers."""
import socket
import ssl
import threading

from play import equal, eventually, expect, main, story


def raw_server(play, name):
    server = play.server(name)
    server.reads = False
    server.stays_half_open = True
    return server


def hello(name=None, alpn=()):
    """A ClientHello as OpenSSL writes it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if alpn:
        context.set_alpn_protocols(alpn)
    outgoing = ssl.MemoryBIO()
    try:
        context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=name).do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def gateway(play, default, web, patience="300ms"):
    """`web` has what is called meet.* or offers h2; `default` the rest."""
    words = f'pool "web" {{ servers = {{ "{web.address}" }}, monitor = {{ interval = "300ms", timeout = "1s" }} }}'
    return play.gateway([default], plugin="tcp", words=words, pool="monitor = false", listener=f"""
        options = {{ peek = true, peek_time = "{patience}",
        routes = {{ {{ sni = "meet.*", pool = "web" }}, {{ alpn = "h2", pool = "web" }} }} }}""")


def came(server, data):
    return eventually(lambda: next((link for link in server.links if bytes(link.received) == data), None),
                      f"{server.name} gets {len(data)} bytes as they were")


@story
def names_choose_the_pool_and_nothing_is_changed(play):
    one, web = raw_server(play, "one"), raw_server(play, "web")
    gateway(play, one, web)
    for data, server in ((hello("meet.example"), web), (hello("MEET.example"), web), (hello("dial.example"), one),
                         (hello("x.example", ["h2", "http/1.1"]), web), (hello("y.example", ["http/1.1"]), one),
                         (hello(), one)):
        client = play.client()
        client.send(data)
        came(server, data).send(b"answer")
        equal(client.read(), b"answer", "what came back")


@story
def the_row_that_takes_less_is_asked_first_and_the_default_last(play):
    one, web, far = raw_server(play, "one"), raw_server(play, "web"), raw_server(play, "far")
    words = "".join(f'pool "{s.name}" {{ servers = "{s.address}", monitor = false }}\n' for s in (web, far))
    play.gateway([one], plugin="tcp", words=words, pool="monitor = false", listener="""
        options = { peek = true, peek_time = "300ms",
            routes = { { pool = "far" }, { sni = "*.example", pool = "web" }, { sni = "dial.example", pool = "farm" } }
        }""")
    for name, server in (("dial.example", one), ("meet.example", web), ("dial.test", far), (None, far)):
        client = play.client()
        client.send(hello(name))
        eventually(lambda: server.links and server.links[-1].received, f"{name} comes to {server.name}")
        equal([len(s.links) for s in (one, web, far) if s is not server], [0, 0], "links to the others")
        server.links.clear()


@story
def a_hello_in_pieces_is_put_together(play):
    one, web = raw_server(play, "one"), raw_server(play, "web")
    gateway(play, one, web, patience="60s")
    data = hello("meet.example")
    for size in (1, 7, 100):
        client = play.client()
        client.send_in_pieces(data, size, 0.0002)
        came(web, data)
        web.links.clear()


@story
def no_tls_silence_and_half_a_hello_take_the_default(play):
    one, web = raw_server(play, "one"), raw_server(play, "web")
    gateway(play, one, web)
    half = hello("meet.example")[:50]
    for data in (b"SSH-2.0-x\r\n", half):
        client = play.client()
        client.send(data)
        came(one, data)
    before = len(one.links)
    talker = play.client()
    eventually(lambda: len(one.links) > before, "a silent client gets a server")
    one.links[-1].send(b"220 hello\r\n")
    equal(talker.read(), b"220 hello\r\n", "a server that speaks first is heard")


@story
def a_client_that_says_all_at_once_is_served(play):
    one, web = raw_server(play, "one"), raw_server(play, "web")
    gateway(play, one, web)
    client = play.client()
    client.send(b"\x16\x03\x01")
    client.finish()
    link = came(one, b"\x16\x03\x01")
    eventually(lambda: link.clean, "its end follows")
    link.send(b"alert")
    link.close()
    equal(client.ended(), b"alert", "the answer")


@story
def pseudo_tls_passes_untouched_with_and_without_peeking(play):
    # As towards an A/V Edge: a fixed hello without extensions, a fixed answer, then frames of a type, a zero, a length.
    offer = bytes.fromhex("16030100 2d 01000029 0301") + bytes(range(32)) + bytes.fromhex("00 0002 0018 0100")
    offer = offer[:3] + (len(offer) - 5).to_bytes(2, "big") + b"\x01" + (len(offer) - 9).to_bytes(3, "big") + offer[9:]
    answer = bytes.fromhex("160301004a020000460301") + bytes(32) + b"\x20" + bytes(32) + b"\x00\x18\x00"
    allocate = b"\x02\x00\x00\x14" + b"\x00\x03\x00\x00" + bytes(16)
    media = b"\x03\x00\x04\x00" + bytes(range(256)) * 4
    for peek in ("true", "false"):
        edge = raw_server(play, f"edge, peek {peek}")
        made = play.gateway([edge], plugin="tcp", port=5060 if peek == "true" else 5070,
                            listener=f'options = {{ peek = {peek} }}')
        client = play.client(address=(play.host(1), 5060 if peek == "true" else 5070), gateway=made)
        client.send(offer)
        link = came(edge, offer)
        link.send(answer)
        equal(client.read(), answer, "the answer to the hello")
        client.send(allocate, media)
        came(edge, offer + allocate + media)
        link.send(media)
        equal(client.read(), media, "what the server sends")


@story
def a_proxy_tells_where_a_client_comes_from_and_servers_are_told(play):
    one = raw_server(play, "one")
    made = play.gateway([one], plugin="tcp", pool='persistence = { by = "source" },',
                        listener='options = { trusted = { "127.0.0.0/8" }, proxy = "v1" }')
    header = b"PROXY TCP4 198.51.100.9 203.0.113.1 4711 443\r\n"
    client = play.client()
    client.send(header, b"hello")
    came(one, header + b"hello")
    made.wait_line("link-opened", "source=198.51.100.9:4711")
    equal(len(made.lines("link-opened", "peer=198.51.100.9")), 0, "lines that take it for the peer")
    bad = play.client()
    bad.send(b"no header\r\n")
    equal(bad.ended(), b"", "what a proxy without a header gets")
    made.wait_line("proxy-header-refused")


@story
def strangers_cannot_tell_where_they_come_from(play):
    one = raw_server(play, "one")
    play.gateway([one], plugin="tcp", listener='options = { trusted = { "192.0.2.0/24" }, proxy = "v2" }')
    client = play.client()
    client.send(b"PROXY TCP4 198.51.100.9 203.0.113.1 4711 443\r\n")
    link = eventually(lambda: one.used and len(one.used[-1].received) > 28 and one.used[-1], "the server gets it all")
    expect(bytes(link.received).startswith(b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c"),
           "a header of version 2 is in front")
    expect(bytes(link.received[28:]).startswith(b"PROXY TCP4 198.51.100.9"), "behind it what the client sent")


def tls_behind_a_header(play, host):
    """A server that reads a line and then speaks TLS; says what the line was, then echoes."""
    listening = socket.create_server((host, 5061))

    def serve():
        with listening, listening.accept()[0] as link:
            line = b""
            while not line.endswith(b"\r\n"):
                line += link.recv(1)
            with play.certificates.for_server("pool").wrap_socket(link, server_side=True) as inside:
                inside.sendall(line)
                while data := inside.recv(4096):
                    inside.sendall(data)

    threading.Thread(target=serve, daemon=True).start()
    return f'"{host}:5061"'


@story
def headers_stand_ahead_of_tls_on_both_sides(play):
    server = tls_behind_a_header(play, play.host(11))
    made = play.gateway([server], plugin="tcp", bind="tls", words=play.certificates.word("pool"),
                        pool='tls = "pool", tls_name = "pool.test", monitor = false,',
                        listener='tls = "pool", options = { trusted = { "127.0.0.0/8" }, proxy = "v1" }')
    header = b"PROXY TCP4 198.51.100.9 203.0.113.1 4711 443\r\n"
    client = play.tls_client(preface=header)
    client.send(b"hello")
    came = b""
    while len(came) < len(header) + 5:
        came += client.read()
    equal(came, header + b"hello", "the header as the server got it, and the echo")
    made.wait_line("link-opened", "source=198.51.100.9:4711")


@story
def a_server_that_speaks_first_is_told_first(play):
    one = raw_server(play, "one")
    play.gateway([one], plugin="tcp", listener='options = { proxy = "v1" }')
    client = play.client()
    link = eventually(lambda: one.used and one.used[-1].received.endswith(b"\r\n") and one.used[-1],
                      "the header comes though the client is silent")
    link.send(b"220 hello\r\n")
    equal(client.read(), b"220 hello\r\n", "what the server says")


main()
