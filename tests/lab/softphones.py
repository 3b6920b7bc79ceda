# SPDX-License-Identifier: Apache-2.0
"""softphones: baresip and linphonec, each with one account, registered over TLS through an outbound proxy.  They play a
tone to each other, straight and not through the proxy."""
import json
import math
import os
import re
import shutil
import socket
import struct
import subprocess
import threading
import wave

from play import Failure, eventually, slow
from play.words import PATIENCE

DOMAIN = "lab.test"
RATE_HZ, TONE_HZ, TONE_S = 8000, 440, 20
WAVE_HEAD, LOUDEST, LOUD = 44, 8000, 1000
LOG_SHOWN = 20  # last lines of a phone's log that a failure shows
SIP_PORT, CONTROL_PORT = 5070, 5099
MODULES = "/usr/lib/baresip/modules"  # where Debian has them

BARESIP_CONFIG = """
sip_listen {host}:{port}
sip_certificate {certificate}
sip_cafile {authority}
net_interface {host}
audio_player aufile,{folder}/heard.wav
audio_source aufile,{folder}/tone.wav
audio_alert aufile,{folder}/tone.wav
rtp_ports 20000-20100
ctrl_tcp_listen {host}:{control_port}
module_path {modules}
module aufile.so
module g711.so
module_tmp account.so
module_tmp uuid.so
module_app menu.so
module_app ctrl_tcp.so
"""
BARESIP_ACCOUNT = ('<sip:{user}@{domain}>;auth_pass=none;outbound="sip:{proxy};transport=tls";regint=600;'
                   "answermode=auto\n")
LINPHONE_CONFIG = """
[sip]
use_ipv6=0
bind_address={host}
sip_port={port}
sip_tcp_port={port}
sip_tls_port={tls_port}
root_ca={authority}
verify_server_certs=1
verify_server_cn=0
client_cert_chain={certificate}.pem
client_cert_key={certificate}.key
default_proxy=0
guess_hostname=0
contact="{user}" <sip:{user}@{host}>
auto_net_state_mon=0
register_only_when_network_is_up=0
media_encryption=none

[rtp]
audio_rtp_port=21000

[net]
mtu=1300

[sound]
playback_dev_id=none

[proxy_0]
reg_proxy=<sip:{proxy};transport=tls>
reg_route=<sip:{proxy};transport=tls>
reg_identity=sip:{user}@{domain}
reg_sendregister=1
reg_expires=600
"""


def missing():
    """Packages that are lacking."""
    needed = {"baresip": "baresip-core", "linphonec": "linphone-cli"}
    return " ".join(package for program, package in needed.items() if not shutil.which(program))


def write_tone(path):
    """What is said: a tone, 16 bits, mono."""
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        wave_of = (int(LOUDEST * math.sin(2 * math.pi * TONE_HZ * n / RATE_HZ)) for n in range(RATE_HZ * TONE_S))
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in wave_of))


