#!/usr/bin/python3
"""u04: pools of one persistence group share their entries: a client's TCP connections and UDP flows go to the same
server."""
from play import equal, eventually, main, story


@story
def a_clients_tcp_and_udp_legs_meet(play):
    hosts = [play.host(n) for n in (11, 12, 13)]
    udp = [play.udp_server(f"edge{n}", host=host) for n, host in enumerate(hosts)]
    tcp = [play.server(f"edge{n}", port=4430, host=host) for n, host in enumerate(hosts)]
    for server in tcp:
        server.reads = False  # these are no messages
    def pool(name, port):
        servers = ", ".join(f'{{ "{host}", name = "edge{n}" }}' for n, host in enumerate(hosts))
        return f"""pool "{name}" {{ servers = {{ {servers} }}, port = {port}, monitor = false, balance = "round-robin",
  persistence = {{ by = "source", group = "edge-av" }} }}"""
    gateway = play.gateway_of(f"""
gateway {{ workers = 2, control = "control", log = "debug", drain = "1s" }}
{pool("av-udp", 3478)}
{pool("av-tcp", 4430)}
listener "udp" {{ plugin = "stun", bind = {{ "udp:{play.host(1)}:3478" }}, pool = "av-udp" }}
listener "tcp" {{ plugin = "tcp", bind = {{ "tcp:{play.host(1)}:4430" }}, pool = "av-tcp" }}
""", address=(play.host(1), 4430))
    gateway.wait_open("udp")
    gateway.wait_open("tcp")

    def by_udp(last):
        return play.udp_client(last).ask(b"who?").split()[0].decode()

    def by_tcp(last):
        before = [len(s.links) for s in tcp]
        play.client(source=play.host(last)).send(b"knock")
        return eventually(lambda: next((s.name for s, n in zip(tcp, before) if len(s.links) > n), None),
                          "a server's link")

    seen = set()
    for last in range(100, 106):
        first, second = (by_udp, by_tcp) if last % 2 else (by_tcp, by_udp)
        server = first(last)
        seen.add(server)
        equal([second(last), first(last), second(last)], [server] * 3, f"the servers of {play.host(last)}")
    equal(seen, {s.name for s in udp}, "the servers of all clients")


main()
