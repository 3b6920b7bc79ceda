# SPDX-License-Identifier: Apache-2.0
"""association: one security association between a front end and a client: NTLM inside SIP headers ([MS-SIPAE]).

The front end sends a challenge, the client proves that it knows the password and sends a session key ([MS-NLMP],
version 2 with extended session security).  From then on each end signs what it sends: the fields in signed_text().  All
else may change on the way.
"""
import base64
import functools
import hashlib
import hmac
import os
import re
import struct
import subprocess

REALM, TARGET = "SIP Communications Service", "pool.test"
DOMAIN = "LAB"

# [MS-NLMP] section 2.2.2.5: what is negotiated.
UNICODE, SIGN, SEAL, DATAGRAM, NTLM = 0x1, 0x10, 0x20, 0x40, 0x200
REQUEST_TARGET, ALWAYS_SIGN, TARGET_IS_DOMAIN = 0x4, 0x8000, 0x10000
EXTENDED_SECURITY, IDENTIFY, TARGET_INFO, VERSION = 0x80000, 0x100000, 0x800000, 0x2000000
KEYS_OF_128, KEY_EXCHANGE, KEYS_OF_56 = 0x20000000, 0x40000000, 0x80000000
NEGOTIATED = (UNICODE | SIGN | SEAL | DATAGRAM | NTLM | REQUEST_TARGET | ALWAYS_SIGN | TARGET_IS_DOMAIN |
              EXTENDED_SECURITY | IDENTIFY | TARGET_INFO | VERSION | KEYS_OF_128 | KEY_EXCHANGE | KEYS_OF_56)
NETBIOS_COMPUTER, NETBIOS_DOMAIN, DNS_COMPUTER, DNS_DOMAIN = 1, 2, 3, 4  # section 2.2.2.1
SEQUENCE = struct.pack("<L", 100)  # of every signature: SIP counts by itself


class NotProved(Exception):
    """The client does not know the password."""


# ---- The primitives ----

def md5(data):
    return hashlib.md5(data).digest()


def hmac_md5(key, data):
    return hmac.new(key, data, "md5").digest()


def rc4(key, data):
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


@functools.cache
def nt_hash(password):
    """MD4 has left Python's hashlib, but not the openssl command."""
    words = ["openssl", "dgst", "-provider", "legacy", "-provider", "default", "-md4", "-binary"]
    return subprocess.run(words, input=password.encode("utf-16-le"), capture_output=True, check=True, timeout=10).stdout


# ---- What is signed ----

def parameter(value, name):
    """Of a header: name=x or name="x"."""
    found = re.search(rf'(?<![\w-]){name}=(?:"([^"]*)"|([^\s,;]*))', value or "")
    return (found[1] if found[1] is not None else found[2]) if found else ""


def uri(address):
    found = re.search(r"<([^>]*)>", address)
    return found[1] if found else address.partition(";")[0].strip()


def tag(address):
    return parameter(address.rpartition(">")[2], "tag")


def signed_text(message, number, nonce):
    """As version 4 of the protocol wants it.  The empty fields are P-Asserted-Identity's, which nobody here sends."""
    cseq = message.header("CSeq").split()
    sender, to = message.header("From"), message.header("To")
    fields = ["NTLM", nonce, number, REALM, TARGET, message.call_id, cseq[0], cseq[1], uri(sender), tag(sender),
              uri(to), tag(to), "", "", message.header("Expires") or ""]
    if message.status is not None:
        fields.append(str(message.status))
    return "".join(f"<{field}>" for field in fields).encode("latin-1")


# ---- The association ----

class Association:
    def __init__(self, link):
        self.link = link  # that it was made on
        self.opaque = os.urandom(4).hex().upper()
        self.nonce = os.urandom(8)
        self.user = None   # who proved to be it
        self.keys = None
        self.sent = 0      # signed messages, each way; signatures carry these numbers
        self.received = 0

    @property
    def header(self):
        return f'NTLM opaque="{self.opaque}", targetname="{TARGET}", realm="{REALM}"'

    def challenge(self):
        """CHALLENGE_MESSAGE ([MS-NLMP] section 2.2.1.2), in base64."""
        domain = DOMAIN.encode("utf-16-le")
        names = {NETBIOS_DOMAIN: DOMAIN, NETBIOS_COMPUTER: "FE", DNS_DOMAIN: "lab.test", DNS_COMPUTER: TARGET}
        pairs = ((kind, name.encode("utf-16-le")) for kind, name in names.items())
        info = b"".join(struct.pack("<HH", kind, len(name)) + name for kind, name in pairs) + bytes(4)
        begin = 56  # of what stands behind the fixed part
        fixed = struct.pack("<8sLHHLL8s8xHHL8s", b"NTLMSSP", 2, len(domain), len(domain), begin, NEGOTIATED, self.nonce,
                            len(info), len(info), begin + len(domain), b"\x06\x01\xb1\x1d\0\0\0\x0f")
        return base64.b64encode(fixed + domain + info).decode()

    def authenticate(self, encoded, password):
        """AUTHENTICATE_MESSAGE (section 2.2.1.3): the proof, and the key of the session."""
        message = base64.b64decode(encoded)

        def field(at):
            length, begin = struct.unpack_from("<H2xL", message, at)
            return message[begin:begin + length]
        answer, domain, user, key = (field(at) for at in (20, 28, 36, 52))
        name = user.decode("utf-16-le").upper() + domain.decode("utf-16-le")
        response_key = hmac_md5(nt_hash(password), name.encode("utf-16-le"))
        proof, told = answer[:16], answer[16:]
        if not hmac.compare_digest(hmac_md5(response_key, self.nonce + told), proof):
            raise NotProved(name)
        self.user = user.decode("utf-16-le")
        self.keys = self.derive(rc4(hmac_md5(response_key, proof), key))

    @staticmethod
    def derive(session_key):
        """The keys of each direction: (signing, sealing), section 3.4.5."""
        def key(way, use):
            return md5(session_key + f"session key to {way} {use} key magic constant\0".encode())
        return {way: (key(way, "signing"), key(way, "sealing")) for way in ("client-to-server", "server-to-client")}

    def signature(self, way, text):
        """MAC with extended session security, for datagrams (section 3.4.4.2)."""
        signing, sealing = self.keys[way]
        checksum = rc4(md5(sealing + SEQUENCE), hmac_md5(signing, SEQUENCE + text)[:8])
        return (b"\1\0\0\0" + checksum + SEQUENCE).hex().upper()

    def verify(self, message):
        """Why a message of the client is not what it signed; None: it is."""
        value = message.header("Authorization") or message.header("Proxy-Authorization")
        number = parameter(value, "cnum")
        text = signed_text(message, number, parameter(value, "crand"))
        if parameter(value, "response").upper() != self.signature("client-to-server", text):
            return "a wrong signature"
        self.received += 1
        if number != str(self.received):
            return f"number {number} where {self.received} comes next"
        return None

    def sign(self, message):
        """The header that goes into the message."""
        self.sent += 1
        nonce = os.urandom(4).hex().upper()
        rspauth = self.signature("server-to-client", signed_text(message, str(self.sent), nonce))
        return f'{self.header}, qop="auth", srand="{nonce}", snum="{self.sent}", rspauth="{rspauth}"'
