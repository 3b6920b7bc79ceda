#!/usr/bin/python3
"""y05: forged Vias and tokens, answers to nothing, and messages that come round again: nobody gets what is not
theirs."""
import re

from play import Message, equal, eventually, expect, main, request, response, story
from torture import TRANSPORTS, Stage, mirror

ID, HASH = 8, 14  # characters: the gateway's own name, and of the hash with the number of the try
MARK = b"branch=z9hG4bKlg"
INVITING = [("Contact", "<sip:tomb@192.0.2.8>")]


def branch_of(raw):
    """Where in a message the gateway's branch stands behind its mark."""
    begin = raw.index(MARK) + len(MARK)
    return begin, begin + re.match(rb"[^;,\s]*", raw[begin:]).end()


def other(byte):
    """Another character of the same kind, far from it."""
    if 48 <= byte <= 57:
        return (byte - 48 + 5) % 10 + 48
    return (byte - 97 + 13) % 26 + 97


def changed(raw, at):
    return raw[:at] + bytes([other(raw[at])]) + raw[at + 1:]


def in_dialog(n):
    """Which nobody tries to send elsewhere when no answer comes."""
    return request("INFO", cseq=n, to="<sip:tomb@yard.example>;tag=99")


def number_of(message):
    return int(message.header("CSeq").split()[0])


@story
def an_answer_with_a_changed_name_or_token_reaches_nobody(play):
    stage = Stage(play, ["hop"])
    for transport in TRANSPORTS["hop"]:
        client = stage.open("hop", transport)
        client.send(in_dialog(1).raw)
        equal(client.receive().status, 200, f"the answer as it should be, over {transport}")
        begin, end = branch_of(stage.arrived[-1])
        places = [*range(0, ID), *range(ID + HASH, end - begin - 1)]  # the last character may hold fewer bits
        stage.answer = lambda m, places=places: changed(mirror(m.raw),
                                                        branch_of(mirror(m.raw))[0] + places[number_of(m)])
        for n in range(len(places)):
            client.send(in_dialog(n).raw)
        eventually(lambda: len(stage.arrived) == 1 + len(places), "all requests have arrived")
        stage.answer = None
        stage.expect_nothing_else(client, len(stage.arrived))
        client.close()
        stage.arrived.clear()
    equal(stage.counted("dropped_answers"), 3 * ID, "dropped answers")
    expect(stage.counted("undelivered") >= 3 * 20, "answers of which nobody knows where to")


@story
def an_answer_with_a_shortened_lengthened_or_mixed_token_reaches_nobody(play):
    stage = Stage(play, ["hop"])
    one, two = stage.open("hop", "tcp"), stage.open("hop", "tls")
    seen = []
    for client in (one, two):
        client.send(in_dialog(1).raw)
        client.receive()
        begin, end = branch_of(stage.arrived[-1])
        seen.append(stage.arrived[-1][begin:end])
    token = [s[ID + HASH:] for s in seen]
    half = len(token[0]) // 2
    wrong = [b"", token[0][:-2], token[0] + b"aa", token[0] * 20, token[0][:half] + token[1][half:],
             b"0" * len(token[0]), token[0][:1], b"-._~!*'()"]

    def answer(message):
        raw = mirror(message.raw)
        begin, end = branch_of(raw)
        return raw[:begin + ID + HASH] + wrong[number_of(message)] + raw[end:]
    stage.answer = answer
    for n in range(len(wrong)):
        one.send(in_dialog(n).raw)
    eventually(lambda: len(stage.arrived) == 2 + len(wrong), "all requests have arrived")
    stage.answer = None
    for client in (one, two):
        stage.expect_nothing_else(client, len(stage.arrived))


@story
def responses_that_nobody_asked_for_are_dropped(play):
    stage = Stage(play, ["hop", "transparent"])
    for mode in stage.modes:
        for transport in TRANSPORTS[mode]:
            client = stage.open(mode, transport)
            asked = request()
            client.send(asked.raw)
            client.receive()
            before = stage.counted("dropped_answers", mode)
            vias = ["SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKsomebodys", "SIP/2.0/TCP 192.0.2.1",
                    "SIP/2.0/UDP [::1];branch=z9hG4bKlg",
                    f"SIP/2.0/TCP {play.host(1)}:5064;branch=z9hG4bKlg" + "a" * 60]
            for via in vias:
                for code in (100, 200, 487, 503):
                    client.send(response(request(via=via), code, "Unasked").raw)
            stage.expect_nothing_else(client, len(stage.arrived))
            equal(stage.counted("dropped_answers", mode) - before, 4 * len(vias),
                  f"dropped answers, {mode} over {transport}")
            client.close()


# ---- Route tokens ----

def invite():
    return request("INVITE", more=INVITING)


def record_routes(raw):
    return re.findall(r"<([^>]*;lg=[^>]*)>", ", ".join(Message(raw).all("Record-Route")))


