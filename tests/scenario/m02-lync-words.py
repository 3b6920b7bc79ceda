#!/usr/bin/python3
"""m02: mistakes in the words of `include "lync"` are told on the administrator's line, with a hint; ordinary words
change what was made."""
import os
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
    expect("scripts" not in done.stderr and "gateway.lua: " not in done.stderr,
           f"nothing is told of elsewhere: {done.stderr}")
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
            ("MORE", 'certificate = { certificate = "no.pem", key = "pool.key" }, trust = "ca.pem"', 9,
             LABEL + ": certificate.certificate",
             "no.pem"),
            ("MORE", 'web_certificate = { certificate = "pool.pem", key = "pool.key" }, trust = "no.pem"', 9,
             LABEL + ": trust", "no.pem"),
            ("MORE", 'certificate = "nobody"', 9, LABEL + ": certificate", "nobody"),
            ("MORE", 'sip = "call-id"', 9, LABEL + ": sip", "needs `certificate`"),
            ("MORE", 'sip = "callid"', 9, LABEL + ": sip", "did you mean `call-id`"),
            ("MORE", 'rules = "citrix"', 9, LABEL + ": rules", "guide"),
            ("MORE", 'external_vip = "127.0.1.61"', 9, LABEL + ": external_vip",
             "127.0.1.61 is bound on line 4 already, with ports 443, 80"),
            ("MORE", 'peers = { "other.corp.example" }', 9, LABEL + ": peers", "no 5061 is decrypted"),
            ("MORE", 'web_names = { "a*b" }, web_certificate = { certificate = "pool.pem", key = "pool.key" }', 9,
             LABEL + ": web_names",
             "star in the middle"),
            ("MORE", 'probe_port = 0', 9, LABEL + ": probe_port", "range"),
            ('"127.0.1.22"', '"127.0.1.21"', 7, LABEL + ": servers.fe02.corp.example",
             "127.0.1.21 is the address of fe01.corp.example"),
            ('"127.0.1.22"', '"127.0.1.61"', 7, LABEL + ": servers.fe02.corp.example", "the gateway's own: line 4"),
            ('"127.0.1.22"', '"127.0.1.22:5061"', 7, "fe02.corp.example", "has a port", "the address alone"),
            ('"127.0.1.22"', '{ "127.0.1.22", port = 5061 }', 7, "fe02.corp.example.port", "has a port"),
            ('["fe02.corp.example"] = "127.0.1.22"', '["127.0.1.22"] = "fe02.corp.example"', 7,
             "the address stands before the name", '["fe02.corp.example"] = "127.0.1.22"'),
            ('["fe02.corp.example"]', '[true]', 5, "true is not a name"),
            ('"127.0.1.61"', '"0.0.0.0"', 4, LABEL + ": vip", "is every address"),
            ('"127.0.1.22"', 'NOBODY', 7, "unknown word `NOBODY`"),
            ('vip = "127.0.1.61"', 'vip = nil', 2, LABEL, "`vip` is missing"),
            ("MORE", 'trust = "no.pem"', 9, LABEL + ": trust", "no.pem"),
            ("MORE", 'cookies = true', 9, LABEL + ": cookies", "without `web_certificate`"),
            ("MORE", 'web_certificate = "nobody"', 9, LABEL + ": web_certificate", "nobody"),
            ("MORE", 'without = { 135, 5090 }', 9, LABEL + ": without[2]", "5090 is none of the pool's ports"),
            ("MORE", 'without = { 4443 }, rules = "guide", web_names = "a.corp.example"', 9, LABEL + ": without[1]",
             "4443 is none"),
            ("MORE", 'web_names = { "POOL.corp.example" }', 9, LABEL + ": web_names[1]", "is the name of the pool")):
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


