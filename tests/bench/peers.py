# SPDX-License-Identifier: Apache-2.0
"""The gateways of the bench and the two servers behind them: how each is configured, started and stopped.

Every gateway gets one worker, TLS towards clients with the same P-256 certificate, and plain TCP towards the servers."""
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


class Gateway:
    def __init__(self, name, address, own):
        self.name, self.address, self.own = name, address, own
        self.runs, self.sends, self.failure, self.pid = [], None, None, None


# ---- Each gateway: writes its configuration into the folder, returns the command that stays in the foreground ----

def kamailio(stage, address):
    modules = next(d for d in ("/usr/lib/x86_64-linux-gnu/kamailio/modules", *stage.find_modules("kamailio/modules")) if os.path.isdir(d))
    stage.write("kamailio.list", "".join(f"1 sip:{s};transport=tcp\n" for s in SERVERS))
    load = "".join(f'loadmodule "{m}.so"\n' for m in ("tls", "pv", "maxfwd", "dispatcher"))
    file = stage.write("kamailio.cfg", f"""#!KAMAILIO
debug=0
log_stderror=yes
auto_aliases=no
dns=no
rev_dns=no
children=1
tcp_children=1
enable_tls=yes
tcp_max_connections=8192
tcp_rd_buf_size=65536
listen=tls:{address}
mpath="{modules}/"
{load}
modparam("dispatcher", "list_file", "{stage.folder}/kamailio.list")
modparam("tls", "tls_method", "TLSv1.2+")
modparam("tls", "certificate", "{stage.folder}/server.crt")
modparam("tls", "private_key", "{stage.folder}/server.key")
request_route {{
  if (!mf_process_maxfwd_header("10")) exit;
  if (!ds_select_dst("1", "0")) exit;   # 0: the hash of the Call-ID
  forward();
}}
""")
    return ["kamailio", "-DD", "-E", "-f", file, "-m", "256", "-M", "16", "-Y", stage.folder]


def haproxy(stage, address):
    servers = "".join(f"  server s{i} {s}\n" for i, s in enumerate(SERVERS))
    file = stage.write("haproxy.cfg", f"""global
  nbthread 1
  maxconn 4000
defaults
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen front
  mode tcp
  bind {address} ssl crt {stage.folder}/server.pem
  balance roundrobin
{servers}""")
    return ["haproxy", "-db", "-f", file]


def nginx(stage, address):
    servers = "".join(f"server {s}; " for s in SERVERS)
    file = stage.write("nginx.conf", f"""load_module {next(stage.find_modules("nginx/modules"))}/ngx_stream_module.so;
daemon off; pid {stage.folder}/nginx.pid; error_log stderr error; worker_processes 1;
events {{ worker_connections 8000; multi_accept on; }}
stream {{
  upstream servers {{ {servers} }}
  server {{
    listen {address} ssl;
    ssl_certificate {stage.folder}/server.crt; ssl_certificate_key {stage.folder}/server.key;
    ssl_protocols TLSv1.2 TLSv1.3; tcp_nodelay on;
    proxy_pass servers;
  }}
}}
""")
    return ["nginx", "-p", stage.folder, "-e", "stderr", "-c", file]


def lychgate(route):
    def command(stage, address):
        servers = ", ".join(f'"{s}"' for s in SERVERS)
        file = stage.write(f"{route}.lua", f"""gateway {{ workers = 1, control = "{route}.sock", log = "warning" }}
tls "front" {{ certificate = "server.crt", key = "server.key" }}
pool "servers" {{ servers = {{ {servers} }}, balance = "hash", persistence = {{ by = "call-id", timeout = "1m" }} }}
listener "front" {{
  plugin = "sip", bind = {{ "tls:{address}" }}, tls = "front", pool = "servers",
  limits = {{ sessions = 20000, sessions_per_source = 20000, new_per_source = 20000, handshakes = 20000 }},
  options = {{ route = "{route}" }},
}}
""")
        return [f"{stage.build}/lychgate", "-c", file]
    return command


GATEWAYS = {
    "kamailio": kamailio,
    "haproxy": haproxy,
    "nginx stream": nginx,
    "lychgate connection": lychgate("connection"),
    "lychgate message": lychgate("message"),
}


class Stage:
    """What runs during the bench: the servers on CPU 1, the gateways on CPU 0."""

    def __init__(self, folder, build):
        self.folder, self.build, self.processes = folder, build, []
        os.chmod(folder, 0o755)  # nginx's worker is another user
        self.certificate()

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

    def certificate(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=bench.example", "-keyout", "server.key", "-out", "server.crt"],
                       cwd=self.folder, check=True, capture_output=True)
        both = [open(os.path.join(self.folder, f), encoding="ascii").read() for f in ("server.crt", "server.key")]
        self.write("server.pem", "".join(both))

    def launch(self, name, command, cpu):
        with open(os.path.join(self.folder, f"{name}.log".replace(" ", "-")), "w", encoding="ascii") as log:
            process = subprocess.Popen(pinned(cpu) + command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def last_words(self, name):
        with open(os.path.join(self.folder, f"{name}.log".replace(" ", "-")), encoding="ascii", errors="replace") as log:
            return " ".join(log.read().split("\n")[-4:]).strip() or "it said nothing"

    def await_port(self, name, process, address):
        host, port = address.rsplit(":", 1)
        for _ in range(100):
            try:
                socket.create_connection((host, int(port)), 1).close()
                return
            except OSError:
                if process.poll() is not None:
                    raise Failed(f"ended: {self.last_words(name)}") from None
                time.sleep(0.1)
        raise Failed(f"does not listen on {address}: {self.last_words(name)}")

    def start(self, only):
        for i, address in enumerate(SERVERS):
            name = f"server-{i + 1}"
            process = self.launch(name, [f"{self.build}/tests/bench/uas", name, address], 1)
            self.await_port(name, process, address)
        wanted = {n: g for n, g in GATEWAYS.items() if any(word in n for word in only)}
        return [self.start_gateway(n, g, f"{FRONT}:{5061 + i}") for i, (n, g) in enumerate(wanted.items())]

    def start_gateway(self, name, configure, address):
        gateway = Gateway(name, address, name.startswith("lychgate"))
        try:
            command = configure(self, address)
            if not shutil.which(command[0]):
                raise Failed(f"{command[0]} is not installed; ./bootstrap bench installs it")
            process = self.launch(name, command, 0)
            gateway.pid = process.pid
            self.await_port(name, process, address)
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