def server_says(stage, n, route, uri="sip:ann@192.0.2.7"):
    return request("MESSAGE", f"told{n}.{id(stage)}@play", n, uri=uri, to="<sip:ann@roof.example>;tag=1",
                   via=f"SIP/2.0/TCP {stage.server.address};branch=z9hG4bKtold{n}",
                   more=[("Route", f"<{route}>")] if route else ())


def token_of(stage, client):
    """The Record-Route that lets a server ask this client."""
    client.send(invite().raw)
    expect(client.receive().status == 200, "the INVITE is answered")
    routes = record_routes(stage.arrived[-1])
    expect(routes, f"a Record-Route with a token: {stage.arrived[-1]!r}")
    return routes[0]


@story
def a_route_token_counts_only_from_a_servers_side(play):
    stage = Stage(play, ["hop"], hop="record_route = true")
    for n, transport in enumerate(TRANSPORTS["hop"]):
        victim = stage.open("hop", transport)
        route = token_of(stage, victim)
        for k, others in enumerate(("tcp", "tls")):
            thief = stage.open("hop", others)
            for to in ("", ";tag=99"):
                stolen = request("MESSAGE", to=f"<sip:ann@roof.example>{to}", more=[("Route", f"<{route}>")])
                thief.send(stolen.raw)
                expect(thief.receive().call_id == stolen.call_id, "the thief is answered, by a server or the gateway")
            thief.close()
        stage.expect_nothing_else(victim, len(stage.arrived))
        told = server_says(stage, n, route)
        stage.say(transport, told)
        got = victim.receive()
        equal((got.method, got.call_id), ("MESSAGE", told.call_id), f"the token from the server, to {transport}")
        victim.close()


@story
def a_server_with_a_wrong_token_or_none_gets_no_client(play):
    stage = Stage(play, ["hop"], hop="record_route = true")
    for transport in TRANSPORTS["hop"]:
        client = stage.open("hop", transport)
        route = token_of(stage, client)
        begin = route.index(";lg=") + 4 + ID + 1
        wrong = ["", f"sip:{play.host(1)}:5064;lr", f"sip:{play.host(1)}:5064;lr;lg={route[begin - ID - 1:begin - 1]}"]
        wrong += [changed(route.encode(), at).decode() for at in range(begin, len(route) - 1)
                  if route[at].isalnum() and route[at].islower() or route[at].isdigit()]
        seen = branch_of(stage.arrived[-1])
        answer_token = stage.arrived[-1][seen[0] + ID + HASH:seen[1]].decode()
        wrong.append(route[:begin] + answer_token)  # of another use
        stage.answers.clear()
        for n, forged in enumerate(wrong):
            stage.say(transport, server_says(stage, 100 + n, forged))
        eventually(lambda: len(stage.answers) == len(wrong), "each is answered")
        equal({a.status for a in stage.answers} - {403, 430}, set(),
              f"statuses of {len(wrong)} forged routes to {transport}")
        stage.expect_nothing_else(client, len(stage.arrived))
        client.close()


# ---- Round and round ----

@story
def a_pool_that_is_the_gateway_itself_is_a_loop(play):
    stage = Stage(play, ["hop"], servers=[f"{play.host(1)}:5064"])
    for transport in ("tcp", "tls"):
        client = stage.open("hop", transport)
        for asked in (request(), request("INVITE"), request("INFO", to="<sip:tomb@yard.example>;tag=9")):
            client.send(asked.raw)
            answer = client.receive()
            equal((answer.status, answer.call_id), (482, asked.call_id), f"the answer to a {asked.method}")
        client.close()


@story
def a_server_that_sends_a_request_back_does_not_get_it_again(play):
    stage = Stage(play, ["hop"])
    for transport in ("tcp", "tls"):
        client = stage.open("hop", transport)
        client.send(request().raw)
        client.receive()
        again, mark = stage.arrived[-1], len(stage.arrived)
        back = play.client(address=(play.host(1), 5064), source=stage.server.host)
        back.send(again)
        answer = back.receive()
        expect(answer.status in (403, 482), f"a request that came from here is refused, not {answer!r}")
        stage.answers.clear()
        stage.server.links[-1].send(again)
        refused = eventually(lambda: stage.answers, "the server is answered on its own link")[0]
        expect(refused.status in (403, 482), f"the same on the link that it came by: {refused!r}")
        stage.expect_nothing_else(client, mark)
        client.close()
        back.close()


@story
def routes_of_our_own_are_taken_off_however_many(play):
    stage = Stage(play, ["hop"])
    for transport in TRANSPORTS["hop"]:
        client = stage.open("hop", transport)
        port = {"udp": 5060, "tcp": 5064, "tls": 5065}[transport]
        asked = request(more=[("Route", f"<sip:{play.host(1)}:{port};lr>, <sip:{play.host(1)}:{port};lr>")] * 10)
        client.send(asked.raw)
        equal(client.receive().status, 200, f"the answer to 20 routes of our own, over {transport}")
        equal(Message(stage.arrived[-1]).all("Route"), [], "routes that are left")
        client.close()


main()
