#!/usr/bin/python3
"""rpc: Samba's endpoint mapper behind a gateway, each on a machine of its own, asked by rpcclient and by impacket: what
they are told leads through the gateway, and a call made there is answered by the mapper's own machine."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scenario"))

from play import Failure, equal, expect, main, slow, story
from samba import CLIENT, PYTHON, SRVSVC, Mapper, missing

GATEWAY, PORTS = "192.0.2.61", range(50000, 50100)
GATEWAY_CONFIG = """
gateway {{ workers = 2, control = "control", log = "debug", drain = "1s" }}
pool "farm" {{ servers = {{ {servers} }}, balance = "round-robin",
  monitor = {{ plugin = "rpc", interval = "500ms", interface = "{interface}", version = "3.0" }} }}
listener "in" {{ plugin = "rpc", bind = {{ "tcp:{vip}:135" }}, pool = "farm", options = {{ ports = "50000-50099" }} }}
"""


# ---- The stage ----

class Stage:
    def __init__(self, play):
        self.client, middle = play.machine("client"), play.machine("gateway")
        self.client.wire(middle, "192.0.2.5/24", others=(f"{GATEWAY}/24",))
        self.mappers = []
        for name, net in (("epm1", "198.51.100"), ("epm2", "203.0.113")):
            machine = play.machine(name)
            middle.wire(machine, f"{net}.1/24", others=(f"{net}.21/24",))
            mapper = Mapper(play, name, machine, f"{net}.21")
            self.mappers.append(mapper)
        for mapper in self.mappers:
            mapper.start()
            play.servers.append(mapper)  # ends with the play
        names = ", ".join(f'"{m.address}"' for m in self.mappers)
        self.gateway = play.gateway_of(GATEWAY_CONFIG.format(servers=names, vip=GATEWAY, interface=SRVSVC), start=False)
        middle.do(self.gateway.start)
        for mapper in self.mappers:
            self.gateway.wait_state(mapper, "up", within=30)
        self.gateway.wait_open()

    def run(self, *words):
        """A program of the client's; what it says."""
        done = self.client.do(lambda: subprocess.run(words, capture_output=True, text=True, timeout=slow(30)))
        if done.returncode:
            raise Failure(f"{' '.join(words)}: {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def rpcclient(self, command):
        return self.run("rpcclient", "-s", self.mappers[0].config, "-U%", f"ncacn_ip_tcp:{GATEWAY}", "-c", command)

    def counted(self, name):
        return self.gateway.listener()["counters"][name]


# ---- The stories ----

@story
def impacket_is_told_the_gateway_and_calls_the_mapper_that_answered(play):
    stage = Stage(play)
    names = set()
    for _ in stage.mappers:
        said = dict(line.split(" ", 1) for line in stage.run(PYTHON, CLIENT, GATEWAY, SRVSVC, "3").splitlines())
        address, port = said["tower"].split()
        equal(address, GATEWAY, "the address in the tower")
        expect(int(port) in PORTS, f"port {port} is of the gateway's range")
        names.add(said["name"])
    equal(names, {"EPM1", "EPM2"}, "who has answered the calls, by its own name")
    equal((stage.counted("rewritten"), stage.counted("unreadable")), (2, 0), "rewritten, unreadable")


@story
def impacket_is_told_what_is_not_registered(play):
    stage = Stage(play)
    said = stage.run(PYTHON, CLIENT, GATEWAY, "11111111-2222-3333-4444-555555555555", "1")
    expect("16c9a0d6" in said.lower() or "not_registered" in said, f"it is not registered: {said}")


@story
def rpcclient_finds_a_service_and_calls_it(play):
    stage = Stage(play)
    names = {stage.rpcclient("srvinfo").split()[0] for _ in stage.mappers}
    equal(names, {"EPM1", "EPM2"}, "who has answered the calls, by its own name")
    expect(stage.counted("rewritten") >= 2, "the ways to them were told by the endpoint mappers, and changed")


@story
def rpcclient_reads_all_that_is_registered(play):
    stage = Stage(play)
    expect("srvsvc" in stage.rpcclient("epmlookup"), "a long answer to another question passes")
    equal(stage.counted("answers"), 0, "answers that were held to be ept_map's")


lacking = missing()
if lacking:
    print(f"skipped: no endpoint mapper or no clients here; apt-get install {lacking}")
    sys.exit(77)
main()
