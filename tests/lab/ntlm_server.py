#!/usr/bin/python3
"""ntlm_server HOST PORT [SCHEME...]: a web server that binds NTLM sign-ins to connections, as IIS does: who has signed
in stays so for all that follows on it.  Knows alice and bob, whose passwords are PASSWORD.  For the distribution's
Python, with impacket.

An answer tells "user=NAME connection=PORT request=N", N counted on the connection; /page.html is the file of that name
in the working folder."""
import base64
import hmac
import os
import socketserver
import struct
import sys

from impacket.ntlm import compute_nthash

PASSWORD, USERS = "secret", ("alice", "bob")
SIGNATURE = b"NTLMSSP\0"
NEGOTIATE, AUTHENTICATE = 1, 3
# Unicode, request target, NTLM, always sign, target is a server, extended session security, target information,
# version, 128 and 56 bits.
FLAGS = 0xA28A8205
SERVER_NAME, DOMAIN_NAME, END = 1, 2, 0


def md5(key, data):
    return hmac.new(key, data, "md5").digest()


def challenge_message(challenge):
    """[MS-NLMP] 2.2.1.2."""
    domain = "LAB".encode("utf-16le")
    pairs = b"".join(struct.pack("<HH", kind, len(text)) + text for kind, text in
                     ((DOMAIN_NAME, domain), (SERVER_NAME, "WEB".encode("utf-16le")), (END, b"")))
    fixed = 56
    return (SIGNATURE + struct.pack("<LHHLL", 2, len(domain), len(domain), fixed, FLAGS) + challenge + bytes(8) +
            struct.pack("<HHL", len(pairs), len(pairs), fixed + len(domain)) + struct.pack("<BBHxxxB", 6, 1, 7601, 15) +
            domain + pairs)


def user_of(message, challenge):
    """Who an AUTHENTICATE message proves to be (NTLMv2, [MS-NLMP] 3.3.2), or None."""
    def part(at):
        length, _, offset = struct.unpack_from("<HHL", message, at)
        return message[offset:offset + length]
    proof, domain, user = part(20), part(28).decode("utf-16le"), part(36).decode("utf-16le")
    key = md5(compute_nthash(PASSWORD), (user.upper() + domain).encode("utf-16le"))
    return user if user in USERS and hmac.compare_digest(md5(key, challenge + proof[16:]), proof[:16]) else None


class Connection(socketserver.StreamRequestHandler):
    def handle(self):
        self.user = self.challenge = None
        count = 0
        while True:
            line, fields = self.head()
            if not line:
                return
            self.rfile.read(int(fields.get("content-length", 0)))
            count += 1
            scheme, _, word = fields.get("authorization", "").partition(" ")
            if scheme in ("NTLM", "Negotiate") and self.begins(scheme, base64.b64decode(word)):
                continue
            if not self.user:
                self.answer("401 Unauthorized", "".join(f"WWW-Authenticate: {s}\r\n" for s in self.server.schemes),
                            "no\n")
                continue
            if " /page.html " in line:
                with open("page.html", encoding="utf-8") as page:
                    self.answer("200 OK", "", page.read(), "text/html")
                continue
            self.answer("200 OK", f"X-User: {self.user}\r\n",
                        f"user={self.user} connection={self.client_address[1]} request={count}\n")

    def head(self):
        line, fields = self.rfile.readline().decode("latin-1").strip(), {}
        while text := self.rfile.readline().decode("latin-1").rstrip("\r\n"):
            name, _, value = text.partition(":")
            fields[name.lower()] = value.strip()
        return line, fields

    def begins(self, scheme, message):
        """Answers the first message; True if it was one."""
        message = message[max(0, message.find(SIGNATURE)):]
        kind = struct.unpack_from("<L", message, 8)[0] if message.startswith(SIGNATURE) and len(message) >= 12 else 0
        if kind == NEGOTIATE:
            self.user, self.challenge = None, os.urandom(8)
            word = base64.b64encode(challenge_message(self.challenge)).decode()
            self.answer("401 Unauthorized", f"WWW-Authenticate: {scheme} {word}\r\n", "")
            return True
        self.user = user_of(message, self.challenge) if kind == AUTHENTICATE and self.challenge else None
        self.challenge = None
        return False

    def answer(self, status, fields, body, kind="text/plain"):
        self.wfile.write(f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: "
                         f"{len(body)}\r\n{fields}\r\n{body}"
                         .encode())


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address, daemon_threads, request_queue_size = True, True, 128

    def handle_error(self, request, client_address):
        """A connection that ends in the middle."""


if __name__ == "__main__":
    server = Server((sys.argv[1], int(sys.argv[2])), Connection)
    server.schemes = sys.argv[3:] or ("Negotiate", "NTLM")
    server.serve_forever()
