#!/usr/bin/python3
"""sign_in: two real Lync clients (pidgin-sipe) sign in through a gateway, TLS on both sides, to two front ends that
sign everything and check everything.

LYCHGATE_LAB_SECONDS says for how long they are watched; `make lab` takes two minutes.
"""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scenario"))

import sipe
from association import uri
from front_end import CAROL, PASSWORD, FrontEnd
from play import Message, equal, eventually, expect, main, request, story

SECONDS = float(os.environ.get("LYCHGATE_LAB_SECONDS", "20"))
LONG = 120      # watched for so long, the clients also have the time to send keep-alives
AUTO = 'policies = { "responder/no-compression" }, options = { route = "auto" }'
NAME, PORT = "pool.test", 5061


# ---- The stage ----

def pool(play, listener=AUTO, balance="least-connections"):
    """Two front ends behind a gateway."""
    for n in (1, 2):
        tls = play.certificates.for_server("pool")
        play.servers.append(FrontEnd(play.backstage, f"fe{n}", play.host(10 + n), PORT, tls).listen())
    gateway = play.gateway(play.servers, bind="tls", port=PORT, words=play.certificates.word("pool"),
                           listener=f'tls = "pool", {listener}',
                           pool=f'tls = "pool", tls_name = "{NAME}", balance = "{balance}", '
                                'monitor = { plugin = "sip", interval = "500ms", timeout = "2s" }')
    for front_end in play.servers:
        gateway.wait_state(front_end, "up")
    return play.servers


def sign_in(play, user):
    return sipe.sign_in(play, user, NAME, (play.host(1), PORT), PASSWORD)


def two_clients(play):
    """Each with the link that it has to its front end."""
    front_ends = pool(play)
    clients = [sign_in(play, user) for user in ("alice", "bob")]
    equal([len(f.clients) for f in front_ends], [1, 1], "client links of each front end")
    links = {link.association.user: link for f in front_ends for link in f.clients}
    return [(client, links[client.user]) for client in clients]


# ---- What they do ----

def talk(client, link, text):
    """Messages both ways, asked for by either end, and one without an answer."""
    carol = uri(CAROL)
    client.im(carol, text)
    written = eventually(lambda: link.has("MESSAGE", text), f"{client.user}'s message reaches {link.server.name}")
    said = link.ask(link.back(written, text))
    asked = link.ask(link.own("OPTIONS"))
    equal((said.status, asked.status), (200, 200), f"what {client.user} answers to MESSAGE and OPTIONS")
    client.wait(f"im {carol} {text}")
    equal(client.count(f"im {carol} {text}"), 1, f"how often {client.user} has read {text!r}")
    link.send(link.own("BENOTIFY", more=[("Event", "presence")]))


def is_well(client, link):
    """All that there is to say of a client that nothing happened to."""
    user, server = client.user, link.server.name
    equal(link.server.faults, [], f"faults that {server} has found")
    eventually(lambda: client.count("signature good") == link.association.sent,
               f"{user} has read all {link.association.sent} messages that {server} signed")
    equal((client.count("signature wrong"), client.count("signature missing")), (0, 0), f"what {user} found bad")
    equal((client.count("signed-on"), client.count("signed-off"), client.all("error")), (1, 0, []), f"{user}'s way")
    equal({uri(m.header("From")) for m in link.requests}, {f"sip:{user}@lab.test"}, f"who asks on {user}'s link")
    equal((link.shown, link.sni), (None, NAME), "the gateway's certificate, which is not for clients, and the SNI")
    expect(link.open, f"{user}'s link to {server} stands")


def sign_off(client, link):
    client.close()
    eventually(lambda: any(m.header("Expires") == "0" for m in link.requests),
               f"{client.user} signs off where it signed in")


def figures(client, link):
    signed = link.association
    print(f"    {client.user} on {link.server.name}: {len(link.requests)} requests, {len(link.answers)} answers and "
          f"{link.pings} keep-alives of its own; {signed.received} good signatures, {signed.sent} the other way")


# ---- The stories ----

@story
def two_clients_stay_signed_in_each_on_one_front_end_and_every_signature_is_good(play):
    pairs = two_clients(play)
    end, n = time.monotonic() + SECONDS, 0
    while time.monotonic() < end:
        n += 1
        if time.monotonic() < end - SECONDS / 2:  # the second half is left to keep-alives and the clients' own ideas
            for client, link in pairs:
                talk(client, link, f"text {n}")
        time.sleep(min(1, max(0, end - time.monotonic())))
    for client, link in pairs:
        is_well(client, link)
        expect(link.pings or SECONDS < LONG, f"{client.user} has sent keep-alives")
        sign_off(client, link)
        figures(client, link)
    equal([(len(f.clients), f.faults) for f in play.servers], [(1, [])] * 2, "client links and faults at the end")
    counters = play.gateways[0].listener()["counters"]
    disliked = {c: counters[c] for c in ("malformed", "dropped_answers", "answered_here", "lost") if counters[c]}
    equal(disliked, {}, "what the gateway disliked")


@story
def a_front_end_dies_and_only_its_own_client_signs_in_again(play):
    (alice, first), (bob, second) = two_clients(play)
    talk(bob, second, "before")
    first.server.die()
    died = time.monotonic()
    alice.wait("signed-on", 2, within=sipe.SIGN_IN_S)
    print(f"    signed in again after {time.monotonic() - died:.1f} s")
    again = second.server.clients[-1]
    equal(again.association.user, "alice", "who has come to the other front end")
    talk(alice, again, "again")
    talk(bob, second, "after")
    is_well(bob, second)


@story
def by_message_the_same_client_is_refused(play):
    front_ends = pool(play, 'options = { route = "message" }', "round-robin")
    sign_in(play, "alice")
    eventually(lambda: any("a foreign association" in fault for f in front_ends for fault in f.faults),
               "a front end gets a request with the other one's association")


@story
def front_ends_refuse_what_they_must(play):
    front_end = pool(play)[0]
    client = play.client(address=(front_end.host, PORT), tls=play.certificates.for_client(), sni=NAME)
    wrong = [(400, "2 Vias", ("Via", "SIP/2.0/TLS 192.0.2.9")),
             (400, "Contact by tcp", ("Contact", "<sip:alice@192.0.2.1;transport=tcp>")),
             (401, "a foreign association", ("Authorization", 'NTLM opaque="1", response="01"'))]
    for code, fault, header in wrong:
        equal(client.ask(request("REGISTER", contact=None, more=[header])).status, code, f"the answer to {header}")
        equal(front_end.faults.pop(), f"fe1: REGISTER: {fault}", f"the fault of {header}")


@story
def either_end_sees_a_changed_byte(play):
    front_ends = pool(play)
    alice = sign_in(play, "alice")
    link = next(link for f in front_ends for link in f.clients)
    signed = eventually(lambda: next((m for m in link.requests if m.method == "SUBSCRIBE"), None), "a SUBSCRIBE")
    for before in (b"Call-ID: ", b"CSeq: ", b"From: <sip:", b"To: <sip:", b";tag="):
        changed = Message(signed.raw.replace(before, before + b"1", 1))
        equal(link.association.verify(changed), "a wrong signature", f"the front end's word on a change after {before}")
    link.send(link.own("OPTIONS").raw.replace(b"Call-ID: ", b"Call-ID: 1", 1))
    alice.wait("signature wrong")
    alice.wait("signed-on", 2, within=sipe.SIGN_IN_S)  # that connection was over


lacking = sipe.missing()
if lacking:
    print(f"skipped: no Lync client here; apt-get install {lacking}")
    sys.exit(77)
main()
