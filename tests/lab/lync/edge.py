#!/usr/bin/python3
"""edge: the outside of the Edge servers: a federation partner and an Edge server see each other's own certificates,
XMPP and media pass, the A/V service sees the clients' own addresses, and one Edge server is enough.
"""
import os
import re
import ssl
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "..", "scenario"), os.path.join(HERE, "..")]

import stand_ins
from places import EDGES, INTERNET, OUTSIDE, PARTNER, ROUTER, address
from play import Client, equal, expect, main, slow, story
from stage import Deployment
from visits import Visitor

ACCESS, AV = "198.51.100.151", "198.51.100.153"
CLIENTS, MESSAGES = 4, 20


class Edge:
    def __init__(self, play):
        self.deployment = Deployment(play, EDGES).start_all()
        self.gateway = self.deployment.gateway("lync-edge")
        self.deployment.wait(self.gateway)

    def partner(self, shows="partner"):
        return Visitor(self.deployment, self.deployment.partner, address(OUTSIDE, PARTNER), shows)

    def client(self, n):
        return Visitor(self.deployment, self.deployment.internet, address(OUTSIDE, INTERNET[n]))


@story
def a_partner_and_the_edge_see_each_others_own_certificates(play):
    edge = Edge(play)
    visit = edge.partner().sip((ACCESS, 5061), "sip.corp.example")
    equal(visit.seen.more, "partner", "whose certificate the Edge is shown")
    own = edge.deployment.certificate(visit.seen.server)
    equal(visit.certificate, own, "the certificate that the partner is shown")
    equal(visit.seen.bytes, visit.sent, "bytes")
    stranger = edge.partner(None)
    try:
        client = stranger.connect(Client, (ACCESS, 5061), "sip.corp.example")
        equal(client.ended(), b"", "what the Edge says to a partner without a certificate")
    except (ssl.SSLError, ConnectionError):
        pass
    user = edge.client(0).sip((ACCESS, 443), "sip.corp.example")
    equal(user.seen.more, "<null>", "whose certificate a user shows on 443")


@story
def xmpp_passes_to_one_edge_for_each_partner(play):
    edge = Edge(play)
    seen = {edge.partner().xmpp((ACCESS, 5269), "corp.example").seen.server for _ in range(4)}
    equal(len(seen), 1, f"Edge servers of one partner: {seen}")
    others = {edge.client(n).xmpp((ACCESS, 5269), "corp.example").seen.server for n in range(4)}
    equal(seen | others, set(EDGES), "Edge servers of all")


@story
def media_is_relayed_between_real_turn_clients(play):
    edge = Edge(play)
    net = edge.deployment
    net.gateway_machine.forward()  # relayed media has the Edge's own address: it is routed
    for machine in (net.internet, net.partner):
        machine.run("ip", "route", "add", "203.0.113.0/24", "via", address(OUTSIDE, ROUTER))
    peer = address(OUTSIDE, PARTNER)
    net.program("peer", net.partner, "turnutils_peer", "-L", peer, "-p", "3480")
    for source in (address(OUTSIDE, INTERNET[n]) for n in range(2)):
        words = ["turnutils_uclient", "-u", "alice", "-w", "secret", "-e", peer, "-r", "3480", "-n", str(MESSAGES),
                 "-m", str(CLIENTS), "-z", "20", "-L", source, "-p", "3478", AV]
        done = net.internet.do(lambda: subprocess.run(words, capture_output=True, text=True, timeout=slow(60)))
        said = done.stdout + done.stderr
        sums = re.findall(r"tot_send_msgs=(\d+), tot_recv_msgs=(\d+)", said)
        expect(sums, f"the clients got their allocations: {said[-400:]}")
        sent, back = map(int, sums[-1])
        equal((sent, back), (CLIENTS * MESSAGES,) * 2, "messages sent, and come back from the peer")
    print(f"    {2 * CLIENTS * MESSAGES} messages went to the peer and came back")


@story
def the_av_service_sees_clients_own_addresses_and_keeps_them(play):
    edge = Edge(play)
    homes = {}
    for n in range(6):
        for port, transport in ((3478, "udp"), (443, "tcp"), (3478, "udp"), (443, "tcp")):
            visit = edge.client(n).turn((AV, port), transport)
            equal(visit.seen.source, visit.source, f"the address that the Edge sees by {transport}")
            equal(visit.seen.server, homes.setdefault(n, visit.seen.server), f"where client {n}'s {transport} goes")
    equal(set(homes.values()), set(EDGES), "Edge servers of all")


@story
def one_edge_is_enough(play):
    edge = Edge(play)
    before = edge.client(0).sip((ACCESS, 443), "sip.corp.example")
    lost = before.seen.server
    standing = edge.client(0).connect(Client, (ACCESS, 443), "sip.corp.example")
    edge.client(0).ask_sip(standing)
    edge.deployment.machines[lost].run("ip", "link", "set", "to-perimeter", "down")
    for pool in ("5061-access", "443-access", "5269-access", "443-av", "3478-av", "443-webconf"):
        edge.gateway.wait_state(lost, "down", 20, f"edge.corp.example-{pool}")
    equal(standing.ended(within=20), b"", "what comes on a connection to the lost Edge before its end")
    other, = set(EDGES) - {lost}
    equal(edge.client(0).sip((ACCESS, 443), "sip.corp.example").seen.server, other, "where the user comes back")
    equal(edge.partner().sip((ACCESS, 5061), "sip.corp.example").seen.server, other, "where the partner comes")
    equal(edge.client(0).turn((AV, 3478), "udp").seen.server, other, "where media goes")
    equal(edge.client(0).turn((AV, 3478), "udp").seen.source, address(OUTSIDE, INTERNET[0]), "the address that it sees")


lacking = stand_ins.need_programs()
if lacking:
    print(f"skipped: apt-get install {lacking}")
    sys.exit(77)
main()
