#!/usr/bin/python3
"""m03: lychctl import-netscaler: a configuration of an ns.conf that loads, and a report that has every line of it
once."""
import os
import re
import shutil
import subprocess

from play import equal, expect, main, story
from play.words import PATIENCE, slow

FIXTURES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "netscaler")

FE = ["192.0.2.21", "192.0.2.22", "192.0.2.23", "192.0.2.32"]
DIRECTORS = ["192.0.2.201", "192.0.2.202"]
EDGES = ["192.0.2.25", "192.0.2.26"]
SOURCE, CALL_ID, NONE = 'by = "source"', 'by = "call-id"', "false"

# The guide's table: virtual server, bind, plugin, servers, their port, persistence.
GUIDE = [
    ("v_front_end_443", "tcp:192.0.2.61:443", "tcp", FE, 443, SOURCE),
    ("v_front_end_135", "tcp:192.0.2.61:135", "tcp", FE, 135, SOURCE),
    ("v_front_end_444", "tcp:192.0.2.61:444", "tcp", FE, 444, SOURCE),
    ("v_front_end_5061", "tls:192.0.2.61:5061", "sip", FE, 5061, CALL_ID),
    ("v_front_end_4443", "tcp:192.0.2.65:443", "tcp", FE, 4443, SOURCE),
    ("v_front_end_80", "tcp:192.0.2.61:80", "tcp", FE, 8080, SOURCE),
    *((f"v_front_end_{port}", f"tcp:192.0.2.61:{port}", "tcp", FE, port, SOURCE)
      for port in (5065, 5071, 5072, 5073, 5075, 5076, 5080, 448)),
    ("v_front_end_ext_443", "tcp:198.51.100.61:443", "tcp", FE, 443, SOURCE),
    ("v_front_end_ext_4443", "tcp:198.51.100.65:443", "tcp", FE, 4443, SOURCE),
    ("v_front_end_ext_80", "tcp:198.51.100.61:80", "tcp", FE, 8080, NONE),
    ("v_director_443", "tcp:192.0.2.62:443", "tcp", DIRECTORS, 443, NONE),
    ("v_director_4443", "tcp:192.0.2.66:443", "tcp", DIRECTORS, 4443, NONE),
    ("v_director_80", "tcp:192.0.2.62:80", "tcp", DIRECTORS, 8080, NONE),
    ("v_director_444", "tcp:192.0.2.62:444", "tcp", DIRECTORS, 444, NONE),
    ("v_director_5061", "tls:192.0.2.62:5061", "sip", DIRECTORS, 5061, CALL_ID),
    ("v_owa_443", "tcp:192.0.2.63:443", "tcp", ["192.0.2.203"], 443, SOURCE),
    ("v_edge_in_443", "tcp:192.0.2.67:443", "tcp", ["192.0.2.64"], 443, NONE),
    ("v_edge_in_80", "tcp:192.0.2.67:80", "tcp", ["192.0.2.64"], 8080, NONE),
    ("v_edge_in_5061", "tcp:192.0.2.67:5061", "tcp", ["192.0.2.64"], 5061, NONE),
    ("v_edge_in_4443", "tcp:192.0.2.68:443", "tcp", ["192.0.2.64"], 4443, NONE),
    ("v_edge_access_443", "tcp:198.51.100.151:443", "tcp", EDGES, 443, SOURCE),
    ("v_edge_webconf_443", "tcp:198.51.100.152:443", "tcp", EDGES, 443, SOURCE),
    ("v_edge_av_443", "tcp:198.51.100.153:443", "tcp", EDGES, 443, SOURCE),
    ("v_edge_access_5061", "tcp:198.51.100.151:5061", "tcp", EDGES, 5061, SOURCE),
    ("v_edge_av_3478", "udp:198.51.100.153:3478", "stun", EDGES, 3478, SOURCE),
    ("v_rproxy_443_owa", "tls:198.51.100.154:443", "https", ["192.0.2.203"], 443, NONE),
    ("v_rproxy_director_443", "tls:198.51.100.155:443", "https", DIRECTORS, 4443, NONE),
    ("v_rproxy_frontend_443", "tls:198.51.100.156:443", "https", FE, 4443, NONE),
    ("v_rproxy_mail_443", "tls:198.51.100.157:443", "https", ["192.0.2.204"], 443, NONE),
]

