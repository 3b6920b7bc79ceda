# SPDX-License-Identifier: Apache-2.0
"""stage: builds the deployment of places.py: networks, machines, their servers, a gateway with one of the examples."""
import itertools
import os
import signal
import ssl

import stand_ins
from places import (CERTIFICATES, CLEAR_PORTS, DIRECTORS, DOMAIN, EDGES, EXCHANGE, FRONT_ENDS, INSIDE, INTERNET,
                    MORE_SIP_PORTS, OFFICE, PARTNER, PERIMETER, PREFIX, PROBED, ROUTER, SIP_PORTS, TLS_PORTS,
                    VIRTUAL, WANTED, WEB_APPS, address)
from play import Certificates, eventually, expect
from samba import Mapper
from sites import Site

EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "scripts", "examples")
GATEWAY = 'gateway { workers = 2, control = "control", log = "debug", drain = "1s" }\n'
# The examples' own monitors would take the tests' time.
MONITOR = 'pool "%s" { monitor = { interval = "500ms", timeout = "2s" } }\n'
QUICK = {f'monitor = {{ interval = "{s}s" }}': 'monitor = { interval = "500ms", timeout = "2s" }' for s in (2, 10)}
ALL = (*FRONT_ENDS, *DIRECTORS, *EDGES, *WEB_APPS, *EXCHANGE)


