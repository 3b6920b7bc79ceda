# SPDX-License-Identifier: Apache-2.0
"""stand_ins: what stands in for the servers of the deployment: nginx for web services, Kamailio for SIP, coturn for
media, and a few lines for XMPP; Samba for RPC is in samba.py.  Each answers with what it saw: its name and port, the
client's address and port, and how many bytes came.
"""
import re
import shutil
import signal

from play.server import Link, SipServer
from sites import Site

NGINX = """
{user}
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    default_type text/plain;
    keepalive_timeout 1h;
    ssl_protocols TLSv1.2 TLSv1.3;
    {servers}
}}
"""
NGINX_SERVER = """
    server {{
        listen {host}:{port} {tls};
        {certificate}
        location / {{ return 200 "seen {name} {port} $remote_addr $remote_port $request_length $http_host\\n"; }}
    }}
"""

KAMAILIO = """
debug=1
log_stderror=yes
fork=yes
children=1
tcp_children=2
socket_workers=1
auto_aliases=no
dns=no
rev_dns=no
enable_tls=yes
tcp_connection_lifetime=3600
{listen}
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "textopsx.so"
loadmodule "tls.so"
modparam("tls", "config", "{folder}/tls.cfg")

request_route {{
	append_to_reply("X-Seen: seen {name} $Rp $si $sp $ml $tls_peer_subject_cn\\r\\n");
	sl_send_reply("200", "OK");
}}
"""
# Servers show each other certificates; clients that sign in from outside have none to show.
KAMAILIO_TLS = """
[{profile}]
method = TLSv1.2+
verify_certificate = {verify}
require_certificate = {verify}
certificate = {certificate}.pem
private_key = {certificate}.key
ca_list = {trusted}
"""

COTURN = """
{listening}
{aux}
relay-ip={relay}
listening-port=3478
min-port=50000
max-port=50099
realm={name}
lt-cred-mech
user=alice:secret
cli-password=unused
no-cli
no-tls
no-dtls
userdb={folder}/users.db
pidfile={folder}/pid
log-file=stdout
simple-log
"""


class Seen:
    """What a server says of a request: itself, the client as it sees it, and how much came."""

    def __init__(self, text):
        words = re.search(r"seen (\S+) (\d+) (\S+) (\d+) (\d+) (.*)", text)
        self.server, self.port, self.source, self.source_port, self.bytes = (
            words[1], int(words[2]), words[3], int(words[4]), int(words[5]))
        self.more = words[6].strip()  # the Host, or whose certificate the client has shown


def need_programs():
    """Packages that are lacking."""
    there = {"nginx-light": shutil.which("nginx", path="/usr/sbin:/usr/bin"), "kamailio": shutil.which("kamailio"),
             "coturn": shutil.which("turnserver")}
    return " ".join(name for name, found in there.items() if not found)


def nginx(play, machine, tls, clear, certificate):
    """`tls` and `clear`: (host, port)."""
    host, port = (tls + clear)[0]
    site = Site(play, f"{machine.name}-web", port, host, machine)
    shown = f"ssl_certificate {certificate}.pem; ssl_certificate_key {certificate}.key;"
    servers = "".join(NGINX_SERVER.format(host=h, port=p, name=machine.name, tls="ssl" if (h, p) in tls else "",
                                          certificate=shown if (h, p) in tls else "") for h, p in tls + clear)
    config = site.write("nginx.conf", NGINX.format(folder=site.folder, servers=servers, user="user root;"))
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    return site.start(program, "-p", site.folder, "-c", config, "-e", f"{site.folder}/error.log")


def kamailio(play, machine, tls, clear, certificate, trusted, strangers=()):
    """`tls` and `clear`: (host, port); those of `strangers` ask clients for no certificate."""
    host, port = (clear + tls)[0]
    site = Site(play, f"{machine.name}-sip", port, host, machine)
    site.ending = signal.SIGKILL  # asked to end, it may wait for its children
    lines = [f"listen={kind}:{h}:{p}" for kind, places in (("tls", tls), ("tcp", clear)) for h, p in places]
    profiles = [("server:default", "yes")] + [(f"server:{host}:{port}", "no") for host, port in strangers]
    words = {"certificate": certificate, "trusted": trusted}
    site.write("tls.cfg", "".join(KAMAILIO_TLS.format(profile=p, verify=verify, **words) for p, verify in profiles))
    config = site.write("kamailio.cfg", KAMAILIO.format(name=machine.name, listen="\n".join(lines), folder=site.folder))
    return site.start("kamailio", "-DD", "-E", "-f", config, "-w", site.folder, "-Y", site.folder, "-m", "32", "-M",
                      "4")


def coturn(play, machine, hosts):
    """On 3478 by UDP and TCP, and on 443; it relays by the last of the hosts."""
    site = Site(play, f"{machine.name}-media", 443, hosts[0], machine)
    site.ending = signal.SIGKILL  # asked to end, it waits for what it relays
    listening = "\n".join(f"listening-ip={host}" for host in hosts)
    aux = "\n".join(f"aux-server={host}:443" for host in hosts)
    config = site.write("turnserver.conf", COTURN.format(name=machine.name, folder=site.folder, relay=hosts[-1],
                                                         listening=listening, aux=aux))
    return site.start("turnserver", "-c", config)


class XmppLink(Link):
    """Opens a stream for whoever asks for one, and then says back what it gets."""

    def data_received(self, data):
        self.received += data
        if not self.probed and b"<stream:stream" in self.received:
            self.probed = True
            host, port = self.transport.get_extra_info("peername")[:2]
            seen = f"seen {self.server.name} {self.server.port} {host} {port} {len(self.received)} xmpp"
            self.write("<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' "
                       f"version='1.0' from='corp.example' id='{seen}'><stream:features/>".encode())
        elif self.probed:
            self.write(data)


class XmppServer(SipServer):
    link = XmppLink


def xmpp(play, machine, host):
    made = XmppServer(play.backstage, machine.name, host, 5269)
    made.machine = machine
    play.servers.append(made)
    return made.listen()
