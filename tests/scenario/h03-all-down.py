#!/usr/bin/python3
"""h03: what clients see while every server is down: all_down = "refuse", "reply", "fail-open"."""
from play import equal, eventually, expect, lync, main, request, story


@story
def refuse_closes_the_door_and_opens_it_again_but_standing_sessions_stay(play):
    one = play.server("one")
    gateway = play.gateway([one], pool='monitor = { plugin = "sip", interval = "200ms", fall = 1 }')
    standing = play.client()
    standing.ask(request())
    one.probe_answer = one.refuse(503)
    gateway.wait_state(one, "down")
    eventually(play.refused, "connect is refused")
    expect(standing.is_open(), "the standing session stays")
    equal(gateway.is_open(), False, "the listener is open, by the status")
    one.probe_answer = one.ok
    eventually(lambda: not play.refused(), "connect works again")
    equal(play.client().ask(request()).server, "one", "the server that answers")
    equal(standing.ask(request()).server, "one", "the standing session works still")


@story
def one_server_that_is_up_keeps_the_door_open(play):
    one, two = play.server("one"), play.server("two")
    gateway = play.gateway([one, two])
    one.die()
    gateway.wait_state(one, "down")
    equal({play.client().ask(request()).server for _ in range(4)}, {"two"}, "who answers")


@story
def the_door_stays_open_while_a_pool_that_a_policy_names_is_up(play):
    home, far = play.server("home"), play.server("far")
    policies = """policies = { { "routing/by-domain", domains = { ["sales.example"] = "emea" } } }"""
    emea = f'pool "emea" {{ servers = {{ "{far.address}" }}, monitor = {{ interval = "200ms" }} }}\n'
    gateway = play.gateway([home], listener=policies, words=emea)
    home.die()
    gateway.wait_state(home, "down")
    client = play.client()
    equal(client.ask(request(to="<sip:bob@sales.example>")).server, "far", "who answers for the other pool")
    equal(client.ask(request()).status, 503, "the answer for the pool that is down")
    far.die()
    eventually(play.refused, "connect is refused when both are down")


@story
def reply_answers_503_with_retry_after(play):
    one = play.server("one")
    gateway = play.gateway([one], pool='all_down = "reply"')
    one.die()
    gateway.wait_state(one, "down")
    client = play.client()
    answer = client.ask(request())
    equal(answer.status, 503, "the answer")
    expect(int(answer.header("Retry-After")) > 0, "it says when to come back")
    client.send(request("ACK"), request("BENOTIFY"))
    equal(client.ask(request()).status, 503, "the next answer: ACK and BENOTIFY got none")
    one.listen()
    gateway.wait_state(one, "up")
    equal(client.ask(request()).server, "one", "the same connection works when the server is back")


@story
def a_signed_in_lync_client_is_closed_since_it_ignores_answers(play):
    one = play.server("one")
    gateway = play.gateway([one], pool='all_down = "reply"')
    client = play.client()
    client.ask(lync("REGISTER"))
    one.die()
    equal(client.ended(), b"", "what the client got before the close")
    gateway.wait_state(one, "down")


@story
def fail_open_tries_the_servers_all_the_same(play):
    one, two = play.server("one"), play.server("two")
    gateway = play.gateway([one, two], pool='all_down = "fail-open", monitor = { plugin = "sip", '
                                            'interval = "200ms", fall = 1 }')
    for server in (one, two):
        server.probe_answer = server.refuse(503)
        gateway.wait_state(server, "down")
    client = play.client()
    equal({client.ask(request()).server for _ in range(4)} <= {"one", "two"}, True, "a server answers")


main()
