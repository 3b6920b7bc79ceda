#!/usr/bin/python3
"""u03: datagrams pass bit for bit, one by one and in order, from the empty to the longest."""
import random

from play import equal, main, story
from play.udp import ALLOCATE, BINDING, INDICATION, channel, stun

LONGEST = 65507  # bytes of a datagram over IPv4
SIZES = (0, 1, 3, 4, 19, 20, 21, 1200, 1472, 1473, 9000, 65000, LONGEST)
RANDOM = random.Random(3)


@story
def every_size_passes_both_ways(play):
    one = play.udp_server("one")
    one.answer = one.echo
    play.udp_gateway([one])
    client = play.udp_client()
    for size in SIZES:
        data = RANDOM.randbytes(size)
        equal(client.ask(data), data, f"{size} bytes at the client")
        equal(one.datagrams[-1], data, f"{size} bytes at the server")


@story
def the_first_datagram_of_a_flow_may_have_any_size(play):
    one = play.udp_server("one")
    one.answer = one.echo
    play.udp_gateway([one])
    for size in SIZES:
        data = RANDOM.randbytes(size)
        equal(play.udp_client().ask(data), data, f"a first datagram of {size} bytes")


@story
def all_kinds_pass_unread(play):
    one = play.udp_server("one")
    one.answer = one.echo
    play.udp_gateway([one])
    client = play.udp_client()
    for data in (stun(BINDING), stun(ALLOCATE), stun(INDICATION), channel(b"data"), channel(b"x" * 1001),
                 stun(BINDING)[:-1],                        # its length lies
                 b"\x40\0\xff\xff",                         # so does this one's
                 b"\x16\xfe\xfd" + bytes(40),               # DTLS
                 b"\x80\0\0\1" + bytes(8) + b"voice"):      # RTP
        equal(client.ask(data), data, "the datagram")


@story
def a_burst_of_a_flow_keeps_its_order(play):
    one = play.udp_server("one")
    one.answer = None
    play.udp_gateway([one])
    client = play.udp_client()
    burst = [n.to_bytes(4, "big") + RANDOM.randbytes(n) for n in range(500)]
    client.send(*burst)
    one.wait_datagrams(len(burst))
    equal(one.datagrams, burst, "what the server got")
    source, got = next(iter(one.sources)), []
    for at in range(0, len(burst), 50):  # what the client's own socket has room for
        one.send(source, *burst[at:at + 50])
        got += [client.read() for _ in burst[at:at + 50]]
    equal(got, burst, "what the client got")


main()