class Deployment:
    """`servers` are the machines whose servers run; the others are switched off."""

    def __init__(self, play, servers=ALL):
        self.play, self.servers, self.machines = play, servers, {}
        self.contexts = itertools.count(1)  # of each bind to an endpoint mapper, so that its length tells which it is
        self.networks = {name: play.lan(name) for name in PREFIX}
        self.make_certificates()
        self.gateway_machine = self.machine("gateway", **{n: (ROUTER, *VIRTUAL[n]) for n in PREFIX})
        self.gateway_machine.bring_answers_here()
        self.office = self.machine("office", inside=tuple(OFFICE), way_out=INSIDE)
        self.internet = self.machine("internet", outside=tuple(INTERNET))
        self.partner = self.machine("partner", outside=(PARTNER,))
        for name in servers:
            self.server_machine(name)

    # ---- Machines ----

    def machine(self, name, way_out=None, **legs):
        made = self.machines[name] = self.play.machine(name)
        for network, numbers in legs.items():
            self.networks[network].plug(made, *(f"{address(network, n)}/24" for n in numbers))
        if way_out:
            made.run("ip", "route", "add", "default", "via", address(way_out, ROUTER))
        return made

    def server_machine(self, name):
        if name in EDGES:
            inner, outer = EDGES[name]
            return self.machine(name, inside=(inner,), perimeter=outer, way_out=PERIMETER)
        number = {**FRONT_ENDS, **DIRECTORS, **WEB_APPS, **EXCHANGE}[name]
        return self.machine(name, inside=(number,), way_out=INSIDE)

    # ---- Certificates ----

    def make_certificates(self):
        """The play's are the deployment's from now on."""
        self.play.certificates = Certificates(self.play.build, WANTED)
        self.trusted = os.path.join(self.play.folder, "trusted.pem")  # by Edges: their own, and a public authority
        with open(self.trusted, "w", encoding="ascii") as both:
            both.write(read(self.path("ca.pem")) + read(self.path("other-ca.pem")))

    def path(self, name):
        return self.play.certificates.path(name)

    def certificate(self, name):
        """As a client is shown it."""
        return self.play.certificates.der(name)

    def server_tls(self, name):
        """For a server that is no program of its own."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(self.path(f"{name}.pem"), self.path(f"{name}.key"))
        return made

    # ---- Servers ----

    def start_all(self):
        for name in self.servers:
            self.start(name)
        return self

    def start(self, name):
        """All that the machine has."""
        machine = self.machines[name]
        if name in EDGES:
            self.edge(name, machine)
        elif name in FRONT_ENDS:
            self.web(name, machine)
            self.mapper(name, machine)
            self.sip(name, machine, SIP_PORTS + MORE_SIP_PORTS)
        elif name in DIRECTORS:
            self.web(name, machine)
            self.sip(name, machine, SIP_PORTS)
        else:
            stand_ins.nginx(self.play, machine, [(self.host(name), 443)], [], self.path(name))

    @staticmethod
    def host(name):
        return address(INSIDE, {**FRONT_ENDS, **DIRECTORS, **WEB_APPS, **EXCHANGE}[name])

    def web(self, name, machine):
        tls, clear = ([(self.host(name), port) for port in ports] for ports in (TLS_PORTS, CLEAR_PORTS))
        stand_ins.nginx(self.play, machine, tls, clear, self.path(name))

    def sip(self, name, machine, ports):
        host = self.host(name)
        stand_ins.kamailio(self.play, machine, [(host, port) for port in ports], [(host, PROBED)], self.path(name),
                           self.trusted)

    def mapper(self, name, machine):
        made = Mapper(self.play, name, machine, self.host(name))
        made.start()
        self.play.servers.append(made)

    def edge(self, name, machine):
        inner, outer = EDGES[name]
        inner, (access, webconf, av) = address(INSIDE, inner), (address(PERIMETER, n) for n in outer)
        stand_ins.nginx(self.play, machine, [(webconf, 443)], [(inner, 8080)], self.path(name))
        stand_ins.coturn(self.play, machine, [inner, av])
        stand_ins.xmpp(self.play, machine, access)
        stand_ins.kamailio(self.play, machine, [(access, 443), (access, 5061), (inner, 5061), (inner, 5062)], [],
                           self.path(name), self.trusted, strangers=[(access, 443)])

    def program(self, name, machine, *words):
        """Any other one, ended with the stage."""
        site = Site(self.play, name, 0, None, machine)
        site.listens, site.ending = lambda: True, signal.SIGKILL
        return site.start(*words)

    # ---- The gateway ----

    def gateway(self, example, replace=(), more=""):
        """With the example as it stands, but that monitors ask more often."""
        text = read(os.path.join(EXAMPLES, f"{example}.lua"))
        for old, new in (*replace, *((k, v) for k, v in QUICK.items() if k in text)):
            expect(old in text, f"{example} has {old!r}")
            text = text.replace(old, new)
        names = ["ca.pem", *(f"{name}.{kind}" for name in CERTIFICATES for kind in ("pem", "key"))]
        files = {name: read(self.path(name)) for name in names}
        plain = self.play.gateway_of(text, start=False, files=files)
        monitors = "".join(MONITOR % pool for pool in watched(plain) if f'pool "{pool}"' not in text)
        made = self.play.gateway_of(GATEWAY + text + monitors + more, start=False, files=files)
        self.transparent = {f"edge.{DOMAIN}-443-av", f"edge.{DOMAIN}-3478-av"}  # Microsoft's rules
        if 'lync.rules "guide"' in text:
            self.transparent = set()
        self.gateway_machine.do(made.start)
        return made

    def wait(self, gateway):
        """Until each pool knows the servers of the machines that are there to be up."""
        def lacking():
            return [(p["name"], s["name"]) for p in gateway.status()["pools"] for s in p["servers"]
                    if s["name"].split(".")[0] in self.servers and s["state"] != "up"]
        eventually(lambda: not lacking(), f"all servers are up, but {lacking()}", within=30)

    def connected(self, port, received):
        """The server that has a connection on which so many bytes came: "NAME PORT CLIENT CLIENT'S PORT"."""
        for name in self.servers:
            table = self.machines[name].run("ss", "-HtniO", "state", "established", f"( sport = :{port} )")
            for line in table.splitlines():
                if f"bytes_received:{received} " in line + " ":
                    host, _, client_port = line.split()[3].rpartition(":")
                    return f"{name} {port} {host.strip('[]').removeprefix('::ffff:')} {client_port}"
        return None


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def rows(gateway):
    """What --explain tells, each line a dictionary by the titles."""
    done = gateway.run("--explain=tsv")
    titles, *lines = (line.split("\t") for line in done.stdout.splitlines())
    return [dict(zip(titles, line)) for line in lines]


def watched(gateway):
    """The pools with monitors of their own."""
    return sorted({row["POOL"] for row in rows(gateway) if not row["MONITOR"].startswith("as ")})
