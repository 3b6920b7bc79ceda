#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""CPU per SIP message and per web request: lychgate beside Kamailio, HAProxy and nginx, in one run; and what a storm of
handshakes does to SIP.

Clients keep OPTIONS or calls in flight, over TLS or UDP; each gateway passes them on to the same two servers, by TCP or
UDP.  The gateway under test has CPU 0 and one worker, load and servers have CPU 1.  Runs take turns, figures are
medians.  CPU time is utime + stime of the gateway's processes while the load is steady; a message is one request or one
answer passed on.  HAProxy and nginx relay bytes by connection or port (L4); Kamailio parses each message and picks by
Call-ID, forward(), as `lychgate message` and `lychgate hop` do.
Sends are counted in a run of their own under strace, which slows the gateway: bursts grow, so the figure is a lower
bound.
"""
import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

import handshakes
import peers
import web
from measure import Load, family, measure, median

HEADING = (f"{'':20} {'CPU us/message':>22} {'to L4':>6} {'to Kamailio':>12} {'messages/s':>11} {'busy':>5} "
           f"{'p50 us':>7} {'p99 us':>7} {'sends':>6}")
SENDS = "write,writev,sendto,sendmsg,sendmmsg"
L4 = ("haproxy", "nginx stream")
KAMAILIO = ("kamailio",)


@dataclass
class Case:
    name: str
    udp: bool
    kind: str  # options, calls, big
    connections: int
    in_flight: int
    goals: tuple  # (gateway, at most, of the best of these)
    count_sends: bool = False


CASES = (
    Case("TLS, 50 connections x 4", False, "options", 50, 4,
         (("lychgate hop", 1.0, L4), ("lychgate hop", 0.17, KAMAILIO), ("lychgate connection", 1.05, L4)), True),
    Case("TLS, 500 connections x 1", False, "options", 500, 1,
         (("lychgate hop", 0.75, L4), ("lychgate hop", 0.30, KAMAILIO), ("lychgate connection", 1.05, L4))),
    Case("UDP, OPTIONS", True, "options", 20, 10, (("lychgate hop", 1.0, L4), ("lychgate hop", 0.15, KAMAILIO)), True),
    Case("UDP, calls", True, "calls", 20, 10, (("lychgate hop", 1.1, L4), ("lychgate hop", 0.15, KAMAILIO))),
    Case("UDP, calls of 2.5 KB", True, "big", 20, 10, (("lychgate hop", 1.0, L4), ("lychgate hop", 0.15, KAMAILIO))),
)
POLICY_CASE = Case("a policy reading three facts", True, "options", 20, 10, ())
POLICY_GOAL = 0.6  # us


class Goals:
    """What the project wants, and what it got in this run."""

    def __init__(self):
        self.lines = []

    def add(self, what, found, most, unit=""):
        verdict = "not measured" if found is None else "met" if round(found, 2) <= most else "MISSED"
        figure = "-" if found is None else f"{found:.2f}" if isinstance(found, float) else str(found)
        self.lines.append(f"{what:70} {figure + unit:>8} {'at most ' + format(most, 'g') + unit:>16}   {verdict}")

    def show(self):
        if self.lines:
            print("\nwhat is wanted, and whether this run met it", *self.lines, sep="\n")


# ---- One run, one line ----

def load_of(args, case, address, seconds):
    return Load([f"{args.build}/tests/bench/load", "udp" if case.udp else "tls", case.kind, address,
                 str(case.connections), str(case.in_flight), str(seconds)])


def run(args, case, gateway):
    found = measure(load_of(args, case, gateway.address, args.seconds), gateway)
    if found["messages"] <= 0 or found["errors"] == found["messages"]:
        raise peers.Failed("no message came through")
    gateway.runs.setdefault(case.name, []).append(found)


def count_sends(args, case, gateway):
    if not shutil.which("strace"):
        return
    load = load_of(args, case, gateway.address, 1)
    which = [word for pid in family(gateway.pid) for word in ("-p", str(pid))]
    with tempfile.NamedTemporaryFile("r") as table:
        strace = subprocess.Popen(["strace", "-f", "-c", "-qq", "-e", f"trace={SENDS}", "-o", table.name, *which],
                                  stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        found = load.go()
        strace.send_signal(signal.SIGINT)
        strace.wait(10)
        calls = sum(int(m[1]) for m in re.finditer(r"^ *[\d.]+ +[\d.]+ +\d+ +(\d+) .*?(?:write|send)", table.read(),
                                                   re.M))
    load.end()
    if calls and found["messages"]:
        gateway.sends[case.name] = calls / found["messages"]


def cost(found):
    return found["cpu"] * 1e6 / found["messages"]


def cost_of(case, gateways, names):
    """The cheapest of these gateways; None when none was measured."""
    found = [median(map(cost, g.runs[case.name])) for g in gateways if g.name in names and case.name in g.runs]
    return min(found, default=None)


def ratio(a, b):
    return a / b if a and b else None


def row(case, gateway, gateways):
    runs = gateway.runs.get(case.name)
    if not runs:
        return f"{gateway.name:20} failed: {gateway.failure}"
    costs = sorted(map(cost, runs))
    figure = f"{median(costs):.2f} [{costs[0]:.2f}..{costs[-1]:.2f}]"
    to = [ratio(median(costs), cost_of(case, gateways, names)) for names in (L4, KAMAILIO)]
    l4, kamailio = (f"{r:.2f}" if r else "-" for r in to)
    sends = f"{gateway.sends[case.name]:.2f}" if case.name in gateway.sends else "-"
    wrong = {k: sum(r[k] for r in runs) for k in ("lost", "errors", "moved")}
    return (f"{gateway.name:20} {figure:>22} {l4:>6} {kamailio:>12} "
            f"{median(r['messages'] / r['seconds'] for r in runs):11.0f} "
            f"{median(r['cpu'] / r['seconds'] for r in runs):5.0%} {median(r['p50_us'] for r in runs):7.0f} "
            f"{median(r['p99_us'] for r in runs):7.0f} {sends:>6}" +
            "".join(f"  {v} {k}!" for k, v in wrong.items() if v) +
            (f"  then failed: {gateway.failure}" if gateway.failure else ""))


# ---- Cases ----

def take_turns(gateways, runs, act):
    """Forth and back: whatever grows with time, on this machine or in a gateway, is not always the last one's
    burden."""
    for turn in range(runs):
        for gateway in gateways if turn % 2 == 0 else reversed(gateways):
            if gateway.failure:
                continue
            try:
                act(gateway)
            except (peers.Failed, subprocess.TimeoutExpired) as e:
                gateway.failure = str(e)


def run_case(args, case, gateways, goals):
    take_turns(gateways, args.runs, lambda g: run(args, case, g))
    if case.count_sends and not args.no_sends:
        take_turns(gateways, 1, lambda g: count_sends(args, case, g))
    print(f"\n{case.name}{f', {case.connections} ports x {case.in_flight}' if case.udp else ' OPTIONS'}\n{HEADING}")
    for gateway in gateways:
        print(row(case, gateway, gateways), flush=True)
    for name, most, of in case.goals:
        to = "the better L4 proxy" if of == L4 else "Kamailio"
        found = ratio(cost_of(case, gateways, (name,)), cost_of(case, gateways, of))
        goals.add(f"{case.name}: {name}, to {to}", found, most)
    if case.udp:
        lost = [r["lost"] for g in gateways if g.own for r in g.runs.get(case.name, ())]
        goals.add(f"{case.name}: lost by lychgate", sum(lost) if lost else None, 0)


def run_policy(args, gateways, goals):
    """The same process, with and without the policy by turns: what comes of the rest is in both."""
    added = None
    for plain in (g for g in gateways if g.own):
        other = peers.Gateway("with the policy", peers.policy_of(plain.address), True)
        other.pid, other.failure = plain.pid, plain.failure
        take_turns((plain, other), 2 * args.runs, lambda g: run(args, POLICY_CASE, g))
        pairs = zip(plain.runs.get(POLICY_CASE.name, ()), other.runs.get(POLICY_CASE.name, ()))
        differences = [cost(b) - cost(a) for a, b in pairs]
        added = median((forth + back) / 2 for forth, back in zip(differences[::2], differences[1::2]))
        print(f"\n{POLICY_CASE.name}: UDP, OPTIONS; one message of two is a request, which it sees\n{HEADING}")
        for gateway in (plain, other):
            print(row(POLICY_CASE, gateway, ()), flush=True)
        if added is not None:
            print(f"it adds {added:.2f} us to each message, {2 * added:.2f} us to each request")
    goals.add(f"{POLICY_CASE.name}: adds to each message", added, POLICY_GOAL, " us")


def bench(args, stage, goals):
    """Whether all of lychgate ran."""
    ran = True
    for gateways, udp in ((peers.TLS, False), (peers.UDP, True)):
        cases = [c for c in CASES if c.udp == udp and args.wants(c.name)]
        if not cases and not (udp and args.wants(POLICY_CASE.name)):
            continue
        stage.start_servers()
        started = stage.start_all(gateways, args.only.split(","), udp)
        for case in cases:
            run_case(args, case, started, goals)
        if udp and args.wants(POLICY_CASE.name):
            run_policy(args, started, goals)
        stage.stop()
        ran = ran and not any(g.failure for g in started if g.own)
    if args.wants(handshakes.NAME):
        stage.start_servers()
        ran = handshakes.run(args, stage) and ran
        stage.stop()
    return web.run(args, stage, goals) and ran


def arguments():
    parser = argparse.ArgumentParser(prog="bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build", help="the build folder")
    parser.add_argument("--runs", type=int, default=3, help="for each gateway and case (%(default)s)")
    parser.add_argument("--seconds", type=float, default=2, help="of each run (%(default)s)")
    parser.add_argument("--only", default="", metavar="WORD,...", help="gateways whose name contains one of these")
    parser.add_argument("--cases", default="", metavar="WORD,...",
                        help="cases whose name contains one of these: TLS, UDP, policy, storm, web")
    parser.add_argument("--no-sends", action="store_true", help="do not count sends")
    args = parser.parse_args()
    args.build = os.path.abspath(args.build)
    args.wants = lambda name: any(word in name for word in args.cases.split(","))
    return args


def main():
    args, goals = arguments(), Goals()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if os.cpu_count() < 2:
        print("only one CPU here: gateway and load share it, and only the CPU figures compare")
    with tempfile.TemporaryDirectory(prefix="lychgate-bench-") as folder:
        stage = peers.Stage(folder, args.build)
        try:
            print(f"{args.runs} runs of {args.seconds:g} s: median [least..most]", flush=True)
            ran = bench(args, stage, goals)
        finally:
            stage.stop()
    goals.show()
    return 0 if ran else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