@story
def words_that_are_written_in_another_form_are_explained(play):
    good = POOL.replace("MORE", "")
    for text, *words in (
            ("lync.front_end_pool()", "lync.front_end_pool", "has no table",
             'write lync.front_end_pool { name = "NAME", ... }'),
            ('lync.front_end_pool "pool" { vip = "127.0.1.61" }', "lync.front_end_pool", "has no table",
             '{ name = "NAME", ... }'),
            ('lync { }', "`lync` is no word of its own", "lync.front_end_pool"),
            ('lync.version = "2013"', "`lync.version` is assigned to", 'lync.version "..."'),
            ("lync.version(2013)", "lync.version", "2013 is not one of", '"2013"'),
            ("lync.version()", "lync.version", "is not one of"),
            ('lync.version "SE"', "lync.version", 'the Subscription Edition is as "2019"'),
            ("lync.reverse_proxy { }", "lync.reverse_proxy", "has no sites"),
            ("lync.reverse_proxy { nil }", "lync.reverse_proxy", "has no sites"),
            ('lync.reverse_proxy { nil, { vip = "127.0.9.1", sites = "a.*", to = "pool.corp.example" } }',
             "lync.reverse_proxy[1]", "is nil"),
            ('lync.reverse_proxy { to = "pool.corp.example" }', "lync.reverse_proxy: to", "a table of its own"),
            ('lync.reverse_proxy { { vip = "127.0.9.1", sites = "a.*", to = "pool.corp.example", certificate = "x" } }',
             "lync.reverse_proxy[1].certificate", 'there is no tls "x"'),
            ('lync.edge_pool { name = "edge.corp.example" }', "edge.corp.example", "neither `internal` nor `external`"),
            ('lync.edge_pool { name = "edge.corp.example", external = { servers = { e = "127.0.9.3" } } }', "external",
             "none of `access`, `webconf` and `av`"),
            ('lync.director_pool { name = "dir.corp.example", vip = "127.0.1.62", servers = { ["fe01.corp.example"] = '
             '"127.0.2.1" } }',
             'lync.director_pool "dir.corp.example": servers.fe01.corp.example', "has another address on line 6"),
            ('lync.exchange { servers = { mail = "127.0.9.4" } } lync.reverse_proxy { { vip = "127.0.9.1", sites = '
             '"a.*", to = "exchange", '
             'http = true } }', "lync.reverse_proxy[1].http", "is of no use"),
            ('lync.exchange { servers = { mail = "127.0.9.4" }, um = true }', "lync.exchange: um", "needs `vip`"),
            ('include { "lync" }', "there is no library `a table`", "the libraries are lync")):
        tells(play, good + text + "\n", 11, *words)


@story
def a_mistake_in_a_pool_is_not_told_again_where_it_is_named(play):
    text = POOL.replace("MORE", 'wrong = true') + """
lync.reverse_proxy { { vip = "127.0.9.1", sites = "meet.*", to = "pool.corp.example" } }
pool "pool.corp.example-5061" { tries = 2 }
listener "mine" { plugin = "tcp", bind = "tcp:127.0.9.9:5061", pool = "pool.corp.example-444" }
"""
    tells(play, text, 9, "unknown key `wrong`")
    tells(play, text.replace("wrong = true", "").replace("{\n    [", "FE or {\n    [", 1), 5, "unknown word `FE`")


