#!/usr/bin/python3
"""k03: persistence entries are counted, expire after their last use, and are capped."""
import time

from play import Skip, equal, expect, main, request, story

MESSAGE = 'options = { route = "message" }'


def entries(gateway):
    pool = next(p for p in gateway.status()["pools"] if p["name"] == "farm")
    return pool["persistence"]["entries"]


def servers_of(client, ids, cseq):
    return {i: client.ask(request(call_id=i, cseq=cseq)).server for i in ids}


@story
def entries_expire_after_their_last_use(play):
    gateway = play.gateway([play.server("one"), play.server("two")], listener=MESSAGE,
                           pool='persistence = { timeout = "1s" }')
    client = play.client()
    ids = [f"short{n}@play" for n in range(10)]
    first = servers_of(client, ids, 1)
    expect(entries(gateway) >= 10, "entries are counted")
    time.sleep(1.5)
    client.ask(request())  # takes one server's turn
    expect(servers_of(client, ids, 2) != first, "after the timeout the keys are picked anew")


@story
def an_entry_that_is_used_stays(play):
    play.gateway([play.server("one"), play.server("two")], listener=MESSAGE, pool='persistence = { timeout = "2s" }')
    client = play.client()
    ids = [f"kept{n}@play" for n in range(5)]
    first, used, longest = servers_of(client, ids, 1), time.monotonic(), 0
    for cseq in range(2, 12):
        time.sleep(0.3)
        client.ask(request())
        now = servers_of(client, ids, cseq)
        used, longest = time.monotonic(), max(longest, time.monotonic() - used)
        if longest > 1.5:
            raise Skip("this machine is too slow to keep an entry in use")
        equal(now, first, "the servers of keys that are in use")


@story
def the_table_is_capped_and_the_oldest_go_first(play):
    gateway = play.gateway([play.server("one"), play.server("two")], listener=MESSAGE,
                           pool="persistence = { entries = 100 }")
    client = play.client()
    for n in range(1000):
        client.send(request(call_id=f"cap{n}@play"))
        client.receive()
    expect(0 < entries(gateway) <= 128, f"the table keeps near its cap ({entries(gateway)} entries)")
    newest = client.ask(request(call_id="cap999@play", cseq=2)).server
    equal(play.client().ask(request(call_id="cap999@play", cseq=3)).server, newest, "the newest is remembered")


main()
