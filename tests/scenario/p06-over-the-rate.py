#!/usr/bin/python3
"""p06: a policy counts by over(): all workers share the count, each source has its own, and what is over is
answered."""
from play import equal, expect, main, request, story

LIMIT = '{ "responder/rate-limit", rate = 0.001, burst = 5 }'


@story
def all_workers_share_one_rate(play):
    one = play.server("one")
    play.gateway([one], listener=f"policies = {{ {LIMIT} }}")
    clients = [play.client() for _ in range(8)]
    answers = [client.ask(request("MESSAGE")) for client in clients for _ in range(2)]
    codes = sorted(answer.status for answer in answers)
    equal(codes, [200] * 5 + [503] * 11, "the answers to 16 requests of one source on 8 connections")
    refused = [answer for answer in answers if answer.status == 503][0]
    equal(refused.header("Retry-After"), "5", "when to come again")
    equal(len(one.got(method="MESSAGE")), 5, "what reached the server")


@story
def another_source_is_not_touched(play):
    one = play.server("one")
    play.gateway([one], listener=f"policies = {{ {LIMIT} }}")
    greedy, other = play.client(), play.client(source="127.0.0.9")
    for _ in range(20):
        greedy.ask(request("MESSAGE"))
    equal([other.ask(request("MESSAGE")).status for _ in range(5)], [200] * 5, "what the other source gets")


@story
def calls_can_always_be_ended(play):
    play.gateway([play.server("one")], listener=f"policies = {{ {LIMIT} }}")
    client = play.client()
    for _ in range(10):
        last = client.ask(request("MESSAGE")).status
    equal(last, 503, "the answer to what is over")
    equal(client.ask(request("BYE")).status, 200, "the answer to BYE")


@story
def listeners_and_options_count_apart(play):
    two = '{ "responder/rate-limit", rate = 0.001, burst = 2, methods = { "MESSAGE" } }'
    three = '{ "responder/rate-limit", rate = 0.001, burst = 3, methods = { "INFO" } }'
    gateway = play.gateway([play.server("one")], listener=f"policies = {{ {two}, {three} }}")
    client = play.client()
    equal([client.ask(request("MESSAGE")).status for _ in range(4)], [200, 200, 503, 503], "the first policy's")
    equal([client.ask(request("INFO")).status for _ in range(4)], [200, 200, 200, 503], "the second policy's")
    policies = gateway.listener()["policies"]
    equal([p["verdicts"] for p in policies], [2, 1], "verdicts counted")
    expect(not any(p["errors"] for p in policies), "no policy failed")


main()