class Phone:
    """A phone's process, ended with the stage."""

    log_file = "log"  # where it tells what happens

    def __init__(self, play, user, proxy):
        """`proxy` (host, port) is where its certificate is that of localhost."""
        self.user, self.host, self.proxy = user, play.host(100 + len(play.clients)), f"{proxy[0]}:{proxy[1]}"
        self.folder = os.path.join(play.folder, user)
        os.mkdir(self.folder)
        write_tone(os.path.join(self.folder, "tone.wav"))
        self.words = {"user": user, "host": self.host, "proxy": self.proxy, "folder": self.folder, "domain": DOMAIN,
                      "authority": play.certificates.path("ca.pem"), "port": SIP_PORT, "tls_port": SIP_PORT + 1,
                      "control_port": CONTROL_PORT, "modules": MODULES,
                      "certificate": play.certificates.path("edge")}
        play.clients.append(self)

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w") as file:
            file.write(text)

    def run(self, words, **more):
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=log, cwd=self.folder,
                                            env={**os.environ, "HOME": self.folder}, **more)

    def log(self):
        try:
            with open(os.path.join(self.folder, self.log_file), encoding="utf-8", errors="replace") as log:
                return log.read()
        except FileNotFoundError:  # not yet
            return ""

    def wait(self, question, what, within=PATIENCE):
        try:
            eventually(lambda: question() or self.process.poll() is not None, f"{self.user} {what}", within)
            if self.process.poll() is not None:
                raise Failure(f"{self.user}'s phone ended with {self.process.returncode}")
        except Failure as failure:
            raise Failure("\n    ".join([str(failure), "the end of its log:", *self.log().splitlines()[-LOG_SHOWN:]])) \
                from None

    def end(self):
        try:
            self.process.wait(slow(PATIENCE))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Baresip(Phone):
    """Told what to do by netstrings of JSON, in which it also tells what happens."""

    def __init__(self, play, user, proxy):
        super().__init__(play, user, proxy)
        self.events, self.control, self.buffer = [], None, b""
        joined = os.path.join(self.folder, "certificate.pem")
        with open(joined, "wb") as file:
            for part in ("pem", "key"):
                file.write(open(play.certificates.path(f"edge.{part}"), "rb").read())
        self.write("config", BARESIP_CONFIG.format(**{**self.words, "certificate": joined}))
        self.write("accounts", BARESIP_ACCOUNT.format(**self.words))
        self.write("contacts", "")
        self.run(["baresip", "-f", self.folder, "-s"], stdin=subprocess.DEVNULL)
        eventually(self.connects, f"{user}'s phone can be told what to do")
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.wait(lambda: "[1 binding]" in self.log(), "is registered")

    def connects(self):
        if self.process.poll() is not None:
            raise Failure(f"{self.user}'s phone ended at once:\n" + self.log()[-2000:])
        try:
            self.control = socket.create_connection((self.host, CONTROL_PORT), timeout=slow(PATIENCE))
        except ConnectionRefusedError:
            return False
        self.control.settimeout(None)
        return True

    def read(self):
        while data := self.more():
            self.buffer += data
            while cut := re.match(rb"(\d+):", self.buffer):
                end = cut.end() + int(cut[1])
                if len(self.buffer) <= end:
                    break
                told, self.buffer = json.loads(self.buffer[cut.end():end]), self.buffer[end + 1:]
                if told.get("event"):
                    self.events.append(told)

    def more(self):
        try:
            return self.control.recv(1 << 16)
        except OSError:
            return b""

    def happened(self, kind):
        return sum(e["type"] == kind for e in list(self.events))

    def tell(self, command, params=""):
        text = json.dumps({"command": command, "params": params, "token": "t"})
        self.control.sendall(f"{len(text)}:{text},".encode())

    def call(self, user):
        self.tell("dial", f"sip:{user}@{DOMAIN}")

    def hang_up(self):
        self.tell("hangup")

    @property
    def established(self):
        return self.happened("CALL_ESTABLISHED")

    @property
    def ended(self):
        return self.happened("CALL_CLOSED")

    @property
    def heard(self):
        """How often it has said that audio passes: bits in a second, sent and received."""
        return len(re.findall(r"audio=[1-9]\d*/[1-9]\d*", self.log()))

    def close(self):
        """Does no harm twice."""
        if self.process.poll() is None:
            self.process.terminate()
        self.end()
        if self.control:
            self.control.close()


class Linphone(Phone):
    """Told what to do on its stdin."""

    log_file = "trace"

    def __init__(self, play, user, proxy):
        super().__init__(play, user, proxy)
        os.makedirs(os.path.join(self.folder, ".local", "share", "linphone"))
        self.write("linphonerc", LINPHONE_CONFIG.format(**self.words))
        self.run(["linphonec", "-c", os.path.join(self.folder, "linphonerc"), "-a", "-d", "6", "-l",
                  os.path.join(self.folder, self.log_file)], stdin=subprocess.PIPE, text=True)
        self.wait(lambda: self.became("LinphoneRegistrationOk"), "is registered")
        self.tell("soundcard use files")
        self.tell(f"play {self.folder}/tone.wav")
        self.tell(f"record {self.folder}/heard.wav")

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def call(self, user):
        self.tell(f"call sip:{user}@{DOMAIN}")

    def hang_up(self):
        self.tell("terminate")

    def became(self, state):
        return len(re.findall(rf"moving from state .* to (state )?\[?{state}\b", self.log()))

    @property
    def established(self):
        return self.became("LinphoneCallStreamsRunning")

    @property
    def ended(self):
        return self.became("LinphoneCallEnd")

    @property
    def heard(self):
        """How many loud samples it has recorded."""
        try:
            with open(os.path.join(self.folder, "heard.wav"), "rb") as file:
                samples = file.read()[WAVE_HEAD:]
        except FileNotFoundError:
            return 0
        return sum(abs(s) > LOUD for s, in struct.iter_unpack("<h", samples[:len(samples) // 2 * 2]))

    def close(self):
        """Does no harm twice."""
        if self.process.stdin.closed:
            return
        try:
            self.tell("quit")
            self.process.stdin.close()
        except OSError:  # it has ended by itself
            pass
        self.end()
