# SPDX-License-Identifier: Apache-2.0
"""sites: real web servers for the lab, each a process of its own on a loopback address, ended with the stage."""
import os
import shutil
import signal
import socket
import subprocess

from play import Failure, eventually, slow
from play.words import PATIENCE

PYTHON = "/usr/bin/python3"  # the distribution's, which has impacket
HERE = os.path.dirname(os.path.abspath(__file__))
PORT = 8080
MODULES = "/usr/lib/apache2/modules"
GSSAPI = f"{MODULES}/mod_auth_gssapi.so"

NGINX = """
{user}
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log info;
events {{ worker_connections 512; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    client_max_body_size 0;
    keepalive_requests 100000;
    default_type text/plain;
    absolute_redirect off;
    gzip on;
    gzip_types text/plain;
    gzip_proxied any;
    server {{
        listen {host}:{port};
        root {folder}/www;
        location /files/ {{ }}
        location /moved {{ return 302 /files/; }}
        location / {{
            add_header X-Server {name};
            return 200
                "{name} $request_method $request_uri $content_length for $http_x_forwarded_for host $http_host\\n";
        }}
    }}
}}
"""
APACHE = """
ServerName web.test
ServerRoot {folder}
PidFile {folder}/pid
ErrorLog {folder}/error.log
Mutex file:{folder} default
Listen {host}:{port}
{user}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authn_core_module {modules}/mod_authn_core.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule authz_user_module {modules}/mod_authz_user.so
LoadModule headers_module {modules}/mod_headers.so
LoadModule auth_gssapi_module {gssapi}
DocumentRoot {folder}/www
MaxKeepAliveRequests 0
KeepAliveTimeout 60
<Location />
    AuthType GSSAPI
    AuthName lab
    GssapiAllowedMech ntlmssp
    GssapiConnectionBound On
    Require valid-user
    Header always set X-User "expr=%{{REMOTE_USER}}"
</Location>
"""
PAGE = """<!doctype html><title>lab</title><pre id=out></pre><script>
Promise.all([...Array(12).keys()].map(n => fetch(location.origin + "/n" + n).then(r => r.text())))
  .then(all => { document.getElementById("out").textContent = all.join(""); });
</script>
"""
NTLM_USERS = "LAB:alice:secret\nLAB:bob:secret\n"


class Site:
    """A process that listens, here or on a machine of the play's; it has what the play's servers have."""

    ending = signal.SIGTERM  # what ends it, with all that it has started

    def __init__(self, play, name, port=PORT, host=None, machine=None):
        self.name, self.port = name, port
        self.host = host or play.host(11 + len(play.servers))
        self.inside = machine.do if machine else lambda act: act()
        self.address = f"{self.host}:{port}"
        self.folder = os.path.join(play.folder, name)
        os.makedirs(os.path.join(self.folder, "www"))
        os.chmod(play.folder, 0o755)  # servers give up being root
        play.servers.append(self)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w" if isinstance(text, str) else "wb") as file:
            file.write(text)
        return path

    def start(self, *words, **environment):
        with open(os.path.join(self.folder, "out"), "wb") as log:
            self.process = self.inside(lambda: subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                env={**os.environ, **environment}, start_new_session=True))
        eventually(self.listens, f"{self.name} listens")
        return self

    def listens(self):
        if self.process.poll() is not None:
            raise Failure(f"{self.name} ended with {self.process.returncode}: {self.said()}")
        with self.inside(socket.socket) as probe:
            return probe.connect_ex((self.host, self.port)) == 0

    def said(self):
        text = ""
        for name in ("out", "error.log"):
            path = os.path.join(self.folder, name)
            if os.path.exists(path):
                with open(path, errors="replace") as file:
                    text += file.read()[-2000:]
        return text

    def die(self):
        """Does no harm twice."""
        process = getattr(self, "process", None)
        if not process or process.poll() is not None:
            return
        os.killpg(process.pid, self.ending)
        try:
            process.wait(slow(PATIENCE))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def nginx(play, name="nginx"):
    site = Site(play, name)
    user = "user root;" if os.geteuid() == 0 else ""
    os.mkdir(os.path.join(site.folder, "www", "files"))
    config = site.write("nginx.conf", NGINX.format(user=user, folder=site.folder, host=site.host, port=site.port,
                                                   name=name))
    return site.start(shutil.which("nginx") or "/usr/sbin/nginx", "-p", site.folder, "-c", config, "-e",
                      f"{site.folder}/error.log")


def apache(play, name="apache"):
    site = Site(play, name)
    user = "User www-data\nGroup www-data" if os.geteuid() == 0 else ""
    users = site.write("users", NTLM_USERS)
    os.chmod(users, 0o644)
    site.write("www/index.html", "hello\n")
    config = site.write("apache.conf", APACHE.format(folder=site.folder, host=site.host, port=site.port, user=user,
                                                     modules=MODULES, gssapi=GSSAPI))
    return site.start("/usr/sbin/apache2", "-f", config, "-DFOREGROUND", NTLM_USER_FILE=users)


def ntlm(play, name="ntlm", *schemes):
    site = Site(play, name)
    site.write("page.html", PAGE)
    return site.start(PYTHON, "-B", os.path.join(HERE, "ntlm_server.py"), site.host, str(site.port), *schemes)


def websocket(play, name="websocket"):
    site = Site(play, name)
    return site.start("node", os.path.join(HERE, "websocket.js"), "serve", site.host, str(site.port),
                      NODE_PATH="/usr/share/nodejs")
