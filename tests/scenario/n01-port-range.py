#!/usr/bin/python3
"""n01: a listener on a range of ports, with one socket: the rules of lychgate-network(7) bring the others to it, and
each connection goes to the same port of the server."""

from play import equal, expect, main, story
from play.network import reflection

FIRST, MIDDLE, LAST = 49152, 55555, 65535
DNAT = """
table ip lychgate {
  chain prerouting {
    type nat hook prerouting priority dstnat;
    ip daddr 192.0.2.61 tcp dport 49153-65535 dnat to 192.0.2.61:49152
  }
}
table ip6 lychgate {
  chain prerouting {
    type nat hook prerouting priority dstnat;
    ip6 daddr 2001:db8::61 tcp dport 49153-65535 dnat to [2001:db8::61]:49152
  }
}
"""
TPROXY = """
table inet lychgate {
  chain prerouting {
    type filter hook prerouting priority mangle;
    ip daddr 192.0.2.61 tcp dport 49153-65535 tproxy ip to 192.0.2.61:49152
    ip6 daddr 2001:db8::61 tcp dport 49153-65535 tproxy ip6 to [2001:db8::61]:49152
  }
}
"""
WRONG = DNAT.replace("49153-65535", "40000-65535")
CONFIG = """
gateway { workers = 2, control = "control", drain = "1s" }
pool "dcom" {
  servers = { "SERVER21", "SERVER22" }, port = 135,
  persistence = { by = "source" }, monitor = { interval = "300ms" },
}
listener "in" { plugin = "tcp", bind = { "tcp:VIP:135", "tcp:VIP:49152-65535" }, pool = "dcom" }
"""


class Net:
    """A client, the gateway and two servers; the gateway's address of the range is not its first one."""

    def __init__(self, play, rules, v6=False):
        self.client, self.middle, self.servers = map(play.machine, ("client", "gateway", "servers"))
        self.client.wire(self.middle, "192.0.2.5/24", "192.0.2.6/24", "2001:db8::5/64", "2001:db8::6/64",
                         others=("192.0.2.1/24", "192.0.2.61/24", "2001:db8::1/64", "2001:db8::61/64"))
        self.middle.wire(self.servers, "198.51.100.1/24", "2001:db8:1::1/64",
                         others=("198.51.100.21/24", "198.51.100.22/24", "2001:db8:1::21/64", "2001:db8:1::22/64"))
        self.vip = "2001:db8::61" if v6 else "192.0.2.61"
        self.hosts = ("2001:db8:1::21", "2001:db8:1::22") if v6 else ("198.51.100.21", "198.51.100.22")
        for host in self.hosts:
            self.servers.mirror(host, 135, FIRST, MIDDLE, LAST)
        if rules:
            self.middle.rules(rules)
        config = CONFIG.replace("VIP", "[2001:db8::61]" if v6 else "192.0.2.61")
        config = config.replace('"SERVER21", "SERVER22"', ", ".join(f'"[{h}]"' if v6 else f'"{h}"' for h in self.hosts))
        self.gateway = play.gateway_of(config, start=False)
        self.middle.do(self.gateway.start)
        self.gateway.wait_open()

    def ask(self, port, source=None):
        return reflection(self.client.connect((self.vip, port), source and (source, 0)))

    def refused(self, port):
        try:
            return self.ask(port) is None
        except (ConnectionRefusedError, ConnectionResetError):
            return True


def all_ports_reach_the_same_port_of_one_server(net, sources):
    chosen = set()
    for source in sources:
        seen = [net.ask(port, source) for port in (135, FIRST, MIDDLE, LAST)]
        equal([words[3] for words in seen], [135, FIRST, MIDDLE, LAST], "the servers' ports that were reached")
        hosts = {words[2] for words in seen}
        equal(len(hosts), 1, f"the servers that {source} reached by four ports")
        chosen |= hosts
    equal(chosen, set(net.hosts), "the servers of all clients")
    equal(net.gateway.listener()["sockets"], 4, "the sockets that listen: two for each worker")


@story
def dnat_brings_the_range_to_one_socket(play):
    all_ports_reach_the_same_port_of_one_server(Net(play, DNAT), ("192.0.2.5", "192.0.2.6"))


@story
def dnat_brings_a_range_of_ipv6_to_one_socket(play):
    all_ports_reach_the_same_port_of_one_server(Net(play, DNAT, v6=True), ("2001:db8::5", "2001:db8::6"))


@story
def tproxy_brings_the_range_to_one_socket(play):
    all_ports_reach_the_same_port_of_one_server(Net(play, TPROXY), ("192.0.2.5", "192.0.2.6"))


@story
def tproxy_brings_a_range_of_ipv6_to_one_socket(play):
    all_ports_reach_the_same_port_of_one_server(Net(play, TPROXY, v6=True), ("2001:db8::5", "2001:db8::6"))


@story
def without_a_rule_only_the_first_port_is_open(play):
    net = Net(play, None)
    equal(net.ask(FIRST)[3], FIRST, "the server's port behind the first port")
    expect(net.refused(MIDDLE), "the others are refused")


@story
def a_rule_that_brings_other_ports_too_gives_them_no_server(play):
    net = Net(play, WRONG)
    equal(net.ask(MIDDLE)[3], MIDDLE, "the server's port behind a port of the range")
    expect(net.refused(40000), "a port outside of the range is reset")
    net.gateway.wait_line("session-refused", "range of ports")


main()
