# SPDX-License-Identifier: Apache-2.0
"""gateway: the program under test: started, asked for its state, and stopped with everything that must be so then."""
import json
import os
import signal
import subprocess
from datetime import datetime

from .words import PATIENCE, Failure, equal, eventually, slow

SANITIZERS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:", "WARNING: ThreadSanitizer")
LOG_SHOWN = 60  # lines of a log that a failure shows


class Gateway:
    def __init__(self, build, folder, config, address, files=None):
        """`address` is where its listener is (host, port), for the clients of the story; `files` are further files
        (name, text) beside the configuration, such as policies."""
        self.build, self.folder, self.address = build, folder, address
        self.control = os.path.join(folder, "control")
        self.file = os.path.join(folder, "gateway.lua")
        self.log_file = os.path.join(folder, "log")
        self.expected_errors = []  # words of lines of level error that the story brings about
        self.process = None
        self.within = []           # a command that runs the program: ["sh", "-c", 'ulimit -n 100; exec "$@"', "sh"]
        for name, text in {"gateway.lua": config, **(files or {})}.items():
            with open(os.path.join(folder, name), "w") as file:
                file.write(text)

    def program(self, name):
        return os.path.join(self.build, name)

    def start(self):
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen([*self.within, self.program("lychgate"), "-c", self.file],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        eventually(self.answers_or_died, "the gateway answers on its control socket")

    def answers_or_died(self):
        if self.process.poll() is not None:
            raise Failure(f"the gateway ended at once with {self.process.returncode}")
        return os.path.exists(self.control) and self.ctl("status", "--json").returncode == 0

    def run(self, *words):
        """Runs the program to its end, as someone in a shell would; what it said is .stderr."""
        try:
            return subprocess.run([*self.within, self.program("lychgate"), *words, "-c", self.file],
                                  capture_output=True, text=True, timeout=slow(PATIENCE))
        except subprocess.TimeoutExpired as running:
            raise Failure(f"lychgate {' '.join(words)} did not end by itself: {running.stderr}") from None

    # ---- Asking ----

    def ctl(self, *words):
        return subprocess.run([self.program("lychctl"), "-s", self.control, *words], capture_output=True, text=True,
                              timeout=slow(PATIENCE))

    def status(self):
        done = self.ctl("status", "--json")
        if done.returncode:
            raise Failure(f"lychctl status failed with {done.returncode}: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def listener(self, name="in"):
        return next(x for x in self.status()["listeners"] if x["name"] == name)

    def is_open(self, name="in"):
        return bool(self.listener(name)["open"])

    def wait_open(self, name="in"):
        eventually(lambda: self.is_open(name), f"the listener {name} is open")
        return self

    def server(self, server, pool="farm"):
        """The status of one of the play's servers (or of a configured name)."""
        name = getattr(server, "address", server)
        servers = next(p for p in self.status()["pools"] if p["name"] == pool)["servers"]
        return next(s for s in servers if name in (s["name"], s["address"]))

    def wait_state(self, server, state, within=PATIENCE, pool="farm"):
        eventually(lambda: self.server(server, pool)["state"] == state,
                   f"{getattr(server, 'name', server)} is {state}", within)

    def log(self):
        with open(self.log_file, encoding="utf-8", errors="replace") as file:
            return file.read().splitlines()

    def lines(self, *words):
        return [line for line in self.log() if all(str(w) in line for w in words)]

    def warnings(self):
        """But for those that are about the machine that the tests run on: as whom, and with how many descriptors."""
        return [line for line in self.lines(" warning ") if line.split()[2] not in ("root", "sessions-lowered")]

    def wait_line(self, *words):
        return eventually(lambda: self.lines(*words), f"a line of the log with {', '.join(map(str, words))}")[0]

    @staticmethod
    def time_of(line):
        """When a line was written, as time.time() tells it."""
        return datetime.fromisoformat(line.split()[0].replace("Z", "+00:00")).timestamp()

    def memory(self):
        """Resident bytes."""
        with open(f"/proc/{self.process.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def sanitized(self):
        """Whether it was built with the sanitizer that keeps freed memory for a while."""
        with open(f"/proc/{self.process.pid}/exe", "rb") as file:
            return b"__asan_init" in file.read()

    def descriptors(self):
        """How many it has open."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    # ---- The end ----

    def signal(self, which):
        self.process.send_signal(which)

    def wait_exit(self, within=PATIENCE):
        try:
            return self.process.wait(slow(within))
        except subprocess.TimeoutExpired:
            raise Failure(f"the gateway did not end within {slow(within):g} s of SIGTERM") from None

    def stop(self):
        """Ends it in order, and says what had to be so in its whole life."""
        if self.process and self.process.poll() is None:
            self.signal(signal.SIGTERM)
            self.wait_exit()
        self.check()

    def check(self):
        report = self.sanitizer_report()
        if report:
            raise Failure(f"a sanitizer speaks: {report[0]}")
        equal(self.process.returncode, 0, "the gateway's exit code")
        for line in self.log():
            words = line.split(" ", 2)
            if len(words) == 3 and words[1] == "error" and not any(w in line for w in self.expected_errors):
                raise Failure(f"a line of level error that the story did not expect: {line}")

    def sanitizer_report(self):
        """The lines of the log from the first on that a sanitizer wrote."""
        log = self.log()
        return next((log[n:] for n, line in enumerate(log) if any(mark in line for mark in SANITIZERS)), [])

    def obituary(self):
        """What a reader must know of a gateway that died on the stage; None if it lives or ended well."""
        if not self.process or self.process.poll() in (None, 0):
            return None
        return f"the gateway had died with {self.process.returncode}: {(self.sanitizer_report() or ['no report'])[0]}"

    def excerpt(self):
        """The part of its log that a failure shows."""
        return self.sanitizer_report()[:LOG_SHOWN] or self.log()[-LOG_SHOWN:]

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
