#!/usr/bin/python3
"""u01: UDP flows: a client's address and port has a server, and keeps it until it is idle."""
import time

from play import equal, eventually, expect, main, story

EACH_ITS_OWN = 'persistence = false, balance = "round-robin",'


def server_of(client):
    return client.ask(b"who?").split()[0].decode()


@story
def a_flow_stays_with_its_server(play):
    one, two = play.udp_server("one"), play.udp_server("two")
    gateway = play.udp_gateway([one, two], pool=EACH_ITS_OWN)
    clients = [play.udp_client() for _ in range(10)]
    first = [server_of(c) for c in clients]
    equal(sorted(first), ["one"] * 5 + ["two"] * 5, "the flows' servers")
    for _ in range(5):
        equal([server_of(c) for c in clients], first, "the flows' servers later")
    equal([len(s.sources) for s in (one, two)], [5, 5], "the gateway's sockets towards each")
    equal(gateway.listener()["sessions"], 10, "sessions")
    equal(gateway.listener()["counters"]["flows"], 10, "flows")


@story
def all_flows_of_an_address_have_the_same_server(play):
    play.udp_gateway([play.udp_server("one"), play.udp_server("two")], pool='balance = "round-robin",')
    firsts = {last: server_of(play.udp_client(last)) for last in range(100, 108)}
    equal(set(firsts.values()), {"one", "two"}, "the servers of all addresses")
    for last, server in firsts.items():
        equal({server_of(play.udp_client(last)) for _ in range(3)}, {server}, f"the servers of {play.host(last)}")


@story
def an_answer_may_come_late_and_unasked(play):
    one = play.udp_server("one")
    play.udp_gateway([one])
    client = play.udp_client()
    client.ask()
    one.send(next(iter(one.sources)), b"later", b"still later")
    equal([client.read(), client.read()], [b"later", b"still later"], "what came unasked")


@story
def an_idle_flow_ends_and_its_server_reaches_nobody(play):
    one, two = play.udp_server("one"), play.udp_server("two")
    gateway = play.udp_gateway([one, two], pool=EACH_ITS_OWN, listener='limits = { idle = "1s" },')
    client = play.udp_client()
    first = server_of(client)
    for _ in range(8):
        time.sleep(0.3)
        equal(server_of(client), first, "the server of a flow that is used")
    eventually(lambda: gateway.listener()["sessions"] == 0, "the idle flow ends", 4)
    server = one if first == "one" else two
    server.send(next(iter(server.sources)), b"too late")
    expect(client.silent(), "nothing comes of the flow that has ended")
    expect(server_of(client) != first, "the next datagram begins another flow")


main()
