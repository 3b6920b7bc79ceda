#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""CPU per relayed unit: lychgate's tcp and stun plugins beside HAProxy (copying and splicing) and nginx, in one run.

The gateway under test has CPU 0 and one worker, load and server have CPU 1.  Runs take turns, figures are medians; CPU
time is utime + stime of the gateway's processes.  "to best peer" is lychgate's figure by the best of the others; what
the project wants of it stands behind.  "busy" under 85 %: the load was the bottleneck, and only the CPU figure
compares.
"""
import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile

import measure
import peers

SERVER = "127.77.0.2:1135"


# ---- How each gateway relays TCP, or UDP ----

def haproxy(splice):
    def command(stage, address):
        more = "  option splice-request\n  option splice-response\n" if splice else ""
        file = stage.write(f"haproxy{splice}.cfg", f"""global
  nbthread 1
  maxconn 4000
defaults
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen front
  mode tcp
  bind {address} backlog 4096
{more}  server s {SERVER}
""")
        return ["haproxy", "-db", "-f", file]
    return command


def nginx(udp, options):
    def command(stage, address):
        file = stage.write(f"nginx{udp}{options[:17]}.conf".replace(" ", "-"), f"""
load_module {next(stage.find_modules("nginx/modules"))}/ngx_stream_module.so;
daemon off; pid {stage.folder}/nginx{udp}{len(options)}.pid; error_log stderr crit;
worker_processes 1; worker_rlimit_nofile 40000;
events {{ worker_connections 8000; multi_accept on; }}
stream {{ server {{ listen {address} {udp}; proxy_pass {SERVER}; {options} }} }}
""")
        return ["nginx", "-p", stage.folder, "-e", "stderr", "-c", file]
    return command


def lychgate(plugin, transport, more=""):
    def command(stage, address):
        file = stage.write(f"{plugin}.lua", f"""gateway {{ workers = 1, control = "{plugin}.sock", log = "warning" }}
