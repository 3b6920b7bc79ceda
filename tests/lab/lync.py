#!/usr/bin/python3
"""lync: two real Lync clients (pidgin-sipe) sign in through a gateway, TLS on both sides, to two front ends that sign
everything and check everything.

LYCHGATE_LAB_SECONDS says for how long they are watched; `make lab` takes two minutes.
"""
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "scenario"))

import sipe
from association import uri
from front_end import PASSWORD, FrontEnd
from play import Message, equal, eventually, expect, main, request, story

SECONDS = float(os.environ.get("LYCHGATE_LAB_SECONDS", "20"))
LONG = 120          # watched for so long, the clients also have the time to send keep-alives
SIGN_IN_S = 20      # and out: pidgin-sipe waits a little before it tries again
AUTO = 'policies = { "responder/no-compression" }, options = { route = "auto" }'
CAROL = "sip:carol@lab.test"  # whom they write to; the front ends play her


# ---- The stage ----

def pool(play, listener=AUTO, balance="least-connections"):
    """Two front ends behind a gateway."""
    for n in (1, 2):
        front_end = FrontEnd(play.backstage, f"fe{n}", play.host(10 + n), 5061, play.certificates.for_server("pool"))
        play.servers.append(front_end.listen())
    gateway = play.gateway(play.servers, bind="tls", port=5061, words=play.certificates.word("pool"),
                           pool=f'tls = "pool", tls_name = "pool.test", balance = "{balance}", '
                                'monitor = { plugin = "sip", interval = "500ms", timeout = "2s" }',
                           listener=f'tls = "pool", {listener}')
    for front_end in play.servers:
        gateway.wait_state(front_end, "up")
    return play.servers


def sign_in(play, user):
    time.sleep(1 - time.time() % 1)  # pidgin-sipe's Call-IDs follow from the second: of two clients in one they are the same
    client = sipe.Sipe(sipe.build(play.build), os.path.join(play.folder, user), user, "pool.test", (play.host(1), 5061),
                       play.certificates.path("ca.pem"), PASSWORD)
    play.clients.append(client)
    client.wait("signed-on", within=SIGN_IN_S)
    return client


def two_clients(play):
    """Each with the link that it has to its front end."""
    front_ends = pool(play)
    clients = [sign_in(play, user) for user in ("alice", "bob")]
    equal([len(f.clients) for f in front_ends], [1, 1], "clients of each front end")
    links = {link.association.user: link for f in front_ends for link in f.clients}
    return [(client, links[client.user]) for client in clients]


# ---- What they do ----

def talk(client, link, text):
    """Messages both ways, asked for by either end, and one without an answer."""
    client.im(CAROL, text)
    written = eventually(lambda: link.last("MESSAGE", text), f"{client.user}'s message reaches {link.server.name}")
    said = link.ask(link.back(written, text))
    asked = link.ask(link.signed_request("OPTIONS"))
    equal((said.status, asked.status), (200, 200), f"what {client.user} answers to MESSAGE and OPTIONS")
    equal(client.count(f"im {CAROL} {text}"), 1, f"what {client.user} has read of it")
    link.send(link.signed_request("BENOTIFY", more=[("Event", "presence")]))


def is_well(client, link):
    """All that there is to say of a client that nothing happened to."""
    equal(link.server.faults, [], f"faults that {link.server.name} has found")
    eventually(lambda: client.count("signature good") == link.association.sent, f"{client.user} has read all "
               f"{link.association.sent} messages that {link.server.name} signed")
    equal(client.count("signature wrong") + client.count("signature missing"), 0, f"signatures that {client.user} found bad")
    equal((client.count("signed-on"), client.count("signed-off"), client.errors), (1, 0, []), f"{client.user}'s way")
    equal(({uri(m.header("From")) for m in link.requests}, link.shown, link.sni),
          ({f"sip:{client.user}@lab.test"}, None, "pool.test"), "who sends, the certificate and the name on the link")
    expect(link.open, f"{client.user}'s link to {link.server.name} stands")


# ---- The stories ----

@story
def two_clients_stay_signed_in_each_on_one_front_end_and_every_signature_is_good(play):
    pairs = two_clients(play)
    end, n = time.monotonic() + SECONDS, 0
    while time.monotonic() < end:
        n += 1
        if time.monotonic() < end - SECONDS / 2:  # in the second half only keep-alives and what the clients do by themselves
            for client, link in pairs:
                talk(client, link, f"text {n}")
        time.sleep(min(1, max(0, end - time.monotonic())))
    for client, link in pairs:
        is_well(client, link)
        expect(link.pings or SECONDS < LONG, f"{client.user} has sent keep-alives")
        print(f"    {client.user} on {link.server.name}: {len(link.requests)} requests, {len(link.answers)} answers, "
              f"{link.association.received} signatures good; {link.association.sent} good the other way; {link.pings} keep-alives")
    equal([len(f.clients) for f in play.servers], [1, 1], "clients of each front end at the end")
    counters = play.gateways[0].listener()["counters"]
    equal([counters[c] for c in ("malformed", "dropped_answers", "refused", "lost")], [0] * 4, "what the gateway disliked")


@story
def a_front_end_dies_and_only_its_own_client_signs_in_again(play):
    (alice, first), (bob, second) = two_clients(play)
    talk(bob, second, "before")
    first.server.die()
    died = time.monotonic()
    alice.wait("signed-on", 2, within=SIGN_IN_S)
    print(f"    signed in again after {time.monotonic() - died:.1f} s")
    again = second.server.clients[-1]
    equal(again.association.user, "alice", "who has come to the other front end")
    talk(alice, again, "again")
    talk(bob, second, "after")
    is_well(bob, second)


@story
def by_message_the_same_clients_are_refused(play):
    front_ends = pool(play, 'options = { route = "message" }', "round-robin")
    sign_in(play, "alice")
    eventually(lambda: any("a foreign association" in fault for f in front_ends for fault in f.faults),
               "a front end gets a request with the other one's association")


@story
def front_ends_refuse_what_they_must(play):
    front_end = pool(play)[0]
    client = play.client(address=(front_end.host, front_end.port), tls=play.certificates.for_client(), sni="pool.test")
    for more, code in ((None, 401), (("Via", "SIP/2.0/TLS 192.0.2.9"), 400), (("Contact", f"<{CAROL};transport=tcp>"), 400),
                       (("Authorization", 'NTLM opaque="1", response="01"'), 401)):
        equal(client.ask(request("REGISTER", contact=None, more=[more] if more else [])).status, code, f"the answer to {more}")
    equal(front_end.faults, ["fe1: REGISTER: 2 Vias", "fe1: REGISTER: Contact by tcp", "fe1: REGISTER: a foreign association"],
          "its faults")


@story
def either_end_sees_a_changed_byte(play):
    front_ends = pool(play)
    alice = sign_in(play, "alice")
    link = next(link for f in front_ends for link in f.clients)
    eventually(lambda: len(link.requests) >= 6, "three SUBSCRIBEs have followed")
    signed = link.requests[-1]
    for name in ("Call-ID: ", "CSeq: ", "From: <sip:", "To: <sip:", ";tag="):
        changed = Message(signed.raw.replace(name.encode(), name.encode() + b"1", 1))
        equal(link.association.verify(changed), "a wrong signature", f"the front end's word on a changed {name}")
    sound = link.signed_request("OPTIONS")
    link.send(sound.raw.replace(b"Call-ID: ", b"Call-ID: 1"))
    alice.wait("signature wrong")
    alice.wait("signed-on", 2, within=SIGN_IN_S)


main()
