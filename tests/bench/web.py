# SPDX-License-Identifier: Apache-2.0
"""CPU per request, megabyte or connection of the https plugin beside HAProxy and nginx: TLS or plain in, plain out to
one web server, over connections that stay.  A connection is connect, handshake, one answer of 100 bytes, close.  Each
gateway is set up as its documentation advises for that: connections to the server are kept and shared, tickets are on,
nothing is logged."""
import subprocess
from dataclasses import dataclass

import peers
from measure import Load, measure, median

NAME = "web"
SERVER = "127.77.0.2:8080"
FIRST_PORT = 8443
PEERS = ("haproxy", "nginx")
HEADING = f"{'':20} {'CPU us':>26} {'to the better':>13} {'units/s':>9} {'busy':>5} {'p50 us':>8} {'p99 us':>8}"


def rsa_of(address):
    return peers.further(address, 100)


def plain_of(address):
    return peers.further(address, 200)


@dataclass
class Case:
    name: str
    unit: str
    load: tuple  # kind, TLS version, bytes, clients
    most: float  # wanted: at most so much of the better peer
    where: callable = str  # of a gateway's address

    def count(self, found):
        return found["bytes"] / 1e6 if self.unit == "MB" else found["requests"]


CASES = (
    Case("web, 100 bytes", "request", ("requests", "1.3", 100, 32), 0.85),
    Case("web, 10 KiB", "request", ("requests", "1.3", 10 << 10, 32), 0.85),
    Case("web, 100 MiB", "MB", ("requests", "1.3", 100 << 20, 2), 0.85),
    Case("web, 100 bytes, plain", "request", ("requests", "tcp", 100, 32), 0.85, plain_of),
    Case("web, 10 KiB, plain", "request", ("requests", "tcp", 10 << 10, 32), 0.85, plain_of),
    Case("web, 100 MiB, plain", "MB", ("requests", "tcp", 100 << 20, 2), 0.85, plain_of),
    Case("web, RSA-2048, TLS 1.3", "connection", ("connections", "1.3", 100, 16), 0.95, rsa_of),
    Case("web, RSA-2048, TLS 1.2", "connection", ("connections", "1.2", 100, 16), 0.95, rsa_of),
    Case("web, P-256, TLS 1.3", "connection", ("connections", "1.3", 100, 16), 0.85),
    Case("web, P-256, TLS 1.2", "connection", ("connections", "1.2", 100, 16), 0.85),
    Case("web, resumed, TLS 1.3", "connection", ("connections", "1.3-resumed", 100, 16), 0.85),
    Case("web, resumed, TLS 1.2", "connection", ("connections", "1.2-resumed", 100, 16), 0.85),
)


# ---- Each gateway ----

def haproxy(stage, address):
    file = stage.write("web-haproxy.cfg", f"""global
  nbthread 1
  maxconn 4000
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option forwardfor
  option splice-auto
  http-reuse always
frontend web
  bind {address} ssl crt {stage.folder}/server.pem alpn http/1.1
  bind {rsa_of(address)} ssl crt {stage.folder}/storm.pem alpn http/1.1
  bind {plain_of(address)}
  http-request set-header X-Forwarded-Proto https if {{ ssl_fc }}
  http-request set-header X-Forwarded-Proto http if !{{ ssl_fc }}
  default_backend server
backend server
  server s {SERVER}
""")
    return ["haproxy", "-db", "-f", file]


def nginx(stage, address):
    def server(bind, name=None):
        tls = f"""ssl_certificate {stage.folder}/{name}.crt; ssl_certificate_key {stage.folder}/{name}.key;
    ssl_protocols TLSv1.2 TLSv1.3; ssl_session_tickets on;""" if name else ""
        return f"""  server {{
    listen {bind}{' ssl' if name else ''} backlog=4096; {tls}
    location / {{
      proxy_pass http://server; proxy_http_version 1.1;
      proxy_set_header Connection ""; proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme;
    }}
  }}
"""
    file = stage.write("web-nginx.conf", f"""
daemon off; pid {stage.folder}/web-nginx.pid; error_log stderr error; worker_processes 1; worker_rlimit_nofile 18000;
events {{ worker_connections 8000; multi_accept on; }}
http {{
  access_log off; tcp_nodelay on; keepalive_requests 1000000000; keepalive_timeout 60;
  proxy_buffers 16 16k; proxy_buffer_size 16k; proxy_max_temp_file_size 0;
  client_body_temp_path {stage.folder}/b; proxy_temp_path {stage.folder}/p; fastcgi_temp_path {stage.folder}/f;
  uwsgi_temp_path {stage.folder}/u; scgi_temp_path {stage.folder}/s;
  upstream server {{ server {SERVER}; keepalive 256; keepalive_requests 1000000000; }}
{server(address, "server")}{server(rsa_of(address), "storm")}{server(plain_of(address))}}}
""")
    return ["nginx", "-p", stage.folder, "-e", "stderr", "-c", file]


