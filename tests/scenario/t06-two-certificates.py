#!/usr/bin/python3
"""t06: an RSA and an ECDSA certificate for one name: each client sees the one that it can verify."""
import re
import shutil
import ssl
import subprocess

from play import Skip, equal, expect, main, request, slow, story

NAMES = "DNS:pool.test,DNS:fe1.test,DNS:fe2.test"  # of the play's "pool", which is an RSA one
NO_ECDSA = "NORMAL:-ECDHE-ECDSA:-SIGN-ECDSA-SHA256:-SIGN-ECDSA-SECP256R1-SHA256:-SIGN-ECDSA-SHA384:-SIGN-ECDSA-SHA512"


def both(play, first):
    certificate, key = play.certificates.make("pool-ec", "ca", "ec", NAMES, 3650, folder=play.folder)
    words = play.certificates.word("rsa", "pool") + f'tls "ec" {{ certificate = "{certificate}", key = "{key}" }}\n'
    order = '"rsa", "ec"' if first == "rsa" else '"ec", "rsa"'
    play.gateway([play.server("one")], bind="tls", words=words, listener=f"tls = {{ {order} }}")
    return {play.certificates.der("pool"): "rsa", ssl.PEM_cert_to_DER_cert(open(certificate).read()): "ec"}


def shown(play, kinds, *command):
    """Which certificate this program is shown."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=slow(20))
    pem = re.search("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", done.stdout, re.S)
    return kinds.get(ssl.PEM_cert_to_DER_cert(pem[0])) if pem else None


def where(play):
    return play.gateways[-1].address


def openssl(play, kinds, *words, sni="pool.test"):
    name = ["-servername", sni] if sni else ["-noservername"]
    return shown(play, kinds, "openssl", "s_client", "-connect", "%s:%d" % where(play), *name, *words)


def gnutls(play, kinds, priority, sni="pool.test"):
    host, port = where(play)
    name = [f"--sni-hostname={sni}"] if sni else ["--disable-sni"]
    return shown(play, kinds, "gnutls-cli", "--insecure", "--print-cert", f"--priority={priority}", *name,
                 f"--port={port}", host)


@story
def openssl_sees_what_it_can_verify(play):
    for first in ("rsa", "ec"):
        kinds = both(play, first)
        for version in ("-tls1_2", "-tls1_3"):
            for sni in ("pool.test", None, "unknown.test"):
                told = f"{first} first, {version}, SNI {sni}"
                equal(openssl(play, kinds, version, sni=sni), "ec", f"{told}: what a client that can both sees")
                equal(openssl(play, kinds, version, "-sigalgs", "RSA+SHA256:RSA-PSS+SHA256", sni=sni), "rsa",
                      f"{told}: what a client without ECDSA signatures sees")
                equal(openssl(play, kinds, version, "-sigalgs", "ECDSA+SHA256", sni=sni), "ec",
                      f"{told}: what a client without RSA signatures sees")
        equal(openssl(play, kinds, "-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"), "rsa",
              "what a client with no cipher suite for ECDSA sees")
        equal(openssl(play, kinds, "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"), "ec",
              "what a client with no cipher suite for RSA sees")
        play.finish()


@story
def gnutls_sees_what_it_can_verify(play):
    if not shutil.which("gnutls-cli"):
        raise Skip("there is no gnutls-cli")
    kinds = both(play, "rsa")
    for version in (":-VERS-ALL:+VERS-TLS1.2", ":-VERS-ALL:+VERS-TLS1.3"):
        for sni in ("pool.test", None):
            equal(gnutls(play, kinds, "NORMAL" + version, sni), "ec", f"{version}, SNI {sni}: a client that can both")
            equal(gnutls(play, kinds, NO_ECDSA + version, sni), "rsa", f"{version}, SNI {sni}: a client without ECDSA")


@story
def a_client_is_served_with_either(play):
    kinds = both(play, "rsa")
    context = play.certificates.for_client(maximum=ssl.TLSVersion.TLSv1_2)
    for ciphers, kind in (("ECDHE+aRSA", "rsa"), ("ECDHE+aECDSA", "ec")):
        context.set_ciphers(ciphers)
        client = play.client(tls=context, sni="pool.test")
        equal(kinds.get(client.server_certificate), kind, f"the certificate for {ciphers}")
        equal(client.ask(request()).server, "one", f"who answers with {ciphers}")
    equal(play.gateways[-1].warnings(), [], "warnings in the log")


main()
