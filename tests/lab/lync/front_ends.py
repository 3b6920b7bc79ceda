#!/usr/bin/python3
"""front_ends: eight real Lync clients (pidgin-sipe) are signed in over four front ends, and as many people have their
web services open.  Front ends are drained, disabled, killed and cut off: SIP and web ports leave together, and whoever
was there comes back elsewhere.
"""
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "..", "scenario"), os.path.join(HERE, "..")]

import sipe
import stand_ins
from front_end import PASSWORD, FrontEnd
from places import FRONT_ENDS, INSIDE, OFFICE, PROBED, address
from play import Client, equal, eventually, expect, main, request, slow, story
from play.server import SipServer
from stage import Deployment, rows
from visits import Visitor

VIP, POOL, LYNCWEB = "192.0.2.61", "pool.corp.example", "lyncweb.corp.example"
SIP = f"{POOL}-5061"
USERS = ("alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi")
PEOPLE = range(len(USERS))                  # addresses of the office whose web services are open
NEWCOMERS = range(len(USERS), len(OFFICE))  # those that had nothing to do with the pool before
GUESTS = "SUBSCRIBE: no association"        # what front ends say of who has not signed in
INTERVAL_S, TIMEOUT_S, FALL = 0.5, 2, 3  # of the monitor, as stage.py has it
BOUND_S = FALL * (1.1 * INTERVAL_S + TIMEOUT_S)
MARGIN_S = 3  # for a busy machine


class Pool:
    def __init__(self, play):
        self.play = play
        self.deployment, self.cut_off = Deployment(play, FRONT_ENDS), set()
        self.front_ends = {name: self.front_end(name) for name in FRONT_ENDS}
        self.gateway = self.deployment.gateway("lync-all-in-one")
        self.web_pools = [p for p in {row["POOL"] for row in rows(self.gateway)} if self.follows(p)]
        for name in FRONT_ENDS:
            self.wait_states("up", name)

    def follows(self, pool):
        return any(row["MONITOR"] == f"as {SIP}" for row in rows(self.gateway) if row["POOL"] == pool)

    def front_end(self, name):
        machine, host = self.deployment.machines[name], self.deployment.host(name)
        self.deployment.web(name, machine)
        made = FrontEnd(self.play.backstage, name, host, 5061, self.deployment.server_tls(name))
        made.probed = SipServer(self.play.backstage, name, host, PROBED)
        for server in (made, made.probed):
            server.machine = machine
            self.play.servers.append(server)
            server.listen()
        return made

    # ---- Who is where ----

    def sign_in(self, user):
        return sipe.sign_in(self.play, user, POOL, (VIP, 5061), PASSWORD, self.deployment.office)

    def users_of(self, name):
        """Who is signed in there."""
        return {k.association.user for k in self.front_ends[name].clients if k.open and k.association}

    def places(self):
        return {user: name for name in self.front_ends if name not in self.cut_off for user in self.users_of(name)}

    def web_user(self, n):
        return Visitor(self.deployment, self.deployment.office, address(INSIDE, OFFICE[n]))

    def web_home(self, n):
        """Who answers this one's new connections to the web services inside, which persist."""
        user = self.web_user(n)
        seen = {user.web((VIP, 443), POOL).seen.server, user.web((VIP, 80), POOL, tls=False).seen.server}
        equal(len(seen), 1, f"servers of one client on the ports that persist: {seen}")
        return seen.pop()

    def web_servers(self, n):
        """Who answers on all web ports, with those of the external services, which do not persist."""
        user = self.web_user(n)
        return {self.web_home(n), user.web((VIP, 443), LYNCWEB).seen.server, user.web((VIP, 4443), POOL).seen.server,
                user.web((VIP, 8080), POOL, tls=False).seen.server}

    # ---- States ----

    def states(self, name):
        """What its SIP and its web pools are called: one word if they agree."""
        return {self.gateway.server(f"{name}.corp.example", pool)["state"] for pool in (SIP, *self.web_pools)}

    def wait_states(self, state, name):
        eventually(lambda: self.states(name) == {state}, f"{name} is {state} in its SIP and web pools", 20)

    def cut(self, name):
        """Its cable is pulled: no end of a connection is told."""
        self.deployment.machines[name].run("ip", "link", "set", "to-inside", "down")
        self.cut_off.add(name)

    def word(self, word, name):
        done = self.gateway.ctl("server", word, f"{SIP}/{name}.corp.example")
        equal(done.returncode, 0, f"lychctl server {word}: {done.stderr}")

    def left_together(self, name, since):
        """The log's lines: the bound of the monitor holds, and the web pools left when SIP did."""
        lines = {pool: self.gateway.lines("server-down", f"pool={pool} ", f"{name}.corp.example")[-1]
                 for pool in (SIP, *self.web_pools)}
        times = [self.gateway.time_of(line) for line in lines.values()]
        took, apart = max(times) - since, max(times) - min(times)
        expect(took <= slow(BOUND_S + MARGIN_S), f"{name} left within {BOUND_S} s: {lines}")
        expect(apart < slow(INTERVAL_S), f"{name}'s ports left together: {lines}")
        print(f"    {name}: 5061 and {len(self.web_pools)} web pools left after {took:.2f} s of {BOUND_S:.2f} s")

    # ---- Who comes ----

    def all_are_back(self, clients, name):
        """Whoever was on this front end is signed in on another, and all are still there."""
        eventually(lambda: sorted(self.places()) == sorted(clients) and name not in self.places().values(),
                   f"everybody is signed in elsewhere than on {name}: {self.places()}", sipe.SIGN_IN_S)
        print(f"    {name} is left: {', '.join(f'{user} on {where}' for user, where in sorted(self.places().items()))}")

    def nobody_comes(self, name, people):
        """No new connection to SIP or to web services leads there."""
        expect(name not in set().union(*(self.web_servers(n) for n in people)), f"no web services of {name}'s are used")
        before = self.guests_of(name)
        guests = [self.web_user(n).connect(Client, (VIP, 5061), POOL) for n in people]
        for guest in guests:
            guest.ask(request("SUBSCRIBE", contact=None))
        equal(self.guests_of(name), before, f"guests that came to {name}")
        for guest in guests:
            guest.close()

    def guests_of(self, name):
        return sum(1 for k in self.front_ends[name].clients if not k.association)


