#!/usr/bin/python3
"""s04: requests of servers reach the client on its own link, and its answers go back on the link that each came by."""
from play import ack_of, equal, expect, in_dialog, main, request, story

MESSAGE = 'options = { route = "message" }'


def two_links(play):
    """A client with a link to each of two servers."""
    play.gateway([play.server("one"), play.server("two")], listener=MESSAGE)
    client = play.client()
    links = {}
    for _ in range(4):
        asked = request()
        server = next(s for s in play.servers if s.name == client.ask(asked).server)
        links[server.name] = server.link_of(asked)
    return client, links["one"], links["two"]


def call(link, via, call_id="call@play", cseq=1):
    return request("INVITE", call_id, cseq, via=f"SIP/2.0/TCP {via};branch=z9hG4bK{via}", to="<sip:alice@example.test>",
                   sender=f"<sip:{link.server.name}@example.test>;tag={via}")


@story
def a_servers_request_reaches_the_client_and_the_answer_returns(play):
    client, one, _ = two_links(play)
    asked = request("OPTIONS", body=b"how are you")
    one.send(asked)
    equal(client.receive().raw, asked.raw, "the request at the client")
    client.answer(asked, 200, "Fine", body=b"well")
    equal(one.wait_answer(asked).body, b"well", "the answer at the server")


@story
def two_servers_call_one_client_with_equal_call_id_and_cseq(play):
    client, one, two = two_links(play)
    first, second = call(one, "192.0.2.11"), call(two, "192.0.2.12")
    one.send(first)
    got_first = client.receive()
    two.send(second)
    got_second = client.receive()
    client.answer(got_second, 180, "Ringing")
    client.answer(got_second, 486, "Busy Here")
    client.answer(got_first, 200)
    equal((one.wait_answer(first).status, two.wait_answer(second).status), (200, 486), "the answers at both servers")
    expect(all(a.header("Via") == first.header("Via") for a in one.answers), "the first one got only its own")
    expect(all(a.header("Via") == second.header("Via") for a in two.answers), "the second one got only its own")


@story
def two_servers_call_one_client_and_byes_go_both_ways(play):
    client, one, two = two_links(play)
    calls = {link: call(link, via, f"{via}@play", cseq=7) for link, via in ((one, "192.0.2.11"), (two, "192.0.2.12"))}
    answers = {}
    for link, invite in calls.items():
        link.send(invite)
        client.answer(client.receive(), 200)
        answers[link] = link.wait_answer(invite)
        link.send(ack_of(answers[link]))
        equal(client.receive().method, "ACK", "what the client gets next")
    for link, cseq in ((two, 1), (one, 2)):  # the client hangs up the second call, and also sends in the first
        invite = calls[link]
        bye = request("BYE" if link is two else "INFO", invite.call_id, cseq, to=invite.header("From"),
                      sender=answers[link].header("To"))
        equal(client.ask(bye).server, link.server.name, "who gets what the client sends in the dialog")
    bye = in_dialog("BYE", answers[one], 8)
    one.send(bye)
    client.answer(client.receive())
    equal(one.wait_answer(bye).status, 200, "the answer to the first server's BYE")


@story
def a_dialog_that_a_server_starts_belongs_to_it_from_any_connection(play):
    client, one, two = two_links(play)
    for n, link in enumerate((one, two) * 4):
        invite = call(link, "192.0.2.20", f"theirs{n}@play")
        link.send(invite)
        client.answer(client.receive(), 200)
        link.wait_answer(invite)
        back = request("INFO", invite.call_id, 1, to=invite.header("From"), sender="<sip:alice@example.test>;tag=bx")
        equal(play.client().ask(back).server, link.server.name, "who gets the client's request, from a new connection")


@story
def an_answer_that_nobody_asked_for_goes_nowhere(play):
    client, one, two = two_links(play)
    client.answer(request(call_id="nobody@play"))
    equal(client.ask(request()).status, 200, "the connection works on")
    equal(one.answers + two.answers, [], "answers at the servers")


main()
