#!/usr/bin/python3
"""t08: `crl`: a revoked certificate is refused from clients and from servers; the file is read again when it
changes."""
import os
import ssl
import subprocess

from play import equal, expect, main, request, story

AUTHORITY = """[ca]
default_ca = a
[a]
database = index
crlnumber = number
default_md = sha256
default_crl_days = 30
"""


class Revoked:
    """DIR/crl.pem, the list of the play's authority "ca"."""

    def __init__(self, play):
        self.certificates = play.certificates
        self.folder = os.path.join(play.folder, "authority")
        self.path = os.path.join(self.folder, "crl.pem")
        os.mkdir(self.folder)
        self.put("ca.conf", AUTHORITY)
        self.put("index", "")
        self.put("number", "01\n")
        self.issue()

    def put(self, name, text):
        with open(os.path.join(self.folder, name), "w") as file:
            file.write(text)

    def ca(self, *words):
        done = subprocess.run(["openssl", "ca", "-config", "ca.conf", "-keyfile", self.certificates.path("ca.key"),
                               "-cert",
                               self.certificates.path("ca.pem"), *words], cwd=self.folder, capture_output=True,
                               text=True,
                              timeout=60)
        if done.returncode:
            raise RuntimeError(f"openssl ca {' '.join(words)}: {done.stderr}")

    def issue(self, *words):
        self.ca("-gencrl", "-out", "new.pem", *words)
        os.rename(os.path.join(self.folder, "new.pem"), self.path)

    def revoke(self, *names):
        for name in names:
            self.ca("-revoke", self.certificates.path(f"{name}.pem"))
        self.issue()


def gateway_with(play, revoked, servers, listener='verify = "required"', **words):
    return play.gateway(servers, bind="tls", listener=f'tls = "pool", {listener}',
                        words=play.certificates.word("pool", more=f'crl = "{revoked.path}"'), **words)


def outcome(play, name, session=None, context=None):
    """Whether a client with this certificate is served."""
    try:
        client = play.client(tls=context or play.certificates.for_client(name), sni="pool.test", session=session)
        client.send(request())
        return "served" if client.read().startswith(b"SIP/2.0 200") else "refused"
    except (ssl.SSLError, ConnectionError):
        return "refused"


@story
def a_revoked_client_is_refused_and_the_log_says_so(play):
    revoked = Revoked(play)
    revoked.revoke("stranger")
    gateway = gateway_with(play, revoked, [play.server("one")])
    equal(outcome(play, "stranger"), "refused", "a revoked client")
    expect(gateway.wait_line("tls", "the certificate is revoked"), "the log tells why")
    equal(outcome(play, "edge"), "served", "a client that is not revoked")


@story
def a_revoked_server_is_refused_and_the_log_says_so(play):
    revoked = Revoked(play)
    revoked.revoke("sales")
    bad, good = play.tls_server("bad", "sales"), play.tls_server("good", "pool")
    names = [f'{{ "{bad.address}", name = "sales.test" }}', f'{{ "{good.address}", name = "pool.test" }}']
    gateway = gateway_with(play, revoked, names, listener="", pool='tls = "pool"')
    for _ in range(4):
        equal(play.tls_client().ask(request()).server, "good", "who answers")
    equal(bad.requests, [], "what the revoked server got")
    expect(gateway.wait_line(bad.address, "the certificate is revoked"), "the log tells why")


@story
def a_server_that_is_revoked_later_is_not_resumed(play):
    revoked = Revoked(play)
    one = play.tls_server("one", "sales")
    gateway = gateway_with(play, revoked, [one], listener="",
                           pool='tls = "pool", tls_name = "sales.test", monitor = false')
    for _ in range(4):
        equal(play.tls_client().ask(request()).server, "one", "who answers before it is revoked")
    expect(gateway.server(one)["resumed"] >= 2, "sessions with it are resumed")
    revoked.revoke("sales")
    gateway.wait_line("crl-read", "pool")
    before = gateway.server(one)["resumed"]
    for _ in range(4):
        equal(play.tls_client().ask(request()).status, 503, "the answer after that")
    equal(gateway.server(one)["resumed"], before, "the sessions that were resumed")
    expect(gateway.wait_line(one.address, "the certificate is revoked"), "the log tells why")


@story
def a_probe_finds_a_revoked_server_down(play):
    revoked = Revoked(play)
    revoked.revoke("sales")
    one = play.tls_server("one", "sales")
    gateway = gateway_with(play, revoked, [f'{{ "{one.address}", name = "sales.test" }}'], listener="",
                           pool='tls = "pool", monitor = { plugin = "sip", interval = "300ms", fall = 1 }', start=False)
    gateway.start()
    gateway.wait_state(one, "down")
    expect("revoked" in gateway.server(one)["probe"], f"the state tells why: {gateway.server(one)['probe']}")


@story
def the_file_is_read_again_without_a_restart(play):
    revoked = Revoked(play)
    gateway = gateway_with(play, revoked, [play.server("one")])
    context = play.certificates.for_client("edge")
    first = play.client(tls=context, sni="pool.test")
    equal(first.ask(request()).server, "one", "a client before it is revoked")
    revoked.revoke("edge")
    gateway.wait_line("crl-read", "pool")
    equal(outcome(play, "edge"), "refused", "the client after that")
    equal(outcome(play, "edge", session=first.socket.session, context=context), "refused", "the same with its ticket")
    equal(outcome(play, "stranger"), "served", "another client")
    equal(first.ask(request()).server, "one", "the connection that stood before")


@story
def a_bad_file_changes_nothing_and_is_told_once(play):
    revoked = Revoked(play)
    revoked.revoke("edge")
    gateway = gateway_with(play, revoked, [play.server("one")])
    gateway.expected_errors.append("crl-refused")
    whole = open(revoked.path).read()
    revoked.put("crl.pem", whole[:len(whole) // 2])
    gateway.wait_line("crl-refused", "holds no whole list")
    equal(outcome(play, "edge"), "refused", "a revoked client while the file is bad")
    equal(outcome(play, "stranger"), "served", "another client while the file is bad")
    os.remove(revoked.path)
    gateway.wait_line("crl-refused", "cannot be opened")
    equal(outcome(play, "edge"), "refused", "a revoked client while there is no file")
    equal(len(gateway.lines("crl-refused")), 2, "lines about bad files")
    revoked.put("crl.pem", whole)
    gateway.wait_line("crl-read")
    equal(outcome(play, "edge"), "refused", "a revoked client after that")


@story
def an_outdated_list_holds_and_is_told(play):
    revoked = Revoked(play)
    revoked.revoke("edge")
    revoked.issue("-crl_lastupdate", "20200101000000Z", "-crl_nextupdate", "20200201000000Z")
    gateway = gateway_with(play, revoked, [play.server("one")])
    expect(gateway.wait_line("warning", "crl-outdated", revoked.path), "the log tells")
    equal(gateway.status()["certificates"][0]["crl"]["outdated"], True, "the state tells")
    expect("OUTDATED" in gateway.ctl("status").stdout, "lychctl tells")
    expect("is outdated" in gateway.run("-t").stderr, "-t tells")
    equal((outcome(play, "edge"), outcome(play, "stranger")), ("refused", "served"), "a revoked client and another")


main()
