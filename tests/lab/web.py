#!/usr/bin/python3
"""web: real web servers behind a gateway (nginx, Apache with NTLM, an NTLM server as IIS is one, node's ws) and real
clients in front of it (curl, wrk, node's ws, Chromium): all is served, nobody is answered as somebody else.
"""
import hashlib
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scenario"))

from play import Failure, Skip, equal, expect, main, slow, story
from sites import GSSAPI, NTLM_USERS, PAGE, PYTHON, apache, nginx, ntlm, websocket

LONG = float(os.environ.get("LYCHGATE_LAB_SECONDS", "20")) >= 120  # as `make lab` has it
REQUESTS = 1000 if LONG else 50  # of each user
AT_ONCE = 5                      # processes of each user
BULK = (100 if LONG else 20) << 20
TIME_S = 120
CHROMIUM = next((c for c in ("chromium-headless-shell", "chromium") if shutil.which(c)), None)
WS = "/usr/share/nodejs/ws"


def missing():
    """Packages without which there is no lab at all."""
    found = {"curl": shutil.which("curl"), "nginx-light": shutil.which("nginx") or os.path.exists("/usr/sbin/nginx"),
             "python3-impacket": not subprocess.run([PYTHON, "-c", "import impacket"], capture_output=True).returncode}
    return " ".join(name for name, there in found.items() if not there)


def need(condition, packages):
    if not condition:
        raise Skip(f"apt-get install {packages}")


# ---- The stage ----

def gateway(play, sites, tls=False, pool="", **words):
    pool = f'balance = "round-robin", monitor = {{ interval = "300ms", timeout = "1s" }}, {pool}'
    if tls:
        words.update(bind="tls", words=play.certificates.word("pool"), listener='tls = "pool",')
    made = play.web(sites, pool=pool, gateway='log = "info",', **words)
    host, port = made.address
    made.url = f"https://pool.test:{port}" if tls else f"http://{host}:{port}"
    made.curl = ["--cacert", play.certificates.path("ca.pem"), "--resolve", f"pool.test:{port}:{host}"] if tls else []
    return made


def command(gateway, *words):
    return ["curl", "-sS", "--max-time", str(TIME_S), *gateway.curl, *words]


def curl(gateway, *words, path="/", **environment):
    """What curl prints."""
    done = subprocess.run(command(gateway, *words, gateway.url + path), capture_output=True, text=True,
                          timeout=slow(TIME_S), env={**os.environ, **environment})
    if done.returncode:
        raise Failure(f"curl ended with {done.returncode}: {done.stderr}")
    return done.stdout


