#!/usr/bin/python3
"""c03: SIGHUP is logged and ignored; SIGTERM stops accepting, lets sessions end, and the exit code is 0."""
import os
import signal

from play import equal, eventually, expect, main, request, story


@story
def sighup_is_logged_and_changes_nothing(play):
    one = play.server("one")
    gateway = play.gateway([one])
    client = play.client()
    client.ask(request())
    gateway.signal(signal.SIGHUP)
    gateway.wait_line("reload")
    equal(client.ask(request()).server, "one", "the standing connection goes on")
    equal(play.client().ask(request()).server, "one", "new connections are taken")


@story
def an_idle_gateway_ends_at_once_and_leaves_nothing(play):
    gateway = play.gateway([play.server("one")])
    gateway.signal(signal.SIGTERM)
    equal(gateway.wait_exit(), 0, "the exit code")
    expect(not os.path.exists(gateway.control), "the control socket is gone")


@story
def sigint_ends_it_too(play):
    gateway = play.gateway([play.server("one")])
    gateway.signal(signal.SIGINT)
    equal(gateway.wait_exit(), 0, "the exit code")


@story
def an_open_request_is_answered_before_it_ends(play):
    one = play.server("one")
    one.answer = None
    gateway = play.gateway([one], gateway='drain = "60s",')
    client = play.client()
    asked = request("INVITE")
    client.send(asked)
    one.wait_request(asked.call_id)
    gateway.signal(signal.SIGTERM)
    eventually(play.refused, "new connections are refused")
    expect(gateway.process.poll() is None, "it waits for the open request")
    one.link_of(asked).send(one.ok(asked))
    answer = client.wait_answer(asked)
    equal(answer.server, "one", "the answer still comes")
    client.close()
    equal(gateway.wait_exit(), 0, "the exit code when the last session has ended, long before the drain time")


@story
def the_drain_time_ends_what_does_not_end_by_itself(play):
    one = play.server("one")
    one.answer = None
    gateway = play.gateway([one])  # drain = "1s"
    client = play.client()
    client.send(request("INVITE"))
    one.wait_request(method="INVITE")
    gateway.signal(signal.SIGTERM)
    equal(gateway.wait_exit(within=5), 0, "the exit code")
    client.ended()


main()
