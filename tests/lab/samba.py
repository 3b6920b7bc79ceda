# SPDX-License-Identifier: Apache-2.0
"""samba: an endpoint mapper (samba-dcerpcd) with a service, and what rpc_client.py asks it."""
import os
import shutil
import signal
import subprocess

from play import slow

SAMBA = next((p for p in ("/usr/libexec/samba/samba-dcerpcd", "/usr/lib/samba/samba-dcerpcd") if os.path.exists(p)),
             None)
PYTHON = "/usr/bin/python3"  # the distribution's, which has impacket
CLIENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "rpc_client.py")
SRVSVC = "4b324fc8-1670-01d3-1278-5a47bf6ee188"
CONFIG = """
[global]
server role = standalone server
netbios name = {name}
interfaces = {address}/32 127.0.0.1/8
bind interfaces only = yes
disable netbios = yes
rpc start on demand helpers = false
rpc server dynamic port range = 51000-51050
private dir = {folder}
lock directory = {folder}
state directory = {folder}
cache directory = {folder}
pid directory = {folder}
ncalrpc dir = {folder}/ncalrpc
log file = {folder}/log.%m
"""


def missing():
    """Packages that are lacking."""
    lacking = [] if SAMBA else ["samba"]
    if not shutil.which("rpcclient"):
        lacking.append("smbclient")
    if subprocess.run([PYTHON, "-c", "import impacket"], capture_output=True).returncode:
        lacking.append("python3-impacket")
    return " ".join(lacking)


class Mapper:
    """samba-dcerpcd, which needs a machine of its own; it calls itself by the name, in capitals."""

    def __init__(self, play, name, machine, address):
        self.name, self.address, self.machine = name, f"{address}:135", machine
        folder = os.path.join(play.folder, f"{name}-samba")
        os.makedirs(os.path.join(folder, "ncalrpc"))
        self.config = os.path.join(folder, "smb.conf")
        with open(self.config, "w") as file:
            file.write(CONFIG.format(name=name, address=address, folder=folder))
        self.log = open(os.path.join(folder, "out"), "wb")

    def start(self):
        words = [SAMBA, "-F", "-s", self.config, "--libexec-rpcds"]
        self.process = self.machine.do(lambda: subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=self.log,
                                                                stderr=self.log, start_new_session=True))

    def die(self):
        """With its helpers, which are of its session."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(slow(10))
        self.log.close()
