#!/usr/bin/python3
"""b03: bodies up to `limits.message` (5 MiB) stream through, both ways, bit for bit."""
import random

from play import equal, main, request, response, story

LARGE = random.Random(3).randbytes(5 * 1024 * 1024)


def both_ways(play, client, one):
    asked = request("MESSAGE", body=LARGE)
    one.answer = lambda m: response(m, server="one", body=m.body[::-1])
    equal(client.ask(asked).body == LARGE[::-1], True, "the answer's body is the same, bit for bit")
    equal(one.wait_request(asked.call_id).raw == asked.raw, True, "the request is the same, bit for bit")
    equal(client.ask(request(body=b"small")).body, b"llams", "the next body on the same connection")


@story
def five_mebibytes_go_there_and_back_over_tcp(play):
    one = play.server("one")
    play.gateway([one])
    both_ways(play, play.client(), one)


@story
def five_mebibytes_go_there_and_back_over_tls(play):
    one = play.tls_server("one")
    play.gateway([one], bind="tls", words=play.certificates.word("pool"), listener='tls = "pool"',
                 pool='tls = "pool", tls_name = "pool.test"')
    both_ways(play, play.tls_client(), one)


main()
