# SPDX-License-Identifier: Apache-2.0
"""What both benches measure with: CPU time of a gateway's processes, and the load tools, which are started, told to go
and ended while the gateway's clock is read in between."""
import json
import os
import statistics
import subprocess
import sys

import peers


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
    """A load tool: ready when this returns; `go` runs it and gives what it found."""

    def __init__(self, command):
        self.process = subprocess.Popen(peers.pinned(1) + command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            self.fail()

    def fail(self):
        self.process.kill()
        raise peers.Failed("load: " + self.process.communicate()[1].strip())

    def begin(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def found(self):
        line = self.process.stdout.readline()
        if not line:
            self.fail()
        return json.loads(line)

    def go(self):
        self.begin()
        return self.found()

    def end(self):
        complaint = self.process.communicate(timeout=20)[1].strip()
        if complaint:
            print(f"load: {complaint}\n", file=sys.stderr)


def measure(load, gateway):
    """One run: what the load tool says, with the gateway's CPU time."""
    before = cpu_seconds(gateway.pid)
    found = load.go()
    found["cpu"] = cpu_seconds(gateway.pid) - before
    load.end()
    return found


def median(values):
    values = list(values)
    return statistics.median(values) if values else None
