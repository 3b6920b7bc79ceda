#!/usr/bin/python3
"""m01: the guide's deployment in the words of `include "lync"`: what --explain, --dns and --certificates tell of it,
cell by cell."""
import os
import re

from play import equal, expect, main, story
from play.lync import deployment, files, read, rows

EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "examples")


def table(gateway, what):
    done = gateway.run(f"--{what}=tsv")
    equal((done.returncode, done.stderr), (0, ""), f"exit code and stderr of --{what}")
    return [line.split("\t") for line in done.stdout.splitlines()]


def compare(gateway, what, name):
    got = [[cell.replace(gateway.folder + "/", "") for cell in row] for row in table(gateway, what)]
    wanted = rows(name)
    for i, (g, w) in enumerate(zip(got, wanted)):
        equal(g, w, f"row {i + 1} of --{what}, as in {name}")
    equal(len(got), len(wanted), f"the number of rows of --{what}, as in {name}")


@story
def what_it_opens_by_the_vendors_rules(play):
    gateway = deployment(play, "microsoft")
    compare(gateway, "explain", "explain-microsoft.tsv")
    equal(gateway.run("-t").returncode, 0, "and it is good")


@story
def what_it_opens_by_the_guides_rules(play):
    gateway = deployment(play, "guide")
    compare(gateway, "explain", "explain-guide.tsv")
    equal(gateway.run("-t").returncode, 0, "and it is good")


@story
def names_in_the_dns(play):
    compare(deployment(play, "microsoft"), "dns", "dns-microsoft.tsv")
    compare(deployment(play, "guide"), "dns", "dns-guide.tsv")


@story
def names_in_certificates_and_those_that_are_missing(play):
    for rules in ("microsoft", "guide"):
        compare(deployment(play, rules), "certificates", f"certificates-{rules}.tsv")


def carried(play, common, names):
    """What --certificates says of each name of a pool whose web certificate has this common name and these names."""
    gateway = deployment(play)
    folder = os.path.join(play.folder, "one")
    os.makedirs(folder, exist_ok=True)
    pem, key = play.certificates.make(common, "ca", "ec", ",".join(f"DNS:{n}" for n in names), 3650, folder=folder)
    for source, end in ((pem, "pem"), (key, "key")):
        with open(source, encoding="utf-8") as file, open(os.path.join(gateway.folder, f"pool-web.{end}"), "w") as copy:
            copy.write(file.read())
    return {row[2]: row[3] for row in table(gateway, "certificates") if row[0] == "pool.corp.example-web-tls"}


@story
def a_star_stands_for_one_label_and_the_common_name_for_nothing(play):
    has = carried(play, "LyncWeb.corp.example", ["*.example", "MEET.corp.example"])
    equal(has["meet.corp.example"], "yes", "letters match in either case")
    equal(has["dialin.corp.example"], "MISSING", "a star does not stand for two labels")
    common = "MISSING: it is the common name, but clients read the alternative names"
    equal([text for text in has.values() if "common" in text], [common], "what is the common name alone")
    equal(has["lyncweb.corp.example"], common, "it is told once, whatever its letters")
    has = carried(play, "pool.corp.example", ["*.corp.example"])
    equal((has["pool.corp.example"], has["meet.corp.example"]), ("by *.corp.example",) * 2,
          "a star for each of the domain")


@story
def a_table_for_eyes_has_the_same_cells(play):
    gateway = deployment(play)
    for what in ("explain", "dns", "certificates"):
        cells = table(gateway, what)
        lines = gateway.run(f"--{what}").stdout.splitlines()
        equal([re.split("  +", line) for line in lines], cells, f"the cells of --{what}")
        starts = {len(line) - len(row[-1]) for line, row in zip(lines, cells)}
        equal(len(starts), 1, f"the places where the last column of --{what} begins: {starts}")


