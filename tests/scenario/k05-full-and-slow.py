#!/usr/bin/python3
"""k05: how much a server gets: max_sessions, whoever comes at once, and a slow start after it was down."""
from collections import Counter

from play import equal, eventually, expect, main, request, story

CONNECTION = 'options = { route = "connection" }'


def load(gateway, server):
    return gateway.server(server)["sessions"]


@story
def what_is_too_much_for_one_goes_elsewhere_and_then_is_refused(play):
    one, two = play.server("one"), play.server("two")
    gateway = play.gateway([one, f'{{ "{two.address}", max_sessions = 2 }}'], pool="max_sessions = 1",
                           listener=CONNECTION)
    clients = [play.client() for _ in range(3)]
    equal(Counter(c.ask(request()).server for c in clients), {"one": 1, "two": 2}, "clients by server")
    late = play.client()
    refused = late.ask(request())
    equal((refused.status, bool(refused.header("Retry-After"))), (503, True), "the answer when all are full")
    equal([c.ask(request()).status for c in clients], [200] * 3, "the answers to those that are in")
    equal(gateway.status()["pools"][0]["overloads"], 1, "refusals that are counted")
    shown = gateway.ctl("status").stdout
    expect("FULL" in shown and "1/1" in shown and "2/2" in shown, f"full servers are shown: {shown}")
    clients[0].close()
    eventually(lambda: load(gateway, one) + load(gateway, two) == 2, "a seat is free")
    equal(play.client().ask(request()).status, 200, "the next one's answer")


@story
def no_race_lets_one_more_in(play):
    servers = [play.server("one"), play.server("two")]
    gateway = play.gateway(servers, pool="max_sessions = 5", listener=CONNECTION)
    for _ in range(3):
        clients = [play.client() for _ in range(40)]
        asked = [request() for _ in clients]
        for client, message in zip(clients, asked):
            client.send(message)
        answers = Counter(c.wait_answer(m).status for c, m in zip(clients, asked))
        equal(answers, {200: 10, 503: 30}, "answers")
        equal([len(s.open_used) for s in servers], [5, 5], "links at the servers")
        for client in clients:
            client.close()
        eventually(lambda: not any(load(gateway, s) for s in servers), "all seats are free again")


@story
def seats_of_a_server_that_cannot_be_reached_come_back(play):
    one, two = play.server("one"), play.server("two")
    gateway = play.gateway([one, two], pool='max_sessions = 40, monitor = { interval = "1h" }', listener=CONNECTION)
    gateway.wait_state(one, "up")
    one.die()
    equal({play.client().ask(request()).server for _ in range(6)}, {"two"}, "the servers of new clients")
    equal((load(gateway, one), load(gateway, two)), (0, 6), "sessions")


@story
def a_server_that_came_back_starts_with_a_tenth(play):
    one, two = play.server("one"), play.server("two")
    gateway = play.gateway([one, two], pool='slow_start = "24h", balance = "round-robin"',
                           listener='options = { route = "message" }')
    client = play.client()
    gateway.wait_state(one, "up")
    gateway.wait_state(two, "up")
    def share(n):
        return Counter(client.ask(request()).server for _ in range(n))
    equal(share(10), {"one": 5, "two": 5}, "new Call-IDs after the gateway's start")
    one.die()
    gateway.wait_state(one, "down")
    one.listen()
    gateway.wait_state(one, "up")
    equal(share(44), {"one": 4, "two": 40}, "new Call-IDs after it was down")
    expect("(10%)" in gateway.ctl("status").stdout, "its part is shown")


main()
