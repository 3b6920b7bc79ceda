#!/usr/bin/python3
"""q05: bodies: of any size both ways, as they came, with bounded memory and at the pace of who reads them."""
import threading
import time

from play import equal, eventually, expect, main, slow, story
from play.http import CHUNKED, CLOSE, answer, ask, blocks, chunk, chunked, lines, sum_of

MIB = 1024 * 1024
SIZE = 100 * MIB
ALLOWED = 32 * MIB
LONG = 60  # s, for a whole body on a slow machine
SUM = sum_of(blocks(SIZE))
LENGTH = [("Content-Length", SIZE)]


def stage(play, **words):
    one = play.web_server("one")
    gateway = play.web([one], gateway="workers = 1,", **words)
    play.web_client().get("/warm")
    return one, gateway


def tls_stage(play):
    one = play.web_server("one", tls=play.certificates.for_server("pool"))
    gateway = play.web([one], gateway="workers = 1,", bind="tls", words=play.certificates.word("pool"),
                       listener='tls = "pool",', pool='tls = "pool", tls_name = "pool.test",')
    play.web_tls_client().get("/warm")
    return one, gateway


def bounded(gateway, before):
    grown = gateway.memory() - before
    if not gateway.sanitized():  # it keeps what was freed, which says nothing of what was held
        expect(grown < ALLOWED, f"the gateway's memory is bounded ({grown // MIB} MiB more)")


def as_chunks(pieces, trailers=()):
    for piece in pieces:
        yield chunk(piece)
    yield b"0\r\n" + lines(trailers) + b"\r\n"


def uploads(one, gateway, client, more, pieces):
    before = gateway.memory()
    client.send(ask("/up", "POST", more=more))
    client.stream(pieces)
    equal(client.answer(within=slow(LONG)).text, f"POST /up {SIZE}\n", "the answer")
    got = one.wait_request("/up")
    equal((got.length, got.sum), (SIZE, SUM), "what the server got")
    bounded(gateway, before)


def downloads(one, gateway, client, more, pieces):
    before = gateway.memory()
    one.answer = lambda r: [answer(200, b"", more, length=False), pieces]
    client.send(ask("/down"))
    got = client.answer(within=slow(LONG))
    equal((got.length, got.sum, client.cut), (SIZE, SUM, False), "what the client got")
    bounded(gateway, before)


@story
def an_upload_of_a_said_length(play):
    one, gateway = stage(play)
    uploads(one, gateway, play.web_client(), LENGTH, blocks(SIZE))


@story
def an_upload_in_chunks(play):
    one, gateway = stage(play)
    uploads(one, gateway, play.web_client(), [CHUNKED], as_chunks(blocks(SIZE)))


@story
def a_download_of_a_said_length(play):
    one, gateway = stage(play)
    downloads(one, gateway, play.web_client(), LENGTH, blocks(SIZE))


@story
def a_download_in_chunks(play):
    one, gateway = stage(play)
    downloads(one, gateway, play.web_client(), [CHUNKED], as_chunks(blocks(SIZE)))


@story
def both_inside_tls(play):
    one, gateway = tls_stage(play)
    uploads(one, gateway, play.web_tls_client(), LENGTH, blocks(SIZE))
    downloads(one, gateway, play.web_tls_client(), LENGTH, blocks(SIZE))


@story
def an_answer_until_close(play):
    one, gateway = stage(play)
    one.answer = lambda r: [answer(200, b"", length=False), blocks(5 * MIB), CLOSE]
    client = play.web_client()
    got = client.get("/down", within=slow(LONG))
    equal((got.length, got.sum, client.cut), (5 * MIB, sum_of(blocks(5 * MIB)), False), "what the client got")
    one.answer = one.ok
    equal(play.web_client().get("/next").status, 200, "the next answer")


@story
def a_client_that_does_not_read_holds_its_server(play):
    one, gateway = stage(play)
    held_by_client(one, gateway, play.web_client(receive_buffer=65536), play.web_client())


@story
def the_same_inside_tls(play):
    one, gateway = tls_stage(play)
    held_by_client(one, gateway, play.web_tls_client(receive_buffer=65536), play.web_tls_client())


