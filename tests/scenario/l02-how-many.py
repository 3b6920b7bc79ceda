#!/usr/bin/python3
"""l02: limits in number: sessions, sessions_per_source, new_per_source, requests; who is in goes on undisturbed."""
from play import Failure, equal, eventually, expect, main, request, story


def gateway_with(play, limits, more=""):
    return play.gateway([play.server("one")], listener=f"limits = {{ {limits} }}, {more}")


def is_in(client):
    try:
        return client.ask(request()).status == 200
    except (Failure, OSError):
        return False


def gets_in(play, **words):
    try:
        return is_in(play.client(**words))
    except ConnectionError:
        return False


@story
def sessions_over_the_limit_are_closed_at_once(play):
    gateway = gateway_with(play, "sessions = 3")
    clients = [play.client() for _ in range(3)]
    expect(all(map(is_in, clients)), "three are in")
    expect(play.turned_away(), "the fourth is closed at once")
    expect(all(map(is_in, clients)), "they still are")
    equal(gateway.listener()["sessions"], 3, "sessions in the status")
    clients.pop().close()
    eventually(lambda: gateway.listener()["sessions"] == 2, "its place is free")
    expect(gets_in(play), "the next one gets it")


@story
def sessions_of_one_source_are_limited_and_another_source_goes_on(play):
    gateway = gateway_with(play, "sessions_per_source = 2")
    greedy, other = play.host(201), play.host(202)
    clients = [play.client(source=greedy) for _ in range(2)]
    expect(all(map(is_in, clients)), "two of the source are in")
    expect(play.turned_away(source=greedy), "the third one is closed at once")
    expect(gets_in(play, source=other), "another source gets in")
    clients.pop().close()
    eventually(lambda: gateway.listener()["sessions"] == 2, "its place is free")
    expect(gets_in(play, source=greedy), "the source gets in again")


@story
def new_sessions_of_one_source_are_limited_by_the_second(play):
    gateway_with(play, "new_per_source = 5")
    greedy, other = play.host(201), play.host(202)
    count = sum(gets_in(play, source=greedy) for _ in range(40))
    expect(5 <= count < 40, f"some are in ({count} of 40)")
    expect(gets_in(play, source=other), "another source gets in")
    eventually(lambda: gets_in(play, source=greedy), "the source gets in again, later")


@story
def open_requests_of_a_session_are_limited(play):
    gateway_with(play, "requests = 5", 'options = { route = "message" }')
    one = play.servers[0]
    one.answer = None
    client, other = play.client(), play.client()
    asked = [request("INVITE") for _ in range(6)]
    client.send(*asked)
    over = client.receive()
    equal((over.status, over.call_id), (503, asked[5].call_id), "the answer to the sixth")
    eventually(lambda: len(one.requests) == 5, "the server gets five")
    one.answer = one.ok
    expect(is_in(other), "another session goes on")
    one.link_of(asked[0]).send(one.ok(asked[0]))
    client.wait_answer(asked[0])
    expect(is_in(client), "an answer makes room for another request")


@story
def a_request_waits_for_its_answer_no_longer_than_the_limit(play):
    gateway_with(play, 'requests = 1, answer = "1s"', 'options = { route = "message" }')
    one = play.servers[0]
    one.answer = None
    client = play.client()
    client.send(request("INVITE"))
    one.wait_request(method="INVITE")
    one.answer = one.ok
    eventually(lambda: is_in(client), "its place among the open requests is free again")


main()
