#!/usr/bin/python3
"""s03: by message: what becomes of open requests when their server's link dies."""
from play import equal, eventually, expect, in_dialog, main, request, story

MESSAGE = 'options = { route = "message" }'


def open_requests(play):
    """A client with ten open requests, five at each of two servers."""
    one, two = play.server("one"), play.server("two")
    one.answer = two.answer = None
    gateway = play.gateway([one, two], listener=MESSAGE)
    client = play.client()
    asked = [request("INVITE", f"open{n}@play") for n in range(10)]
    client.send(*asked)
    eventually(lambda: len(one.requests) == len(two.requests) == 5, "each server has five requests")
    return gateway, client, one, two


@story
def open_requests_get_503_at_once_and_their_dialogs_go_on_elsewhere(play):
    gateway, client, one, two = open_requests(play)
    one.die()
    answers = [client.receive(within=1) for _ in one.requests]
    for answer in answers:
        equal(answer.status, 503, "the answer")
        expect(int(answer.header("Retry-After")) >= 0, "it says when to come back")
    equal({a.call_id for a in answers}, {m.call_id for m in one.requests}, "the requests that are answered")
    for lost in one.requests[:]:
        client.send(request("INVITE", lost.call_id, 2))
        equal(two.wait_request(lost.call_id).call_id, lost.call_id, "the dialog's next request at the other server")


@story
def the_others_requests_do_not_notice(play):
    gateway, client, one, two = open_requests(play)
    theirs = list(two.requests)
    one.die()
    for _ in one.requests:
        equal(client.receive().status, 503, "the dead one's")
    two.link_of(theirs[0]).send(*[two.ok(m) for m in theirs])
    equal([client.receive().call_id for _ in theirs], [m.call_id for m in theirs], "the other's answers, in order")


@story
def an_answer_that_came_before_the_end_is_delivered_and_nothing_behind_it(play):
    one = play.server("one")
    one.answer = None
    play.gateway([one], listener=MESSAGE, pool='all_down = "reply"')
    client = play.client()
    asked = request("INVITE")
    client.send(asked)
    one.wait_request(asked.call_id)
    link = one.link_of(asked)
    link.send(one.refuse(486, "Busy Here")(asked))
    link.close()
    equal(client.wait_answer(asked).status, 486, "the answer")
    one.answer = one.ok
    following = request()
    equal(client.ask(following).server, "one", "the next answer: there is no second one to the first request")


@story
def a_request_that_could_not_be_sent_goes_to_another_server(play):
    one, two = play.server("one"), play.server("two")
    play.gateway([one, two], listener=MESSAGE, pool='monitor = { interval = "60s" }')
    one.stop_listening()  # and nobody has noticed yet
    client = play.client()
    for n in range(6):
        equal(client.ask(request("MESSAGE", f"first{n}@play")).server, "two", "who answers, with no error on the way")


@story
def a_server_that_closes_an_idle_link_loses_nothing(play):
    one, two = play.server("one"), play.server("two")
    play.gateway([one, two], listener=MESSAGE)
    client = play.client()
    invites = [client.ask(request("INVITE")) for _ in range(4)]
    for link in one.open_used + two.open_used:
        link.close()
    eventually(lambda: not one.open_used + two.open_used, "both links are closed")
    for answer in invites:
        equal(client.ask(in_dialog("BYE", answer, 2)).server, answer.server, "who gets the BYE, on a new link")
    expect(client.is_open(), "the client's connection stays")


@story
def a_client_that_goes_in_the_middle_of_a_message_takes_its_server_link_with_it(play):
    one = play.server("one")
    gateway = play.gateway([one], listener=MESSAGE)
    for end in ("close", "finish", "reset"):
        client = play.client()
        first = request()
        client.ask(first)
        client.send(request("MESSAGE", body=b"x" * 5000).raw[:-100])
        link = one.link_of(first)
        eventually(lambda: len(link.received) > 4900, "the half message is on its way")
        getattr(client, end)()
        link.wait_closed(f"the gateway closes the server link after the client's {end}")
        eventually(lambda: gateway.listener()["sessions"] == 0, "the session is gone")


main()