# What the configuration of each of the others must say, line for line.
ESSENTIALS = {
    "plain": [
        'pool "two_words" {', 'persistence = { by = "source", timeout = "5m", mask = { 32, 64 } },',
        '"192.0.2.71:443",',
        'monitor = { interval = "60s", timeout = "10s", fall = 3, rise = 1, backoff = "2m" },', 'balance = "hash",',
        'persistence = { by = "source", timeout = "2m", mask = 16 },', '-- "192.0.2.72:444",',
        '{ "192.0.2.74:444", weight = 3 },',
        'bind = { "tls:[2001:db8::30]:465" },', 'certificate = "ssl/mail.pem",', 'minimum = "1.0",',
        'verify_server = false,',
        'balance = "least-connections",', 'limits = { idle = "9000s" },', '-- listener "idle" {',
        'monitor = { interval = "5s", timeout = "2s", fall = 3, rise = 1, backoff = "30s" }, -- NetScaler\'s '
        'tcp-default'],
    "sip": [
        'bind = { "udp:198.51.100.10:5060" },', 'bind = { "tcp:198.51.100.10:5060", "tcp:198.51.100.11:5060", '
                                                '"tcp:198.51.100.12:5060" },',
        '{ "192.0.2.43:5060", max_sessions = 100 },', '{ "192.0.2.49:5060", backup = true },', 'transport = "udp",',
        'codes = "200, 404",',
        '{ "192.0.2.42:5060", weight = 20 },', '-- "192.0.2.42:5061",', 'source = "transparent",', 'minimum = "1.1",',
        'tickets = false,',
        'persistence = { by = "source", timeout = "15m", group = "media", mask = 24 },', 'reverse = true,',
        'monitor = false,'],
    "web": [
        '{ host = "meet.*", pool = "lb_meet" },', '{ host = "dialin.corp.example", pool = "lb_meet" },',
        '{ host = "mail.corp.example", path = "/owa/*", pool = "lb_mail" },',
        '{ host = "lyncdiscover.corp.example", pool = "lb_mail" },',
        'persistence = { by = { "cookie", "source" }, timeout = "168h" },',
        'persistence = { by = "cookie.session", timeout = "30m" },',
        'cookie_httponly = false,', 'hsts = "max-age=31536000; includeSubDomains",', 'forwarded = "append",',
        'verify = "optional",',
        'certificate = "ssl/web site-chain.pem",', 'tls_name = "meet.corp.example",', 'verify_server = true,',
        'codes = "200-302, 401",',
        'interval = "500ms",', 'contains = "ready",', '"web3.example:443",', 'minimum = "1.2",',
        'trust = "ssl/clients.cer",'],
    "exchange": [
        'policies = { "./policies/one_name-responder.lua", "./policies/one_name-switch.lua" },',
        'policies = { "./policies/to_https-away.lua" },', 'policies = { "./policies/paths-switch.lua" },',
        'contains = "200 OK",'],
    "appliance": ['listener "v" {'],
    "bounds": [
        'policies = { "./policies/x_y-responder.lua" },', 'policies = { "./policies/x_y-responder-2.lua" },',
        'host = "x",', 'max_forwards = 255,', 'persistence = { by = "call-id", timeout = "10080m" },'],
    "usip": ['source = "transparent",', 'on_down = "end",', 'on_down = "keep",'],
    "unknown": ['listener "good" {', "-- lb vserver sessions, line 12, is not here: -persistenceType SSLSESSION has "
                                     "no counterpart"],
}
STATUS = {"plain": 0, "appliance": 0, "usip": 0}  # the others have lines that affect traffic and cannot be mapped

# What follows the word of a name or an expression, and the pool's name of it; None: the line cannot be read.
QUOTING = [
    ('plain', "plain"), ('"plain"', "plain"), ("'single quoted'", "single_quoted"), (r'"a \"b\" c"', "a__b__c"),
    (r'"back\\slash"', "back_slash"),
    ("q{braces}", "braces"), ("q/slashes here/", "slashes_here"), ("q|a\"b|", "a_b"), ("ab\"c d\"ef", "abc_def"),
    ("name#1", "name_1"),
    ("name@x:1=.-", "name@x:1_.-"), ("Ünï", "__n__"), ('"open', None), ("'open", None), ("q{open", None),
    ('"open\\"', None), ('"', None),
    ("nul\0", None),
]


def run(play, *words, folder=None):
    return subprocess.run([os.path.join(play.build, "lychctl"), "import-netscaler", *words], cwd=folder or play.folder,
                          capture_output=True, text=True, errors="replace", timeout=slow(10 * PATIENCE))


