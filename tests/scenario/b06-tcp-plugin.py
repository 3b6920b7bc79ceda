#!/usr/bin/python3
"""b06: the tcp plugin relays bytes: any bytes, both ways, each direction until its own end."""
import random

from play import equal, eventually, expect, main, story

BYTES = random.Random(6).randbytes(3 * 1024 * 1024)


def raw_server(play, name="one"):
    server = play.server(name)
    server.reads = False  # these are no messages
    return server


def relayed(client, server):
    client.send(BYTES)
    eventually(lambda: server.used and len(server.used[-1].received) == len(BYTES), "all bytes reach the server")
    expect(bytes(server.used[-1].received) == BYTES, "the bytes are the same at the server")
    server.used[-1].send(BYTES[::-1])
    server.used[-1].close()
    expect(client.ended() == BYTES[::-1], "the bytes are the same at the client, and the server's end follows them")


@story
def bytes_pass_both_ways_and_the_end_behind_them(play):
    one = raw_server(play)
    play.gateway([one], plugin="tcp")
    relayed(play.client(), one)


@story
def bytes_pass_from_tls_to_tls(play):
    one = play.tls_server("one")
    one.reads = False
    play.gateway([one], plugin="tcp", bind="tls", words=play.certificates.word("pool"), listener='tls = "pool"',
                 pool='tls = "pool", tls_name = "pool.test"')
    relayed(play.tls_client(), one)


@story
def a_clients_end_passes_and_the_servers_bytes_still_come(play):
    one = raw_server(play)
    one.stays_half_open = True
    play.gateway([one], plugin="tcp")
    client = play.client()
    client.send(b"question")
    client.finish()
    eventually(lambda: one.used and one.used[-1].clean, "the client's end reaches the server")
    one.used[-1].send(b"late answer")
    one.used[-1].close()
    equal(client.ended(), b"late answer", "what the client got after its own end")


@story
def a_servers_bytes_come_first_when_it_speaks_first(play):
    one = raw_server(play)
    play.gateway([one], plugin="tcp", pool="monitor = false")
    client = play.client()
    link = eventually(lambda: one.links and one.links[0], "the gateway connects without waiting for bytes")
    link.send(b"220 hello\r\n")
    equal(client.read(), b"220 hello\r\n", "the greeting")


main()
