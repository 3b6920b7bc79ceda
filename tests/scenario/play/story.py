# SPDX-License-Identifier: Apache-2.0
"""story: the stage of a story, and main() that plays all stories of a script."""
import os
import shutil
import socket
import sys
import tempfile
import time
import traceback

from .certificates import Certificates
from .client import Client
from .gateway import Gateway
from .http import HttpClient, HttpServer
from .network import Lan, Machine
from .server import Backstage, SipServer
from .udp import MONITOR, Flood, UdpClient, UdpServer
from .words import Failure, Skip

STORIES = []
PASSED, FAILED, SKIPPED, BROKEN = 0, 1, 77, 99


def story(function):
    """Marks a function of the script as a story; its name is what it tells."""
    STORIES.append(function)
    return function


class Play:
    """The stage.  Everything of a script lives on loopback addresses of its own: 127.X.Y.* with X.Y from the process's
    id, so that scripts run side by side.  The gateway is .1, the servers count from .11."""

    def __init__(self, build, certificates):
        self.build, self.certificates = build, certificates
        self.folder = tempfile.mkdtemp(prefix="play-")
        self.backstage = Backstage()
        self.servers, self.clients, self.gateways, self.machines = [], [], [], []

    # ---- Who plays ----

    @staticmethod
    def host(last):
        pid = os.getpid()
        return f"127.{1 + (pid >> 8) % 250}.{pid & 255}.{last}"

    def server(self, name, port=5060, tls=None, host=None, listen=True):
        made = SipServer(self.backstage, name, host or self.host(11 + len(self.servers)), port, tls)
        self.servers.append(made)
        return made.listen() if listen else made

    def tls_server(self, name, certificate="pool", **words):
        return self.server(name, 5061, self.certificates.for_server(certificate), **words)

    def client(self, gateway=None, address=None, **words):
        """A connection to the story's (last) gateway, or to another address."""
        made = Client(address or (gateway or self.gateways[-1]).address, **words)
        self.clients.append(made)
        return made

    def tls_client(self, certificate=None, sni="pool.test", **words):
        return self.client(tls=self.certificates.for_client(certificate), sni=sni, **words)

    def web_server(self, name, port=8080, tls=None):
        made = HttpServer(self.backstage, name, self.host(11 + len(self.servers)), port, tls)
        self.servers.append(made)
        return made.listen()

    def web_client(self, address=None, gateway=None, **words):
        made = HttpClient(address or (gateway or self.gateways[-1]).address, **words)
        self.clients.append(made)
        return made

    def web_tls_client(self, certificate=None, sni="pool.test", **words):
        return self.web_client(tls=self.certificates.for_client(certificate), sni=sni, **words)

    def web(self, servers, options="", listener="", wait=True, **words):
        """The usual gateway for web servers, open and with all of them up; `options` are the plugin's."""
        options = f"options = {{ {options} }}," if options else ""
        made = self.gateway(servers, plugin="https", listener=f"{options} {listener}", port=8080, **words)
        for server in servers if wait else ():
            made.wait_state(server, "up")
        return made

    def needs(self, made):
        """Skips the story where the configuration asks for what this version does not have yet."""
        said = made.run("-t").stderr
        if "not available" in said or "unknown key" in said:
            raise Skip(f"this version has it not: {said.strip().splitlines()[0]}")

    def udp_server(self, name, port=3478, host=None):
        made = UdpServer(self.backstage, name, host or self.host(11 + len(self.servers)), port)
        self.servers.append(made)
        return made.listen()

    def udp_client(self, last=None, address=None):
        """One that sends to the story's UDP listener, or elsewhere; from the host of this number."""
        made = UdpClient(address or (self.host(1), 3478), self.host(last) if last else None)
        self.clients.append(made)
        return made

    def flood(self, address):
        self.clients.append(Flood(address))
        return self.clients[-1]

    def machine(self, name):
        """A machine with a network of its own; the story is skipped where there cannot be any."""
        self.machines.append(Machine(name))
        return self.machines[-1]

    def lan(self, name):
        """A switch, to plug machines into."""
        self.machines.append(Lan(name))
        return self.machines[-1]

    def refused(self, **words):
        """Whether connecting to the gateway is refused."""
        try:
            self.client(**words).close()
        except ConnectionRefusedError:
            return True
        except ConnectionResetError:  # it came in between: the kernel had taken it, and the socket was closed
            pass
        return False

    def turned_away(self, **words):
        """Whether the gateway takes a connection and closes it at once, without a word."""
        try:
            return self.client(**words).ended() == b""
        except ConnectionResetError:  # so soon that connecting noticed
            return True

    # ---- The gateway ----

    def config(self, servers, pool="", listener="", bind="tcp", words="", gateway="", plugin="sip",
               port=5060):
        """The usual configuration: the pool "farm" of these servers behind the listener "in".  The texts are further
        keys of the words; `words` are further words.  Monitors connect often, so that stories are short."""
        monitor = "" if "monitor" in pool else 'monitor = { interval = "300ms", timeout = "1s" },'
        control = "" if "control" in gateway else 'control = "control",'
        log = "" if "log" in gateway else 'log = "debug",'
        drain = "" if "drain" in gateway else 'drain = "1s",'
        names = ", ".join(s if isinstance(s, str) else f'"{s.address}"' for s in servers)
        return f"""
gateway {{ workers = 2, {log} {control} {drain} {gateway} }}
{words}
pool "farm" {{ servers = {{ {names} }}, {monitor} {pool} }}
listener "in" {{ plugin = "{plugin}", bind = {{ "{bind}:{self.host(1)}:{port}" }}, pool = "farm", {listener} }}
"""

    def gateway(self, servers, start=True, files=None, **words):
        """The usual gateway, running and open."""
        made = self.gateway_of(self.config(servers, **words), (self.host(1), words.get("port", 5060)), start, files)
        return made.wait_open() if start else made

    def udp_gateway(self, servers, pool="", **words):
        """The same for the stun plugin, with all servers up."""
        pool = pool if "monitor" in pool else MONITOR + pool
        made = self.gateway(servers, pool=pool, plugin="stun", bind="udp", port=3478, **words)
        for server in servers:
            made.wait_state(server, "up")
        return made

    def gateway_of(self, config, address=None, start=True, files=None):
        folder = os.path.join(self.folder, f"gateway{len(self.gateways)}")
        os.mkdir(folder)
        made = Gateway(self.build, folder, config, address or (self.host(1), 5060), files)
        self.gateways.append(made)
        if start:
            made.start()
        return made

    def free_port(self, host):
        """For ::1, which all scripts share: below the ports that the kernel gives away."""
        for port in range(20000 + os.getpid() % 10000, 31000):
            with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
                try:
                    probe.bind((host, port))
                    return port
                except OSError:
                    continue
        raise Skip(f"no free port on {host}")

    # ---- The curtain ----

    def finish(self):
        """Clients go first, so that the gateway has nothing to drain."""
        for client in self.clients:
            client.close()
        for gateway in self.gateways:
            if gateway.process:
                gateway.stop()

    def clear(self, failed):
        for gateway in self.gateways:
            ended_well = gateway.process and gateway.process.poll() == 0
            gateway.kill()
            if failed and not ended_well and os.path.exists(gateway.log_file):
                print(f"--- {gateway.file} ---", open(gateway.file).read(), "--- of its log ---", *gateway.excerpt(),
                      sep="\n")
        for client in self.clients:
            client.close()
        for server in self.servers:
            server.die()
        for machine in self.machines:
            machine.end()
        self.backstage.end()
        shutil.rmtree(self.folder, ignore_errors=True)