def lychgate(stage, address):
    def listener(name, bind, more=""):
        return f"""listener "{name}" {{
  plugin = "https", bind = "{bind}", pool = "server", {more}
  limits = {{ sessions = 3000, sessions_per_source = 3000, new_per_source = 20000, handshakes = 20000 }},
}}
"""
    file = stage.write("web-lychgate.lua", f"""gateway {{ workers = 1, control = "web.sock", log = "warning" }}
tls "server" {{ certificate = "server.crt", key = "server.key" }}
tls "storm" {{ certificate = "storm.crt", key = "storm.key" }}
pool "server" {{ servers = {{ "{SERVER}" }} }}
{listener("web", f"tls:{address}", 'tls = "server",')}{listener("rsa", f"tls:{rsa_of(address)}", 'tls = "storm",')}"""
                       + listener("plain", f"tcp:{plain_of(address)}"))
    return [f"{stage.build}/lychgate", "-c", file]


GATEWAYS = {"haproxy": haproxy, "nginx": nginx, "lychgate": lychgate}


# ---- One run, one line ----

def once(args, case, gateway):
    kind, version, size, clients = case.load
    found = measure(Load([f"{args.build}/tests/bench/web_load", kind, version, case.where(gateway.address), f"/{size}",
                          str(clients), str(args.seconds)]), gateway)
    if case.count(found) <= 0:
        raise peers.Failed("nothing came through")
    gateway.runs.setdefault(case.name, []).append(found)


def cost_of(case, gateways, names):
    """What a unit costs the cheapest of these; None when none was measured."""
    found = [median(r["cpu"] * 1e6 / case.count(r) for r in g.runs[case.name])
             for g in gateways if g.name in names and case.name in g.runs]
    return min(found, default=None)


def ratio(case, gateway, gateways):
    own, other = cost_of(case, gateways, (gateway.name,)), cost_of(case, gateways, PEERS)
    return own / other if own and other else None


def row(case, gateway, gateways):
    runs = gateway.runs.get(case.name)
    if not runs:
        return f"{gateway.name:20} failed: {gateway.failure}"
    costs = sorted(r["cpu"] * 1e6 / case.count(r) for r in runs)
    figure, to = f"{median(costs):.2f} [{costs[0]:.2f}..{costs[-1]:.2f}]", ratio(case, gateway, gateways)
    told = f"  {sum(r['errors'] for r in runs)} errors!" if any(r["errors"] for r in runs) else ""
    if case.load[1].endswith("resumed"):
        told += f"  {sum(r['resumed'] for r in runs) / sum(map(case.count, runs)):.0%} resumed"
    return (f"{gateway.name:20} {figure:>26} {f'{to:.2f}' if to else '-':>13} "
            f"{median(case.count(r) / r['seconds'] for r in runs):9.0f} "
            f"{median(r['cpu'] / r['seconds'] for r in runs):5.0%} "
            f"{median(r['p50_us'] for r in runs):8.0f} {median(r['p99_us'] for r in runs):8.0f}{told}"
            + (f"  then failed: {gateway.failure}" if gateway.failure else ""))


def run_case(args, case, gateways, goals):
    for turn in range(args.runs):
        for gateway in gateways if turn % 2 == 0 else reversed(gateways):
            try:
                if not gateway.failure:
                    once(args, case, gateway)
            except (peers.Failed, subprocess.TimeoutExpired) as e:
                gateway.failure = str(e)
    print(f"\n{case.name}: {case.load[3]} clients, CPU us of each {case.unit}\n{HEADING}")
    for gateway in gateways:
        print(row(case, gateway, gateways), flush=True)
    for own in (g for g in gateways if g.own):
        goals.add(f"{case.name}: to the better of {' and '.join(PEERS)}", ratio(case, own, gateways), case.most)


def run(args, stage, goals):
    """Whether all of lychgate ran."""
    cases = [c for c in CASES if args.wants(c.name)]
    if not cases:
        return True
    stage.await_port("web-server", stage.launch("web-server", [f"{args.build}/tests/bench/web_server", SERVER], 1),
                     SERVER)
    started = stage.start_all(GATEWAYS, args.only.split(","), first=FIRST_PORT)
    for case in cases:
        run_case(args, case, started, goals)
    stage.stop()
    return not any(g.failure for g in started if g.own)