def held_by_client(one, gateway, client, other):
    before = gateway.memory()
    sent = [0]

    def counted():
        for piece in blocks(SIZE):
            sent[0] += len(piece)
            yield piece
    one.answer = lambda r: [answer(200, b"", LENGTH, length=False), counted()] if r.target == "/down" else one.ok(r)
    client.send(ask("/down"))
    one.wait_request("/down")
    seen = [-1]

    def still():
        time.sleep(0.3)
        seen.append(sent[0])
        return seen[-1] == seen[-2]
    eventually(still, "the server is held")
    expect(0 < sent[0] < SIZE / 2, f"the server is held ({sent[0] // MIB} MiB sent)")
    bounded(gateway, before)
    equal(other.get("/other").status, 200, "another client meanwhile")
    got = client.answer(within=slow(LONG))
    equal((got.length, got.sum), (SIZE, SUM), "what the client gets when it reads")


@story
def a_server_that_does_not_read_holds_its_client(play):
    one, gateway = stage(play)
    client, before = play.web_client(), gateway.memory()
    client.send(ask("/up", "POST", more=LENGTH))
    link = one.link_of("/up")
    link.pause()
    sender = threading.Thread(target=client.stream, args=(blocks(SIZE),))
    client.socket.settimeout(slow(LONG))
    sender.start()
    sender.join(1)
    expect(sender.is_alive(), "the client is held")
    bounded(gateway, before)
    equal(play.web_client().get("/other").status, 200, "another client meanwhile")
    link.resume()
    sender.join(slow(LONG))
    equal(client.answer(within=slow(LONG)).text, f"POST /up {SIZE}\n", "the answer when all has come through")
    equal(one.wait_request("/up").sum, SUM, "what the server got")


@story
def who_takes_nothing_for_the_stall_time_is_closed(play):
    one, gateway = stage(play, listener='limits = { stall = "1s" },')
    one.answer = lambda r: [answer(200, b"", LENGTH, length=False), blocks(SIZE)]
    client = play.web_client(receive_buffer=65536)
    client.send(ask("/down"))
    one.link_of("/down").wait_closed("the server's connection ends with the client's")


@story
def trailers_pass_both_ways(play):
    one, _ = stage(play)
    one.answer = lambda r: answer(200, b"", [CHUNKED, ("Trailer", "X-Sum")], length=False) + \
        chunked(b"one", b"two", trailers=[("X-Sum", "3")])
    client = play.web_client()
    got = client.ask(ask("/t", "POST", more=[CHUNKED]) + chunked(b"a", b"bc", trailers=[("X-Trail", "1")]))
    equal((got.text, got.trailers), ("onetwo", ["X-Sum: 3"]), "the answer")
    asked = one.wait_request("/t")
    equal((asked.text, asked.trailers), ("abc", ["X-Trail: 1"]), "the request")


@story
def pieces_of_any_cut_give_the_same(play):
    one, _ = stage(play)
    data = ask("/cut", "POST", more=[CHUNKED])
    data += chunked(b"x" * 37, b"y", b"z" * 300, trailers=[("X-T", "1")]) + ask("/next")
    for size in (1, 2, 3, 17, 64):
        client = play.web_client()
        client.send_in_pieces(data, size)
        equal((client.answer().text, client.answer().text), ("POST /cut 338\n", "GET /next 0\n"),
              f"the answers, cut to {size}")
    said = answer(200, b"", [CHUNKED], length=False) + chunked(b"x" * 37, b"y", b"z" * 50)
    client = play.web_client()
    one.answer = lambda r: [step for byte in said for step in (bytes([byte]), 0)]
    equal(client.get("/bytes").text, "x" * 37 + "y" + "z" * 50, "an answer byte by byte")
    equal(client.get("/bytes").text, "x" * 37 + "y" + "z" * 50, "and again")


@story
def what_is_there_of_an_answer_is_not_kept_back(play):
    one, _ = stage(play)
    one.answer = lambda r: answer(200, b"", [CHUNKED], length=False) + chunk(b"first")
    client = play.web_client()
    client.send(ask("/poll"))
    head = client.head()
    equal(head.status, 200, "the head comes")
    client.reader.frame("GET")
    while not client.reader.take() and not head.length:
        client.reader.rest += client.read()
    equal(head.text, "first", "the first piece comes, long before the end")
    one.link_of("/poll").do(chunked(b"second"))
    while not client.reader.take():
        client.reader.rest += client.read()
    equal(head.text, "firstsecond", "all of it")


main()
