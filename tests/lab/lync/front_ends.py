#!/usr/bin/python3
"""front_ends: eight real Lync clients (pidgin-sipe) are signed in over four front ends, and as many people have their web
services open.  Front ends are drained, disabled, killed and cut off: SIP and web ports leave together, and whoever was there
comes back elsewhere.
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

VIP, POOL = "192.0.2.61", "pool.corp.example"
SIP = f"{POOL}-5061"
USERS = ("alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi")
INTERVAL_S, TIMEOUT_S, FALL = 0.5, 2, 3  # of the monitor, as stage.py has it
BOUND_S = FALL * (1.1 * INTERVAL_S + TIMEOUT_S)


class Pool:
    def __init__(self, play):
        self.play = play
        self.deployment, self.cut_off = Deployment(play, FRONT_ENDS), set()
        self.front_ends = {name: self.front_end(name) for name in FRONT_ENDS}
        self.gateway = self.deployment.gateway("lync-all-in-one")
        self.web_pools = [p for p in {row["POOL"] for row in rows(self.gateway)} if self.follows(p)]
        self.wait_states("up", FRONT_ENDS)

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

    def web_server_of(self, n):
        """Who answers a new connection of this one's; all web ports agree."""
        user = self.web_user(n)
        seen = {user.web((VIP, 443), "lyncweb.corp.example").seen.server, user.web((VIP, 443), POOL).seen.server,
                user.web((VIP, 4443), POOL).seen.server, user.web((VIP, 8080), POOL, tls=False).seen.server,
                user.web((VIP, 80), POOL, tls=False).seen.server}
        equal(len(seen), 1, f"servers of one client on all web ports: {seen}")
        return seen.pop()

    # ---- States ----

    def states(self, name):
        """What its SIP and its web pools are called: one word if they agree."""
        return {self.gateway.server(f"{name}.corp.example", pool)["state"] for pool in (SIP, *self.web_pools)}

    def wait_states(self, state, names, within=20):
        for name in names:
            eventually(lambda: self.states(name) == {state}, f"{name} is {state} in all pools of {self.states(name)}", within)

    def cut(self, name):
        """Its cable is pulled: no end of a connection is told."""
        self.deployment.machines[name].run("ip", "link", "set", "to-inside", "down")
        self.cut_off.add(name)

    def word(self, word, name):
        done = self.gateway.ctl("server", word, f"{SIP}/{name}.corp.example")
        equal(done.returncode, 0, f"lychctl server {word}: {done.stderr}")

    def left_together(self, name, since):
        """The log's lines: the bound of the monitor holds, and the web pools left when SIP did."""
        lines = {p: self.gateway.lines("server-down", f"pool={p} ", f"{name}.corp.example")[-1] for p in (SIP, *self.web_pools)}
        times = {pool: self.gateway.time_of(line) for pool, line in lines.items()}
        expect(max(times.values()) - since <= slow(BOUND_S), f"{name} left within {BOUND_S} s: {lines}")
        expect(max(times.values()) - min(times.values()) < slow(0.2), f"{name}'s ports left together: {lines}")
        print(f"    {name}: 5061 and {len(self.web_pools)} web pools left {max(times.values()) - since:.2f} s after its end")


    def all_are_back(self, clients, name):
        """Whoever was on this front end is signed in on another, and all are still there."""
        eventually(lambda: sorted(self.places()) == sorted(clients) and name not in self.places().values(),
                   f"everybody is signed in elsewhere than on {name}: {self.places()}", sipe.SIGN_IN_S)
        print(f"    everybody is on {', '.join(f'{k} {v}' for k, v in sorted(self.places().items()))}")

    def nobody_comes(self, name):
        """No new connection to SIP or to web services leads there, not even of those that were there."""
        expect(name not in {self.web_server_of(n) for n in range(len(USERS))}, f"nobody's web services are {name}'s")
        before = self.came(name)
        guests = [self.deployment.office.do(lambda: Client((VIP, 5061), tls=self.web_user(0).context(), sni=POOL)) for _ in FRONT_ENDS]
        for guest in guests:
            guest.ask(request("SUBSCRIBE", contact=None))
            guest.close()
        equal(self.came(name), before, f"requests of guests that came to {name}")

    def came(self, name):
        return sum(1 for k in self.front_ends[name].clients if not k.association)


def is_well(clients):
    """No client had an error, and no signature was wrong, whatever happened."""
    for client in clients.values():
        equal((client.count("signature wrong"), client.count("signature missing")), (0, 0), f"what {client.user} found bad")


def faults(pool):
    return [fault for front_end in pool.front_ends.values() for fault in front_end.faults if "SUBSCRIBE: no association" not in fault]


@story
def front_ends_leave_with_their_web_ports_and_users_come_back_elsewhere(play):
    pool = Pool(play)
    clients = {user: pool.sign_in(user) for user in USERS}
    at_first = pool.places()
    equal({name: len(pool.users_of(name)) for name in FRONT_ENDS}, {name: 2 for name in FRONT_ENDS}, "users of each front end")
    web_at_first = [pool.web_server_of(n) for n in range(len(USERS))]
    equal(set(web_at_first), set(FRONT_ENDS), "whose web services are used")

    pool.word("drain", "fe01")
    pool.wait_states("drain", ["fe01"])
    equal([pool.web_server_of(n) for n in range(len(USERS))], web_at_first, "whose web services are used: entries are kept")
    equal(pool.places(), at_first, "who is where while fe01 is drained")
    pool.word("disable", "fe01")
    pool.wait_states("disabled", ["fe01"])
    pool.all_are_back(clients, "fe01")
    pool.nobody_comes("fe01")
    pool.word("enable", "fe01")
    pool.wait_states("up", ["fe01"])

    since = time.time()
    for server in (pool.front_ends["fe02"], pool.front_ends["fe02"].probed):  # the service alone: nginx lives
        server.die()
    pool.wait_states("down", ["fe02"])
    pool.left_together("fe02", since)
    pool.all_are_back(clients, "fe02")
    pool.nobody_comes("fe02")

    since = time.time()
    pool.cut("fe03")
    pool.wait_states("down", ["fe03"])
    pool.left_together("fe03", since)
    pool.all_are_back(clients, "fe03")
    pool.nobody_comes("fe03")
    is_well(clients)
    equal(faults(pool), [], "what the front ends found bad")


lacking = sipe.missing() or stand_ins.need_programs()
if lacking:
    print(f"skipped: apt-get install {lacking}")
    sys.exit(77)
main()
