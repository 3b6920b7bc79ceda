#!/usr/bin/python3
"""rows: the whole deployment of a vendor's guide, with its real port numbers: for every line of `lychgate --explain`
clients come and reach a server of the right pool, on the right port, again and again the same one where they should.
What the servers saw is printed: who, where, as whom, how many bytes.
"""
import os
import sys
from collections import defaultdict

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "..", "scenario"), os.path.join(HERE, "..")]

from places import (DIRECTORS, DOMAIN, EDGES, EXCHANGE, FRONT_ENDS, INSIDE, INTERNET, MORE_SIP_PORTS, OFFICE, OUTSIDE,
                    PERIMETER, PREFIX, ROUTER, WEB_APPS, address)
from play import Client, equal, expect, main, new_call_id, request, story
from samba import missing
from stage import ALL, Deployment, rows
from stand_ins import need_programs
from visits import Visitor

SERVERS = {"pool": FRONT_ENDS, "dirpool": DIRECTORS, "edge": EDGES, "owa": WEB_APPS, "exchange": EXCHANGE}
SIP_PORTS = {5061, 5062, *MORE_SIP_PORTS}
SOURCES = 4  # clients of each row, each with an address of its own


class Row:
    """A line of --explain, and how it is tried."""

    def __init__(self, deployment, told):
        self.deployment, self.told = deployment, told
        self.listener, self.plugin, self.pool = told["LISTENER"], told["PLUGIN"], told["POOL"]
        _, host, port = told["BIND"].split(":")
        self.to, self.server_port = (host, int(port)), int(told["SERVER PORT"])
        self.is_outside = host.startswith(PREFIX[OUTSIDE])
        self.persistence = told["PERSISTENCE"].split()[0]
        self.group = told["PERSISTENCE"].partition("group ")[2] or self.pool
        written = self.pool.split("-")[0]  # as the example calls the pool
        self.servers = SERVERS[written.split(".")[0]]
        route = told["ROUTE"].split()  # "host meet.*", or nothing to ask for by name
        own = written if "." in written else f"{written}.{DOMAIN}"
        self.name = route[1].replace("*", DOMAIN) if len(route) == 2 else own

    def visitor(self, n):
        """One of the clients that come here, with the certificate of a server for where servers come."""
        if self.is_outside:
            return Visitor(self.deployment, self.deployment.internet, address(OUTSIDE, INTERNET[n]), "partner")
        return Visitor(self.deployment, self.deployment.office, address(INSIDE, OFFICE[n]), "edge01")

    @property
    def talk(self):
        """What is spoken on the servers' port."""
        if self.plugin in ("rpc", "stun"):
            return self.plugin
        if self.server_port in (80, 8080):
            return "clear"
        if self.servers is EDGES and self.server_port == 443 and not self.listener.endswith("-webconf"):
            return "sip" if self.listener.endswith("-access") else "turn"
        if self.server_port == 5269:
            return "xmpp"
        return "sip" if self.server_port in SIP_PORTS else "web"

    def visit(self, n, **words):
        visitor = self.visitor(n)
        if self.talk == "sip":
            return visitor.sip(self.to, self.name, **words)
        if self.talk in ("web", "clear"):
            return visitor.web(self.to, self.name, self.talk == "web")
        if self.talk in ("turn", "stun"):
            return visitor.turn(self.to, "udp" if self.talk == "stun" else "tcp")
        return visitor.rpc(self.to) if self.talk == "rpc" else visitor.xmpp(self.to, self.name)


# ---- What must be so ----

def is_right(row, visit):
    """Server, port, and what the server saw."""
    expect(visit.seen.server in row.servers, f"{row.listener}: {visit.seen.server} is a server of {row.pool}")
    equal(visit.seen.port, row.server_port, f"{row.listener}: the server's port")
    network = PERIMETER if row.servers is EDGES and row.is_outside else INSIDE
    source = visit.source if row.listener in row.deployment.transparent else address(network, ROUTER)
    equal(visit.seen.source, source, f"{row.listener}: the source that the server sees")
    if row.plugin in ("tcp", "stun"):
        equal(visit.seen.bytes, visit.sent, f"{row.listener}: the bytes that came, and those that were sent")
    if visit.certificate:
        shows_right(row, visit)