pool "server" {{ servers = {{ "{SERVER}" }}, {more} }}
listener "front" {{
  plugin = "{plugin}", bind = "{transport}:{address}", pool = "server", limits = {{ sessions = 100000, idle = "1s" }},
}}
""")
        return [f"{stage.build}/lychgate", "-c", file]
    return command


TCP = {
    "haproxy": haproxy(False),
    "haproxy splice": haproxy(True),
    "nginx stream": nginx("", "tcp_nodelay on; proxy_buffer_size 64k;"),
    "lychgate": lychgate("tcp", "tcp"),
}
UDP = {
    "nginx udp": nginx("udp", "proxy_timeout 2s;"),
    "nginx udp, one answer": nginx("udp", "proxy_timeout 2s; proxy_responses 1;"),
    "lychgate": lychgate("stun", "udp", 'monitor = false, persistence = false'),
}

# name, what one unit is, kind of load, connections or ports, in flight, divisor of units, what to reach: (factor,
# peers)
CASES = (
    ("bulk", "MB", "bulk", 4, 1, 1e6, TCP, (0.7, ("haproxy splice",))),
    ("100 bytes and back, 50 connections", "pair", "pairs", 50, 1, 1, TCP,
     (1.0, ("haproxy", "haproxy splice", "nginx"))),
    ("connections", "connection", "connections", 32, 1, 1, TCP, (1.0, ("haproxy", "haproxy splice", "nginx"))),
    ("500 standing flows", "pair", "flows", 500, 1, 1, UDP, (0.9, ("nginx",))),
    ("8 busy ports", "pair", "flows", 8, 32, 1, UDP, (0.9, ("nginx",))),
    ("a new flow for each", "pair", "fresh", 64, 1, 1, UDP, (1.0, ("nginx",))),
)


def run(args, gateway, case):
    _, _, kind, count, in_flight, *_ = case
    load = measure.Load([f"{args.build}/tests/bench/relay_load", kind, gateway.address, str(count), str(in_flight),
                         str(args.seconds)])
    found = measure.measure(load, gateway)
    found["units"] /= case[5]
    if found["units"] < 1:
        raise peers.Failed("nothing came through")
    return found


def cost(found):
    return found["cpu"] * 1e6 / found["units"]


def row(gateway, case, goal):
    runs = gateway.runs.get(case[0])
    if not runs:
        return f"  {gateway.name:22} failed: {gateway.failure}"

    def median(key):
        return statistics.median(map(key, runs))

    costs = sorted(map(cost, runs))
    figure = f"{median(cost):.1f} [{costs[0]:.1f}..{costs[-1]:.1f}]"
    wrong = "".join(f"  {sum(r[k] for r in runs)} {k}" for k in ("lost", "errors") if sum(r[k] for r in runs))
    wrong += f"  then failed: {gateway.failure}" if gateway.failure else ""
    return (f"  {gateway.name:22} {figure:>26} {median(lambda r: r['units'] / r['seconds']):12.0f} "
            f"{median(lambda r: r['cpu'] / r['seconds']):6.0%} {median(lambda r: r['p50_us']):8.0f} "
            f"{median(lambda r: r['p99_us']):8.0f}  {goal if gateway.own else ''}{wrong}")


def goal_of(case, gateways):
    factor, names = case[7]
    medians = {g.name: statistics.median(map(cost, g.runs[case[0]])) for g in gateways if g.runs.get(case[0])}
    others = [v for n, v in medians.items() if any(n == k or n.startswith(k + " ") for k in names)]
    if "lychgate" not in medians or not others:
        return ""
    ratio = medians["lychgate"] / min(others)
    return f"{ratio:.2f} of the best peer, wanted {factor:g}{'' if ratio <= factor else ': MISSED'}"


def run_case(args, case, gateways):
    for _ in range(args.runs):
        for gateway in gateways:
            if gateway.failure:
                continue
            try:
                gateway.runs.setdefault(case[0], []).append(run(args, gateway, case))
            except (peers.Failed, subprocess.TimeoutExpired) as e:
                gateway.failure = str(e)
    print(f"\n{case[0]}: CPU us/{case[1]}{'':24} {case[1] + 's/s':>12} {'busy':>6} {'p50 us':>8} {'p99 us':>8}")
    goal = goal_of(case, gateways)
    for gateway in gateways:
        print(row(gateway, case, goal), flush=True)


class Stage(peers.Stage):
    def certificates(self):
        pass

    def await_port(self, name, process, address, udp=False):
        if not name.startswith("udp"):
            super().await_port(name, process, address)
            return
        try:
            process.wait(1)
        except subprocess.TimeoutExpired:
            return
        raise peers.Failed(f"ended: {self.last_words(name)}")

    def start_relays(self, only):
        self.await_port("server", self.launch("server", [f"{self.build}/tests/bench/relay_server", SERVER], 1), SERVER)
        found, port = {}, 1140
        for kind, gateways in (("tcp", TCP), ("udp", UDP)):
            for name, configure in gateways.items():
                if not any(word in f"{kind} {name}" for word in only):
                    continue
                gateway = self.start_gateway(f"{kind} {name}", configure, f"{peers.FRONT}:{port}")
                gateway.name, gateway.own, gateway.runs = name, name == "lychgate", {}
                found.setdefault(id(gateways), []).append(gateway)
                port += 1
        return found


def arguments():
    parser = argparse.ArgumentParser(prog="relay", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build", help="the build folder")
    parser.add_argument("--runs", type=int, default=3, help="for each gateway and case (%(default)s)")
    parser.add_argument("--seconds", type=float, default=2, help="of each run (%(default)s)")
    parser.add_argument("--only", default="", metavar="WORD,...",
                        help='gateways whose name ("tcp lychgate") contains one of these')
    parser.add_argument("--cases", default="", metavar="WORD,...", help="cases whose name contains one of these")
    args = parser.parse_args()
    args.build = os.path.abspath(args.build)
    return args


def main():
    args = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    failed = False
    with tempfile.TemporaryDirectory(prefix="lychgate-relay-") as folder:
        stage = Stage(folder, args.build)
        try:
            found = stage.start_relays(args.only.split(","))
            print(f"{args.runs} runs of {args.seconds:g} s: median [least..most]")
            for case in CASES:
                if id(case[6]) in found and any(word in case[0] for word in args.cases.split(",")):
                    run_case(args, case, found[id(case[6])])
            failed = any(g.failure for gateways in found.values() for g in gateways if g.own)
        finally:
            stage.stop()
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
