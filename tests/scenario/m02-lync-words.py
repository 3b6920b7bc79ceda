#!/usr/bin/python3
"""m02: mistakes in the words of `include "lync"` are told on the administrator's line, with a hint; ordinary words change what
was made."""
import re

from play import equal, expect, main, story
from play.lync import deployment, files

POOL = """include "lync"
lync.front_end_pool {
  name = "pool.corp.example",
  vip = "127.0.1.61",
  servers = {
    ["fe01.corp.example"] = "127.0.1.21",
    ["fe02.corp.example"] = "127.0.1.22",
  },
  MORE
}
"""
LABEL = 'lync.front_end_pool "pool.corp.example"'


def told(play, config):
    """What -t says: { line: [text and hint] }."""
    gateway = play.gateway_of(config, start=False, files=files(play))
    done = gateway.run("-t")
    complaints = {}
    for complaint in re.split(r"\n(?=\S)", done.stderr):
        found = re.search(r"gateway\.lua:(\d+): (?!warning)(.*)", complaint, re.S)
        if found:
            complaints.setdefault(int(found[1]), []).append(found[2])
    expect("scripts" not in done.stderr and "gateway.lua: " not in done.stderr, f"nothing is told of elsewhere: {done.stderr}")
    equal(done.returncode, 1, f"the exit code: {done.stderr}")
    return complaints


def tells(play, config, line, *words):
    """One complaint, on this line, with these words."""
    complaints = told(play, config)
    equal(sorted(complaints), [line], f"the lines that are told: {complaints}")
    equal(len(complaints[line]), 1, f"a mistake is told once: {complaints}")
    for word in words:
        expect(word in complaints[line][0], f"`{word}` is told in {complaints[line][0]}")


@story
def mistakes_in_a_pool_are_told_where_they_are(play):
    for old, new, line, *words in (
            ('"127.0.1.61"', '"127.0.1.300"', 4, LABEL + ": vip", "is not an address"),
            ('"127.0.1.61"', '"127.0.1.61:443"', 4, LABEL + ": vip", "without a port"),
            ('"127.0.1.22"', '"127.0.1.999"', 7, LABEL + ": servers.fe02.corp.example", "is not an address"),
            ('"127.0.1.22"', '{ "127.0.1.22", wieght = 2 }', 7, "fe02.corp.example", "wieght", "did you mean `weight`"),
            ('"127.0.1.22"', '{ "127.0.1.22", weight = 0 }', 7, LABEL + ": servers.fe02.corp.example.weight", "range"),
            ("MORE", 'certifcate = { }', 9, LABEL, "certifcate", "did you mean `certificate`"),
            ("MORE", 'certificate = { certificate = "pool.pem" }, trust = "ca.pem"', 9, LABEL, "`key` is missing"),
            ("MORE", 'certificate = { certificate = "pool.pem", key = "pool.key" }', 9, LABEL, "`trust` is missing"),
            ("MORE", 'certificate = { certificate = "no.pem", key = "pool.key" }, trust = "ca.pem"', 9, LABEL + ": certificate.certificate",
             "no.pem"),
            ("MORE", 'web_certificate = { certificate = "pool.pem", key = "pool.key" }, trust = "no.pem"', 9, LABEL + ": trust", "no.pem"),
            ("MORE", 'certificate = "nobody"', 9, LABEL + ": certificate", "nobody"),
            ("MORE", 'sip = "call-id"', 9, LABEL + ": sip", "needs `certificate`"),
            ("MORE", 'sip = "callid"', 9, LABEL + ": sip", "did you mean `call-id`"),
            ("MORE", 'rules = "citrix"', 9, LABEL + ": rules", "guide"),
            ("MORE", 'external_vip = "127.0.1.61"', 9, LABEL + ": external_vip", "is bound on line 4 already"),
            ("MORE", 'web_names = { "a*b" }, web_certificate = { certificate = "pool.pem", key = "pool.key" }', 9, LABEL + ": web_names",
             "star in the middle"),
            ("MORE", 'probe_port = 0', 9, LABEL + ": probe_port", "range")):
        if "bound" in words[-1]:
            complaints = told(play, POOL.replace(old, new).replace("MORE", ""))  # of each port that is in the way
            equal(sorted(complaints), [line], f"the lines that are told: {complaints}")
            expect(all(word in c for word in words for c in complaints[line]), f"{words} are told: {complaints}")
        else:
            tells(play, POOL.replace(old, new).replace("MORE", ""), line, *words)


