#!/usr/bin/python3
"""t09: what an administrator is told of certificates: days to their end, what is weak, and mistakes with their
remedy."""
import os
import re
import ssl

from play import equal, eventually, expect, main, story

NAMES = "DNS:pool.test"


def made(play, name, days, authority="ca", key="ec"):
    """A certificate of this story's own, as keys of a `tls` word."""
    return play.certificates.make(name, authority, key, NAMES, days, folder=play.folder)


def word(name, certificate, key, *more):
    """Each key on a line of its own."""
    return "\n".join([f'tls "{name}" {{', f'certificate = "{certificate}",', f'key = "{key}",', *more, "}", ""])


def gateway_with(play, words, start=True, listener='tls = "own"'):
    return play.gateway([play.server("one")], start=start, bind="tls", words=words, listener=listener)


def line_of(gateway, text):
    with open(gateway.file) as file:
        return next(n for n, line in enumerate(file, 1) if text in line)


def told(gateway, text, *words):
    """-t has a line about the line of the configuration with `text`, with these words; the line."""
    said = gateway.run("-t").stderr
    mark = f"gateway.lua:{line_of(gateway, text)}: "
    for line in said.splitlines():
        if mark in line and all(w in line for w in words):
            return line
    raise AssertionError(f"no line with {mark} and {words}:\n{said}")


# ---- Days ----

@story
def the_days_of_every_certificate_are_in_the_state(play):
    gateway = gateway_with(play, word("own", *made(play, "own", 100)) +
                           word("soon", *made(play, "soon", 12, key="rsa")))
    listed = {c["tls"]: c for c in gateway.status()["certificates"]}
    equal({name: (c["days"] in (d - 1, d), c["kind"]) for (name, c), d in zip(listed.items(), (100, 12))},
          {"own": (True, "ECDSA"), "soon": (True, "RSA")}, "days and kinds")
    expect(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", listed["own"]["expires"]), "when it ends")
    equal((listed["own"]["file"], listed["own"]["crl"]), (os.path.join(play.folder, "own.pem"), None),
          "its file, its list")
    seen = gateway.ctl("status").stdout
    expect(re.search(r"EXPIRES +certificate of tls soon in 1[12] days", seen), f"lychctl says what ends soon:\n{seen}")
    expect(not re.search("EXPIRES.*tls own", seen), "and not what ends late")
    expect(re.search(r"own +ECDSA .*CN=own.*Z +(99|100) ", seen), f"lychctl lists all of them:\n{seen}")


@story
def below_30_days_there_is_a_warning(play):
    gateway = gateway_with(play, word("own", *made(play, "own", 12)) + word("late", *made(play, "late", 32)) +
                           word("last", *made(play, "last", 1)))
    gateway.wait_line("warning", "certificate-expires", "tls=own", "own.pem", "days=1")
    equal(gateway.lines("certificate-expires", "tls=late"), [], "warnings of one that ends later")
    told(gateway, "own.pem", "warning", "own.pem", "expires in 1")
    eventually(lambda: "last.pem: expires in less than a day; get a new one" in gateway.run("-t").stderr,
               "-t tells that it ends within the day (a second after it was made for one)")


@story
def the_first_end_of_the_chain_counts_too(play):
    folder = play.folder
    play.certificates.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{folder}/mid.key", "-out",
                              f"{folder}/mid.pem", "-subj", "/CN=middle", "-days", "5")
    certificate, key = made(play, "own", 100, authority=f"{folder}/mid")
    with open(certificate, "a") as file:
        file.write(open(f"{folder}/mid.pem").read())
    gateway = gateway_with(play, word("own", certificate, key))
    listed = gateway.status()["certificates"][0]
    expect(listed["days"] in (99, 100) and listed["chain_days"] in (4, 5), f"days of both: {listed}")
    gateway.wait_line("warning", "certificate-expires", "one of the chain")
    told(gateway, "own.pem", "warning", "of the chain in it expires in ")


