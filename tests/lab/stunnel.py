# SPDX-License-Identifier: Apache-2.0
"""stunnel: TLS for programs that have none."""
import os
import shutil
import subprocess

from play import Failure, eventually, slow
from play.words import PATIENCE

PORT = 5060  # where it listens
CONFIG = """
foreground = yes
pid =
debug = info
socket = l:SO_REUSEADDR=1
socket = l:TCP_NODELAY=1
socket = r:TCP_NODELAY=1
[sip]
client = yes
accept = {host}:{port}
connect = {address}
sni = {name}
checkHost = {name}
CAfile = {authority}
verifyChain = yes
"""


def missing():
    """Packages that are lacking."""
    return "" if shutil.which("stunnel4") else "stunnel4"


class Stunnel:
    """What connects to `address` of it is connected to the gateway, inside TLS.  Ended with the stage."""

    def __init__(self, play, name, address, server_name="pool.test"):
        self.address = play.host(100 + len(play.clients)), PORT
        self.folder = os.path.join(play.folder, name)
        os.mkdir(self.folder)
        config = os.path.join(self.folder, "stunnel.conf")
        with open(config, "w") as file:
            file.write(CONFIG.format(host=self.address[0], port=PORT, address=f"{address[0]}:{address[1]}",
                                     name=server_name, authority=play.certificates.path("ca.pem")))
        with open(os.path.join(self.folder, "log"), "wb") as log:
            self.process = subprocess.Popen(["stunnel4", config], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log)
        play.clients.append(self)
        eventually(self.ready, "stunnel is ready")

    def ready(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as log:
            said = log.read()
        if self.process.poll() is not None:
            raise Failure(f"stunnel ended at once: {said}")
        return "Configuration successful" in said

    def close(self):
        """Does no harm twice."""
        if self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(slow(PATIENCE))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