@story
def what_has_no_effect_is_a_warning(play):
    own = 'certificate = { certificate = "pool.pem", key = "pool.key" }, trust = "ca.pem", sip = "source"'
    for more, config, *words in (
            (own, "", ":9: warning: " + LABEL + ": certificate: is of no use", 'sip = "source"'),
            ("", 'lync.edge_pool { name = "edge.corp.example", internal = { vip = "127.0.9.5", servers = { e = '
                 '"127.0.9.6" },\n'
             'sip = "source", certificate = { certificate = "pool.pem", key = "pool.key" }, trust = "ca.pem" } }\n',
             ":12: warning: lync.edge_pool \"edge.corp.example\": internal.certificate: is of no use"),
            ("peers = { }", "", "good"),
            ('servers = { ["fe03.corp.example"] = "127.0.1.23", ["fe03.corp.example"] = "127.0.1.23" }', "",
             ":9: warning: " + LABEL + ": servers: `fe03.corp.example` is there twice")):
        gateway = play.gateway_of(POOL.replace("MORE", more) + config, start=False, files=files(play))
        done = gateway.run("-t")
        equal(done.returncode, 0, f"the exit code: {done.stderr}")
        for word in words:
            expect(word in done.stderr + done.stdout, f"`{word}` is told in {done.stderr}")
    short = POOL.replace("MORE", "").replace('name = "pool.corp.example"', 'name = "pool"')
    told_of = play.gateway_of(short, start=False).run("-t").stderr
    expect(":2: warning" in told_of and "its SIP domain is not known" in told_of,
           f"a name without a domain is told: {told_of}")
    equal(play.gateway_of(short + 'lync.domains "corp.example"\n', start=False).run("-t").stderr, "",
          "but not with the domain")


@story
def a_certificate_that_lacks_names_is_a_warning(play):
    own = 'certificate = { certificate = "own.pem", key = "own.key" }, trust = "ca.pem"'
    some, most = ["pool.corp.example"], ["pool.corp.example", "*.corp.example"]
    lacks = "the certificate lacks fe01.corp.example, fe02.corp.example, sip.corp.example\n"
    for names, words in ((some, lacks), (most, None)):
        folder = os.path.join(play.folder, f"names-{len(names)}")
        os.makedirs(folder)
        carried = ",".join(f"DNS:{n}" for n in names)
        pem, key = play.certificates.make("pool.corp.example", "ca", "ec", carried, 3650, folder=folder)
        with open(pem, encoding="ascii") as p, open(key, encoding="ascii") as k:
            own_files = {**files(play), "own.pem": p.read(), "own.key": k.read()}
        done = play.gateway_of(POOL.replace("MORE", own), start=False, files=own_files).run("-t")
        equal(done.returncode, 0, f"the exit code: {done.stderr}")
        if words:
            expect(':9: warning: tls "pool.corp.example-tls": ' + words in done.stderr,
                   f"what it lacks is told: {done.stderr}")
        else:
            equal(done.stderr, "", "a certificate that has them all")


@story
def addresses_of_version_6(play):
    text = POOL.replace("MORE", 'external_vip = "[fd00::62]"').replace("127.0.1.61", "fd00::61")
    text = text.replace("127.0.1.21", "fd00::21").replace("127.0.1.22", "[fd00::22]")
    gateway = play.gateway_of(text, start=False)
    equal(rows_of(gateway)[SIP][1], "tcp:[fd00::61]:5061", "where it listens")
    records = [line.split("\t")[1:] for line in gateway.run("--dns=tsv").stdout.splitlines()]
    for name, value in (("pool", "fd00::61"), ("fe01", "fd00::21"), ("fe02", "fd00::22")):
        expect([f"{name}.corp.example", "AAAA", value] in records, f"the record of {name}: {records}")


@story
def an_edge_alone_has_its_own_domain(play):
    text = 'include "lync"\nlync.edge_pool { name = "edge.corp.example", external = { servers = { e = "127.0.9.3" }, ' \
        'access = { vip = "127.0.9.1" } } }\n'
    records = play.gateway_of(text, start=False).run("--dns=tsv").stdout
    expect("external\tsip.corp.example\tA\t127.0.9.1\n" in records, f"its name: {records}")


@story
def directors_by_source_where_it_is_asked(play):
    text = POOL.replace("MORE", 'rules = "guide"').replace("front_end_pool", "director_pool")
    equal(rows_of(play.gateway_of(text, start=False))[SIP][6], "none", "by the guide")
    text = text.replace('"guide"', '"guide", sip = "source"')
    equal(rows_of(play.gateway_of(text, start=False))[SIP][6], "source 30m group pool.corp.example", "as it is written")


def rows_of(gateway):
    done = gateway.run("--explain=tsv")
    equal((done.returncode, done.stderr), (0, ""), "exit code and stderr of --explain")
    return {(row[0], row[2]): row for row in (line.split("\t") for line in done.stdout.splitlines())}