@story
def unknown_words_have_hints(play):
    good = POOL.replace("MORE", "")
    tells(play, good + "lync.frontend_pool { }\n", 11, "lync.frontend_pool", "did you mean `front_end_pool`")
    tells(play, good + 'lync.version "2014"\n', 11, "lync.version", "2014", "2013")
    tells(play, good + 'lync.rules "guide"\nlync.rules "guide"\n', 12, "twice", "line 11")
    tells(play, good + 'include "lynk"\n', 11, "lynk", "did you mean `lync`")
    tells(play, good + good.replace('include "lync"\n', ""), 11, "this name is taken, by line 2")
    tells(play, good.replace('include "lync"\n', ""), 1, "unknown word `lync`", 'write include "lync" on a line before')
    tells(play, good + 'lync.reverse_proxy { { vip = "127.0.1.99", sites = "a.*", to = "poll.corp.example" } }\n', 11,
          "lync.reverse_proxy[1]", "poll.corp.example", "did you mean `pool.corp.example`")
    tells(play, good + 'lync.reverse_proxy { { vip = "127.0.1.99", sites = "a.*b", to = "pool.corp.example" } }\n', 11,
          "lync.reverse_proxy[1].sites", "star in the middle")
    tells(play, good + 'lync.edge_pool { name = "edge", external = {\n  access = { vip = "127.0.1.98" } } }\n', 12,
          'lync.edge_pool "edge"', "`servers` is missing")


def rows_of(gateway):
    done = gateway.run("--explain=tsv")
    equal((done.returncode, done.stderr), (0, ""), "exit code and stderr of --explain")
    return {(row[0], row[2]): row for row in (line.split("\t") for line in done.stdout.splitlines())}


SIP, WEB = ("pool.corp.example-5061", "-"), ("pool.corp.example-80-inside", "-")


@story
def ordinary_words_change_what_was_made(play):
    plain = rows_of(deployment(play))
    for name, word, row, column, value in (
            ("a pool's monitor, merged", 'pool "pool.corp.example-5061" { monitor = { interval = "10s" } }', SIP, 6, "sip/tcp:5060 10s"),
            ("a monitor for another", 'pool "pool.corp.example-80-inside" { monitor = { plugin = "https", path = "/x" } }', WEB, 6,
             "https/tcp 5s"),
            ("no persistence", 'pool "pool.corp.example-5061" { persistence = false }', SIP, 5, "none"),
            ("persistence, merged", 'pool "pool.corp.example-5061" { persistence = { timeout = "1h" } }', SIP, 5, "call-id 1h"),
            ("a listener's address", 'listener "pool.corp.example-5061" { bind = "tls:127.0.1.99:5061" }', SIP, 1, "tls:127.0.1.99:5061"),
            ("its policies", 'listener "pool.corp.example-5061" { policies = { } }', SIP, 7, "-"),
            ("its plugin, and options for it", 'listener "pool.corp.example-80-inside" { plugin = "tcp" }', WEB, 4, "tcp"),
            ("its own pool", 'listener "pool.corp.example-5061" { pool = "mine" }\n'
             'pool "mine" { servers = { "127.0.0.9" }, port = 5099 }', SIP, 3, "5099")):
        gateway = deployment(play, more=word + "\n")
        equal(gateway.run("-t").returncode, 0, f"{name} is good")
        changed = rows_of(gateway)
        equal(changed[row][column], value, name)
        equal({key for key in plain if plain[key][:8] != changed[key][:8]}, {row}, f"{name}: the rows that differ")
        by = "listener" if word.startswith("listener") else ""
        equal(changed[row][8], "lync.front_end_pool" + (f", {by}" if by else ""), f"{name}: who made it")


