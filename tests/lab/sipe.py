# SPDX-License-Identifier: Apache-2.0
"""sipe: a real Lync client: sipe_client.c is built and run, and what it tells is kept."""
import fcntl
import os
import shlex
import subprocess
import threading

from play import Skip, eventually, slow
from play.words import PATIENCE

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sipe_client.c")
LOG_SHOWN = 30  # last lines of a client's log that a failure shows
SKIPPED = 77


def build(folder):
    """The program, built when its source is newer; Skip: libpurple is not here."""
    program, compiler = os.path.join(folder, "tests", "lab", "sipe_client"), shlex.split(os.environ.get("CC") or "cc")
    os.makedirs(os.path.dirname(program), exist_ok=True)
    with open(f"{program}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(program) and os.path.getmtime(program) > os.path.getmtime(SOURCE):
            return program
        try:
            purple = subprocess.run(["pkg-config", "--cflags", "--libs", "purple"], capture_output=True, text=True, timeout=10)
        except FileNotFoundError:
            raise Skip("no pkg-config") from None
        if purple.returncode:
            raise Skip("no libpurple; apt-get install libpurple-dev pidgin-sipe")
        words = ["-g", "-Wall", "-Wextra", "-Werror", "-o", f"{program}.new", SOURCE, *shlex.split(purple.stdout)]
        subprocess.run(compiler + words, check=True, timeout=60)
        os.rename(f"{program}.new", program)
    return program


class Sipe:
    def __init__(self, program, folder, user, server, address, authority, password):
        """`server` is the name that the gateway's certificate must have, `address` (host, port) where the gateway is."""
        self.user, self.folder = user, folder
        os.mkdir(folder)
        self.events = []  # lines, as sipe_client.c tells them
        account = rf"{user}@lab.test,LAB\{user}"
        words = [program, os.path.join(folder, "purple"), account, password, server, str(address[1]), address[0], authority]
        with open(self.path("log"), "wb") as log:
            self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                                            env={**os.environ, "HOME": folder})
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self):
        for line in self.process.stdout:
            self.events.append(line.rstrip("\n"))

    def count(self, event):
        return sum(e.startswith(event) for e in list(self.events))

    @property
    def errors(self):
        return [e for e in list(self.events) if e.startswith("error")]

    def wait(self, event, n=1, within=PATIENCE):
        eventually(lambda: self.count(event) >= n or self.process.poll() is not None,
                   f"{self.user} tells {event!r} {n} time(s); it told {self.events}", within)
        if self.process.poll() == SKIPPED:
            raise Skip("no pidgin-sipe; apt-get install pidgin-sipe")
        if self.count(event) < n:
            raise OSError(f"sipe_client ended with {self.process.returncode} before {event!r}")

    def im(self, who, text):
        self.process.stdin.write(f"im {who} {text}\n")
        self.process.stdin.flush()

    def close(self):
        """Signs off and ends the program."""
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(slow(PATIENCE))
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.reader.join(PATIENCE)
        self.process.stdout.close()

    def last_words(self):
        with open(self.path("log"), encoding="utf-8", errors="replace") as log:
            return log.read().splitlines()[-LOG_SHOWN:]
