# SPDX-License-Identifier: Apache-2.0
"""sipe: a real Lync client: sipe_client.c is built and run, and what it tells is kept."""
import os
import shlex
import subprocess
import threading
import time

from play import Failure, eventually, slow
from play.words import PATIENCE

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sipe_client.c")
SIPE_FOLDER = "/usr/lib/purple-2"  # where Debian has the plugin
DOMAIN = "lab.test"
SIGN_IN_S = 20  # pidgin-sipe waits a little before it tries again
LOG_SHOWN = 20  # last lines of a client's log that a failure shows


def pkg_config(*words):
    return subprocess.run(["pkg-config", *words, "purple"], capture_output=True, text=True, timeout=10)


def missing():
    """What this machine lacks; None: nothing."""
    try:
        if pkg_config("--exists").returncode:
            return "libpurple-dev"
    except FileNotFoundError:
        return "pkgconf"
    return None if os.path.exists(os.path.join(SIPE_FOLDER, "libsipe.so")) else "pidgin-sipe"


def build(folder):
    """The program, built when its source is newer."""
    program = os.path.join(folder, "tests", "lab", "sipe_client")
    if os.path.exists(program) and os.path.getmtime(program) > os.path.getmtime(SOURCE):
        return program
    os.makedirs(os.path.dirname(program), exist_ok=True)
    words = [*shlex.split(os.environ.get("CC") or "cc"), "-g", "-Wall", "-Wextra", "-Werror",
             f'-DSIPE_FOLDER="{SIPE_FOLDER}"', "-o", program, SOURCE]
    subprocess.run(words + shlex.split(pkg_config("--cflags", "--libs").stdout), check=True, timeout=60)
    return program


class Sipe:
    """A client that signs in at once."""

    def __init__(self, program, folder, user, password, server, address, authority, machine=None):
        """`server` is the name in the gateway's certificate, `address` (host, port) is where the gateway is; on a
        machine of the play's, or here."""
        self.user, self.folder = user, folder
        self.events = []  # lines, as sipe_client.c tells them
        os.mkdir(folder)
        words = [program, os.path.join(folder, "purple"), rf"{user}@{DOMAIN},LAB\{user}", password, server,
                 str(address[1]), address[0], authority]
        with open(os.path.join(folder, "log"), "wb") as log:
            inside = machine.do if machine else lambda act: act()
            self.process = inside(lambda: subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                                           stderr=log, text=True, env={**os.environ, "HOME": folder}))
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.events.append(line.rstrip("\n"))

    # ---- What it has told ----

    def all(self, event):
        return [e for e in list(self.events) if e.startswith(event)]

    def count(self, event):
        return len(self.all(event))

    def wait(self, event, n=1, within=PATIENCE):
        try:
            eventually(lambda: self.count(event) >= n or self.process.poll() is not None,
                       f"{self.user} tells {event!r} {n} time(s); it told {self.events}", within)
            if self.count(event) < n:
                raise Failure(f"{self.user}'s client ended with {self.process.returncode}")
        except Failure as failure:
            raise Failure("\n    ".join([str(failure), "the end of its log:", *self.last_words()])) from None

    def last_words(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as log:
            return log.read().splitlines()[-LOG_SHOWN:]

    # ---- What it is told ----

    def im(self, who, text):
        self.process.stdin.write(f"im {who} {text}\n")
        self.process.stdin.flush()

    def close(self):
        """It signs off and ends.  Does no harm twice."""
        if not self.process.stdin.closed:
            self.process.stdin.close()
        try:
            self.process.wait(slow(PATIENCE))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.reader.join(PATIENCE)
        self.process.stdout.close()


def sign_in(play, user, server, address, password="none", machine=None):
    """A client that has signed in, and ends with the stage."""
    # pidgin-sipe's Call-IDs follow from the second in which it starts: those of two clients must not be the same.
    time.sleep(1 - time.time() % 1)
    client = Sipe(build(play.build), os.path.join(play.folder, user), user, password, server, address,
                  play.certificates.path("ca.pem"), machine)
    play.clients.append(client)
    client.wait("signed-on", within=SIGN_IN_S)
    return client