@story
def the_order_does_not_matter(play):
    more = 'pool "pool.corp.example-5061" { monitor = { interval = "10s" } }\n'
    after = rows_of(deployment(play, more=more))
    text = open(deployment(play).file, encoding="utf-8").read()
    equal(rows_of(play.gateway_of(more + text, start=False, files=files(play))), after, "the tables")


@story
def mistakes_in_what_is_laid_over_are_told_on_its_own_line(play):
    good = POOL.replace("MORE", "")
    tells(play, good + 'pool "pool.corp.example-5061" { balanse = "hash" }\n', 11, 'pool "pool.corp.example-5061"', "balanse",
          "did you mean `balance`")
    tells(play, good + 'pool "pool.corp.example-5061" {\n  monitor = {\n    fall = 0 } }\n', 13, "fall")
    tells(play, good + 'pool "pool.corp.example-5061" { tries = 2 }\npool "pool.corp.example-5061" { tries = 3 }\n', 12,
          "this name is taken")
    tells(play, good + 'pool "pool.corp.example-5062" { tries = 2 }\n', 11, "`servers` is missing")


SITES = """
lync.web_apps { servers = { ["owa1.corp.example"] = "127.0.1.51" } }
lync.reverse_proxy {
  { vip = "127.0.9.1", sites = { "meet.*" }, to = "pool.corp.example", http = true },
  { vip = "127.0.9.1", sites = { "owa.*" }, to = "owa" },
  { vip = "127.0.9.2", sites = { "dialin.*" }, to = "pool.corp.example", SECOND },
}
"""


@story
def sites_without_a_certificate_are_told_apart_undecrypted(play):
    own = 'certificate = { certificate = "pool.pem", key = "pool.key" }'
    text = POOL.replace("MORE", "") + SITES
    gateway = play.gateway_of(text.replace("SECOND", own), start=False, files=files(play))
    equal(gateway.run("-t").returncode, 0, "it is good")
    rows = rows_of(gateway)
    for route, start in {
            "sni meet.*": ["pool.corp.example-443-proxy", "tcp:127.0.9.1:443", "sni meet.*", "4443", "tcp", "none"],
            "sni owa.*": ["pool.corp.example-443-proxy", "tcp:127.0.9.1:443", "sni owa.*", "443", "tcp", "source 30m group owa"],
            "host meet.*": ["pool.corp.example-80-proxy", "tcp:127.0.9.1:80", "host meet.*", "8080", "https", "none"],
            "host dialin.*": ["pool.corp.example-443-proxy-127.0.9.2", "tls:127.0.9.2:443", "host dialin.*", "4443", "https", "none"],
    }.items():
        equal([row[:6] for (_, r), row in rows.items() if r == route], [start], f"what leads {route} on")
    mixed = text.replace('to = "owa"', f'to = "owa", {own}').replace("SECOND", "")
    tells(play, mixed, 15, "lync.reverse_proxy[2]", "127.0.9.1", "all decrypted, or none")


@story
def ports_that_are_left_out_have_no_listener(play):
    gateway = play.gateway_of(POOL.replace("MORE", "without = { 135, 5061 }"), start=False)
    names = [row[0] for row in rows_of(gateway)]
    for port, there in ((135, False), (5061, False), (444, True)):
        equal(f"pool.corp.example-{port}" in names, there, f"{port} is there")


@story
def cookies_where_they_are_asked(play):
    web = 'web_certificate = { certificate = "pool.pem", key = "pool.key" }, trust = "ca.pem", cookies = true'
    gateway = play.gateway_of(POOL.replace("MORE", web), start=False, files=files(play))
    equal(rows_of(gateway)[WEB][5], "cookie source 30m group pool.corp.example", "persistence of a web service")


main()
