# SPDX-License-Identifier: Apache-2.0
"""What a storm of full RSA-2048 handshakes does to the SIP that stands: each gateway carries SIP alone, then while the
storm goes to the same process, then while it goes to another process beside it on the same CPU.  The last tells what
the CPU alone costs; what the same process costs beyond that is the handshakes' holding up the messages.  Reported, not
judged."""
import subprocess
import time

import peers
from measure import Load, median

NAME = "storm of handshakes"
GATEWAYS = ("haproxy", "nginx stream", "lychgate connection", "lychgate hop")
CONNECTIONS, AT_A_TIME = 20, 8
WAYS = ("alone", "to itself", "to another process")


def once(args, gateway, target):
    """One run: SIP's percentiles, and how many handshakes a second were done beside it."""
    storm, rate = None, 0.0
    sip = Load([f"{args.build}/tests/bench/load", "tls", "options", gateway.address, str(CONNECTIONS), "1",
                str(args.seconds)])
    if target:
        # SIP's clients come first on their CPU: it is the gateway that is to be seen
        storm = Load(["nice", "-n", "10", f"{args.build}/tests/bench/storm", peers.storm_of(target.address),
                      str(AT_A_TIME), str(args.seconds + 1)])
        storm.begin()
        time.sleep(0.3)
    found = sip.go()
    sip.end()
    if storm:
        told = storm.found()
        storm.end()
        rate = told["handshakes"] / told["seconds"]
    return {"p50": found["p50_us"], "p99": found["p99_us"], "rate": rate}


def heading():
    columns = [f"{way + ':':>21} {'p50':>6} {'p99':>6}" + (f" {'hs/s':>5}" if way != "alone" else "") for way in WAYS]
    return f"{'':20}" + "".join(columns)


def row(gateway):
    if WAYS[-1] not in gateway.runs:
        return f"{gateway.name:20} failed: {gateway.failure}"
    cells = ""
    for way in WAYS:
        p50, p99, rate = (median(r[k] for r in gateway.runs[way]) for k in ("p50", "p99", "rate"))
        cells += f"{'':21} {p50:6.0f} {p99:6.0f}" + (f" {rate:5.0f}" if way != "alone" else "")
    return f"{gateway.name:20}{cells}"


def run(args, stage):
    """Whether all of lychgate ran."""
    words = args.only.split(",")
    kinds = {n: peers.TLS[n] for n in GATEWAYS}
    started, others = (stage.start_all(kinds, words, first=first) for first in (5061, 5071))
    for gateway, other in zip(started, others):
        gateway.failure = gateway.failure or other.failure
    for _ in range(args.runs):
        for gateway, other in zip(started, others):
            for way, target in zip(WAYS, (None, gateway, other)):
                try:
                    if not gateway.failure:
                        gateway.runs.setdefault(way, []).append(once(args, gateway, target))
                except (peers.Failed, subprocess.TimeoutExpired) as e:
                    gateway.failure = str(e)
    print(f"\n{NAME}: {CONNECTIONS} TLS connections x 1 OPTIONS, {AT_A_TIME} handshakes (RSA-2048) at a time; us, "
          f"handshakes/s")
    print(heading())
    for gateway in started:
        print(row(gateway), flush=True)
    return not any(g.failure for g in started if g.own)
