# SPDX-License-Identifier: Apache-2.0
"""The gateways of the bench and the two servers behind them: how each is configured, started and stopped.

Every gateway gets one worker.  Those for TLS take it with the same P-256 certificate, speak plain TCP with the servers,
and listen with an RSA certificate on a port of their own, 100 higher, for the storm of handshakes."""
import os
import shutil
import socket
import subprocess
import time

SERVERS = ("127.77.0.2:5070", "127.77.0.3:5070")
FRONT = "127.77.0.1"


class Failed(Exception):
    pass


def pinned(cpu):
    return ["taskset", "-c", str(cpu)] if os.cpu_count() > 1 else []


def further(address, by):
    """The same address with a higher port."""
    host, port = address.rsplit(":", 1)
    return f"{host}:{int(port) + by}"


def storm_of(address):
    return further(address, 100)


def policy_of(address):
    return further(address, 200)


class Gateway:
    def __init__(self, name, address, own):
        self.name, self.address, self.own = name, address, own
        self.runs, self.sends, self.failure, self.pid = {}, {}, None, None


# ---- Each gateway: writes its configuration into the folder, returns the command that stays in the foreground ----

# What a proxy's configuration loads as a rule, used or not: their hooks are part of what a message costs there.
KAMAILIO_MODULES = ("kex", "tm", "tmx", "sl", "rr", "pv", "maxfwd", "dispatcher")


def kamailio(transport):
    def command(stage, address):
        tls = transport == "tls"
        modules = next(d for d in ("/usr/lib/x86_64-linux-gnu/kamailio/modules",
                                   *stage.find_modules("kamailio/modules"))
                       if os.path.isdir(d))
        servers = "".join(f"1 sip:{s}{';transport=tcp' if tls else ''}\n" for s in SERVERS)
        stage.write("kamailio.list", servers)
        load = "".join(f'loadmodule "{m}.so"\n' for m in (*(("tls",) if tls else ()), *KAMAILIO_MODULES))
        more = f"""modparam("tls", "tls_method", "TLSv1.2+")
modparam("tls", "certificate", "{stage.folder}/server.crt")
modparam("tls", "private_key", "{stage.folder}/server.key")
""" if tls else ""
        file = stage.write("kamailio.cfg", f"""#!KAMAILIO
debug=0
log_stderror=yes
auto_aliases=no
dns=no
rev_dns=no
children=1
tcp_children=1
{"enable_tls=yes" if tls else "disable_tcp=yes"}
tcp_max_connections=8192
tcp_rd_buf_size=65536
listen={transport}:{address}
mpath="{modules}/"
{load}
modparam("dispatcher", "list_file", "{stage.folder}/kamailio.list")
{more}request_route {{
  if (!mf_process_maxfwd_header("10")) exit;
  if (!ds_select_dst("1", "0")) exit;   # 0: the hash of the Call-ID
  forward();
}}
""")
        return ["kamailio", "-DD", "-E", "-f", file, "-m", "256", "-M", "16", "-Y", stage.folder]
    return command


def haproxy(stage, address):
    servers = "".join(f"  server s{i} {s}\n" for i, s in enumerate(SERVERS))
    fronts = "".join(f"""listen {name}
  mode tcp
  bind {bind} ssl crt {stage.folder}/{name}.pem
  balance roundrobin
{servers}""" for name, bind in (("server", address), ("storm", storm_of(address))))
    file = stage.write(f"{address}-haproxy.cfg", f"""global
  nbthread 1
  maxconn 4000
defaults
  timeout connect 5s
  timeout client 60s
  timeout server 60s
{fronts}""")
    return ["haproxy", "-db", "-f", file]


def nginx_with(stage, address, stream):
    servers = "".join(f"server {s}; " for s in SERVERS)
    file = stage.write(f"{address}-nginx.conf", f"""
load_module {next(stage.find_modules("nginx/modules"))}/ngx_stream_module.so;
daemon off; pid {stage.folder}/{address}-nginx.pid; error_log stderr error;
worker_processes 1; worker_rlimit_nofile 18000;
events {{ worker_connections 8000; multi_accept on; }}
stream {{
  upstream by_turns {{ {servers} }}
  upstream by_client {{ hash $remote_addr$remote_port; {servers} }}
{stream}}}
""")
    return ["nginx", "-p", stage.folder, "-e", "stderr", "-c", file]


def nginx(stage, address):
    return nginx_with(stage, address, "".join(f"""  server {{
    listen {bind} ssl;
    ssl_certificate {stage.folder}/{name}.crt; ssl_certificate_key {stage.folder}/{name}.key;
    ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache off; tcp_nodelay on;
    proxy_pass by_turns;
  }}
""" for name, bind in (("server", address), ("storm", storm_of(address)))))


def nginx_udp(stage, address):
    return nginx_with(stage, address, f"  server {{ listen {address} udp; proxy_pass by_client; proxy_timeout 5s; }}\n")


# Reads three facts of every request, and lets it pass.
POLICY = """return {
  plugin = "sip", reads = { "method", "from.domain", "header.user-agent" },
  decide = function(m)
    if m.method == "FROB" or m["from.domain"] == "elsewhere.example" or m["header.user-agent"] == "another" then
      return drop()
    end
  end,
}
"""


