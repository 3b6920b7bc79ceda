# SPDX-License-Identifier: Apache-2.0
"""places: the machines of the deployment in scripts/examples/lync-all-in-one.lua: where they stand, and what listens
on them.

    internet ── 198.51.100.0/24 ── gateway ── 192.0.2.0/24 ── front ends, directors, web servers, office
                                      │            │
                                      └─ 203.0.113.0/24 ── Edge servers, which have a leg on each side
"""
DOMAIN = "corp.example"

INSIDE, PERIMETER, OUTSIDE = "inside", "perimeter", "outside"
PREFIX = {INSIDE: "192.0.2", PERIMETER: "203.0.113", OUTSIDE: "198.51.100"}
ROUTER = 1  # the gateway's own address in each network, and the way out for all the others

# The addresses of the example that the gateway has besides its own.
VIRTUAL = {INSIDE: (61, 62, 63, 64), OUTSIDE: (151, 152, 153, 154, 155, 156, 157, 161), PERIMETER: ()}

# machine: {network: last numbers of its addresses}
FRONT_ENDS = {"fe01": 21, "fe02": 22, "fe03": 23, "fe04": 32}
DIRECTORS = {"dir1": 201, "dir2": 202}
EDGES = {"edge01": (25, (11, 21, 31)), "edge02": (26, (12, 22, 32))}
WEB_APPS, EXCHANGE = {"owa": 203}, {"mail1": 211, "mail2": 212}

# Clients: so many addresses each, and those of partners.
OFFICE, INTERNET = range(101, 113), range(5, 17)
PARTNER = 80

# What servers inside listen on; SIP inside TLS, but for the port that is probed.
PROBED = 5060
SIP_PORTS = (5061,)
MORE_SIP_PORTS = (448, 5065, 5070, 5071, 5072, 5073, 5075, 5076, 5080)
TLS_PORTS, CLEAR_PORTS = (443, 444, 4443), (80, 8080)


def full(name):
    return f"{name}.{DOMAIN}"


def address(network, last):
    return f"{PREFIX[network]}.{last}"


# What the certificates carry, without the domain.  The gateway's, by their files in the example:
WEB_SITES = ("meet", "dialin", "admin", "lyncdiscoverinternal", "lyncdiscover")
CERTIFICATES = {
    "pool": ("pool", "sip", *FRONT_ENDS),
    "pool-web": ("lyncweb", "pool", "ucupdates-r2", *WEB_SITES),
    "dirpool": ("dirpool", "sip", *DIRECTORS),
    "dirpool-web": ("lyncwebdir", "dirpool", *WEB_SITES),
    "outside": ("*",),
}
# Each server's own, so that nobody can take the gateway's for it.
OWN = {
    **{name: (name, "pool", "sip", "lyncweb", *WEB_SITES) for name in FRONT_ENDS},
    **{name: (name, "dirpool", "sip", "lyncwebdir", *WEB_SITES) for name in DIRECTORS},
    **{name: (name, "edge", "sip", "webconf") for name in EDGES},
    **{name: (name,) for name in WEB_APPS},
    **{name: (name, "mail") for name in EXCHANGE},
}
PARTNERS_NAME = "sip.partner.example"


def signed(authority, *names):
    """As play/certificates.py has it."""
    return (authority, "ec", ",".join(f"DNS:{name}" for name in names), 3650)


WANTED = {
    "ca": ("ca", "ec", "", 3650), "other-ca": ("other-ca", "ec", "", 3650),  # the company's, and a public one
    **{name: signed("ca", *map(full, carried)) for name, carried in {**CERTIFICATES, **OWN}.items()},
    "partner": signed("other-ca", PARTNERS_NAME),
}
