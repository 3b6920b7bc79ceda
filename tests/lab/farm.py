# SPDX-License-Identifier: Apache-2.0
"""farm: the stage of the registrars' stories: Kamailios behind a gateway."""
import os

from kamailio import PORT, TLS_PORT, Kamailio

LONG = float(os.environ.get("LYCHGATE_LAB_SECONDS", "20")) >= 120  # as `make lab` has it

# The gateway is a hop: its Via on what passes, and its Path and Record-Route, so that all comes back through it.
HOP = 'options = { mode = "hop", record_route = true, path = true },'
BINDS = ("udp", "tcp", "tls")
NAME = "pool.test"  # in the certificates of the gateway and of the Kamailios
CONFIG = """
gateway {{ workers = 2, control = "control", log = "{log}", drain = "1s", secret = "secret" }}
{tls}
pool "farm" {{ servers = {{ {servers} }}, {pool}
  monitor = {{ plugin = "sip", interval = "500ms", timeout = "2s" }} }}
listener "in" {{ plugin = "sip", bind = {{ {binds} }}, tls = "pool", verify = "optional", pool = "farm", {listener} }}
"""
POOLS = {  # by what is spoken to the Kamailios
    "udp": 'transport = "udp",',
    "tcp": 'transport = "tcp",',
    "tls": f'transport = "tcp", tls = "pool", tls_name = "{NAME}",',
    "both": 'transport = { "udp", "tcp" },',
}

# Registrars share what they know, so any of them will do, and a dialog stays where it is; or each knows its own users,
# who are looked for where they are registered.
BY_CALL, BY_USER = 'persistence = { by = "call-id" },', 'persistence = { by = "to.user" },'


def registrars(play, count=2, share=True, tls=False):
    hosts = [play.host(11 + len(play.servers) + n) for n in range(count)]
    for n, host in enumerate(hosts):
        other = hosts[(n + 1) % count] if share and count > 1 else None
        Kamailio(play, f"kamailio{n + 1}", host=host, other=other)
    for server in play.servers:
        server.start()
        server.address = f"{server.host}:{TLS_PORT if tls else PORT}"
    return play.servers


def gateway(play, speaks="tcp", persistence=BY_CALL, count=2, share=True, listener=HOP, binds=BINDS, log="info"):
    """The gateway in front of as many Kamailios."""
    servers = registrars(play, count, share, speaks == "tls")
    at = {"udp": PORT, "tcp": PORT, "tls": TLS_PORT}
    config = CONFIG.format(tls=play.certificates.word("pool"), log=log, listener=listener,
                           servers=", ".join(f'"{s.address}"' for s in servers), pool=POOLS[speaks] + persistence,
                           binds=", ".join(f'"{b}:{play.host(1)}:{at[b]}"' for b in binds))
    made = play.gateway_of(config, files={"secret": "0123456789abcdef" * 2}, start=False)
    os.chmod(os.path.join(made.folder, "secret"), 0o600)
    made.start()
    return ready(made, servers)


def ready(gateway, servers):
    gateway.wait_open()
    for server in servers:
        gateway.wait_state(server, "up")
    return gateway


def registered(servers, users):
    """Whether each user is known: to all of these, or to one of them if they do not share."""
    each = [set(s.users()) for s in servers]
    return all(set(users) <= known for known in each) if servers[0].shares else set(users) <= set().union(*each)


def disliked(gateway, but=()):
    """The counters of what should not happen, apart from these, that are not 0."""
    counters = gateway.listener()["counters"]
    names = ("malformed", "dropped_answers", "answered_here", "lost", "retried", "unanswered")
    return {name: counters[name] for name in names if counters.get(name) and name not in but}
