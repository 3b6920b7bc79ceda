# SPDX-License-Identifier: Apache-2.0
"""sipp: SIPp as many users at once: those who are registered and answer, and those who call them."""
import csv
import os
import re
import shutil
import signal
import subprocess

from play import Failure, eventually, slow
from play.words import PATIENCE

DOMAIN = "lab.test"
TRANSPORTS = {"udp": "u1", "tcp": "t1"}  # one socket for all calls
IDLE_TALK = "using the out-of-call scenario", "watchdog timer"
LOG_SHOWN = 20  # last lines of its errors that a failure shows

HEAD = '<?xml version="1.0" encoding="us-ascii"?>\n<scenario name="{name}">\n{steps}</scenario>\n'
REQUEST = """<send{more}><![CDATA[
{method} {uri} SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
{routes}Max-Forwards: 70
From: <sip:{sender}@{domain}>;tag=[pid]f[call_number]
To: <sip:[field0]@{domain}>{tag}
Call-ID: [call_id]
CSeq: {cseq} {method}
Contact: <sip:{sender}@[local_ip]:[local_port];transport=[transport]>
{headers}Content-Length: [len]

{body}]]></send>
"""
ANSWER = """<send{more}><![CDATA[
SIP/2.0 {code} {reason}
[last_Via:]
[last_Record-Route:]
[last_From:]
[last_To:]{tag}
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port];transport=[transport]>
{headers}Content-Length: [len]

{body}]]></send>
"""
SDP = """v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio 6000 RTP/AVP 8
a=rtpmap:8 PCMA/8000
"""
TYPE = "Content-Type: application/sdp\n"
LOST_AND_FOUND = ' retrans="500"'  # over UDP it asks again


def asked(method, cseq, uri="sip:[field0]@" + DOMAIN, tag="", routes="", headers="", body="", more=LOST_AND_FOUND,
          sender="caller"):
    return REQUEST.format(method=method, cseq=cseq, uri=uri, domain=DOMAIN, tag=tag, routes=routes, headers=headers,
                          body=body, more=more, sender=sender)


def said(code, reason, tag=";tag=[pid]t[call_number]", headers="", body="", more=""):
    return ANSWER.format(code=code, reason=reason, tag=tag, headers=headers, body=body, more=more)


IN_DIALOG = {"uri": "[next_url]", "tag": "[peer_tag_param]", "routes": "[routes]\n"}
CALL = "".join((
    asked("INVITE", 1, headers=TYPE, body=SDP),
    '<recv response="100" optional="true"/>\n<recv response="180" optional="true"/>\n',
    '<recv response="200" rrs="true" rtd="1"/>\n',
    asked("ACK", 1, more="", **IN_DIALOG),
    "<pause/>\n",
    asked("BYE", 2, **IN_DIALOG),
    '<recv response="200"/>\n'))
SIGN_IN = "".join((
    asked("REGISTER", 1, uri="sip:" + DOMAIN, sender="[field0]", headers="Expires: 600\n"),
    '<recv response="200"/>\n<pause milliseconds="600000"/>\n'))
TAKE_CALL = "".join((
    '<recv request="INVITE"/>\n',
    said(180, "Ringing"),
    said(200, "OK", headers=TYPE, body=SDP, more=LOST_AND_FOUND),
    '<recv request="ACK"/>\n<recv request="BYE"/>\n',
    said(200, "OK", tag=""),
    '<timewait milliseconds="4000"/>\n'))


def missing():
    """Packages that are lacking."""
    return "" if shutil.which("sipp") else "sip-tester"


class Sipp:
    """One process, ended with the stage."""

    def __init__(self, play, name, scenario, address, transport, users, words=(), beside=None):
        """`address` (host, port) is where it sends; `beside` is the scenario of calls that come to it."""
        self.name, self.folder = name, os.path.join(play.folder, name)
        self.host = play.host(100 + len(play.clients))
        os.mkdir(self.folder)
        self.write("users.csv", "SEQUENTIAL\n" + "".join(f"{user};\n" for user in users))
        self.write("scenario.xml", HEAD.format(name=name, steps=scenario))
        more = []
        if beside:
            self.write("beside.xml", HEAD.format(name=f"{name}-beside", steps=beside))
            more = ["-oocsf", "beside.xml"]
        with open(os.path.join(self.folder, "log"), "wb") as log:
            self.process = subprocess.Popen(
                ["sipp", f"{address[0]}:{address[1]}", "-sf", "scenario.xml", "-inf", "users.csv", *more, "-i",
                 self.host,
                 "-p", "5080", "-t", TRANSPORTS[transport], "-nostdin", "-trace_stat", "-stf", "stat.csv", "-fd", "1",
                 "-trace_err", "-error_file", "errors", "-ci", self.host, *words],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        play.clients.append(self)

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w") as file:
            file.write(text)

    # ---- How it goes ----

    def read(self, name):
        try:
            with open(os.path.join(self.folder, name), encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def figure(self, name):
        """The newest of a column in its statistics, or 0: they are written once a second."""
        rows = list(csv.reader(self.read("stat.csv").splitlines(), delimiter=";"))
        return int(rows[-1][rows[0].index(name)]) if len(rows) > 1 and len(rows[-1]) >= len(rows[0]) - 1 else 0

    def disliked(self):
        """What it complained of; that calls come to it is none, nor that the machine is slow."""
        lines = re.split(r"\d{4}-\d\d-\d\d\t[\d:.]+\t[\d.]+: ", self.read("errors"))[1:]
        return [line for line in lines if not any(words in line for words in IDLE_TALK)]

    def last_words(self):
        return self.read("errors").splitlines()[:LOG_SHOWN] or self.read("log").splitlines()[-LOG_SHOWN:]

    def wait(self, question, what):
        """Waits for something that happens only while this lives."""
        eventually(lambda: self.process.poll() is not None or question(), what)
        if self.process.poll() is not None:
            raise Failure(self.obituary(f"ended with {self.process.returncode}"))

    def end(self, within):
        """Waits until all calls are over; (good ones, failed ones)."""
        try:
            code = self.process.wait(slow(within))
        except subprocess.TimeoutExpired:
            raise Failure(self.obituary(f"has not ended within {slow(within):g} s")) from None
        done = self.figure("SuccessfulCall(C)"), self.figure("FailedCall(C)")
        if code not in (0, 1):  # 1: a call has failed, for the story to say
            raise Failure(self.obituary(f"ended with {code}"))
        return done

    def obituary(self, what):
        return "\n    ".join([f"{self.name} {what}; what it did not like:", *self.last_words()])

    def close(self):
        """Does no harm twice."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(slow(PATIENCE))
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def users_of(name, count):
    return [f"{name}{n}" for n in range(count)]


def phones(play, name, address, transport, users):
    """Users who sign in and then take every call."""
    return Sipp(play, name, SIGN_IN, address, transport, users, beside=TAKE_CALL,
                words=("-m", str(len(users)), "-r", "100", "-l", str(len(users))))


def calls(play, name, address, transport, users, count, rate, hold_ms):
    """`count` calls to these users, so many a second, each of so many milliseconds."""
    return Sipp(play, name, CALL, address, transport, users,
                words=("-m", str(count), "-r", str(rate), "-d", str(hold_ms), "-l", str(count)))