SIP, WEB = ("pool.corp.example-5061", "-"), ("pool.corp.example-80-inside", "-")


@story
def ordinary_words_change_what_was_made(play):
    plain = rows_of(deployment(play))
    for name, word, row, column, value in (
            ("a pool's monitor, merged", 'pool "pool.corp.example-5061" { monitor = { interval = "10s" } }', SIP, 7,
             "sip/tcp:5060 10s"),
            ("a monitor for another", 'pool "pool.corp.example-80-inside" { monitor = { plugin = "https", path = "/x" '
                                      '} }', WEB, 7,
             "https/tcp 5s"),
            ("no persistence", 'pool "pool.corp.example-5061" { persistence = false }', SIP, 6, "none"),
            ("persistence, merged", 'pool "pool.corp.example-5061" { persistence = { timeout = "1h" } }', SIP, 6,
             "call-id 1h"),
            ("a listener's address", 'listener "pool.corp.example-5061" { bind = "tls:127.0.1.99:5061" }', SIP, 1,
             "tls:127.0.1.99:5061"),
            ("its policies", 'listener "pool.corp.example-5061" { policies = { } }', SIP, 8, "-"),
            ("its plugin, and options for it", 'listener "pool.corp.example-80-inside" { plugin = "tcp" }', WEB, 5,
             "tcp"),
            ("another plugin, without TLS", 'listener "pool.corp.example-5061" { plugin = "tcp", bind = '
                                            '"tcp:127.0.1.61:5061" }\n'
             'pool "pool.corp.example-5061" { persistence = { by = "source" }, tls = "pool.corp.example-tls" }', SIP, 5,
             "tcp"),
            ("its own pool", 'listener "pool.corp.example-5061" { pool = "mine" }\n'
             'pool "mine" { servers = { "127.0.0.9" }, port = 5099 }', SIP, 3, "mine")):
        gateway = deployment(play, more=word + "\n")
        equal(gateway.run("-t").returncode, 0, f"{name} is good")
        changed = rows_of(gateway)
        equal(changed[row][column], value, name)
        equal({key for key in plain if plain[key][:9] != changed[key][:9]}, {row}, f"{name}: the rows that differ")
        by = "listener" if word.startswith("listener") else ""
        equal(changed[row][9], "lync.front_end_pool" + (f", {by}" if by else ""), f"{name}: who made it")


@story
def the_order_does_not_matter(play):
    more = 'pool "pool.corp.example-5061" { monitor = { interval = "10s" } }\n'
    after = rows_of(deployment(play, more=more))
    text = open(deployment(play).file, encoding="utf-8").read()
    equal(rows_of(play.gateway_of(more + text, start=False, files=files(play))), after, "the tables")


@story
def mistakes_in_what_is_laid_over_are_told_on_its_own_line(play):
    good = POOL.replace("MORE", "")
    tells(play, good + 'pool "pool.corp.example-5061" { balanse = "hash" }\n', 11, 'pool "pool.corp.example-5061"',
          "balanse", "did you mean `balance`")
    tells(play, good + 'pool "pool.corp.example-5061" {\n  monitor = {\n    fall = 0 } }\n', 13, "fall")
    tells(play, good + 'pool "pool.corp.example-5061" { tries = 2 }\npool "pool.corp.example-5061" { tries = 3 }\n', 12,
          "this name is taken")
    tells(play, good + 'pool "pool.corp.example-5062" { tries = 2 }\n', 11, "`servers` is missing",
          "did you mean `pool.corp.example-5061`")
    tells(play, good + 'pool "pool.corp.example-443" { tries = 2 }\n', 11,
          "did you mean `pool.corp.example-443-inside`")
    tells(play, good + 'listener "pool.corp.example-5601" { source = "gateway" }\n', 11,
          "no library made a listener of this name", "did you mean `pool.corp.example-5061`")
    tells(play, good + 'pool "pool.corp.example-5061" "x"\n', 11, '"x" is not a table')
    tells(play, good + 'pool "pool.corp.example-5061"\n', 11, "has no table")
    tells(play, good + 'pool "pool.corp.example-5061" { monitor = false }\n', 11,
          "monitor: false, but there are pools that track it")
    tells(play, good + 'pool "pool.corp.example-5061" {\n  servers = { "127.0.1.21" } }\n', 12,
          "servers: has no server with the address "
          "127.0.1.22")
    tells(play, good + 'pool "pool.corp.example-5061" { servers = { "x y" } }\n', 11, '"x y" is not an address')
    sip = POOL.replace("MORE", 'certificate = { certificate = "pool.pem", key = "pool.key" }, trust = "ca.pem"')
    tells(play, sip + 'listener "pool.corp.example-5061" { bind = "tls:1.2.3:5061" }\n', 11,
          '"1.2.3" is not an address')
    tells(play, sip + 'tls "pool.corp.example-tls" { certificate = "no.pem" }\n', 11, "no.pem")


