#!/usr/bin/python3
"""k01: persistence: the same Call-ID goes to the same server, from any connection and worker."""
from collections import Counter

from play import equal, in_dialog, main, request, story

MESSAGE = 'options = { route = "message" }'


@story
def a_call_id_stays_from_any_connection_and_worker(play):
    play.gateway([play.server(n) for n in ("one", "two", "three")], listener=MESSAGE)
    clients = [play.client() for _ in range(24)]  # spread over both workers
    ids = [f"stay{n}@play" for n in range(30)]
    first = {i: clients[n % 24].ask(request(call_id=i)).server for n, i in enumerate(ids)}
    equal(len(set(first.values())), 3, "servers in use")
    for step in (1, 7, 13):
        again = {i: clients[(n + step) % 24].ask(request(call_id=i, cseq=1 + step)).server for n, i in enumerate(ids)}
        equal(again, first, f"servers by Call-ID, {step} connections further")


@story
def many_connections_that_ask_for_one_call_id_at_once_meet_on_one_server(play):
    play.gateway([play.server(n) for n in ("one", "two", "three")], listener=MESSAGE)
    clients = [play.client() for _ in range(24)]
    for turn in range(10):
        asked = [request(call_id=f"race{turn}@play", cseq=n + 1) for n in range(24)]
        for client, message in zip(clients, asked):
            client.send(message)
        servers = Counter(c.wait_answer(m).server for c, m in zip(clients, asked))
        equal(len(servers), 1, f"servers of one Call-ID ({servers})")


@story
def all_that_belongs_to_a_dialog_follows_it(play):
    play.gateway([play.server(n) for n in ("one", "two", "three")], listener=MESSAGE)
    client, other = play.client(), play.client()
    for _ in range(6):
        asked = request("INVITE")
        answer = client.ask(asked)
        server = next(s for s in play.servers if s.name == answer.server)
        other.send(request("CANCEL", asked.call_id), request("ACK", asked.call_id))
        server.wait_request(asked.call_id, "CANCEL")
        server.wait_request(asked.call_id, "ACK")
        equal(other.ask(in_dialog("BYE", answer, 2)).server, answer.server, "the server that gets the BYE")


@story
def another_fact_can_be_the_key(play):
    play.gateway([play.server(n) for n in ("one", "two", "three")], pool='persistence = { by = "from.user" }',
                 listener=MESSAGE)
    client, other = play.client(), play.client(source=play.host(200))
    def server_of(user, which):
        return which.ask(request(sender=f"<sip:{user}@example.test>;tag=1")).server
    users = [f"user{n}" for n in range(13)]
    first = {u: server_of(u, client) for u in users}
    equal({u: server_of(u, other) for u in users}, first, "the servers of the same users with other Call-IDs")


main()
