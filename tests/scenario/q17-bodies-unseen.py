#!/usr/bin/python3
"""q17: long bodies of a said length, which pass unseen: their ends, what is behind them, and what is told of them."""
import os
import re

from play import equal, eventually, expect, main, slow, story
from play.http import CLOSE, answer, ask, blocks, sum_of

MIB = 1024 * 1024
SIZE = 8 * MIB
SUM = sum_of(blocks(SIZE))
LENGTH = [("Content-Length", SIZE)]
LONG = 60  # s, for a whole body on a slow machine


def stage(play, tls=False):
    one = play.web_server("one", **({"tls": play.certificates.for_server("pool")} if tls else {}))
    log = os.path.join(play.folder, "access.log")
    words = {"bind": "tls", "words": play.certificates.word("pool"), "listener": f'tls = "pool", access_log = "{log}",',
             "pool": 'tls = "pool", tls_name = "pool.test",'} if tls else {"listener": f'access_log = "{log}",'}
    gateway = play.web([one], gateway="workers = 1,", **words)
    return one, gateway, (play.web_tls_client if tls else play.web_client), log


def told(log, target):
    """The line of the exchange: its bytes_in and bytes_out."""
    def read():
        with open(log) as file:
            return next((line for line in file if f"path={target} " in line), None)
    line = eventually(lambda: os.path.exists(log) and read(), f"the line of {target}")
    return tuple(int(re.search(rf" {word}=(\d+)", line)[1]) for word in ("bytes_in", "bytes_out"))


def long_answers(one):
    one.answer = lambda r: [answer(200, b"", LENGTH, length=False),
                            blocks(SIZE)] if r.target.startswith("/down") else one.ok(r)


def one_after_the_other(play, tls):
    one, gateway, dial, log = stage(play, tls)
    long_answers(one)
    client = dial()
    for n in range(3):
        client.send(ask(f"/up{n}", "POST", more=LENGTH))
        client.stream(blocks(SIZE))
        client.send(ask(f"/down{n}") + ask(f"/short{n}"))  # right behind the body
        equal(client.answer(within=slow(LONG)).text, f"POST /up{n} {SIZE}\n", "the answer to the upload")
        got = client.answer(within=slow(LONG))
        equal((got.length, got.sum), (SIZE, SUM), "the long answer")
        equal(client.answer().text, f"GET /short{n} 0\n", "the one behind it")
        equal(one.wait_request(f"/up{n}").sum, SUM, "what the server got")
        equal((told(log, f"/up{n}")[0], told(log, f"/down{n}")), (SIZE, (0, SIZE)), "what the log tells")
    equal(len([link for link in one.links if link.requests]), 1, "connections to the server")


@story
def requests_and_answers_one_behind_the_other(play):
    one_after_the_other(play, False)


@story
def the_same_inside_tls(play):
    one_after_the_other(play, True)


def cut_answer(play, tls):
    one, gateway, dial, log = stage(play, tls)
    one.answer = lambda r: [answer(200, b"", LENGTH, length=False), blocks(5 * MIB), CLOSE]
    client = dial()
    client.send(ask("/cut"))
    got = client.answer(within=slow(LONG))
    equal((got.length, client.cut, got.whole), (5 * MIB, True, False), "what the client got")
    equal(told(log, "/cut"), (0, 5 * MIB), "what the log tells")
    one.answer = one.ok
    equal(dial().get("/next").status, 200, "the next answer")


@story
def an_answer_that_is_cut_looks_so(play):
    cut_answer(play, False)


@story
def and_inside_tls(play):
    cut_answer(play, True)


@story
def an_upload_that_is_cut_is_cut_at_the_server(play):
    one, gateway, dial, log = stage(play)
    client = dial()
    client.send(ask("/up", "POST", more=LENGTH))
    client.stream(blocks(5 * MIB))
    link = one.link_of("/up")
    eventually(lambda: one.requests[-1].length == 5 * MIB, "what was sent has come", within=slow(LONG))
    client.close()
    link.wait_closed("the server's connection ends, too")
    expect(not one.requests[-1].whole, "the request is not whole")
    equal(told(log, "/up")[0], 5 * MIB, "what the log tells")


@story
def a_server_that_goes_in_the_middle(play):
    one, gateway, dial, log = stage(play)
    client = dial()
    client.send(ask("/up", "POST", more=LENGTH))
    client.stream(blocks(5 * MIB))
    eventually(lambda: one.requests and one.requests[-1].length == 5 * MIB, "what was sent has come", within=slow(LONG))
    one.link_of("/up").reset()
    equal(client.answer().status, 502, "the answer")
    eventually(lambda: not client.is_open(), "the connection ends: the rest of the body is too long")
    equal(told(log, "/up")[0], 5 * MIB, "what the log tells")
    equal(dial().get("/next").status, 200, "the next answer")


@story
def an_answer_comes_while_the_body_passes(play):
    one, gateway, dial, log = stage(play)
    client = dial()
    client.send(ask("/up", "POST", more=LENGTH))
    client.stream(blocks(5 * MIB))
    eventually(lambda: one.requests and one.requests[-1].length == 5 * MIB, "what was sent has come", within=slow(LONG))
    one.link_of("/up").do(answer(403, b"enough"))
    got = client.answer()
    equal((got.status, got.text, got.header("Connection")), (403, "enough", "close"), "the answer")
    eventually(lambda: not client.is_open(), "the connection ends")
    equal(dial().get("/next").status, 200, "the next answer")


@story
def who_waits_for_100_passes_it_then(play):
    one, gateway, dial, log = stage(play)
    one.continues = True
    client = dial()
    for n in range(2):
        client.send(ask(f"/{n}", "POST", more=LENGTH + [("Expect", "100-continue")]))
        equal(client.head().status, 100, "what comes first")
        client.stream(blocks(SIZE))
        equal(client.answer(within=slow(LONG)).text, f"POST /{n} {SIZE}\n", "the answer")


@story
def a_length_without_a_body(play):
    one, gateway, dial, log = stage(play)
    client = dial()
    one.answer = lambda r: answer(r.target == "/304" and 304 or 200, b"", LENGTH, length=False)
    equal(client.get("/head", "HEAD").header("Content-Length"), str(SIZE), "HEAD")
    equal(client.get("/304").status, 304, "not modified")
    one.answer = one.ok
    equal(client.get("/next").text, "GET /next 0\n", "the next one on the same connection")
    equal(len([link for link in one.links if link.requests]), 1, "connections to the server")


main()
