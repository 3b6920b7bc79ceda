#!/usr/bin/python3
"""u05: when a flow's server goes down its datagrams are dropped and counted until its client begins anew."""
import time

from play import equal, eventually, expect, main, story
from play.udp import ALLOCATE, BINDING, INDICATION, REFRESH, channel, stun

RTP = b"\x80\0\0\1" + bytes(8) + b"voice"
DROPPED = (channel(b"data"), RTP, stun(REFRESH), stun(INDICATION))


def lost_flow(play, listener=""):
    """A flow whose server has gone down, and the server that is left."""
    one, two = play.udp_server("one"), play.udp_server("two")
    gateway = play.udp_gateway([one, two], listener=listener)
    client = play.udp_client()
    client.ask(stun(BINDING))
    gone, left = (one, two) if one.received else (two, one)
    gone.die()
    gateway.wait_state(gone, "down")
    eventually(lambda: counter(gateway, "lost") == 1, "the flow is lost")
    return gateway, client, gone, left


def counter(gateway, name):
    return gateway.listener()["counters"][name]


@story
def it_is_dropped_until_a_binding_request(play):
    gateway, client, _, left = lost_flow(play)
    client.send(*DROPPED)
    eventually(lambda: counter(gateway, "dropped_lost") == len(DROPPED), "all of them are counted")
    equal(left.datagrams, [], "what the other server got of it")
    asked = stun(BINDING, "anew")
    equal(client.ask(asked), left.named(asked), "the answer to a Binding request")
    for data in DROPPED:
        equal(client.ask(data), left.named(data), "the answer to what follows it")
    equal(counter(gateway, "flows"), 2, "flows")


@story
def an_allocate_request_begins_anew_too(play):
    _, client, _, left = lost_flow(play, 'options = { strict = true },')
    client.send(channel(b"data"))
    asked = stun(ALLOCATE, "anew")
    equal(client.ask(asked), left.named(asked), "the answer to an Allocate request")


@story
def after_a_rest_anything_begins_anew(play):
    gateway, client, _, left = lost_flow(play, 'options = { rest = "1s" },')
    for _ in range(5):
        time.sleep(0.3)
        client.send(RTP)
    eventually(lambda: counter(gateway, "dropped_lost") == 5, "what comes too often is dropped")
    time.sleep(1.5)
    equal(client.ask(RTP), left.named(RTP), "the answer after the rest")


@story
def under_strict_no_rest_is_long_enough(play):
    gateway, client, _, left = lost_flow(play, 'options = { strict = true, rest = "300ms" },')
    time.sleep(1)
    client.send(channel(b"data"))
    eventually(lambda: counter(gateway, "dropped_lost") == 1, "it is dropped")
    equal(left.datagrams, [], "what the other server got")


@story
def other_flows_stand(play):
    one, two = play.udp_server("one"), play.udp_server("two")
    gateway = play.udp_gateway([one, two], pool='persistence = false, balance = "round-robin",')
    clients = [play.udp_client() for _ in range(6)]
    servers = [c.ask(RTP).split()[0] for c in clients]
    one.die()
    gateway.wait_state(one, "down")
    for client, server in zip(clients, servers):
        if server == b"two":
            equal(client.ask(RTP), two.named(RTP), "a flow of the server that is left")
    eventually(lambda: counter(gateway, "lost") == 3, "the others are lost")


@story
def a_dead_process_is_found_out_by_its_traffic(play):
    one, two = play.udp_server("one"), play.udp_server("two")
    gateway = play.udp_gateway([one, two],
                               pool='monitor = { plugin = "stun", transport = "udp", interval = "60s", '
                                    'timeout = "1s" },')
    client = play.udp_client()
    client.ask(RTP)
    gone = one if one.received else two
    gone.die()
    client.send(RTP)
    gateway.wait_state(gone, "down", within=5)


@story
def without_any_server_datagrams_are_dropped_and_it_comes_back(play):
    one = play.udp_server("one")
    gateway = play.udp_gateway([one], pool='all_down = "reply",')
    one.fall_silent()
    gateway.wait_state(one, "down")
    client = play.udp_client()
    client.send(stun(BINDING))
    eventually(lambda: counter(gateway, "refused") == 1, "it is dropped and counted")
    one.answer, one.answers_probes = one.named, True
    gateway.wait_state(one, "up")
    equal(client.ask(b"who?"), b"one who?", "the answer then")


@story
def the_monitor_asks_with_a_new_id_each_time_and_in_the_old_form_if_told(play):
    for classic in ("false", "true"):
        one = play.udp_server("one")
        gateway = play.udp_gateway([one], pool=f'''monitor = {{ plugin = "stun", transport = "udp", interval = "100ms",
            classic = {classic} }},''')
        eventually(lambda: len(one.probes) >= 5, "it is asked")
        asked = [data for _, data in list(one.probes)]
        equal(len(set(asked)), len(asked), "different questions")
        equal({data[4:8] == b"\x21\x12\xa4\x42" for data in asked}, {classic == "false"},
              "whether they have the cookie")
        equal(gateway.server(one)["probe"], "binding success", "what lychctl says of the answer")
        gateway.stop()


@story
def strict_lets_nothing_else_begin(play):
    one = play.udp_server("one")
    gateway = play.udp_gateway([one], listener='options = { strict = true },')
    client = play.udp_client()
    client.send(RTP, b"", stun(BINDING)[:-1], b"\x40\0\xff\xff")
    eventually(lambda: counter(gateway, "not_stun") == 4, "they are counted")
    equal((gateway.listener()["sessions"], one.datagrams), (0, []), "sessions, and what the server got")
    for first in (stun(BINDING), stun(REFRESH), channel(b"data")):
        client = play.udp_client()
        equal(client.ask(first), one.named(first), "the answer to what may begin")
        equal(client.ask(RTP), one.named(RTP), "the answer to what follows")
    expect(counter(gateway, "flows") == 3, "three flows")


main()