SITES = """
lync.web_apps { servers = { ["owa1.corp.example"] = "127.0.1.51" } }
lync.reverse_proxy {
  { vip = "127.0.9.1", sites = { "meet.*" }, to = "pool.corp.example", http = true },
  { vip = "127.0.9.1", sites = { "owa.*" }, to = "owa" },
  { vip = "127.0.9.2", sites = { "dialin.*" }, to = "pool.corp.example", SECOND },
}
"""


@story
def a_pool_without_an_address_needs_a_site(play):
    text = POOL.replace("MORE", "").replace('  vip = "127.0.1.61",\n', "")
    tells(play, text, 2, LABEL, "`vip` is missing", "lync.reverse_proxy")
    tells(play, 'include "lync"\nlync.web_apps { servers = { owa = "127.0.9.4" } }\n', 2, "lync.web_apps",
          "`vip` is missing")
    site = 'lync.reverse_proxy { { vip = "127.0.9.1", sites = { "meet.*" }, to = "pool.corp.example" } }\n'
    rows = rows_of(play.gateway_of(text + site, start=False, files=files(play)))
    equal({row[0] for row in rows.values()} - {"LISTENER"}, {"pool.corp.example-443-proxy"}, "its listeners")


@story
def sites_without_a_certificate_are_told_apart_undecrypted(play):
    own = 'certificate = { certificate = "pool.pem", key = "pool.key" }'
    text = POOL.replace("MORE", "") + SITES
    gateway = play.gateway_of(text.replace("SECOND", own), start=False, files=files(play))
    equal(gateway.run("-t").returncode, 0, "it is good")
    rows = rows_of(gateway)
    for route, start in {
            "sni meet.*": ["pool.corp.example-443-proxy", "tcp:127.0.9.1:443", "sni meet.*",
                           "pool.corp.example-4443-proxy", "4443", "tcp", "none"],
            "sni owa.*": ["pool.corp.example-443-proxy", "tcp:127.0.9.1:443", "sni owa.*", "owa-443-proxy", "443",
                          "tcp", "source 30m group owa"],
            "host meet.*": ["pool.corp.example-80-proxy", "tcp:127.0.9.1:80", "host meet.*",
                            "pool.corp.example-8080-proxy", "8080", "https", "none"],
            "host dialin.*": ["pool.corp.example-443-proxy-127.0.9.2", "tls:127.0.9.2:443", "host dialin.*",
                              "pool.corp.example-4443-proxy-https", "4443", "https", "none"],
    }.items():
        equal([row[:7] for (_, r), row in rows.items() if r == route], [start], f"what leads {route} on")
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
    equal(rows_of(gateway)[WEB][6], "cookie source 30m group pool.corp.example", "persistence of a web service")
    outside = rows_of(gateway)["pool.corp.example-4443-inside", "-"]
    equal(outside[6], "cookie 30m group pool.corp.example",
          "behind a reverse proxy a source tells nothing of the client")


main()
