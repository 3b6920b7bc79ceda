#!/usr/bin/python3
"""l03: limits in time: first_byte, idle, half, stall; who is busy goes on undisturbed."""
import time

from play import equal, expect, lync, main, request, story


def gateway_with(play, limits, **words):
    return play.gateway([play.server("one")], listener=f"limits = {{ {limits} }}, {words.pop('more', '')}", **words)


def busy_while(client, ended):
    """The busy client asks while the other one waits for its end."""
    equal(client.ask(request()).status, 200, "a busy client's answer")
    equal(ended.ended(), b"", "what the other one gets before the close")
    equal(client.ask(request()).status, 200, "the busy client's answer afterwards")


@story
def who_says_nothing_at_first_is_closed(play):
    gateway_with(play, 'first_byte = "1s"')
    busy, silent = play.client(), play.client()
    busy_while(busy, silent)


@story
def half_a_first_message_is_no_way_to_stay(play):
    gateway_with(play, 'first_byte = "1s", stall = "1s"')
    busy, half = play.client(), play.client()
    half.send(b"OPTIONS sip:bob@example.test SIP/2.0\r\nVia: ")
    busy_while(busy, half)


@story
def a_message_that_stops_in_its_body_is_closed_with_its_server_link(play):
    gateway_with(play, 'stall = "1s"', more='options = { route = "connection" }')
    one = play.servers[0]
    busy, half = play.client(), play.client()
    first = lync()
    half.ask(first)
    half.send(request("MESSAGE", body=b"x" * 1000).raw[:-10])
    busy_while(busy, half)
    one.link_of(first).wait_closed()


@story
def who_is_idle_is_closed_and_a_keep_alive_is_enough_to_stay(play):
    gateway_with(play, 'idle = "2s"')
    idle, alive = play.client(), play.client()
    for client in (idle, alive):
        client.ask(lync())
    end = time.monotonic() + 3
    while time.monotonic() < end:
        alive.send(b"\r\n\r\n")
        time.sleep(0.3)
    equal(idle.ended(), b"", "what the idle one gets before the close")
    equal(alive.ask(request()).status, 200, "the answer to the one that kept itself alive")


@story
def after_one_sides_end_the_other_may_go_on_for_a_while_only(play):
    gateway_with(play, 'half = "1s"', plugin="tcp")
    one = play.servers[0]
    one.reads, one.stays_half_open = False, True
    client = play.client()
    client.send(b"question")
    client.finish()
    equal(client.ended(), b"", "what the client gets from a server that never ends")
    expect(one.used[-1].clean, "the server got the client's end first")


main()
