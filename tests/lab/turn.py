#!/usr/bin/python3
"""turn: TURN clients (coturn's turnutils_uclient) relay through a gateway to two TURN servers (coturn): nothing is lost,
and each allocation is on one server, though the servers know nothing of each other.
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
EACH_ITS_OWN = 'persistence = false, balance = "round-robin",'
TOGETHER_S = 60


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


def relay(play, peer, *words):
    """All clients at once; what they say at the end.  A wrong password also ends with 0, so the text is what counts."""
    command = ["turnutils_uclient", "-u", USER, "-w", PASSWORD, "-e", peer.host, "-r", "3480", "-n", str(MESSAGES),
               "-m", str(CLIENTS), "-z", str(BETWEEN_MS), "-L", play.host(100), "-p", "3478", *words, play.host(1)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=play.folder, timeout=slow(TOGETHER_S))
    said = done.stdout + done.stderr
    print("   ", *re.findall(r"(Total lost.*|Average.*)", said), sep="\n    ")
    return said


def stage(play, pool=EACH_ITS_OWN):
    one, two = turn_server(play, "one"), turn_server(play, "two")
    peer = echo_peer(play)
    gateway = play.udp_gateway([one, two], pool=MONITOR + pool)
    return gateway, one, two, peer


def lost_nothing(said):
    sent, got = re.findall(r"tot_send_msgs=(\d+), tot_recv_msgs=(\d+)", said)[-1]
    equal((int(sent), int(got)), (CLIENTS * MESSAGES, CLIENTS * MESSAGES), "messages sent, and come back from the peer")
    expect("Total lost packets 0 " in said, "no packet is lost")


def well_kept(gateway, servers):
    """All that the servers disliked is that a first request has no credentials yet."""
    for server in servers:
        errors = set(re.findall(r"error (\d+)", server.log()))
        equal(errors - {"401"}, set(), f"the errors that {server.name} answered")
    counters = gateway.listener()["counters"]
    disliked = {c: n for c, n in counters.items() if n and c != "flows"}
    equal(disliked, {}, "what the gateway disliked")


@story
def eight_clients_on_two_servers_lose_nothing(play):
    gateway, one, two, peer = stage(play)
    lost_nothing(relay(play, peer))
    well_kept(gateway, (one, two))
    allocations = [s.count(r"ALLOCATE processed, success") for s in (one, two)]
    print(f"    allocations on the servers: {allocations}")
    expect(min(allocations) > 0, "both servers have allocations")
    equal(sum(allocations), gateway.listener()["counters"]["flows"], "allocations, one for each flow")


@story
def by_source_all_allocations_of_a_client_are_on_one_server(play):
    gateway, one, two, peer = stage(play, "")
    lost_nothing(relay(play, peer))
    well_kept(gateway, (one, two))
    allocations = sorted(s.count(r"ALLOCATE processed, success") for s in (one, two))
    expect(allocations[0] == 0 and allocations[1] >= CLIENTS, f"one server has all allocations: {allocations}")


@story
def data_in_send_indications_too(play):
    gateway, one, two, peer = stage(play)
    lost_nothing(relay(play, peer, "-s"))
    well_kept(gateway, (one, two))


@story
def a_servers_death_takes_its_own_allocations_only(play):
    gateway, one, two, peer = stage(play)
    words = ["turnutils_uclient", "-u", USER, "-w", PASSWORD, "-e", peer.host, "-r", "3480", "-n", "200", "-m",
             str(CLIENTS), "-z", "20", "-L", play.host(100), "-p", "3478", play.host(1)]
    Coturn(play, "clients", play.host(100), words)
    eventually(lambda: two.count("CHANNEL_BIND processed, success") >= CLIENTS // 2, "allocations stand on both")
    one.die()
    gateway.wait_state(one, "down")
    eventually(lambda: gateway.listener()["counters"]["dropped_lost"] > 0, "what goes on to the dead one is dropped")
    well = set(re.findall(r"error (\d+)", two.log())) - {"401"}
    equal(well, set(), "the errors that the other server answered: nothing strange came to it")


main()