# ---- What happens to a front end ----

def is_drained_and_disabled(pool, clients, name):
    """By words of the operator to its 5061: drained it keeps whom it has, disabled it loses them."""
    before, web_before = pool.places(), [pool.web_home(n) for n in PEOPLE]
    equal(set(web_before), set(FRONT_ENDS), "front ends whose web services are used")
    pool.word("drain", name)
    pool.wait_states("drain", name)
    equal([pool.web_home(n) for n in PEOPLE], web_before, f"whose web services are used while {name} is drained")
    equal(pool.places(), before, f"who is where while {name} is drained")
    pool.nobody_comes(name, NEWCOMERS)
    pool.word("disable", name)
    pool.wait_states("disabled", name)
    pool.all_are_back(clients, name)
    pool.nobody_comes(name, PEOPLE)
    pool.word("enable", name)
    pool.wait_states("up", name)


def loses_its_service(pool, clients, name):
    """Its SIP ends as a process that is killed does; its web server lives on, and would answer."""
    since = time.time()
    pool.front_ends[name].die()
    pool.front_ends[name].probed.die()
    is_gone(pool, clients, name, since)


def is_cut_off(pool, clients, name):
    """Its cable is pulled: no connection is told that it has ended."""
    since = time.time()
    pool.cut(name)
    is_gone(pool, clients, name, since)


def is_gone(pool, clients, name, since):
    pool.wait_states("down", name)
    pool.left_together(name, since)
    pool.all_are_back(clients, name)
    pool.nobody_comes(name, PEOPLE)


def nothing_was_bad(pool, clients):
    """Whatever happened, no signature was wrong, and nobody was asked what is another's."""
    for client in clients.values():
        bad = client.all("signature wrong") + client.all("signature missing")
        equal(bad, [], f"what {client.user} found bad")
    faults = [fault for front_end in pool.front_ends.values() for fault in front_end.faults]
    equal([fault for fault in faults if not fault.endswith(GUESTS)], [], "what the front ends found bad")


@story
def front_ends_leave_with_their_web_ports_and_users_come_back_elsewhere(play):
    pool = Pool(play)
    clients = {user: pool.sign_in(user) for user in USERS}
    equal([len(pool.users_of(name)) for name in FRONT_ENDS], [2] * len(FRONT_ENDS), "users of each front end")
    is_drained_and_disabled(pool, clients, "fe01")
    loses_its_service(pool, clients, "fe02")
    is_cut_off(pool, clients, "fe03")
    nothing_was_bad(pool, clients)


lacking = sipe.missing() or stand_ins.need_programs()
if lacking:
    print(f"skipped: apt-get install {lacking}")
    sys.exit(77)
main()
