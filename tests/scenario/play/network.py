# SPDX-License-Identifier: Apache-2.0
"""network: machines of the play, each a network namespace of its own, for what loopback cannot show: routes, rules of
the packet filter, foreign addresses.  Needs root, `ip` and (for rules) `nft`.

A namespace belongs to threads: a socket that is made, or a program that is started, on a thread inside is inside for
good, whoever uses it then.  Nothing is left behind: a namespace goes with its last user."""
import contextlib
import ctypes
import os
import shutil
import socket
import subprocess
import threading

from .udp import UdpClient
from .words import PATIENCE, Failure, Skip, slow

CLONE_NEWNET = 0x40000000
# What lychgate-network(7) asks for, so that servers' answers to foreign addresses come to the gateway.
ANSWERS_COME_HERE = """
table inet lychgate {
  chain transparent {
    type filter hook prerouting priority mangle;
    meta l4proto { tcp, udp } socket transparent 1 meta mark set 1 accept
  }
}
"""
LIBC = ctypes.CDLL(None, use_errno=True)


def check(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


class Machine:
    def __init__(self, name):
        self.name, self.files = name, []
        if os.geteuid() != 0 or not shutil.which("ip"):
            raise Skip("this needs root and the program ip")
        try:
            self.space = self.on_thread(self.unshare)
        except OSError as error:
            raise Skip(f"no network namespaces here: {error}") from None
        self.run("ip", "link", "set", "lo", "up")

    @staticmethod
    def unshare():
        check(LIBC.unshare(CLONE_NEWNET))
        return os.open("/proc/thread-self/ns/net", os.O_RDONLY)

    @staticmethod
    def on_thread(act):
        result = []

        def run():
            try:
                result.append((act(), None))
            except Exception as error:  # for the thread that waits
                result.append((None, error))
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        if result[0][1]:
            raise result[0][1]
        return result[0][0]

    def do(self, act):
        """Runs a function inside and returns what it returns."""
        def inside():
            check(LIBC.setns(self.space, CLONE_NEWNET))
            return act()
        return self.on_thread(inside)

    def run(self, *words, text=None):
        done = self.do(lambda: subprocess.run(words, input=text, capture_output=True, text=True))
        if done.returncode:
            raise Failure(f"on {self.name}, {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def rules(self, text):
        """Rules of the packet filter, as /etc/nftables.conf has them."""
        if not shutil.which("nft"):
            raise Skip("this needs the program nft")
        try:
            self.run("nft", "-f", "-", text=text)
        except Failure as failure:
            if "not supported" in str(failure):
                raise Skip(str(failure)) from None
            raise

    def wire(self, other, *addresses, others):
        """A cable to another machine, with the addresses ("192.0.2.1/24") of both ends."""
        name = f"to-{other.name}"
        self.run("ip", "link", "add", name, "type", "veth", "peer", "name", f"to-{self.name}", "netns",
                 f"/proc/{os.getpid()}/fd/{other.space}")
        for machine, end, own in ((self, name, addresses), (other, f"to-{self.name}", others)):
            lines = [f"address add {a} dev {end} {'nodad' if ':' in a else ''}" for a in own]
            machine.run("ip", "-batch", "-", text="\n".join([*lines, f"link set {end} up\n"]))

    def bring_answers_here(self):
        """For source = "transparent"."""
        self.rules(ANSWERS_COME_HERE)
        for family in ("-4", "-6"):
            self.run("ip", family, "rule", "add", "fwmark", "1", "lookup", "100")
            self.run("ip", family, "route", "add", "local", "default", "dev", "lo", "table", "100")

    def forward(self):
        """Is a router from now on."""
        def write():
            with open("/proc/sys/net/ipv4/ip_forward", "w") as file:
                file.write("1")
        self.do(write)

    def connect(self, address, source=None):
        """A connection from this machine; the answer of a Mirror is what the server at the other end saw."""
        made = self.do(lambda: socket.create_connection(address, slow(PATIENCE), source_address=source))
        self.files.append(made)
        return made

    def mirror(self, host, *ports):
        for port in ports:
            listening = self.do(lambda: socket.create_server(
                (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET))
            self.files.append(listening)
            threading.Thread(target=mirror, args=(listening,), daemon=True).start()
        return self

    def udp_client(self, address, source):
        """A client with an address of this machine's."""
        made = self.do(lambda: UdpClient(address, source))
        self.files.append(made.socket)
        return made

    def udp_mirror(self, host, port):
        """As a Mirror, for datagrams: each is answered with the address that it came from."""
        bound = self.do(lambda: socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM))
        bound.bind((host, port))
        self.files.append(bound)
        threading.Thread(target=udp_mirror, args=(bound,), daemon=True).start()
        return self

    def end(self):
        for file in self.files:
            with contextlib.suppress(OSError):
                file.shutdown(socket.SHUT_RDWR)  # wakes a thread that accepts
            file.close()
        os.close(self.space)


class Lan(Machine):
    """A switch with the machines that are plugged in."""

    def __init__(self, name):
        super().__init__(name)
        self.run("ip", "link", "add", "switch", "type", "bridge")
        self.run("ip", "link", "set", "switch", "up")

    def plug(self, machine, *addresses):
        self.wire(machine, others=addresses)
        self.run("ip", "link", "set", f"to-{machine.name}", "master", "switch")


def mirror(listening):
    """Tells each client the address of both ends, as the server sees them, and closes."""
    while True:
        try:
            link, peer = listening.accept()
        except OSError:
            return
        with link:
            link.sendall(f"{peer[0]} {peer[1]} {' '.join(map(str, link.getsockname()[:2]))}".encode())


def udp_mirror(bound):
    """Tells each client the address that its datagram came from."""
    while True:
        try:
            peer = bound.recvfrom(1 << 16)[1]
        except OSError:
            return
        if not peer:  # shut down
            return
        bound.sendto(f"{peer[0]} {peer[1]}".encode(), peer)


def reflection(connection):
    """What a mirror says: (client, client's port, server, server's port); None when there was nothing."""
    with connection:
        words = b"".join(iter(lambda: connection.recv(4096), b"")).decode().split()
    return (words[0], int(words[1]), words[2], int(words[3])) if words else None
