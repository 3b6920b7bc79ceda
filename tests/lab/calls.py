#!/usr/bin/python3
"""calls: SIPp calls SIPp through a gateway and two Kamailios that register it, over UDP, TCP and TLS: no call fails,
and when one Kamailio is killed, none of the other's.

`make lab` makes 500 calls in each story, `make check` 50.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scenario"))

import farm
import kamailio
import sipp
import stunnel
from play import equal, eventually, expect, main, story

COUNT, RATE, HOLD_MS = (500, 50, 1000) if farm.LONG else (50, 50, 300)
# When a Kamailio is killed: calls to each one's users, how fast they begin, how long they last; how many are open then.
MANY, OPEN_RATE, OPEN_MS, OPEN = (500, 50, 5000, 150) if farm.LONG else (90, 30, 1500, 20)
USERS = 10
TOGETHER_S = 60


# ---- The stage ----

def way(play, gateway, transport, name):
    """Where SIPp sends to: (address, transport); for TLS through an stunnel."""
    host = gateway.address[0]
    if transport == "tls":
        return stunnel.Stunnel(play, f"stunnel-{name}", (host, kamailio.TLS_PORT)).address, "tcp"
    return (host, kamailio.PORT), transport


def phones(play, gateway, transport):
    users = sipp.users_of("bob", USERS)
    made = sipp.phones(play, "phones", *way(play, gateway, transport, "phones"), users)
    made.wait(lambda: farm.registered(play.servers, users), "the phones are registered")
    return made


def calls(play, gateway, transport, name, users, count=COUNT, rate=RATE, hold_ms=HOLD_MS):
    return sipp.calls(play, name, *way(play, gateway, transport, name), users, count, rate, hold_ms)


def all_good(made, count):
    """Waits for the end of calls."""
    good, failed = made.end(TOGETHER_S)
    print(f"    {made.name}: {good} calls, {failed} failed, {made.figure('Retransmissions(C)')} sent again")
    if (good, failed) != (count, 0):
        print(*(f"    {line}" for line in made.last_words()), sep="\n")
    equal((good, failed), (count, 0), f"{made.name}: calls, and failed ones")


def well_kept(gateway, phone):
    equal(phone.disliked(), [], "what the phones disliked")
    equal(farm.disliked(gateway), {}, "what the gateway disliked")


def five_hundred(play, caller, callee, speaks, **words):
    """Calls from SIPp that speaks `caller` to SIPp that speaks `callee`, when the gateway `speaks` to the Kamailios."""
    gateway = farm.gateway(play, speaks, **words)
    phone = phones(play, gateway, callee)
    all_good(calls(play, gateway, caller, "callers", sipp.users_of("bob", USERS)), COUNT)
    well_kept(gateway, phone)


# ---- The stories ----

@story
def calls_over_udp(play):
    five_hundred(play, "udp", "udp", "udp")


@story
def calls_over_tcp(play):
    five_hundred(play, "tcp", "tcp", "tcp")


@story
def calls_over_tls_to_kamailios_that_speak_tls(play):
    five_hundred(play, "tls", "tls", "tls")


@story
def calls_from_tls_to_udp_over_kamailios_that_speak_tcp(play):
    five_hundred(play, "tls", "udp", "tcp")


@story
def calls_from_udp_to_tls_over_kamailios_that_speak_both(play):
    five_hundred(play, "udp", "tls", "both")


@story
def registrars_that_share_nothing_are_found_by_the_user(play):
    five_hundred(play, "tcp", "tcp", "tcp", persistence=farm.BY_USER, share=False)
    equal(sorted(len(s.users()) > 0 for s in play.servers), [True, True], "both Kamailios have users")


@story
def over_udp_users_are_still_there_when_the_gateway_has_started_again(play):
    gateway = farm.gateway(play, "udp")
    phone = phones(play, gateway, "udp")
    gateway.stop()
    gateway.start()
    farm.ready(gateway, play.servers)
    all_good(calls(play, gateway, "udp", "callers", sipp.users_of("bob", USERS)), COUNT)
    well_kept(gateway, phone)


def a_kamailio_is_killed(play, transport, speaks):
    """Calls to users of one Kamailio stay there, so it is plain whose calls they are; they go on coming."""
    gateway = farm.gateway(play, speaks, farm.BY_USER)
    phone = phones(play, gateway, transport)
    dead, alive = play.servers
    where = alive.users()
    own = {server: [user for user, number in where.items() if number == server.number] for server in play.servers}
    expect(all(own.values()), f"both Kamailios have users: {own}")
    made = {server: calls(play, gateway, transport, f"callers-of-{server.name}", users, MANY, OPEN_RATE, OPEN_MS)
            for server, users in own.items()}
    for one in made.values():
        one.wait(lambda one=one: one.figure("CurrentCall") >= OPEN, f"{OPEN} calls are open")
    dead.die()
    begun = made[dead].figure("TotalCallCreated")
    print(f"    {dead.name} is killed, {begun} calls to its users have begun")
    all_good(made[alive], MANY)
    # A call to the dead one whose answer was on its way may hang: over TCP SIPp waits for ever.
    later = MANY - begun - OPEN_RATE
    eventually(lambda: made[dead].figure("SuccessfulCall(C)") >= later, f"{later} calls that begin later are good",
               TOGETHER_S)
    good, failed = (made[dead].figure(name) for name in ("SuccessfulCall(C)", "FailedCall(C)"))
    print(f"    {made[dead].name}: {good} calls, {failed} failed")
    gateway.wait_state(dead, "down")
    all_good(calls(play, gateway, transport, "new-callers", own[dead]), COUNT)
    equal(phone.process.poll(), None, "how the phones have ended")


@story
def killing_a_kamailio_loses_no_call_of_the_other_over_tcp(play):
    a_kamailio_is_killed(play, "tcp", "tcp")


@story
def killing_a_kamailio_loses_no_call_of_the_other_over_udp(play):
    a_kamailio_is_killed(play, "udp", "udp")


lacking = " ".join(filter(None, (kamailio.missing(), sipp.missing(), stunnel.missing())))
if lacking:
    print(f"skipped: apt-get install {lacking}")
    sys.exit(77)
main()