def lychgate(transport, options, pool=""):
    """Listeners with these options: "front", "policy" with a policy, and with TLS "storm"."""
    def listener(name, bind, certificate, more=""):
        tls = f'tls = "{certificate}", ' if transport == "tls" else ""
        return f"""listener "{name}" {{
  plugin = "sip", bind = {{ "{transport}:{bind}" }}, {tls}pool = "servers",
  limits = {{ sessions = 3000, sessions_per_source = 3000, new_per_source = 20000, handshakes = 20000 }},
  options = {{ {options} }}, {more}
}}
"""

    def command(stage, address):
        servers = ", ".join(f'"{s}"' for s in SERVERS)
        stage.write("three-facts.lua", POLICY)
        text = f"""gateway {{ workers = 1, control = "{address}.sock", log = "warning" }}
tls "server" {{ certificate = "server.crt", key = "server.key" }}
tls "storm" {{ certificate = "storm.crt", key = "storm.key" }}
pool "servers" {{
  servers = {{ {servers} }}, balance = "hash", persistence = {{ by = "call-id", timeout = "1m" }}, {pool}
}}
"""
        text += listener("front", address, "server")
        text += listener("policy", policy_of(address), "server", 'policies = { "./three-facts.lua" },')
        text += listener("storm", storm_of(address), "storm") if transport == "tls" else ""
        return [f"{stage.build}/lychgate", "-c", stage.write(f"{address}-lychgate.lua", text)]
    return command


TLS = {
    "kamailio": kamailio("tls"),
    "haproxy": haproxy,
    "nginx stream": nginx,
    "lychgate connection": lychgate("tls", 'route = "connection"'),
    "lychgate message": lychgate("tls", 'route = "message"'),
    "lychgate hop": lychgate("tls", 'mode = "hop"'),
}
UDP = {
    "kamailio": kamailio("udp"),
    "nginx stream": nginx_udp,
    "lychgate hop": lychgate("udp", "", 'transport = "udp",'),
}


class Stage:
    """What runs during the bench: the servers on CPU 1, the gateways on CPU 0."""

    def __init__(self, folder, build):
        self.folder, self.build, self.processes = folder, build, []
        os.chmod(folder, 0o755)  # nginx's worker is another user
        self.certificates()

    @staticmethod
    def find_modules(tail):
        """The folders of the packages' modules, whatever the machine's architecture is called."""
        roots = ["/usr/lib"] + [e.path for e in os.scandir("/usr/lib") if e.is_dir()]
        return (f"{r}/{tail}" for r in roots if os.path.isdir(f"{r}/{tail}"))

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="ascii") as f:
            f.write(text)
        return path

    def certificates(self):
        for name, kind in (("server", ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")), ("storm", ("rsa:2048",))):
            subprocess.run(["openssl", "req", "-x509", "-newkey", *kind, "-nodes", "-days", "2", "-subj",
                            "/CN=bench.example",
                            "-keyout", f"{name}.key", "-out", f"{name}.crt"], cwd=self.folder, check=True,
                            capture_output=True)
            both = [open(os.path.join(self.folder, f), encoding="ascii").read() for f in (f"{name}.crt", f"{name}.key")]
            self.write(f"{name}.pem", "".join(both))

    def launch(self, name, command, cpu):
        with open(os.path.join(self.folder, f"{name}.log".replace(" ", "-")), "w", encoding="ascii") as log:
            process = subprocess.Popen(pinned(cpu) + command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log,
                                       stderr=log)
        self.processes.append(process)
        return process

    def last_words(self, name):
        with open(os.path.join(self.folder, f"{name}.log".replace(" ", "-")), encoding="ascii",
                  errors="replace") as log:
            return " ".join(log.read().split("\n")[-4:]).strip() or "it said nothing"

    def await_port(self, name, process, address, udp=False):
        for _ in range(100):
            if (answers if udp else listens)(address):
                return
            if process.poll() is not None:
                raise Failed(f"ended: {self.last_words(name)}")
            time.sleep(0.1)
        raise Failed(f"does not {'answer' if udp else 'listen'} on {address}: {self.last_words(name)}")

    def start_servers(self):
        for i, address in enumerate(SERVERS):
            name = f"server-{i + 1}"
            process = self.launch(name, [f"{self.build}/tests/bench/uas", name, address], 1)
            self.await_port(name, process, address)

    def start_all(self, gateways, only, udp=False, first=5061):
        """Those of the gateways whose name contains one of these words."""
        wanted = {n: g for n, g in gateways.items() if any(word in n for word in only)}
        return [self.start_gateway(n, g, f"{FRONT}:{first + i}", udp) for i, (n, g) in enumerate(wanted.items())]

    def start_gateway(self, name, configure, address, udp=False):
        gateway = Gateway(name, address, name.startswith("lychgate"))
        try:
            command = configure(self, address)
            if not shutil.which(command[0]):
                raise Failed(f"{command[0]} is not installed; ./bootstrap bench installs it")
            process = self.launch(f"{name} {address}", command, 0)
            gateway.pid = process.pid
            self.await_port(f"{name} {address}", process, address, udp)
        except Failed as e:
            gateway.failure = str(e)
        except StopIteration:
            gateway.failure = "not installed; ./bootstrap bench installs it"
        return gateway

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes = []


def listens(address):
    host, port = address.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), 1).close()
    except OSError:
        return False
    return True


def answers(address):
    """Whether an OPTIONS over UDP comes back with 200."""
    host, port = address.rsplit(":", 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.2)
        try:
            s.connect((host, int(port)))
            at = "{}:{}".format(*s.getsockname())
            s.send("\r\n".join(("OPTIONS sip:pool@bench.example SIP/2.0",
                                f"Via: SIP/2.0/UDP {at};branch=z9hG4bKup;rport",
                                "Max-Forwards: 70", "From: <sip:up@bench.example>;tag=1",
                                "To: <sip:pool@bench.example>",
                                f"Call-ID: up-{at}", "CSeq: 1 OPTIONS", "Content-Length: 0", "", "")).encode())
            return s.recv(8192).startswith(b"SIP/2.0 200 ")
        except OSError:
            return False