@story
def xmpp_ends_with_2015_and_weak_tls_with_2013(play):
    for version, xmpp, weak in (("2010", True, True), ("2013", True, True), ("2015", True, False),
                                ("2019", False, False), (None, True, False)):
        gateway = deployment(play, version=version)
        names = [row[0] for row in table(gateway, "explain")]
        equal("edge.corp.example-5269-access" in names, xmpp, f"5269 with {version}")
        records = [row[1] for row in table(gateway, "dns")]
        equal("_xmpp-server._tcp.corp.example" in records, xmpp, f"XMPP's record with {version}")
        told = gateway.run("-t").stderr
        for word in ("TLS 1.0 is allowed", "SHA-1 signatures are allowed"):
            equal(word in told, weak, f"`{word}` with {version}: {told}")


@story
def weak_tls_where_it_is_asked_and_towards_servers_of_the_version_alone(play):
    text = """include "lync"
lync.version "2013"
lync.front_end_pool {
  name = "pool.corp.example", vip = "127.0.1.61", servers = { fe = "127.0.1.21" }, trust = "ca.pem" }
lync.exchange { servers = { mail = "127.0.1.22" }, trust = "ca.pem" }
lync.reverse_proxy {
  certificate = { certificate = "outside.pem", key = "outside.key", minimum = "1.2", sha1 = false },
  { vip = "127.0.9.1", sites = { "meet.*" }, to = "pool.corp.example" },
  { vip = "127.0.9.2", sites = { "mail.*" }, to = "exchange" },
}
"""
    told = play.gateway_of(text, start=False, files=files(play)).run("-t").stderr
    equal(set(re.findall(r'tls "([^"]+)": weak', told)), {"pool.corp.example-server-tls"}, f"what is weak: {told}")


@story
def a_configuration_without_pools_of_lync_has_nothing_to_tell(play):
    gateway = play.gateway_of('listener "in" { plugin = "tcp", bind = "tcp:127.0.0.1:5060" }\n', start=False)
    equal(table(gateway, "explain")[1][:6], ["in", "tcp:127.0.0.1:5060", "-", "-", "-", "tcp"], "but what it opens")
    for what in ("dns", "certificates"):
        done = gateway.run(f"--{what}")
        equal((done.returncode, done.stdout), (1, ""), f"exit code and output of --{what}")
        expect('include "lync"' in done.stderr, f"what to do is told: {done.stderr}")


@story
def a_configuration_with_problems_is_told_as_by_t(play):
    gateway = play.gateway_of('include "lync"\nlync.edge_pool { name = "edge", externl = { } }\n', start=False)
    told = gateway.run("-t").stderr
    for what in ("explain", "dns", "certificates"):
        done = gateway.run(f"--{what}")
        equal((done.returncode, done.stdout), (1, ""), f"exit code and output of --{what}")
        expect(done.stderr and told.startswith(done.stderr), f"--{what} tells {done.stderr}, -t tells {told}")


def is_good(play, name, text):
    gateway = play.gateway_of(text, start=False)
    for stem in ("ca", "gate", "pool", "pool-web", "dirpool", "dirpool-web", "outside", "trunk"):
        for end in ("pem", "key"):
            source = play.certificates.path(f"ca.{end}" if stem == "ca" else f"pool.{end}")
            os.symlink(source, os.path.join(gateway.folder, f"{stem}.{end}"))
    done = gateway.run("-t")
    equal(done.returncode, 0, f"{name}: {done.stderr}")


@story
def every_example_is_good(play):
    for name in sorted(os.listdir(EXAMPLES)):
        if name.endswith(".lua") and not name.startswith(("demo", "no-guests")):  # those have tests of their own
            is_good(play, name, read(os.path.join(EXAMPLES, name)))


@story
def the_readmes_pool_is_good(play):
    text = read(os.path.join(EXAMPLES, "..", "..", "README"))
    block = re.search(r"```lua\n(.*?)```", text, re.S)[1]
    expect('include "lync"' in block, "it is in the lync words")
    is_good(play, "README", block)


main()
