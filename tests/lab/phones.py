#!/usr/bin/python3
"""phones: baresip calls linphonec over TLS through a gateway and a Kamailio; they hear each other, and when either
hangs up, both know."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scenario"))

import farm
import kamailio
import softphones
from play import equal, eventually, main, story

CALLS = 5 if farm.LONG else 1
RING_S = 20  # linphonec takes its time to end a call before it takes the next


def both(play, speaks="tcp", **words):
    """The two phones, registered over TLS."""
    gateway = farm.gateway(play, speaks, **words)
    at = gateway.address[0], kamailio.TLS_PORT
    phones = softphones.Baresip(play, "erin", at), softphones.Linphone(play, "frank", at)
    eventually(lambda: farm.registered(play.servers, [phone.user for phone in phones]), "both are registered")
    return gateway, phones


def call(caller, callee, ending, n):
    """The n-th call between the two, and how it ends."""
    before = [(phone, phone.established, phone.ended, phone.heard) for phone in (caller, callee)]
    caller.call(callee.user)
    for phone, established, *_ in before:
        phone.wait(lambda p=phone, e=established: p.established > e, f"is in call {n}", RING_S)
    for phone, *_, heard in before:
        phone.wait(lambda p=phone, h=heard: p.heard not in (0, h), f"hears the other in call {n}", RING_S)
    equal([phone.ended for phone, *_ in before], [ended for *_, ended, _ in before], "calls that are over too early")
    ending.hang_up()
    for phone, _, ended, _ in before:
        phone.wait(lambda p=phone, e=ended: p.ended > e, f"sees the end of call {n}", RING_S)


def take_turns(play, speaks, **words):
    gateway, (erin, frank) = both(play, speaks, **words)
    for n in range(1, 2 * CALLS + 1):
        call(erin, frank, (erin, frank)[n % 2], n)
    equal(farm.disliked(gateway), {}, "what the gateway disliked")
    print(f"    {2 * CALLS} calls")


@story
def baresip_calls_linphonec_over_tls_and_either_hangs_up(play):
    take_turns(play, "tcp")


@story
def with_tls_to_the_kamailios_too(play):
    take_turns(play, "tls")


@story
def registered_at_different_kamailios_that_share_nothing(play):
    take_turns(play, "tcp", persistence=farm.BY_USER, share=False)
    equal([len(server.users()) for server in play.servers], [1, 1], "users of each Kamailio")


@story
def linphonec_calls_baresip(play):
    gateway, (erin, frank) = both(play)
    call(frank, erin, erin, 1)
    equal(farm.disliked(gateway), {}, "what the gateway disliked")


lacking = " ".join(filter(None, (kamailio.missing(), softphones.missing())))
if lacking:
    print(f"skipped: apt-get install {lacking}")
    sys.exit(77)
main()