def shows_right(row, visit):
    """Whose certificate the client is shown, and whose the server is."""
    is_own = visit.certificate == row.deployment.certificate(visit.seen.server)
    equal(is_own, row.plugin == "tcp", f"{row.listener}: the client is shown the server's own certificate")
    if row.talk == "sip" and row.server_port != 443:
        shown = {"tcp": "partner" if row.is_outside else "edge01", "sip": row.name.split(".")[0]}[row.plugin]
        equal(visit.seen.more, shown, f"{row.listener}: whose certificate the server is shown")


def keeps(row, homes):
    """Each client comes twice; by source it finds the same server, here and wherever else the pool's ports lead."""
    for n in range(SOURCES):
        for visit in (row.visit(n), row.visit(n)):
            is_right(row, visit)
            if row.persistence == "source":
                home = homes[row.group].setdefault(visit.source, visit.seen.server)
                equal(visit.seen.server, home, f"{row.listener}: {visit.source} is where it was before")
            homes[row.listener].setdefault(visit.source, set()).add(visit.seen.server)
        if n == 0:
            print(f"    {row.listener:40} {row.told['BIND']:25} {visit}")


def spreads(row, homes):
    """All clients together have more than one server, if there is one; and each of them has, where nothing keeps it."""
    seen = homes[row.listener].values()
    moves = any(len(servers) > 1 for servers in seen)
    if len(row.servers) > 1:
        expect(len(set().union(*seen)) > 1, f"{row.listener}: more than one server is used: {seen}")
        expect(row.persistence != "none" or moves, f"{row.listener}: nobody is kept: {seen}")


def keeps_calls(row):
    """By message, as servers are balanced: a Call-ID stays with its server, on whichever connection it comes."""
    found = defaultdict(set)
    for call_id in (new_call_id() for _ in range(2 * len(row.servers))):
        for n in (0, 1):
            visit = row.visit(n, call_id=call_id)
            is_right(row, visit)
            found[call_id].add(visit.seen.server)
    equal([len(servers) for servers in found.values()], [1] * len(found), f"{row.listener}: servers of each Call-ID")
    equal(set().union(*found.values()), set(row.servers), f"{row.listener}: servers of all")


def refuses_compression(row):
    """The responder's answer; the connection is there for what comes next."""
    visitor = row.visitor(0)
    client = visitor.connect(Client, row.to, row.name)
    asked = request("NEGOTIATE", uri=f"sip:{row.name}", contact=None, via="SIP/2.0/TLS 192.0.2.101:50000",
                    more=[("Compression", "LZ77-8K")])
    equal(client.ask(asked).status, 400, f"{row.listener}: the answer to a client that asks for compression")
    is_right(row, visitor.ask_sip(client))


def tried(play, example, servers, replace=()):
    deployment = Deployment(play, servers).start_all()
    gateway = deployment.gateway(example, replace)
    deployment.wait(gateway)
    homes = defaultdict(dict)
    for told in rows(gateway):
        row = Row(deployment, told)
        keeps(row, homes)
        spreads(row, homes)
        if row.persistence == "call-id":
            keeps_calls(row)
        if "no-compression" in told["POLICIES"]:
            refuses_compression(row)


@story
def the_whole_deployment(play):
    tried(play, "lync-all-in-one", ALL)


@story
def the_whole_deployment_by_the_guides_rules(play):
    tried(play, "lync-all-in-one", ALL, [('lync.rules "microsoft"', 'lync.rules "guide"')])


@story
def a_front_end_pool_alone(play):
    tried(play, "lync-front-end", FRONT_ENDS)


@story
def edge_servers_alone(play):
    tried(play, "lync-edge", EDGES)


@story
def a_reverse_proxy_alone(play):
    tried(play, "lync-reverse-proxy", (*FRONT_ENDS, *WEB_APPS, *EXCHANGE))


lacking = missing() or need_programs()
if lacking:
    print(f"skipped: apt-get install {lacking}")
    sys.exit(77)
main()
