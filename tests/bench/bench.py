#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""CPU per SIP message: lychgate beside Kamailio, HAProxy and nginx, in one run.

Clients keep OPTIONS in flight on many TLS connections; each gateway passes them on to the same two TCP servers.  The
gateway under test has CPU 0 and one worker, load and servers have CPU 1.  Runs take turns, figures are medians.  CPU time
is utime + stime of the gateway's processes while the load is steady; a message is one request or one answer passed on.
HAProxy and nginx relay bytes by connection; Kamailio parses each message and picks by Call-ID, as `lychgate message` does.
Sends are counted in a run of their own under strace, which slows the gateway: bursts grow, so the figure is a lower bound.
"""
import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import peers

HEADING = f"{'':22} {'CPU us/message':>22} {'to best peer':>13} {'messages/s':>11} {'busy':>5} {'p50 us':>7} {'p99 us':>7} {'sends/message':>14}"
SENDS = "write,writev,sendto,sendmsg,sendmmsg"


def stat(pid):
    """The fields of /proc/PID/stat from the state on; None when the process is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            text = f.read()
    except OSError:
        return None
    return text[text.rindex(")") + 2:].split()


def family(pid):
    """The process and all below it."""
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        fields = stat(name)
        if fields:
            parents.setdefault(int(fields[1]), []).append(int(name))
    found = [pid]
    for p in found:
        found += parents.get(p, [])
    return found


def cpu_seconds(pid):
    fields = filter(None, map(stat, family(pid)))
    return sum(int(f[11]) + int(f[12]) for f in fields) / os.sysconf("SC_CLK_TCK")


class Load:
    """The load tool: ready when this returns; `go` runs it and gives what it found."""

    def __init__(self, args, gateway, seconds):
        command = [f"{args.build}/tests/bench/load", gateway.address, str(args.connections), str(args.in_flight), str(seconds)]
        self.process = subprocess.Popen(peers.pinned(1) + command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.seconds = seconds
        if self.process.stdout.readline() != "ready\n":
            self.fail()

    def fail(self):
        self.process.kill()
        raise peers.Failed("load: " + self.process.communicate()[1].strip())

    def go(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            self.fail()
        return json.loads(line)

    def end(self):
        complaint = self.process.communicate(timeout=20)[1].strip()
        if complaint:
            print(f"load: {complaint}\n", file=sys.stderr)


def measure(args, gateway):
    """One run: what the load tool says, with the gateway's CPU time."""
    load = Load(args, gateway, args.seconds)
    before = cpu_seconds(gateway.pid)
    found = load.go()
    found["cpu"] = cpu_seconds(gateway.pid) - before
    load.end()
    if not found["messages"]:
        raise peers.Failed("no message came through")
    return found


def sends_per_message(args, gateway):
    if not shutil.which("strace"):
        return None
    load = Load(args, gateway, 1)
    which = [word for pid in family(gateway.pid) for word in ("-p", str(pid))]
    with tempfile.NamedTemporaryFile("r") as table:
        strace = subprocess.Popen(["strace", "-f", "-c", "-qq", "-e", f"trace={SENDS}", "-o", table.name, *which],
                                  stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        found = load.go()
        strace.send_signal(signal.SIGINT)
        strace.wait(10)
        calls = sum(int(m[1]) for m in re.finditer(r"^ *[\d.]+ +[\d.]+ +\d+ +(\d+) .*?(?:write|send)", table.read(), re.M))
    load.end()
    return calls / found["messages"] if calls and found["messages"] else None


def row(gateway, best):
    """One line of the table."""
    if not gateway.runs:
        return f"{gateway.name:22} failed: {gateway.failure}"

    def median(key):
        return statistics.median(key(r) for r in gateway.runs)

    cpu = sorted(cost(r) for r in gateway.runs)
    rate, busy = median(lambda r: r["messages"] / r["seconds"]), median(lambda r: r["cpu"] / r["seconds"])
    wrong = {k: sum(r[k] for r in gateway.runs) for k in ("lost", "errors", "moved")}
    figure = f"{statistics.median(cpu):.2f} [{cpu[0]:.2f}..{cpu[-1]:.2f}]"
    ratio = f"{statistics.median(cpu) / best:.2f}" if best else "-"
    sends = f"{gateway.sends:.2f}" if gateway.sends else "-"
    return (f"{gateway.name:22} {figure:>22} {ratio:>13} {rate:11.0f} {busy:5.0%} {median(lambda r: r['p50_us']):7.0f} "
            f"{median(lambda r: r['p99_us']):7.0f} {sends:>14}" + "".join(f"  {v} {k}!" for k, v in wrong.items() if v))


def cost(found):
    return found["cpu"] * 1e6 / found["messages"]


def bench(args, gateways):
    for turn in range(args.runs + 1):
        for gateway in gateways:
            if gateway.failure:
                continue
            try:
                if turn < args.runs:
                    gateway.runs.append(measure(args, gateway))
                elif not args.no_sends:
                    gateway.sends = sends_per_message(args, gateway)
            except (peers.Failed, subprocess.TimeoutExpired) as e:
                gateway.failure = str(e)
    costs = [statistics.median(map(cost, g.runs)) for g in gateways if g.runs and not g.own]
    print(HEADING)
    for gateway in gateways:
        print(row(gateway, min(costs, default=None)), flush=True)


def arguments():
    parser = argparse.ArgumentParser(prog="bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build", help="the build folder")
    parser.add_argument("--runs", type=int, default=3, help="for each gateway (%(default)s)")
    parser.add_argument("--seconds", type=float, default=3, help="of each run (%(default)s)")
    parser.add_argument("--connections", type=int, default=50, help="of clients (%(default)s)")
    parser.add_argument("--in-flight", type=int, default=4, help="requests on each connection (%(default)s)")
    parser.add_argument("--only", default="", metavar="WORD,...", help="gateways whose name contains one of these")
    parser.add_argument("--no-sends", action="store_true", help="do not count sends")
    args = parser.parse_args()
    args.build = os.path.abspath(args.build)
    return args


def main():
    args = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if os.cpu_count() < 2:
        print("only one CPU here: gateway and load share it, and only the CPU figures compare")
    with tempfile.TemporaryDirectory(prefix="lychgate-bench-") as folder:
        stage = peers.Stage(folder, args.build)
        try:
            gateways = stage.start(args.only.split(","))
            print(f"{args.connections} TLS connections, {args.in_flight} OPTIONS in flight on each, "
                  f"{args.runs} runs of {args.seconds:g} s: median [least..most]\n", flush=True)
            bench(args, gateways)
        finally:
            stage.stop()
    return 1 if any(g.failure for g in gateways if g.own) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
