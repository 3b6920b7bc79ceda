#!/usr/bin/python3
"""y04: every header twice, and two clients with one Call-ID."""
from play import equal, main, story
from torture import CLOSES, PASSES, TRANSPORTS, Case, Stage, closes, sip

MODES = ["transparent", "by-connection", "hop"]

# name: (value, another value, verdict on the same twice, verdict on two that differ).  A pair is what transparent mode
# and a hop do.  What the gateway uses it must be able to read in one way; all else is the far end's.
HEADERS = {
    "Via": ("SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKNAME", "SIP/2.0/TCP 192.0.2.8:5071;branch=z9hG4bKother",
            PASSES, PASSES),
    "Max-Forwards": ("70", "69", (PASSES, 400), (PASSES, 400)),
    "From": ("<sip:ann@roof.example>;tag=37", "<sip:eve@roof.example>;tag=38", PASSES, 400),
    "To": ("<sip:tomb@yard.example>;tag=99", "<sip:tree@yard.example>;tag=98", PASSES, 400),
    "Call-ID": ("NAME@play", "other-NAME@play", PASSES, CLOSES),
    "CSeq": ("5 MESSAGE", "6 MESSAGE", PASSES, CLOSES),
    "Content-Length": ("6", "5", PASSES, closes(400)),
    "Content-Type": ("text/plain", "text/html", PASSES, PASSES),
    "Contact": ("<sip:ann@192.0.2.7>", "<sip:eve@192.0.2.8>", PASSES, PASSES),
    "Route": ("<sip:yard.example;lr>", "<sip:porch.example;lr>", PASSES, PASSES),
    "Record-Route": ("<sip:porch.example;lr>", "<sip:gable.example;lr>", PASSES, PASSES),
    "Subject": ("stones", "flowers", PASSES, PASSES),
    "Require": ("belfry", "spire", PASSES, PASSES),
    "Expires": ("60", "61", PASSES, PASSES),
    "Date": ("Sun, 22 Nov 2026 12:00:00 GMT", "Sun, 22 Nov 2026 12:00:01 GMT", PASSES, PASSES),
    "Authorization": ('Digest username="ann", realm="a"', 'Digest username="eve", realm="a"', PASSES, PASSES),
    "Proxy-Authorization": ('Digest username="ann", realm="a"', 'Digest username="eve", realm="b"', PASSES, PASSES),
    "X-Unheard": ("of", "too", PASSES, PASSES),
}
COMPACT = {"Via": "v", "From": "f", "To": "t", "Call-ID": "i", "Content-Length": "l", "Content-Type": "c",
           "Contact": "m", "Subject": "s"}


def with_second(first, name, value, case_name):
    """A request with all headers, `first` of which comes a second time, by this name and with this value."""
    lines = "".join(f"{n}: {v[0]}\n" + (f"{name}: {value}\n" if n == first else "") for n, v in HEADERS.items())
    return sip(f"MESSAGE sip:tomb@yard.example SIP/2.0\n{lines}".replace("NAME", case_name), "stones")


def twice():
    for n, (header, (value, other, same, different)) in enumerate(HEADERS.items()):
        for k, name in enumerate((header, COMPACT.get(header, header.upper()))):
            for second, verdict in ((value, same), (other, different)):
                case = f"twice{n}-{k}-{second == value}"
                what = "equal" if second == value else "different"
                transparent, hop = verdict if verdict == (PASSES, 400) else (verdict, verdict)
                yield Case(case, "3261 7.3.1", f"two {what} {header}, the second called {name}",
                           with_second(header, name, second, case), transparent, hop)


@story
def every_header_twice(play):
    stage = Stage(play, MODES)
    stage.play_all(list(twice()))


# ---- Two clients ----

def message(call_id, branch, n):
    return sip(f"""\
MESSAGE sip:tomb@yard.example SIP/2.0
Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK{branch}
Max-Forwards: 70
From: <sip:ann@roof.example>;tag=37
To: <sip:tomb@yard.example>
Call-ID: {call_id}@play
CSeq: {n} MESSAGE
Content-Length: LENGTH
""", branch)


def pairs_of(mode):
    """Which transports two clients come by; there is one socket for all datagrams."""
    names = TRANSPORTS[mode]
    return [(a, b) for a in names for b in names if (a, b) != ("udp", "udp")]


@story
def two_clients_with_one_call_id_get_their_own_answers(play):
    stage = Stage(play, MODES)
    for mode in MODES:
        for a, b in pairs_of(mode):
            clients = {"a": stage.open(mode, a), "b": stage.open(mode, b)}
            for n in range(1, 21):
                for name, client in clients.items():
                    client.send(message(f"one-{mode}-{a}-{b}", f"{name}{n}", n))
            for name, client in clients.items():
                vias = [client.receive().header("Via").split(";")[1] for _ in range(20)]
                equal(sorted(vias), sorted(f"branch=z9hG4bK{name}{n}" for n in range(1, 21)),
                      f"the answers at {name}, {mode}, {a}, {b}")
            for client in clients.values():
                stage.expect_nothing_else(client, len(stage.arrived))
                client.close()


@story
def a_client_that_repeats_anothers_message_takes_nothing_from_it(play):
    stage = Stage(play, MODES)
    for mode in MODES:
        for a, b in pairs_of(mode):
            victim, thief = stage.open(mode, a), stage.open(mode, b)
            for n in range(1, 11):
                asked = message(f"mine-{mode}-{a}-{b}", f"mine{n}", n)
                victim.send(asked)
                thief.send(asked)
                equal(victim.receive().header("CSeq"), f"{n} MESSAGE",
                      f"the answer at whom it belongs to, {mode}, {a}, {b}")
            victim.close()
            thief.close()


main()
