#!/usr/bin/python3
"""chat: two Lync clients (pidgin-sipe) sign in over TLS through a gateway to Kamailio, and exchange instant messages.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scenario"))

import farm
import kamailio
import sipe
from play import equal, eventually, main, story

MESSAGES = 50 if farm.LONG else 3  # each way
TRANSPARENT = 'options = { mode = "transparent", route = "connection" },'


def exchange(play, gateway):
    at = gateway.address[0], kamailio.TLS_PORT
    alice, bob = (sipe.sign_in(play, user, farm.NAME, at) for user in ("alice", "bob"))
    eventually(lambda: farm.registered(play.servers, ["alice", "bob"]), "both are registered")
    for n in range(1, MESSAGES + 1):
        for sender, receiver in ((alice, bob), (bob, alice)):
            sender.im(f"sip:{receiver.user}@{sipe.DOMAIN}", f"message {n}")
            receiver.wait(f"im sip:{sender.user}@{sipe.DOMAIN} message {n}")
    for client in (alice, bob):
        equal((client.count("im "), client.count("signed-on"), client.all("error")), (MESSAGES, 1, []),
              f"messages that {client.user} has read, and how else it went")
    print(f"    {2 * MESSAGES} messages")
    for client in (alice, bob):
        client.close()
    equal(farm.disliked(gateway), {}, "what the gateway disliked")


@story
def two_clients_exchange_messages_over_two_kamailios(play):
    exchange(play, farm.gateway(play))


@story
def over_two_kamailios_that_speak_tls(play):
    exchange(play, farm.gateway(play, "tls"))


@story
def registered_at_different_kamailios_that_share_nothing(play):
    exchange(play, farm.gateway(play, persistence=farm.BY_USER, share=False))
    equal(sorted(len(s.users()) for s in play.servers), [0, 0], "users that have not signed off")


@story
def in_transparent_mode_over_one_kamailio(play):
    exchange(play, farm.gateway(play, count=1, listener=TRANSPARENT, binds=("tcp", "tls")))


lacking = " ".join(filter(None, (kamailio.missing(), sipe.missing())))
if lacking:
    print(f"skipped: apt-get install {lacking}")
    sys.exit(77)
main()
