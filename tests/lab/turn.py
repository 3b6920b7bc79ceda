#!/usr/bin/python3
"""turn: TURN clients (coturn's turnutils_uclient) relay through a gateway to three TURN servers (coturn): nothing is
lost, and each allocation is on one server, though the servers know nothing of each other.
"""
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scenario"))

from play import Skip, equal, eventually, expect, main, slow, story
from play.udp import MONITOR

USER, PASSWORD, REALM = "alice", "secret", "lab.test"
CLIENTS, MESSAGES, BETWEEN_MS = 8, 20, 20
TOGETHER_S = 60
# Flows of one client on different servers, for which it must not have pairs of allocations: "-c".  It uses every second
# allocation only, so that of two servers one would be idle.
EACH_ITS_OWN = 'persistence = false, balance = "round-robin",'


class Coturn:
    """A process of coturn's, ended with the stage; `server` has what the play's servers have."""

    def __init__(self, play, name, host, words, port=3478):
        if not shutil.which(words[0]):
            raise Skip("coturn is not installed")
        self.name, self.host, self.address = name, host, f"{host}:{port}"
        self.log_file = os.path.join(play.folder, f"{name}.log")
        with open(self.log_file, "w") as log:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=play.folder)
        play.servers.append(self)

    def log(self):
        with open(self.log_file, errors="replace") as file:
            return file.read()

    def count(self, text):
        return len(re.findall(text, self.log()))

    def die(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def turn_server(play, name):
    host = play.host(11 + len(play.servers))
    config = os.path.join(play.folder, f"{name}.conf")
    with open(config, "w") as file:
        file.write(f"""
listening-ip={host}
relay-ip={host}
listening-port=3478
min-port=50000
max-port=50999
realm={REALM}
lt-cred-mech
user={USER}:{PASSWORD}
fingerprint
allow-loopback-peers
cli-password=unused
no-cli
no-tls
no-dtls
userdb={play.folder}/{name}.db
pidfile={play.folder}/{name}.pid
log-file=stdout
simple-log
verbose
""")
    return Coturn(play, name, host, ["turnserver", "-c", config])


def echo_peer(play):
    """Where the clients' allocations send to; it sends everything back."""
    host = play.host(50)
    return Coturn(play, "peer", host, ["turnutils_peer", "-L", host, "-p", "3480"], 3480)


def clients(play, peer, messages, *words):
    """The command that is all clients at once."""
    return ["turnutils_uclient", "-u", USER, "-w", PASSWORD, "-e", peer.host, "-r", "3480", "-n", str(messages), "-m",
            str(CLIENTS), "-z", str(BETWEEN_MS), "-L", play.host(100), "-p", "3478", *words, play.host(1)]


def relay(play, peer, *words):
    """What they say at the end.  A wrong password also ends with 0, so the text is what counts."""
    done = subprocess.run(clients(play, peer, MESSAGES, *words), capture_output=True, text=True, cwd=play.folder,
                          timeout=slow(TOGETHER_S))
    said = done.stdout + done.stderr
    print(*(f"    {line}" for line in re.findall(r"Total lost.*|Average.*", said)), sep="\n")
    return said


def stage(play, pool=EACH_ITS_OWN):
    servers = [turn_server(play, name) for name in ("one", "two", "three")]
    return play.udp_gateway(servers, pool=MONITOR + pool), servers, echo_peer(play)


def allocations(servers):
    return [server.count(r"ALLOCATE processed, success") for server in servers]


def lost_nothing(said):
    sums = re.findall(r"tot_send_msgs=(\d+), tot_recv_msgs=(\d+)", said)
    expect(sums, f"the clients got their allocations: {said[-400:]}")
    sent, got = sums[-1]
    equal((int(sent), int(got)), (CLIENTS * MESSAGES, CLIENTS * MESSAGES), "messages sent, and come back from the peer")
    expect("Total lost packets 0 " in said, "no packet is lost")


def nothing_strange_came_to(servers):
    """All that they disliked is that a first request has no credentials yet, and that a client which did not get its
    answer soon enough asked again under a new transaction."""
    for server in servers:
        errors = set(re.findall(r"error (\d+)(?!: Mismatched allocation: wrong transaction)", server.log()))
        equal(errors - {"401"}, set(), f"the errors that {server.name} answered")


def well_kept(gateway, servers):
    nothing_strange_came_to(servers)
    counters = gateway.listener()["counters"]
    disliked = {c: n for c, n in counters.items() if n and c != "flows"}
    equal(disliked, {}, "what the gateway disliked")


@story
def eight_clients_on_three_servers_lose_nothing(play):
    gateway, servers, peer = stage(play)
    lost_nothing(relay(play, peer, "-c"))
    well_kept(gateway, servers)
    made = allocations(servers)
    print(f"    allocations on the servers: {made}")
    expect(min(made) > 0, "all servers have allocations")
    equal(sum(made), gateway.listener()["counters"]["flows"], "allocations, one for each flow")


@story
def by_source_all_allocations_of_a_client_are_on_one_server(play):
    gateway, servers, peer = stage(play, "")
    lost_nothing(relay(play, peer))
    well_kept(gateway, servers)
    made = sorted(allocations(servers))
    expect(made[:2] == [0, 0] and made[2] >= CLIENTS, f"one server has all allocations: {made}")


@story
def data_in_send_indications_too(play):
    gateway, servers, peer = stage(play)
    lost_nothing(relay(play, peer, "-c", "-s"))
    well_kept(gateway, servers)


@story
def a_servers_death_takes_its_own_allocations_only(play):
    gateway, servers, peer = stage(play)
    talking = Coturn(play, "clients", play.host(100), clients(play, peer, 200, "-c"))
    eventually(lambda: talking.count(r"tot_send_msgs=\d{3}"), "the clients talk", TOGETHER_S)
    servers[0].die()
    gateway.wait_state(servers[0], "down")
    eventually(lambda: gateway.listener()["counters"]["dropped_lost"] > 0, "what goes on to the dead one is dropped")
    nothing_strange_came_to(servers[1:])


main()
