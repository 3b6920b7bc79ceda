#!/usr/bin/python3
"""l01: back-pressure: who reads slowly slows his sender down, costs the gateway little memory, and holds up nobody
else."""
import time

from play import equal, eventually, expect, main, request, response, story

MIB = 1024 * 1024
OFFERED = 96 * MIB    # much more than the kernel's buffers on the way can hold
ALLOWED = 48 * MIB    # growth of the gateway; a sanitizer keeps freed memory for a while
LISTENER = 'limits = { message = "256M" }, options = { route = "connection" }'


def push(client, data):
    """Sends until nothing is taken for a second; how much was taken."""
    sent = 0
    client.socket.settimeout(1)
    try:
        while sent < len(data):
            sent += client.socket.send(memoryview(data)[sent:sent + 65536])
    except TimeoutError:
        pass
    return sent


@story
def a_server_that_does_not_read_stops_its_client(play):
    one = play.server("one")
    gateway = play.gateway([one], listener=LISTENER)
    client, other = play.client(), play.client()
    first = request()
    client.ask(first)
    link = one.link_of(first)
    link.pause()
    before = gateway.memory()
    large = request("MESSAGE", body=bytes(OFFERED))
    sent = push(client, large.raw)
    expect(sent < OFFERED / 2, f"the client is held ({sent // MIB} MiB taken)")
    expect(gateway.memory() - before < ALLOWED, f"the gateway's memory is bounded "
                                                f"({(gateway.memory() - before) // MIB} MiB)")
    equal(other.ask(request()).server, "one", "who answers another client meanwhile")
    link.resume()
    client.socket.settimeout(60)
    client.send(large.raw[sent:])
    equal(client.wait_answer(large).status, 200, "the answer when all has come through")
    expect(one.wait_request(large.call_id).raw == large.raw, "not a byte is lost")


@story
def a_client_that_does_not_read_stops_its_server(play):
    one = play.server("one")
    gateway = play.gateway([one], listener=LISTENER)
    stops_its_server(one, gateway, play.client(receive_buffer=65536), play.client())


@story
def the_same_inside_tls(play):
    one = play.tls_server("one")
    gateway = play.gateway([one], bind="tls", words=play.certificates.word("pool"),
                           listener=f'tls = "pool", {LISTENER}', pool='tls = "pool", tls_name = "pool.test"')
    stops_its_server(one, gateway, play.tls_client(receive_buffer=65536), play.tls_client())


def stops_its_server(one, gateway, client, other):
    body = bytes(OFFERED)
    before = gateway.memory()
    one.answer = lambda m: response(m, server="one", body=body if m.method == "SUBSCRIBE" else b"")
    asked = request("SUBSCRIBE")
    client.send(asked)
    link = one.link_of(asked)
    left = [OFFERED]

    def held():
        """Nothing more was taken since it was last asked, a while ago."""
        time.sleep(0.3)
        left.append(link.waiting())
        return 0 < left[-1] == left[-2]  # a busy server has not begun yet
    eventually(held, "the server is held")
    expect(left[-1] > OFFERED / 2, f"most waits at the server ({left[-1] // MIB} MiB)")
    expect(gateway.memory() - before < ALLOWED, f"the gateway's memory is bounded "
                                                f"({(gateway.memory() - before) // MIB} MiB)")
    equal(other.ask(request()).server, "one", "who answers another client meanwhile")
    expect(client.wait_answer(asked).body == body, "not a byte is lost when the client reads")


@story
def a_peer_that_takes_nothing_for_the_stall_time_is_closed(play):
    one = play.server("one")
    play.gateway([one], listener='limits = { message = "256M", stall = "1s" }, options = { route = "connection" }')
    client, other = play.client(), play.client()
    first = request()
    client.ask(first)
    link = one.link_of(first)
    link.pause()
    push(client, request("MESSAGE", body=bytes(OFFERED)).raw)
    eventually(lambda: not client.is_open(), "the client's connection ends with its server's")
    equal(other.ask(request()).server, "one", "who answers another client")


main()
