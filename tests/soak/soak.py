#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""soak: what a client costs the gateway in memory, and that it gives it back.

Many TLS clients connect and stay silent; then each signs in by one REGISTER, through a TLS link of its own to a server,
and is idle for a while; then all go.  That is a cycle, and there are three.  Prints the growth of the gateway's
resident memory for each client against a gateway that has served a few (Rss of /proc/PID/smaps_rollup), and what is
left behind when all have gone.  The clients and the servers are processes of their own.

Alone, as `make check` runs it, it is short and fails only far over the bounds; `make soak` takes 10,000 clients and the
bounds as they are.  Exit status 1 when a figure is above its bound times --slack, 77 where that says nothing: with a
sanitizer.
"""
import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "scenario"))
from play import Certificates  # noqa: E402

NET = f"127.{1 + (os.getpid() >> 8) % 250}.{os.getpid() & 255}"  # as in the scenarios: they run side by side
GATEWAY = f"{NET}.1:5061"
SERVERS = [f"{NET}.{n}:5061" for n in range(11, 15)]
SILENT, SIGNED_IN = 24, 40  # KiB a client
LEFT = 2                    # KiB a client that the last cycle may leave behind more than the first: no growth
SPARE = 400                 # descriptors of the gateway that are no client's


class Crowd:
    """One of the processes at either end."""

    def __init__(self, build, *words):
        self.process = subprocess.Popen([os.path.join(build, "tests/soak/crowd"), *map(str, words)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def done(self):
        line = self.process.stdout.readline()
        if not line.startswith("done"):
            sys.exit("soak: the crowd has gone, see above")

    def do(self, command):
        print(command, file=self.process.stdin, flush=True)
        self.done()

    def end(self):
        self.process.stdin.close()
        self.process.wait()


class Gateway:
    def __init__(self, build, folder, certificates, count):
        self.folder = folder
        self.build = build
        self.log = open(os.path.join(folder, "log"), "w+")
        file = os.path.join(folder, "gateway.lua")
        servers = ", ".join(f'"{s}"' for s in SERVERS)
        with open(file, "w") as out:
            out.write(f"""gateway {{ workers = 2, log = "warning", control = "control", drain = "1s" }}
{certificates.word("sales")}
pool "farm" {{ servers = {{ {servers} }}, tls = "sales", tls_name = "sales.test" }}
listener "in" {{ plugin = "sip", bind = "tls:{GATEWAY}", tls = "sales", pool = "farm",
  limits = {{ sessions = {count}, first_byte = "1h" }}, options = {{ route = "connection" }} }}
""")
        self.process = subprocess.Popen([os.path.join(build, "lychgate"), "-c", file], stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log)
        self.wait(lambda: '"open": true' in self.status().replace('":true', '": true'))

    def status(self):
        return subprocess.run([os.path.join(self.build, "lychctl"), "-s", os.path.join(self.folder, "control"),
                               "status", "--json"], capture_output=True, text=True, check=False).stdout

    def wait(self, question):
        for _ in range(1200):
            if question():
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        self.log.seek(0)
        sys.exit(f"soak: the gateway does not come so far:\n{self.log.read()}{self.status()}")

    def wait_empty(self):
        self.wait(lambda: '"sessions":0,"handshakes":0' in self.status().replace(" ", "").replace("\n", ""))

    def rss(self):
        """KiB."""
        with open(f"/proc/{self.process.pid}/smaps_rollup") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("Rss:"))

    def end(self):
        self.process.terminate()
        self.process.wait()


def cycle(gateway, crowd, count, idle, base):
    """KiB a client: silent, signed in, left behind."""
    def growth():
        return (gateway.rss() - base) / count

    crowd.do("open")
    time.sleep(1)  # the last mails and graves
    silent = growth()
    crowd.do("register")
    time.sleep(idle)
    signed_in = growth()
    crowd.do("close")
    gateway.wait_empty()
    time.sleep(7)  # it looks once a second what it can give back, and once more when nothing lingers
    return silent, signed_in, growth()


def warm_up(build, gateway):
    """What the first client costs in code and tables that stay is no client's."""
    one = Crowd(build, "clients", GATEWAY, 20)
    for command in ("open", "register", "close"):
        one.do(command)
    gateway.wait_empty()
    one.end()


def judge(rows, slack):
    bounds = (("silent", max(r[0] for r in rows), SILENT), ("signed in", max(r[1] for r in rows), SIGNED_IN),
              ("left behind more by the last cycle than by the first", rows[-1][2] - rows[0][2], LEFT))
    bad = 0
    for what, most, bound in bounds:
        good = most <= bound * slack
        bad += not good
        print(f"{'good' if good else 'BAD '}  {what}: {most:.1f} KiB a client, bound {bound}"
              f"{f' x {slack:g}' if slack != 1 else ''}")
    return bad


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.getcwd(), help="the build folder")
    parser.add_argument("--clients", type=int, default=500)
    parser.add_argument("--idle", type=float, default=1, help="seconds that signed-in clients are idle")
    parser.add_argument("--cycles", type=int, default=3)
    parser.add_argument("--slack", type=float, default=3, help="what the bounds are multiplied by")
    args = parser.parse_args()
    with open(os.path.join(args.build, "lychgate"), "rb") as program:
        if b"__asan_init" in program.read():
            sys.exit(77)
    fit = (resource.getrlimit(resource.RLIMIT_NOFILE)[1] - SPARE) // 2
    count = min(args.clients, fit)
    if count < args.clients:
        print(f"only {count} clients: the limit of descriptors allows no more (ulimit -Hn)")
    certificates = Certificates(args.build)
    name = certificates.path("sales")
    with tempfile.TemporaryDirectory(prefix="lychgate-soak-") as folder:
        servers = Crowd(args.build, "servers", f"{name}.pem", f"{name}.key", *SERVERS)
        servers.done()
        gateway = Gateway(args.build, folder, certificates, count)
        warm_up(args.build, gateway)
        base, rows = gateway.rss(), []
        print(f"{count} clients, {base} KiB before them\ncycle   silent   signed in   left   KiB a client")
        crowd = Crowd(args.build, "clients", GATEWAY, count)
        for n in range(args.cycles):
            rows.append(cycle(gateway, crowd, count, args.idle, base))
            print(f"{n + 1:5} {rows[-1][0]:8.1f} {rows[-1][1]:11.1f} {rows[-1][2]:6.1f}", flush=True)
        crowd.end()
        gateway.end()
        servers.end()
    sys.exit(judge(rows, args.slack) > 0)


main()
