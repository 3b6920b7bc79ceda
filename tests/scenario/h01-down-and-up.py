#!/usr/bin/python3
"""h01: health: how soon a dead or silent server is down, and that it comes back.

The intervals are so long that a server would be found out far too late if only the interval did it."""
import time

from play import equal, eventually, expect, main, request, slow, story

MESSAGE = 'options = { route = "message" }'


def down_within(gateway, server, began, seconds):
    """By the clock of the log, so that it does not count how long the story takes to look."""
    gateway.wait_state(server, "down")
    took = gateway.time_of(gateway.lines("server-down", server.address)[-1]) - began
    expect(took <= slow(seconds), f"{server.name} is down within {slow(seconds):g} s (it took {took:.2f} s)")


@story
def a_dead_process_is_down_within_a_second_when_traffic_meets_it(play):
    one, two = play.server("one"), play.server("two")
    gateway = play.gateway([one, two], listener=MESSAGE,
                           pool='monitor = { interval = "60s", timeout = "2s", fall = 3 }')
    client = play.client()
    equal({client.ask(request()).server for _ in range(2)}, {"one", "two"}, "both servers take traffic")
    one.die()
    began = time.time()
    equal({client.ask(request()).server for _ in range(6)}, {"two"}, "who answers from now on, without one error")
    down_within(gateway, one, began, 1)


@story
def a_standing_link_that_is_reset_hastens_the_probes_too(play):
    one = play.server("one")
    gateway = play.gateway([one], pool='monitor = { interval = "60s" }, all_down = "reply"')
    client = play.client()
    client.ask(request())
    one.stop_listening()
    began = time.time()
    one.used[-1].reset()
    down_within(gateway, one, began, 1)


@story
def a_reset_alone_is_no_death(play):
    one = play.server("one")
    gateway = play.gateway([one], pool='monitor = { interval = "60s" }')
    probes = len(one.links)
    play.client().ask(request())
    one.used[-1].reset()
    eventually(lambda: len(one.links) > probes + 1, "it is asked at once")
    equal(gateway.server(one)["state"], "up", "its state, since it answered")
    equal(play.client().ask(request()).server, "one", "the next client's server")


@story
def a_silent_host_is_down_within_the_promised_time(play):
    one = play.server("one")
    gateway = play.gateway([one], pool='all_down = "reply", monitor = { plugin = "sip", interval = "1s", '
                                       'timeout = "500ms", fall = 3 }')
    one.fall_silent()
    down_within(gateway, one, time.time(), 1 + 3 * (0.5 + 0.1))


@story
def fall_and_rise_count_and_a_server_comes_back(play):
    one = play.server("one")
    gateway = play.gateway([one], pool="""all_down = "reply",
        monitor = { plugin = "sip", interval = "200ms", timeout = "1s", rise = 3, fall = 2 }""")
    one.probe_answer = one.refuse(503)
    gateway.wait_state(one, "down")
    expect("503" in gateway.server(one)["probe"], "the status tells what the last probe was answered")
    probes = len(one.probes)
    one.probe_answer = one.ok
    gateway.wait_state(one, "up")
    expect(len(one.probes) - probes >= 3, "it was asked at least three times")
    gateway.wait_line("server-up", one.address)
    equal(play.client().ask(request()).server, "one", "it takes traffic again")


@story
def sessions_of_a_server_that_went_down_go_on_or_end_as_its_pool_says(play):
    for on_down, ends in (("keep", False), ("end", True)):
        one, two = play.server("one"), play.server("two")
        gateway = play.gateway([one, two], listener='options = { route = "connection" },', pool=f"""
            on_down = "{on_down}",
            balance = "round-robin", monitor = {{ plugin = "sip", interval = "200ms", timeout = "1s", fall = 2 }}""")
        for server in (one, two):
            gateway.wait_state(server, "up")
        clients = [play.client() for _ in range(4)]
        theirs = {client: client.ask(request()).server for client in clients}
        equal(sorted(theirs.values()), ["one", "one", "two", "two"], "the servers")
        one.probe_answer = one.refuse(503)
        gateway.wait_state(one, "down")
        for client, server in theirs.items():
            if ends and server == "one":
                equal(client.ended(), b"", "what came before the close")
            else:
                equal(client.ask(request()).server, server, f"{on_down}: who goes on to answer")
        equal(play.client().ask(request()).server, "two", "the server of a new client")
        play.finish()


@story
def a_session_ends_also_when_its_server_that_went_down_takes_nothing_more(play):
    """What a host that has lost its power has not taken yet waits for nothing."""
    one = play.server("one")
    one.reads = False
    gateway = play.gateway([one], plugin="tcp", listener='limits = { stall = "1h" },', pool="""on_down = "end",
        monitor = { interval = "200ms", timeout = "1s", fall = 2 }""")
    client = play.client()
    client.send(b"hello")
    eventually(lambda: one.used, "it has a server")
    one.used[-1].pause()
    client.socket.settimeout(1)
    try:
        while True:
            client.socket.send(bytes(65536))
    except TimeoutError:
        pass
    one.stop_listening()
    gateway.wait_state(one, "down")
    equal(client.ended(), b"", "what came before the close")


@story
def a_late_answer_of_an_older_probe_changes_nothing(play):
    one = play.server("one")
    gateway = play.gateway([one], pool="""all_down = "reply",
        monitor = { plugin = "sip", interval = "300ms", backoff = "300ms", timeout = "200ms", rise = 1, fall = 2 }""")
    one.probe_delay = slow(1)  # answers 200, but each of them too late
    gateway.wait_state(one, "down")
    asked = len(one.probes)
    eventually(lambda: len(one.probes) > asked + 5, "late answers have come meanwhile")
    equal(gateway.lines("server-up", one.address)[1:], [], "no late answer made it up")
    equal(gateway.server(one)["state"], "down", "its state")


main()
