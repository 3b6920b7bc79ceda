# SPDX-License-Identifier: Apache-2.0
"""certificates: the authorities and certificates of the play, made once per build folder with the openssl command."""
import fcntl
import hashlib
import os
import ssl
import subprocess

# name: (authority, key, alternative names, days).  The first two are authorities themselves.
WANTED = {
    "ca": ("ca", "ec", "", 3650),
    "other-ca": ("other-ca", "ec", "", 3650),
    "pool": ("ca", "rsa", "DNS:pool.test,DNS:fe1.test,DNS:fe2.test", 3650),
    "sales": ("ca", "ec", "DNS:sales.test", 3650),
    "edge": ("ca", "ec", "DNS:edge.test", 3650),
    "stranger": ("ca", "ec", "DNS:stranger.test", 3650),
    "expired": ("ca", "ec", "DNS:edge.test", -1),
    "forged": ("other-ca", "ec", "DNS:edge.test,DNS:pool.test", 3650),
}
KEYS = {"rsa": ["-newkey", "rsa:2048"], "ec": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]}


class Certificates:
    """NAME.pem and NAME.key for each name in WANTED, or in another such table."""

    def __init__(self, build, wanted=None):
        wanted = wanted or WANTED
        recipe = hashlib.sha256(open(__file__, "rb").read() + repr(wanted).encode()).hexdigest()[:16]
        self.folder = os.path.join(build, "tests", "scenario", f"certificates-{recipe}")
        os.makedirs(self.folder, exist_ok=True)
        with open(self.path("lock"), "w") as lock:  # several tests may begin at once
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not os.path.exists(self.path("made")):
                for name, how in wanted.items():
                    self.make(name, *how)
                open(self.path("made"), "w").close()

    def path(self, file):
        return os.path.join(self.folder, file)

    def make(self, name, authority, key, names, days, folder=None):
        """Makes a certificate; a story may have one of its own in its own folder."""
        where = os.path.join(folder or self.folder, name)
        own = name == authority
        with open(f"{where}.ext", "w") as extensions:
            extensions.write("basicConstraints=critical,CA:TRUE\n" if own else
                             f"extendedKeyUsage=serverAuth,clientAuth\nsubjectAltName={names}\n")
        self.openssl("req", "-new", "-nodes", *KEYS[key], "-subj", f"/O=lychgate play/CN={name}",
                     "-keyout", f"{where}.key", "-out", f"{where}.csr")
        issuer = ["-signkey", f"{where}.key"] if own else [
            "-CA", self.path(f"{authority}.pem"), "-CAkey", self.path(f"{authority}.key"),
            "-set_serial", str(int.from_bytes(os.urandom(8), "big") >> 1)]  # not of a file all share
        self.openssl("x509", "-req", "-in", f"{where}.csr", *issuer, "-days", str(days), "-extfile", f"{where}.ext",
                     "-out", f"{where}.pem")
        return f"{where}.pem", f"{where}.key"

    @staticmethod
    def openssl(*words):
        done = subprocess.run(["openssl", *words], capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise RuntimeError(f"openssl {' '.join(words)}: {done.stderr}")

    def der(self, name):
        return ssl.PEM_cert_to_DER_cert(open(self.path(f"{name}.pem")).read())

    def word(self, name, identity=None, trust="ca", more=""):
        """The configuration's `tls` word for one of them."""
        identity = identity or name
        return (f'tls "{name}" {{ certificate = "{self.path(identity)}.pem", key = "{self.path(identity)}.key", '
                f'trust = "{self.path(trust)}.pem", {more} }}\n')

    def for_client(self, name=None, minimum=None, maximum=None):
        """The TLS of a client that shows certificate `name`, or none."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(self.path("ca.pem"))
        if name:
            context.load_cert_chain(self.path(f"{name}.pem"), self.path(f"{name}.key"))
        if minimum or maximum:
            context.set_ciphers("DEFAULT:@SECLEVEL=0")  # Debian's OpenSSL has no TLS 1.0 otherwise
            context.minimum_version = minimum or ssl.TLSVersion.MINIMUM_SUPPORTED
            context.maximum_version = maximum or ssl.TLSVersion.MAXIMUM_SUPPORTED
        return context

    def for_server(self, name="pool", verify=ssl.CERT_OPTIONAL):
        """The TLS of a server that asks for a client certificate and records what it is shown."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path(f"{name}.pem"), self.path(f"{name}.key"))
        context.load_verify_locations(self.path("ca.pem"))
        context.verify_mode = verify
        return context
