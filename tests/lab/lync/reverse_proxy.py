#!/usr/bin/python3
"""reverse_proxy: web sites as they are met from inside and outside: hairpins, a front end that meets its own pool, many
requests on one connection, and phones that wait a quarter of an hour for an answer.  That wait is scaled: SCALE of its
seconds are one here, and of the times that the configuration bounds it by as well.
"""
import os
import re
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "..", "scenario"), os.path.join(HERE, "..")]

import stand_ins
from places import DOMAIN, FRONT_ENDS, INSIDE, INTERNET, OFFICE, OUTSIDE, ROUTER, address
from play import HttpClient, HttpServer, equal, expect, main, story
from play.http import ask
from stage import Deployment
from visits import Visitor

SITES, OWN_SITES, VIP = "198.51.100.155", "198.51.100.156", "192.0.2.61"
GATEWAY, POOL = address(INSIDE, ROUTER), f"pool.{DOMAIN}"
MEET, LYNCWEB = "meet.corp.example", "lyncweb.corp.example"
SCALE = 10 if float(os.environ.get("LYCHGATE_LAB_SECONDS", "20")) >= 120 else 45
EVENTS = "/ucwa/oauth/v1/applications/1/events"
SCALED = """
listener "pool.corp.example-443-proxy" {{ options = {{ answer = "{answer}ms" }}, limits = {{ idle = "{idle}ms" }} }}
"""
WAIT_S, ANSWER_S, IDLE_S, USUAL_S = (seconds / SCALE for seconds in (900, 960, 1800, 200))


def phone(deployment, n=0):
    return Visitor(deployment, deployment.internet, address(OUTSIDE, INTERNET[n]))


def phone_inside(deployment, n=0):
    return Visitor(deployment, deployment.office, address(INSIDE, OFFICE[n]))


# ---- Hairpins ----

@story
def phones_inside_reach_the_sites_at_their_outside_address(play):
    deployment = Deployment(play, ("fe01", "fe02", "dir1")).start_all()
    gateway = deployment.gateway("lync-all-in-one")
    deployment.wait(gateway)
    for who in (phone(deployment), phone_inside(deployment)):
        for to, name, servers in ((SITES, MEET, ("dir1",)), (OWN_SITES, LYNCWEB, ("fe01", "fe02"))):
            visit = who.web((to, 443), name)
            expect(visit.seen.server in servers, f"{name} from {who.source} is answered by {visit.seen.server}")
            equal((visit.seen.port, visit.seen.source), (4443, GATEWAY), f"{name}: port and source at the server")
            print(f"    {name:20} {to}:443 {visit}")


@story
def a_front_end_meets_its_own_pool_and_even_itself(play):
    deployment = Deployment(play, ("fe01", "fe02")).start_all()
    gateway = deployment.gateway("lync-all-in-one")
    deployment.wait(gateway)
    gateway.ctl("server", "disable", "fe02.corp.example")
    itself = Visitor(deployment, deployment.machines["fe01"], deployment.host("fe01"), "fe01")
    for visit in (itself.web((OWN_SITES, 443), LYNCWEB), itself.web((VIP, 443), POOL), itself.sip((VIP, 5061), POOL),
                  itself.sip((VIP, 5071), POOL)):
        equal((visit.seen.server, visit.seen.source), ("fe01", GATEWAY), "who answers fe01, and whom that sees")
    equal(itself.rpc_service((VIP, 135)), "fe01", "whose service fe01 is led to")


# ---- Many requests, long waits ----

class Mobility:
    """Front ends whose external web services hold requests for events, as those of mobile phones."""

    def __init__(self, play, answer_s=ANSWER_S):
        self.deployment = Deployment(play, FRONT_ENDS)
        for name in FRONT_ENDS:
            machine = self.deployment.machines[name]
            self.deployment.sip(name, machine, [5061])
            tls = self.deployment.server_tls(name)
            server = HttpServer(play.backstage, name, self.deployment.host(name), 4443, tls)
            server.machine, server.answer = machine, lambda request, server=server: self.answer(server, request)
            play.servers.append(server)
            server.listen()
        more = SCALED.format(answer=round(answer_s * 1000), idle=round(IDLE_S * 1000))
        self.gateway = self.deployment.gateway("lync-reverse-proxy", more=more)
        for name in FRONT_ENDS:
            self.gateway.wait_state(f"{name}.{DOMAIN}", "up", 20, f"{POOL}-4443-proxy")

    @staticmethod
    def answer(server, request):
        held = [WAIT_S] if request.target == EVENTS else []
        return [*held, server.say(f"{server.name} {request.target}".encode())]

    def phone(self, n):
        """Who has asked for events."""
        made = phone(self.deployment, n).connect(HttpClient, (SITES, 443), LYNCWEB)
        made.send(ask(EVENTS, host=LYNCWEB))
        return made


@story
def phones_wait_a_quarter_of_an_hour_for_events(play):
    mobility = Mobility(play)
    phones = [mobility.phone(n) for n in range(8)]
    began = time.monotonic()
    answers = [p.answer(within=WAIT_S + 10) for p in phones]
    expect(time.monotonic() - began >= WAIT_S * 0.9, f"they have waited {WAIT_S * SCALE:g} s, scaled")
    equal({(a.status, a.text.split()[1]) for a in answers}, {(200, EVENTS)}, "what they got")
    print(f"    8 phones waited {time.monotonic() - began:.1f} s at a scale of {SCALE}")
    for p in phones:
        equal(p.get("/next", host=LYNCWEB).status, 200, "what the same connection gets for its next request")


@story
def with_the_usual_200_seconds_they_would_not_get_them(play):
    mobility = Mobility(play, USUAL_S)
    equal(mobility.phone(0).answer(within=USUAL_S + 10).status, 504, "what a phone gets after 200 s, scaled")


@story
def each_request_of_a_connection_finds_a_front_end_of_its_own(play):
    mobility = Mobility(play)
    client = phone(mobility.deployment).connect(HttpClient, (SITES, 443), LYNCWEB)
    for left in range(len(FRONT_ENDS) - 1, 0, -1):
        server = client.get("/", host=LYNCWEB).text.split()[0]
        mobility.gateway.ctl("server", "drain", f"{server}.{DOMAIN}")
        following = client.get("/", host=LYNCWEB).text.split()[0]
        expect(following != server, f"{left} front ends are left: the connection's next request goes to {following}")


lacking = stand_ins.need_programs()
if lacking:
    print(f"skipped: apt-get install {lacking}")
    sys.exit(77)
main()
