#!/usr/bin/python3
"""l07: thousands that connect and say nothing, and ports that are used again at once: bounded, and nobody else
notices."""
import resource
import socket

from play import equal, eventually, expect, main, request, slow, story

SILENT = 5000
MOST = 40 << 10   # bytes of memory that a silent connection may cost
ROUNDS = 25


def crowd(play, n):
    """Silent connections, bare: 50 of each source address."""
    sockets = []
    for i in range(n):
        made = socket.socket()
        made.settimeout(slow(10))
        made.bind((play.host(100 + i % 100), 0))
        made.connect(play.gateways[-1].address)
        sockets.append(made)
    return sockets


def stays_away(gateway, sockets, limit, standing, new):
    """They cost little, others go on, and in time they are gone: counted, and told in a few lines."""
    grown = gateway.memory() - gateway.before
    expect(gateway.sanitized() or grown < len(sockets) * MOST, f"the gateway's memory is bounded ({grown} bytes)")
    for _ in range(ROUNDS):
        equal(standing.ask(request()).status, 200, "a standing client's answer")
    equal(new().ask(request()).status, 200, "a new client's answer")
    eventually(lambda: gateway.listener()["limits_passed"].get(limit) == len(sockets),
               "all of them are closed, and counted", within=30)
    for made in sockets:
        try:
            equal(made.recv(1), b"", "what a silent one gets")
        except ConnectionResetError:  # inside TLS there is nothing to end in order
            pass
        made.close()
    equal(standing.ask(request()).status, 200, "the standing client's answer afterwards")
    lines = gateway.lines("limit-passed", f"limit={limit} ")
    expect(len(lines) < 100, f"the log is not filled ({len(lines)} lines)")
    def told():
        return sum(int(line.split("count=")[1].split()[0]) for line in gateway.lines("limit-passed", f"limit={limit} "))
    eventually(lambda: told() == len(sockets), "and tells of all of them")


def room(gateway):
    """As many as both processes have descriptors for."""
    ours, theirs = (resource.prlimit(pid, resource.RLIMIT_NOFILE) for pid in (0, gateway.process.pid))
    resource.setrlimit(resource.RLIMIT_NOFILE, (ours[1], ours[1]))
    gateway.before = gateway.memory()
    return min(SILENT, ours[1] - 200, theirs[0] // 3)


@story
def thousands_of_silent_connections_hold_up_nobody(play):
    gateway = play.gateway([play.server("one")], listener='limits = { first_byte = "5s" }', gateway='log = "info",')
    standing = play.client()
    standing.ask(request())
    stays_away(gateway, crowd(play, room(gateway)), "first_byte", standing, play.client)


@story
def nor_do_they_at_a_port_for_tls(play):
    gateway = play.gateway([play.server("one")], bind="tls", words=play.certificates.word("pool"),
                           gateway='log = "info",', listener='tls = "pool", limits = { handshake = "5s" }')
    standing = play.tls_client()
    standing.ask(request())
    stays_away(gateway, crowd(play, room(gateway)), "handshake", standing, play.tls_client)


@story
def a_port_is_used_again_at_once_after_a_reset(play):
    gateway = play.gateway([play.server("one")], listener='options = { route = "connection" }')
    other = play.client(source=play.host(202))
    client = play.client(source=play.host(201))
    port = client.socket.getsockname()[1]
    for _ in range(ROUNDS):
        equal(client.ask(request()).status, 200, "the answer at the port that was used just now")
        client.send(request())
        client.reset()
        client = play.client(source=play.host(201), port=port)
        equal(other.ask(request()).status, 200, "another client's answer")
    equal(client.ask(request()).status, 200, "the last one's answer")
    eventually(lambda: gateway.listener()["sessions"] == 2, "the reset ones are gone")


@story
def a_udp_port_is_used_again_at_once(play):
    one, two = play.udp_server("one"), play.udp_server("two")
    gateway = play.udp_gateway([one, two])
    other = play.udp_client(202)
    name = other.ask(b"first").split()[0]
    client = play.udp_client(201)
    port = client.socket.getsockname()[1]
    answers = set()
    for n in range(ROUNDS):
        answers.add(client.ask(b"round %d" % n).split()[0])
        client.close()
        client = play.udp_client(201)
        client.socket.close()
        client.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        client.socket.bind((play.host(201), port))
        equal(other.ask(b"during").split()[0], name, "who answers another client")
    equal(len(answers), 1, "servers that the port has had")
    equal(gateway.listener()["sessions"], 2, "sessions: it is one flow")


main()