def imported(play, name):
    """The import of a fixture in a folder of its own: its exit status, the configuration and the report."""
    folder = os.path.join(play.folder, name)
    os.mkdir(folder)
    shutil.copy(os.path.join(FIXTURES, f"{name}.conf"), folder)
    done = run(play, f"{name}.conf", "-o", "out.lua", "-r", "out.report", folder=folder)
    equal((done.stdout, done.stderr), ("", ""), "what is written elsewhere")
    return done.returncode, *(open(os.path.join(folder, f"out.{kind}")).read() for kind in ("lua", "report"))


def put_files(play, name, text):
    """Makes the certificates, keys and lists of revoked ones that the configuration names."""
    files = play.certificates
    for kind, path in re.findall(r'(certificate|key|trust|crl) = "(ssl/[^"]*)"', text):
        target = os.path.join(play.folder, name, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        source = {"certificate": "pool.pem", "key": "pool.key", "trust": "ca.pem"}.get(kind)
        with open(target, "ab" if kind == "key" else "wb") as file:
            file.write(open(files.path(source), "rb").read() if source else revoked(play))


def revoked(play):
    """A list of revoked certificates with none in it, of the play's authority."""
    folder = os.path.join(play.folder, "authority")
    os.makedirs(folder, exist_ok=True)
    for file, text in {"ca.conf": f"[ca]\ndefault_ca = own\n[own]\ndatabase = {folder}/index\ndefault_md = sha256\n",
                       "index": ""}.items():
        open(os.path.join(folder, file), "w").write(text)
    play.certificates.openssl("ca", "-config", f"{folder}/ca.conf", "-gencrl", "-crldays", "30", "-keyfile",
                              play.certificates.path("ca.key"),
                              "-cert", play.certificates.path("ca.pem"), "-out", f"{folder}/crl.pem")
    return open(f"{folder}/crl.pem", "rb").read()


def loads(play, name, text):
    put_files(play, name, text)
    done = subprocess.run([os.path.join(play.build, "lychgate"), "-t", "-c", "out.lua"],
                          cwd=os.path.join(play.folder, name), capture_output=True, text=True, timeout=slow(PATIENCE))
    equal(done.returncode, 0, f"the exit status of lychgate -t: {done.stderr}")


def numbers(report):
    return [int(n) for n in re.findall(r"(?m)^ {0,4}(\d+) [ !] (?:mapped|in part|not applicable|not supported)\b",
                                       report)]


def word(text, kind, name):
    found = re.search(rf'(?ms)^{kind} "{re.escape(name)}" {{(.*?)^}}', text)
    expect(found, f"there is a {kind} {name}")
    return found.group(1)


@story
def every_virtual_server_of_the_guide_comes_over(play):
    status, text, report = imported(play, "guide")
    equal(status, 2, "the exit status: a UDP monitor asks another question here")
    equal(len(re.findall(r"(?m)^listener ", text)), len(GUIDE), "how many listeners there are")
    for name, bind, plugin, servers, port, persistence in GUIDE:
        listener, pool = word(text, "listener", name), word(text, "pool", name)
        expect(f'plugin = "{plugin}",' in listener and f'bind = {{ "{bind}" }},' in listener, f"{name}: {listener}")
        equal(re.findall(r'(?m)^    "(.*?)", --', pool), [f"{s}:{port}" for s in servers], f"the servers of {name}")
        expect(re.search(rf"persistence = (\{{ )?{re.escape(persistence)}", pool),
               f"{name} persists by {persistence}: {pool}")
        equal('policies = { "responder/no-compression" }' in listener, plugin == "sip", f"{name} refuses compression")
    expect('plugin = "stun",' in word(text, "pool", "v_edge_av_3478"), "3478 is asked by STUN")
    expect('monitor = {\n    plugin = "sip",\n    transport = "tcp",' in word(text, "pool", "v_director_5061"),
           "5061 is asked by SIP on 5060")
    equal(report, open(os.path.join(FIXTURES, "guide.report")).read(), "the report")
    equal(numbers(report), list(range(1, report.count("\n") and 1 +
                                      len(open(os.path.join(FIXTURES, "guide.conf")).readlines()))), "its lines")
    loads(play, "guide", text)


@story
def every_fixture_comes_over_with_its_report(play):
    for name, wanted in ESSENTIALS.items():
        status, text, report = imported(play, name)
        equal(status, STATUS.get(name, 2), f"the exit status of {name}")
        for line in wanted:
            expect(re.search(rf"(?m)^ *{re.escape(line)}", text), f"{name}.conf gives {line}\n{text}")
        equal(report, open(os.path.join(FIXTURES, f"{name}.report")).read(), f"the report on {name}")
        lines = len(open(os.path.join(FIXTURES, f"{name}.conf")).readlines())
        equal(numbers(report), list(range(1, lines + 1)), f"{name}: every line is told once")
        expect("secret" not in report and "hidden" not in report and "0123456789" not in report, "no secret is shown")
        loads(play, name, text)


@story
def policies_that_are_written_decide(play):
    imported(play, "web")
    answers, edits = "policies/cs_web-responder.lua", "policies/cs_web-rewrite.lua"
    for facts, verdict in [
            (("source=192.0.2.9",), '["x-gateway"] = "corp 192.0.2.9"'),
            (("source=192.0.2.9",), 'answer ["server"] = nil'),
            (("method=TRACE", "path=/", "source=192.0.2.1"), "drop()"),
            (("method=GET", "path=/", "source=198.51.100.1"), "pass()"),
            (("method=GET", "path=/admin/x", "source=192.0.2.1"), "pass()"),
            (("method=GET", "path=/admin/x", "source=198.51.100.1"), 'reply(403, "Forbidden"')]:
        done = subprocess.run([os.path.join(play.build, "lychgate"), "--policy", answers if len(facts) > 1 else edits,
                               *(w for f in facts for w in ("--fact", f))], cwd=os.path.join(play.folder, "web"),
                               capture_output=True, text=True,
                              timeout=slow(PATIENCE))
        expect(verdict in done.stdout, f"{facts} give {verdict}: {done.stdout}{done.stderr}")


@story
def content_switching_by_more_than_rows_keeps_its_order(play):
    imported(play, "exchange")
    mail, active, farm = 'route("lb_owa")', 'route("lb_eas")', 'route("lb_sfb")'
    for file, facts, verdict in [
            ("one_name-switch", ("host=meet.corp.example", "path=/owa/"), farm),
            ("one_name-switch", ("host=dialin.corp.example",), farm),
            ("one_name-switch", ("path=/Microsoft-Server-ActiveSync",), active),
            ("one_name-switch", ("path=/OWA", "host=x.example"), mail),
            ("one_name-switch", ("method=OPTIONS", "path=/x", "source=192.0.2.7"), active),
            ("one_name-switch", ("method=OPTIONS", "path=/x", "source=203.0.113.7"), mail),
            ("one_name-switch", ("path=/owax",), mail),
            ("paths-switch", ("path=/owa/",), mail), ("paths-switch", ("path=/owa/x",), "pass()"),
            ("one_name-responder", ("path=/",), "reply(302"),
            ("to_https-away", ("path=/x",), "https://mail.corp.example/x")]:
        if file == "one_name-switch" and not any(f.startswith("source") for f in facts):
            facts = (*facts, "source=203.0.113.1")
        done = subprocess.run([os.path.join(play.build, "lychgate"), "--policy", f"policies/{file}.lua",
                               *(w for f in facts for w in ("--fact", f))],
                              cwd=os.path.join(play.folder, "exchange"), capture_output=True, text=True,
                              timeout=slow(PATIENCE))
        expect(verdict in done.stdout, f"{file} with {facts} gives {verdict}: {done.stdout}{done.stderr}")


@story
def secrets_are_not_shown_wherever_they_are(play):
    for line in ('add lb monitor m RADIUS -radKey "hid\\"den words" -encrypted',
                 "add lb monitor m HTTP -password 'hidden words'",
                 'add lb monitor m HTTP -password hidden -what hidden -encrypted', 'set system user nsroot "hidden',
                 "add snmp community hidden",
                 'add ssl certKey c -cert a -passcrypt hidden -password hidden',
                 'set ns rpcNode 192.0.2.1 -password "hidden',
                 'add lb vserver v HTTP 192.0.2.1 80 -newSecretThing hidden', 'bind lb vserver v -radkey hidden'):
        said = pool_of(play, "add server a 192.0.2.1\n" + line + "\n")[2]
        expect("hid" not in said and "***" in said, f"{line}: {said}")


@story
def arrays_are_bounded_over_the_whole_file(play):
    lines = "".join(f"add server s{i}x[1-256] 192.0.2.[0-255]\n" for i in range(2000))
    status, _, said = pool_of(play, lines)
    equal(status, 2, "the exit status")
    expect("more than 200000 commands" in said, said[-300:])


@story
def without_folders_it_goes_to_the_streams(play):
    done = run(play, os.path.join(FIXTURES, "web.conf"))
    equal(done.returncode, 2, "the exit status")
    expect(done.stdout.startswith("-- Made of") and 'listener "cs_web" {' in done.stdout,
           "the configuration is on stdout")
    expect("-- ==== policies/cs_web-responder.lua" in done.stdout and "--   decide = function(m)" in done.stdout,
           "and so are its policies")
    equal(numbers(done.stderr)[-1], 78, "the last line of the report, on stderr")
    expect("\nto do by hand:\n  line 62: make 'ssl/web site-chain.pem': cat 'ssl/web site.cer' ssl/" in done.stderr,
           "what is to do stands together at the end")


def pool_of(play, text):
    """Imports a file with this content; the exit status, the names of pools, and all that was said."""
    with open(os.path.join(play.folder, "ns.conf"), "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())
    done = run(play, "ns.conf")
    expect("stack traceback" not in done.stderr and "lua:" not in done.stderr, f"no script fails: {done.stderr}")
    return done.returncode, re.findall(r'(?m)^pool "(.*?)"', done.stdout), done.stderr


@story
def quotes_escapes_and_ends_of_lines(play):
    for written, name in QUOTING:
        text = (f"add service s 192.0.2.1 TCP 443\nadd lb vserver {written} TCP 203.0.113.1 443\nbind lb vserver "
                f"{written} s\n")
        status, pools, said = pool_of(play, text)
        equal((status, pools), (0, [name]) if name else (1, []), f"what comes of {written}: {said}")
        if not name:
            expect("2 lines cannot be read, so nothing is written" in said, f"{written}: {said}")
    plain = "add service s 192.0.2.1 TCP 443\nadd lb vserver v TCP 203.0.113.1 443\nbind lb vserver v s"
    for text in (plain, plain.replace("\n", "\r\n"), "\ufeff" + plain, "\t " + plain.replace("\n", "\n \t"),
                 plain.upper().replace(" S", " s"), plain.replace(" ", "  ") + " \t \n\n"):
        equal(pool_of(play, text)[0], 0, f"the exit status of {text!r}")


@story
def what_is_cut_off_or_no_ns_conf_at_all_ends_well(play):
    whole = open(os.path.join(FIXTURES, "web.conf"), "rb").read()
    for cut in range(1, len(whole), 101):
        expect(pool_of(play, whole[:cut])[0] in (1, 0, 2), f"an exit status, cut at {cut}")
    for text in (b"", b"\n\n", b"\0" * 1000, bytes(range(256)) * 40, b"hello world\n", b"#NS12.0\n"):
        equal(pool_of(play, text)[0], 1, f"the exit status of {text[:20]!r}")
    equal(run(play, "no-such.conf").returncode, 1, "the exit status of a file that is not there")
    for words in ((), ("a", "b"), ("a", "-o"), ("--what", "a")):
        done = run(play, *words)
        expect(done.returncode == 2 and "usage: lychctl import-netscaler" in done.stderr,
               f"usage is told: {words}: {done}")


@story
def a_file_of_ten_megabytes_is_bounded(play):
    line = b"add server s%d 192.0.2.1\n"
    many = b"".join(line % i for i in range(10000))
    status, _, said = pool_of(play, many + 160 * (b"#" * 65000 + b"\n"))
    equal(status, 0, "the exit status of many lines")
    expect("10160 lines" in said, "all are told")
    for text, why in ((b"a\n" * 300000, "more than 100000 lines"),
                      (b"add server s " + b"x" * 10000000, "longer than 65536 bytes"),
                      (b'add server s "' + b'\\"' * 5000000, "longer than 65536 bytes"),
                      (b"add server" + b" a" * 20000, "more than 1000 words")):
        status, _, said = pool_of(play, text)
        equal(status, 1, f"the exit status: {why}")
        expect(why in said, f"{why}: {said[:300]}")
    for rule in ("(" * 2000 + "true" + ")" * 2000, "!" * 60000 + "true", "true" + " && true" * 7000, "itself",
                 "true" + " || itself" * 300):
        status, _, said = pool_of(play, f'add responder policy p "{rule}" DROP\nadd service s 192.0.2.1 HTTP 80\n'
                                  "add lb vserver v HTTP 203.0.113.1 80\nbind lb vserver v s\nadd policy expression "
                                  "itself itself\n"
                                  "bind lb vserver v -policyName p -priority 1\n")
        equal(status, 2, f"the exit status of an expression that is too long, too deep or its own: {rule[:20]}: "
                         f"{said[-300:]}")


main()