@story
def an_expired_one_is_an_error_and_is_still_shown(play):
    gateway = gateway_with(play, word("own", *made(play, "own", -1)), start=False)
    gateway.expected_errors.append("certificate-expired")
    gateway.start()
    gateway.wait_open()
    gateway.wait_line("error", "certificate-expired", "tls=own", "own.pem")
    told(gateway, "own.pem", "warning", "has expired")
    expect("EXPIRED" in gateway.ctl("status").stdout, "lychctl says so")
    context = play.certificates.for_client()
    context.verify_mode = ssl.CERT_NONE
    equal(play.client(tls=context, sni="pool.test").server_certificate,
          ssl.PEM_cert_to_DER_cert(open(f"{play.folder}/own.pem").read()), "what a client is shown")


# ---- Weak ----

@story
def every_weak_thing_is_listed_once(play):
    gateway = gateway_with(play, word("own", *made(play, "own", 100), 'minimum = "1.0",', "sha1 = true,",
                                      'priority = "NORMAL:+3DES-CBC",'))
    told(gateway, "minimum", "warning", "weak", "TLS 1.0")
    told(gateway, "minimum", "warning", "weak", "TLS 1.1")
    told(gateway, "sha1", "warning", "weak", "SHA-1")
    told(gateway, "priority", "warning", "weak", "3DES-CBC")
    for weak in ("TLS 1.0", "TLS 1.1", "SHA-1", "3DES-CBC"):
        equal(len(gateway.lines("warning", "configuration", "weak", weak)), 1, f"lines of the log about {weak}")
    equal(gateway.run("-t").returncode, 0, "the exit code of -t")


@story
def without_options_nothing_is_weak(play):
    gateway = gateway_with(play, word("own", *made(play, "own", 100)))
    equal(gateway.run("-t").stderr, "", "what -t says")
    equal(gateway.warnings(), [], "warnings in the log")


# ---- Mistakes ----

def wrong(play, words, text, *wanted):
    gateway = gateway_with(play, words, start=False)
    equal(gateway.run("-t").returncode, 1, "the exit code")
    told(gateway, text, *wanted)


@story
def mistakes_are_told_with_line_and_remedy(play):
    folder, openssl = play.folder, play.certificates.openssl
    own, key = made(play, "own", 100)
    other, other_key = made(play, "other", 100)
    openssl("x509", "-in", own, "-outform", "DER", "-out", f"{folder}/der.pem")
    openssl("pkey", "-in", key, "-outform", "DER", "-out", f"{folder}/der.key")
    openssl("pkey", "-in", key, "-aes128", "-passout", "pass:x", "-out", f"{folder}/locked.key")
    with open(f"{folder}/backwards.pem", "w") as file:
        file.write(open(play.certificates.path("ca.pem")).read() + open(own).read())
    wrong(play, word("own", own, other_key), "other.key", "does not belong to the certificate", "own.pem")
    wrong(play, word("own", f"{folder}/der.pem", key), "der.pem", "DER form", "openssl x509 -inform DER")
    wrong(play, word("own", own, f"{folder}/der.key"), "der.key", "DER form", "openssl pkey -inform DER")
    wrong(play, word("own", own, f"{folder}/locked.key"), "locked.key", "is encrypted", "openssl pkey -in")
    wrong(play, word("own", f"{folder}/backwards.pem", key), "key = ", "belongs to certificate 2", "put that one first")
    wrong(play, word("own", own, key, 'priority = "NORMAL:+NONSENSE",'), "NONSENSE", '"+NONSENSE" at character 8')
    wrong(play, word("own", own, key, f'crl = "{own}",'), "crl", "needs `trust`")


@story
def a_missing_certificate_between_is_told(play):
    folder = play.folder
    certificate, key = made(play, "own", 100, authority="other-ca")
    trust = play.certificates.path("ca.pem")
    gateway = gateway_with(play, word("own", certificate, key, f'trust = "{trust}",'), start=False)
    told(gateway, "own.pem", "warning", "the certificate of its issuer", "other-ca", "add it to the end of the file")
    equal(gateway.run("-t").returncode, 0, "the exit code")


main()
