#!/usr/bin/python3
"""x02: a dialog's first request may go to a second server, once; then its answer is the client's."""
from play import Message, ack_of, equal, eventually, expect, main, request, response, story

QUICK = 'options = { mode = "hop", first_answer = "300ms" }'


def gateway(play, listener=QUICK, n=2, **words):
    servers = [play.server(f"s{i}") for i in range(n)]
    play.gateway(servers, listener=listener, pool='monitor = false', **words)
    return servers


def first_of(servers, asked):
    """Who has got it first, and the other one."""
    eventually(lambda: any(s.got(asked.call_id) for s in servers), "somebody gets it")
    first = next(s for s in servers if s.got(asked.call_id))
    return first, next(s for s in servers if s is not first)


@story
def a_busy_server_and_a_free_one(play):
    one, two = gateway(play)
    for server, other in ((one, two), (two, one)):
        server.answer = server.refuse(503)
        other.answer = other.ok
        client = play.client()
        for n in range(6):
            asked = request("INVITE")
            equal(client.ask(asked).server, other.name, "who has answered")
            if server.got(asked.call_id, "INVITE"):
                ack = server.wait_request(asked.call_id, "ACK")
                equal(ack.header("Via"), server.got(asked.call_id, "INVITE")[0].header("Via"), "the Via of the ACK")
            client.send(request("ACK", asked.call_id, to="<sip:bob@example.test>;tag=bx"))
            other.wait_request(asked.call_id, "ACK")


@story
def two_busy_servers_are_500(play):
    for server in gateway(play):
        server.answer = server.refuse(503, more=[("Retry-After", "1")])
    got = play.client().ask(request("INVITE"))
    equal((got.status, got.header("Retry-After"), len(got.all("Via"))), (500, None, 1), "the answer")


@story
def a_silent_server_and_one_that_speaks(play):
    servers = gateway(play)
    client = play.client()
    for server in servers:
        server.answer = None
    for method in ("INVITE", "OPTIONS"):
        asked = request(method)
        client.send(asked)
        first, other = first_of(servers, asked)
        other.answer = other.ok
        equal(client.wait_answer(asked).server, other.name, "who has answered")
        equal((len(first.got(asked.call_id)), len(other.got(asked.call_id))), (1, 1), "how often each has got it")
        other.answer = None
    asked = request("INVITE")
    client.send(asked)
    equal(client.wait_answer(asked).status, 500, "the answer when both are silent")
    equal(sum(len(s.got(asked.call_id)) for s in servers), 2, "how often it was sent")


@story
def what_the_first_server_says_too_late(play):
    servers = gateway(play)
    client = play.client()
    for server in servers:
        server.answer = None
    asked = request("INVITE")
    client.send(asked)
    first, other = first_of(servers, asked)
    other.wait_request(asked.call_id)
    link, invite = first.link_of(asked), first.got(asked.call_id)[0]
    link.send(response(invite, 180, "Ringing"), response(invite, 486, "Busy Here"))
    first.wait_request(asked.call_id, "ACK")
    other.link_of(asked).send(response(other.got(asked.call_id)[0], 180, "Ringing", server=other.name))
    got = client.receive()
    equal((got.status, got.server), (180, other.name), "what the client hears")
    link.send(response(invite, 200, server=first.name))
    got = client.receive()
    equal((got.status, got.server), (200, first.name), "a 2xx is a dialog")


@story
def a_server_that_dies_with_it(play):
    servers = gateway(play, 'options = { mode = "hop", first_answer = "30s" }')
    for server in servers:
        server.answer = None
    client = play.client()
    asked = request("INVITE")
    client.send(asked)
    first, other = first_of(servers, asked)
    other.answer = other.ok
    first.die()
    equal(client.wait_answer(asked).server, other.name, "who has answered")


@story
def a_server_that_wants_rest_gets_no_new_dialogs(play):
    one, two = gateway(play)
    one.answer = one.refuse(503, more=[("Retry-After", "60")])
    client = play.client()
    eventually(lambda: client.ask(request("INVITE")) and one.got(method="INVITE"), "the busy one is asked")
    n = len(one.got(method="INVITE"))
    for _ in range(20):
        equal(client.ask(request("INVITE")).server, "s1", "who has answered")
    equal(len(one.got(method="INVITE")), n, "how often the busy one was asked")
    expect(play.gateways[-1].wait_line("server-rests", one.address, "seconds=60"), "the log tells why")


@story
def retransmissions_over_udp_meet_one_server(play):
    servers = [play.udp_server(f"s{i}", port=5060) for i in range(3)]
    for server in servers:
        server.answer = None
    play.gateway(servers, bind="udp", pool="monitor = false", listener='options = { first_answer = "30s" }')
    client = play.udp_client(100, address=(play.host(1), 5060))
    for _ in range(10):
        asked = request("INVITE", via="SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bKretransmitted")
        client.send(bytes(asked), bytes(asked), bytes(asked))
        server = eventually(lambda: next((s for s in servers if len(s.received) == 3), None), "one gets all three")
        equal(len(set(server.datagrams)), 1, "how many different ones it has got")
        equal(sum(len(s.received) for s in servers), 3, "how many have been sent")
        cancel = request("CANCEL", asked.call_id, via=asked.header("Via"))
        client.send(bytes(cancel))
        server.wait_datagrams(4)
        vias = {Message(d).header("Via") for d in server.datagrams}
        expect(len({v[v.index("branch="):v.index(";lg=")] for v in vias}) == 1, "the CANCEL bears the branch")
        final = response(Message(server.datagrams[0]), 487, "Request Terminated")
        server.send(server.received[0][0], bytes(final))
        equal(Message(client.read()).status, 487, "the answer")
        for s in servers:
            s.received.clear()


@story
def a_dialog_stays_with_its_server(play):
    servers = gateway(play, 'options = { mode = "hop", record_route = true }', n=3)
    for _ in range(6):
        client = play.client()
        asked = request("INVITE")
        answer = client.ask(asked)
        server = next(s for s in servers if s.name == answer.server)
        client.send(ack_of(answer))
        server.wait_request(asked.call_id, "ACK")
        bye = request("BYE", asked.call_id, 2, to=answer.header("To"), sender=answer.header("From"))
        equal(play.client().ask(bye).server, server.name, "who gets the BYE, from another connection")


main()
