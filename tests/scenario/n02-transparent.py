#!/usr/bin/python3
"""n02: source = "transparent": servers see the client's address, with the routes and rules of lychgate-network(7)."""
import os
import shutil
import subprocess

from play import Skip, equal, expect, main, story
from play.network import reflection

LESS = "-net_admin,-net_raw"
CONFIG = """
gateway {{ workers = 2, control = "control", drain = "1s" }}
pool "farm" {{ servers = {{ "{server}:443" }}, monitor = {{ interval = "300ms" }} }}
listener "in" {{ plugin = "tcp", bind = {{ "tcp:{vip}:443" }}, pool = "farm", source = "{source}" }}
"""
UDP_CONFIG = """
gateway {{ workers = 2, control = "control", drain = "1s" }}
pool "farm" {{ servers = {{ "{server}:443" }}, monitor = false }}
listener "in" {{ plugin = "stun", bind = {{ "udp:{vip}:443" }}, pool = "farm", source = "{source}", {more} }}
"""


class Net:
    """A client, the gateway, and a server whose way to the client leads over the gateway."""

    def __init__(self, play, source, server="198.51.100.21", vip="192.0.2.61", config=CONFIG, routing=True, more=""):
        self.client, self.middle, self.server = map(play.machine, ("client", "gateway", "server"))
        self.client.wire(self.middle, "192.0.2.5/24", "192.0.2.6/24", "2001:db8::5/64",
                         others=("192.0.2.61/24", "2001:db8::61/64"))
        self.middle.wire(self.server, "198.51.100.1/24", "2001:db8:1::1/64",
                         others=("198.51.100.21/24", "2001:db8:1::21/64"))
        self.server.run("ip", "route", "add", "default", "via", "198.51.100.1")
        self.server.run("ip", "-6", "route", "add", "default", "via", "2001:db8:1::1")
        self.server.mirror(server, 443).udp_mirror(server, 443)
        if routing:
            self.middle.bring_answers_here()
        self.vip = vip
        brackets = "[{}]".format if ":" in vip else "{}".format
        self.gateway = play.gateway_of(config.format(server=f"[{server}]" if ":" in server else server,
                                                     vip=brackets(vip), source=source, more=more), start=False)
        self.middle.do(self.gateway.start)
        self.gateway.wait_open()

    def udp_client(self, source):
        return self.client.udp_client((self.vip, 443), source)

    def ask(self, source):
        return reflection(self.client.connect((self.vip, 443), (source, 0)))


@story
def the_server_sees_the_clients_address(play):
    net = Net(play, "transparent")
    for client in ("192.0.2.5", "192.0.2.6", "192.0.2.5"):
        equal(net.ask(client)[0], client, "the client that the server sees")


@story
def the_server_sees_the_clients_ipv6_address(play):
    net = Net(play, "transparent", server="2001:db8:1::21", vip="2001:db8::61")
    equal(net.ask("2001:db8::5")[0], "2001:db8::5", "the client that the server sees")


@story
def the_server_sees_the_gateway_by_default(play):
    net = Net(play, "gateway")
    equal(net.ask("192.0.2.5")[0], "198.51.100.1", "the client that the server sees")


@story
def a_client_has_no_address_of_the_other_family(play):
    net = Net(play, "transparent", server="2001:db8:1::21")
    try:
        equal(net.ask("192.0.2.5"), None, "the answer")
    except ConnectionResetError:
        pass
    net.gateway.wait_line("server-unreachable", "address family")


def sees_itself(client, source):
    """The answer tells the address and port that the server saw; UdpClient checks that it comes from the VIP."""
    equal(client.ask(), f"{source} {client.socket.getsockname()[1]}".encode(), "the client that the server sees")


@story
def the_server_sees_the_address_and_port_of_a_datagram(play):
    net = Net(play, "transparent", config=UDP_CONFIG)
    clients = [(net.udp_client(source), source) for source in ("192.0.2.5", "192.0.2.6", "192.0.2.5") * 3]
    for _ in range(3):
        for client, source in clients:
            sees_itself(client, source)
    equal(net.gateway.listener()["sessions"], 9, "flows")


@story
def the_server_sees_the_ipv6_address_and_port_of_a_datagram(play):
    net = Net(play, "transparent", server="2001:db8:1::21", vip="2001:db8::61", config=UDP_CONFIG)
    clients = [net.udp_client("2001:db8::5") for _ in range(2)]
    for client in clients * 2:
        sees_itself(client, "2001:db8::5")


@story
def a_flow_that_had_to_go_comes_back_with_its_port(play):
    net = Net(play, "transparent", config=UDP_CONFIG.replace("workers = 2", "workers = 1"),
              more="limits = { sessions_per_source = 1 },")
    one, two = net.udp_client("192.0.2.5"), net.udp_client("192.0.2.5")
    for client in (one, two, one, two):
        sees_itself(client, "192.0.2.5")


@story
def the_server_sees_the_gateway_of_a_datagram_by_default(play):
    net = Net(play, "gateway", config=UDP_CONFIG)
    equal(net.udp_client("192.0.2.5").ask().split()[0], b"198.51.100.1", "the client that the server sees")


@story
def without_the_routing_there_is_no_answer(play):
    net = Net(play, "transparent", config=UDP_CONFIG, routing=False)
    client = net.udp_client("192.0.2.5")
    client.send(b"who?")
    expect(client.silent(), "nothing comes")
    equal(net.gateway.listener()["sessions"], 1, "flows")
    net.middle.bring_answers_here()
    sees_itself(client, "192.0.2.5")


@story
def without_the_capability_it_does_not_start_and_says_why(play):
    config = CONFIG.format(server="127.0.0.1", vip=play.host(1), source="transparent").replace(":443", ":5060")
    gateway = play.gateway_of(config, start=False)
    words = [gateway.program("lychgate"), "-c", gateway.file]
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            raise Skip("this needs the program setpriv")
        words = ["setpriv", "--inh-caps", LESS, "--bounding-set", LESS, *words]
    done = subprocess.run(words, capture_output=True, text=True, timeout=30)
    equal(done.returncode, 1, f"the exit code ({done.stderr.strip()})")
    expect("listener in: source = " in done.stderr, f"the listener and the word are told: {done.stderr}")
    expect("CAP_NET_ADMIN" in done.stderr, f"the way out is told: {done.stderr}")


main()