def tell(function, build, certificates):
    title = function.__name__.replace("_", " ")
    began = time.monotonic()
    play = Play(build, certificates)
    result, why = FAILED, None
    try:
        function(play)
        play.finish()
        result = PASSED
    except Skip as skip:
        result, why = SKIPPED, str(skip)
    except (Failure, OSError) as failure:
        where = traceback.extract_tb(failure.__traceback__)
        line = next((f.lineno for f in reversed(where)
                     if os.path.basename(f.filename) == os.path.basename(sys.argv[0])), "?")
        why = f"line {line}: {failure or type(failure).__name__}"
    except Exception:  # the story itself is wrong
        result, why = BROKEN, traceback.format_exc()
    print({PASSED: "ok", SKIPPED: "skipped"}.get(result, "FAILED"), f"({time.monotonic() - began:.1f} s): {title}")
    if why:
        print(*(f"    {reason}" for reason in (why, *(g.obituary() for g in play.gateways)) if reason), sep="\n")
    play.clear(failed=result in (FAILED, BROKEN))
    sys.stdout.flush()
    return result


def main(needs_gateway=True):
    script = os.path.basename(sys.argv[0])
    build = os.path.abspath(os.environ.get("LYCHGATE_BUILD", os.getcwd()))
    wanted = " ".join(sys.argv[1:])
    if needs_gateway and not all(os.access(os.path.join(build, name), os.X_OK) for name in ("lychgate", "lychctl")):
        print(f"{script}: {build} holds no built lychgate and lychctl; run it there, or set LYCHGATE_BUILD")
        sys.exit(BROKEN)
    try:
        certificates = Certificates(build)
    except (OSError, RuntimeError) as error:
        print(f"{script}: no certificates: {error}")
        sys.exit(BROKEN)
    results = [tell(s, build, certificates) for s in STORIES if wanted in s.__name__.replace("_", " ")]
    failed = len(results) - results.count(PASSED) - results.count(SKIPPED)
    print(f"{results.count(PASSED)} passed, {failed} failed")
    for result in (BROKEN, FAILED):
        if result in results:
            sys.exit(result)
    sys.exit(SKIPPED if results and set(results) == {SKIPPED} else PASSED)
