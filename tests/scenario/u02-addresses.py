#!/usr/bin/python3
"""u02: answers leave from the address and port that the client sent to, whatever the listener is bound to."""
import socket

from play import Skip, equal, main, story


def gateway_on(play, server, bind, port):
    """Its pool has one server and its listener this address."""
    return play.gateway_of(f"""
gateway {{ workers = 2, control = "control", log = "debug", drain = "1s" }}
pool "farm" {{ servers = {{ "{server.address}" }}, monitor = false }}
listener "in" {{ plugin = "stun", bind = {{ "udp:{bind}:{port}" }}, pool = "farm" }}
""").wait_open()


def free_port(host):
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, 0))
        except OSError:
            raise Skip(f"this machine has no {host}") from None
        return probe.getsockname()[1]


@story
def bound_to_all_ipv4_addresses(play):
    port = free_port("0.0.0.0")
    gateway_on(play, play.udp_server("one"), "0.0.0.0", port)
    client = play.udp_client(100, address=(play.host(1), port))
    for last in (1, 2, 3, 2, 1):
        equal(client.ask(b"who?", to=(play.host(last), port)), b"one who?", f"the answer of {play.host(last)}")


@story
def each_address_has_a_flow_of_its_own(play):
    port = free_port("0.0.0.0")
    one = play.udp_server("one")
    gateway_on(play, one, "0.0.0.0", port)
    client = play.udp_client(100, address=(play.host(1), port))
    hosts = [(play.host(last), port) for last in (1, 2, 3)]
    for to in hosts:
        client.ask(to[0].encode(), to=to)
    equal(len(one.sources), 3, "the gateway's sockets towards the server")
    for source, asked in list(one.received):
        one.send(source, b"unasked")
        equal(client.read(at=(asked.decode(), port)), b"unasked", "what came unasked")


@story
def bound_to_all_ipv6_addresses(play):
    port = free_port("::")
    gateway_on(play, play.udp_server("one"), "[::]", port)
    equal(play.udp_client(address=("::1", port)).ask(b"who?"), b"one who?", "the answer of ::1")


@story
def ipv6_at_both_ends(play):
    port, behind = free_port("::1"), free_port("::1")
    gateway_on(play, play.udp_server("one", host="::1", port=behind), "[::1]", port)
    equal(play.udp_client(address=("::1", port)).ask(b"who?"), b"one who?", "the answer of ::1")


main()