def together(commands):
    """Runs them all at once; what each prints."""
    running = [subprocess.Popen(c, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for c in commands]
    said = []
    try:
        for process in running:
            out, errors = process.communicate(timeout=slow(TIME_S))
            expect(process.returncode == 0, f"a client ended with {process.returncode}: {errors}")
            said.append(out)
    finally:
        for process in running:
            if process.poll() is None:
                process.kill()
                process.wait()
    return said


# ---- nginx ----

@story
def curl_is_served_by_nginx_in_every_way(play):
    sites = [nginx(play, "nginx1"), nginx(play, "nginx2")]
    for tls in (False, True):
        made = gateway(play, sites, tls)
        said = curl(made, path="/a/../b?q=[1-20]").splitlines()
        equal(len(said), 20, "answers")
        equal({line.split()[0] for line in said}, {"nginx1", "nginx2"}, "who has answered")
        expect(all("GET /b?q=" in line and "for 127." in line for line in said), f"what they were asked: {said[0]}")
        expect(" 100000 for" in curl(made, "-d", "x" * 100000, "-H", "Expect: 100-continue"),
               "a POST that waits for 100")
        equal(curl(made, "-I", "-o", "/dev/null", "-w", "%{http_code}"), "200", "a HEAD")
        expect(" GET / " in curl(made, "-0"), "HTTP/1.0")
        equal(curl(made, "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}", path="/moved"),
              f"302 {made.url}/files/", "a redirect")
        play.finish()


@story
def large_files_arrive_whole(play):
    site = nginx(play)
    data = os.urandom(1 << 20) * (BULK >> 20)
    site.write("www/files/bulk", data)
    wanted = hashlib.sha256(data).hexdigest()
    for tls in (False, True):
        made = gateway(play, [site], tls)
        for words in ([], ["--limit-rate", f"{BULK // 2}"]):
            into = os.path.join(play.folder, "bulk")
            curl(made, "-o", into, *words, path="/files/bulk")
            with open(into, "rb") as file:
                equal(hashlib.sha256(file.read()).hexdigest(), wanted, "what came")
        curl(made, "-r", "100-199", "-o", into, path="/files/bulk")
        with open(into, "rb") as file:
            equal(file.read(), data[100:200], "a range")
        up = os.path.join(site.folder, "www", "files", "bulk")
        expect(f" {BULK} for" in curl(made, "-T", up, path="/up"), "an upload of a said length")
        equal(curl(made, "-T", up, "-H", "Transfer-Encoding: chunked", "-o", "/dev/null", "-w", "%{http_code}",
                   path="/up"), "200", "in chunks")
        play.finish()


@story
def wrk_sees_no_error(play):
    need(shutil.which("wrk"), "wrk")
    made = gateway(play, [nginx(play, "nginx1"), nginx(play, "nginx2")])
    done = subprocess.run(["wrk", "-t2", "-c64", f"-d{20 if LONG else 3}s", made.url + "/"], capture_output=True,
                          text=True, timeout=slow(TIME_S))
    print(*(f"    {line.strip()}" for line in done.stdout.splitlines() if "requests in" in line
            or "Requests/sec" in line), sep="\n")
    expect(done.returncode == 0 and "requests in" in done.stdout, f"it runs: {done.stdout}{done.stderr}")
    expect("Socket errors" not in done.stdout and "Non-2xx" not in done.stdout, f"no errors: {done.stdout}")


# ---- NTLM ----

def users_of(text):
    return [match or "nobody" for match in re.findall(r"user=(\w+)|^no$", text, re.M)]


@story
def two_users_at_once_are_never_mixed(play):
    sites = [ntlm(play, "ntlm1"), ntlm(play, "ntlm2")]
    for tls in (False, True):
        made = gateway(play, sites, tls)
        each = REQUESTS // AT_ONCE
        commands, owners = [], []
        for user in ("alice", "bob"):
            for n in range(AT_ONCE):
                post = ["-d", "x" * 500] if n % 2 else []
                commands.append(command(made, "--ntlm", "-u", rf"LAB\{user}:secret", *post,
                                        f"{made.url}/{user}{n}/[1-{each}]"))
                owners.append(user)
        commands.append(command(made, f"{made.url}/nobody/[1-{REQUESTS}]"))
        owners.append("nobody")
        for said, owner in zip(together(commands), owners):
            wanted = REQUESTS if owner == "nobody" else each
            seen = users_of(said)
            equal((len(seen), set(seen)), (wanted, {owner}), f"who {owner}'s answers were for")
            if owner != "nobody":
                equal(len(set(re.findall(r"connection=(\d+)", said))), 1,
                      "server connections of one client's connection")
        equal(curl(made, "-o", "/dev/null", "-w", "%{http_code}"), "401", "what a stranger gets afterwards")
        equal(curl(made, "--ntlm", "-u", r"LAB\alice:wrong", "-o", "/dev/null", "-w", "%{http_code}"), "401",
              "a wrong password")
        play.finish()


@story
def apache_with_ntlm_is_signed_in_to(play):
    need(os.path.exists(GSSAPI) and os.path.exists("/usr/sbin/apache2"),
         "apache2 libapache2-mod-auth-gssapi gss-ntlmssp")
    made = gateway(play, [apache(play, "apache1"), apache(play, "apache2")])
    equal(curl(made, "-o", "/dev/null", "-w", "%{http_code}"), "401", "what a stranger gets")
    for user in ("alice", "bob"):
        file = os.path.join(play.folder, f"{user}.users")
        with open(file, "w") as users:
            users.write("".join(line + "\n" for line in NTLM_USERS.splitlines() if user in line))
        said = curl(made, "--negotiate", "-u", rf"LAB\{user}:secret", "-D", "-", "-o", "/dev/null",
                    path="/index.html?[1-5]", NTLM_USER_FILE=file)
        names = re.findall(r"(?im)^x-user: (.*?)\r?$", said)
        shown = [name for name in names if name.strip() and name != "(null)"]
        expect(len(shown) == 5 and all(user in name.lower() for name in shown), f"five answers are {user}'s: {said}")
        equal(curl(made, "-o", "/dev/null", "-w", "%{http_code}"), "401", "what a stranger gets meanwhile")


# ---- Websockets ----

@story
def websockets_carry_everything(play):
    need(shutil.which("node") and os.path.exists(WS), "node-ws")
    site = websocket(play)
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "websocket.js")
    for tls in (False, True):
        made = gateway(play, [site], tls)
        host, port = made.address
        url = f"{'wss' if tls else 'ws'}://{host}:{port}/"
        secure = [play.certificates.path("ca.pem"), "pool.test"] if tls else []
        done = subprocess.run(["node", script, "talk", url, "50", "200000", *secure], capture_output=True, text=True,
                              timeout=slow(TIME_S), env={**os.environ, "NODE_PATH": "/usr/share/nodejs"})
        equal(done.stdout.strip(), "echoed 50 pongs 1 protocol lab ended 4001 as asked",
              f"what it says ({done.stderr})")
        play.finish()


# ---- Chromium ----

def browse(play, url, *words):
    done = subprocess.run([CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu",
                           f"--user-data-dir={play.folder}/chromium", *words,
                           "--virtual-time-budget=20000", "--timeout=20000", "--dump-dom", url],
                          capture_output=True, text=True, timeout=slow(TIME_S))
    return done.stdout


@story
def chromium_loads_a_page_and_what_it_asks_for(play):
    need(CHROMIUM, "chromium-headless-shell")
    site = nginx(play)
    site.write("www/files/page.html", PAGE)
    made = gateway(play, [site])
    said = browse(play, made.url + "/files/page.html")
    expect("/n11" in said, f"the page asked for more, and got it: {said[:500]}")


@story
def chromium_signs_in_by_ntlm(play):
    need(CHROMIUM, "chromium-headless-shell")
    # NTLM alone: it has no Negotiate without a Kerberos.
    made = gateway(play, [ntlm(play, name, "NTLM") for name in ("ntlm1", "ntlm2")])
    host, port = made.address
    said = browse(play, f"http://alice:secret@{host}:{port}/page.html", "--auth-server-allowlist=*")
    equal(users_of(said), ["alice"] * 12, f"who the page's parts were for: {said[:500]}")
    print(f"    on {len(set(re.findall('connection=([0-9]+)', said)))} connections")
    equal(curl(made, "-o", "/dev/null", "-w", "%{http_code}"), "401", "what a stranger gets afterwards")


lacking = missing()
if lacking:
    print(f"skipped: apt-get install {lacking}")
    sys.exit(77)
main()
