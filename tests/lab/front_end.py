# SPDX-License-Identifier: Apache-2.0
"""front_end: a server that signs clients in as a Lync front end does, and is as strict as one about what has passed
through a gateway.  It holds its security associations for itself.

It refuses more than one Via (400), a Contact whose transport is not that of the connection, which is TLS (400), and a
request without an association or with one that this front end does not hold for this connection (401).  A changed
signed byte, or a signed message missing, doubled or out of order, is the end of the connection.  All of this is also
kept in `faults`, for the story to see.
"""
import re

from association import REALM, TARGET, Association, NotProved, parameter, uri
from play import Message, request, response
from play.server import Link, SipServer

PASSWORD = "secret"
OFFER = f'NTLM realm="{REALM}", targetname="{TARGET}", version=4'
KEEP_ALIVE_S = 5
CAROL = "<sip:carol@lab.test>;tag=c1"  # in whose name the front end asks
CONTACT = ("Contact", "<sip:pool.test:5061;transport=tls>")
SIGNED_ON = [  # what a client has to read in the answer to its REGISTER, so that it goes on
    ("ms-keep-alive", f"UAS; tcp=no; hop-hop=yes; end-end=no; timeout={KEEP_ALIVE_S}"),
    ("Supported", "msrtc-event-categories"),
    ("Supported", "adhoclist"),
    ("Allow-Events", "vnd-microsoft-provisioning,vnd-microsoft-roaming-contacts,vnd-microsoft-roaming-ACL,presence,"
                     "presence.wpending,vnd-microsoft-roaming-self,vnd-microsoft-provisioning-v2"),
]


class Refused(Exception):
    """Carries the status, the reason and headers of the answer, and what was wrong with the request."""

    def __init__(self, code, reason, fault=None, more=()):
        super().__init__(code, reason)
        self.code, self.reason, self.fault, self.more = code, reason, fault, more


class FrontEndLink(Link):
    """A connection from the gateway: of a monitor, or of one client."""

    def __init__(self, server):
        super().__init__(server)
        self.association = None  # of the client that signed in on it
        self.asked = set()       # the transactions of the front end's own requests

    # ---- What comes ----

    def take(self, message):
        try:
            self.judge(message)
        except Exception as error:  # what nobody has thought of is a fault too
            self.fault(f"{message!r}: {error!r}")
            self.transport.abort()

    def judge(self, message):
        if message.keepalive:
            self.pings += 1
        elif message.status is not None:
            self.judge_answer(message)
        elif message.method == "OPTIONS" and not self.association:
            self.probed = True
            self.write(bytes(response(message)))
        else:
            self.requests.append(message)
            self.serve(message)

    def judge_answer(self, message):
        self.answers.append(message)
        if message.transaction not in self.asked:
            self.fault(f"{message.start} to {message.transaction}, which was not asked on this link")
        self.check_signature(message)

    def serve(self, message):
        try:
            self.check_way(message)
            answer = self.sign_in(message) if message.method == "REGISTER" else self.answer_to(message)
        except Refused as refused:
            if refused.fault:
                self.fault(f"{message.method}: {refused.fault}")
            answer = response(message, refused.code, refused.reason, more=refused.more)
        if answer:
            self.write(bytes(answer))

    def check_way(self, message):
        """What the way through the gateway must not have done."""
        vias = [v for line in message.all("Via") for v in line.split(",")]
        if len(vias) != 1:
            raise Refused(400, "Invalid Via", f"{len(vias)} Vias")
        transport = re.search(r"transport=(\w+)", message.header("Contact") or "")
        if transport and transport[1].lower() != "tls":
            raise Refused(400, "Invalid Contact", f"Contact by {transport[1]}")

    def check_signature(self, message):
        wrong = self.association.verify(message)
        if wrong:
            self.fault(f"{message.start}: {wrong}")
            self.transport.abort()
        return not wrong

    def fault(self, what):
        self.server.faults.append(f"{self.server.name}: {what}")

    # ---- Signing in ----

    def sign_in(self, message):
        authorization = message.header("Authorization")
        if not authorization:
            raise Refused(401, "Unauthorized", more=[("WWW-Authenticate", OFFER)])
        proof = re.search(r'gssapi-data\s*=\s*"([^"]*)"', authorization)
        if proof and not proof[1]:
            raise self.challenge()
        association = self.find(message)
        if proof:
            self.prove(association, proof[1])
        expires = message.header("Expires") or "7200"
        more = [("Contact", f"{message.header('Contact').partition(';methods')[0]};expires={expires}"), *SIGNED_ON]
        return self.confirm(message, expires, more)

    def challenge(self):
        made = Association(self)
        self.server.associations[made.opaque] = made
        value = f'{made.header}, gssapi-data="{made.challenge()}", version=4'
        return Refused(401, "Unauthorized", more=[("WWW-Authenticate", value)])

    def prove(self, association, proof):
        try:
            association.authenticate(proof, PASSWORD)
        except NotProved as name:
            raise Refused(403, "Forbidden", f"{name} does not know the password") from None
        self.association = association

    def find(self, message):
        """The association that the request names."""
        opaque = parameter(message.header("Authorization") or message.header("Proxy-Authorization"), "opaque")
        found = self.server.associations.get(opaque)
        if not found or found.link is not self:
            what = "another connection's" if found else "a foreign" if opaque else "no"
            raise Refused(401, "Unauthorized", f"{what} association", [("WWW-Authenticate", OFFER)])
        return found

    # ---- Signed in ----

    def answer_to(self, message):
        self.find(message)
        if message.method == "SUBSCRIBE":
            more = [("Event", message.header("Event")), CONTACT]
            return self.confirm(message, message.header("Expires") or "28800", more)
        return self.confirm(message, more=[CONTACT] if message.method == "INVITE" else [])

    def confirm(self, message, expires=None, more=()):
        """A signed 200, if the request is what the client signed; ACK has none."""
        if not self.check_signature(message) or message.method == "ACK":
            return None
        return self.signed(response(message, more=[("Expires", expires), *more]))

    def signed(self, message):
        header = f"\r\nAuthentication-Info: {self.association.sign(message)}\r\nContent-Length:"
        return Message(message.raw.replace(b"\r\nContent-Length:", header.encode("latin-1"), 1))

    # ---- The front end's own requests; the story makes them and sends them ----

    def own(self, method, sender=CAROL, **words):
        """A signed request to the client, in the name of somebody else."""
        register = next(m for m in self.requests if m.method == "REGISTER")
        words = {"to": register.header("To"), "uri": uri(register.header("Contact")), **words}
        made = request(method, sender=sender, via="SIP/2.0/TLS 192.0.2.1:5061", contact=CONTACT[1], **words)
        self.asked.add(made.transaction)
        return self.server.backstage.do(lambda: self.signed(made))  # signatures are numbered there

    def back(self, message, text):
        """An instant message in the dialog in which the client sent one."""
        return self.own("MESSAGE", message.header("To"), to=message.header("From"), call_id=message.call_id,
                        cseq=len(self.asked), more=[("Content-Type", "text/plain; charset=UTF-8")], body=text.encode())

    def has(self, method, text):
        """The client's newest request of this kind, if the text is in it."""
        found = [m for m in self.requests if m.method == method]
        return found[-1] if found and text.encode() in found[-1].body else None


class FrontEnd(SipServer):
    link = FrontEndLink

    def __init__(self, *words):
        super().__init__(*words)
        self.associations = {}  # by opaque
        self.faults = []

    @property
    def clients(self):
        """The links that carried a client's requests, in order."""
        return [link for link in self.links if link.requests]
