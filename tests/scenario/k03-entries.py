#!/usr/bin/python3
"""k03: persistence entries are counted, expire after their last use, and are capped."""
from play import equal, eventually, expect, main, request, story

MESSAGE = 'options = { route = "message" }'


def entries(gateway):
    pool = next(p for p in gateway.status()["pools"] if p["name"] == "farm")
    return pool["persistence"]["entries"]


@story
def entries_expire_after_their_last_use(play):
    gateway = play.gateway([play.server("one"), play.server("two")], listener=MESSAGE, pool='persistence = { timeout = "2s" }')
    client = play.client()
    for n in range(10):
        client.ask(request(call_id=f"short{n}@play"))
    expect(entries(gateway) >= 1, "entries are counted")
    eventually(lambda: entries(gateway) == 0, "entries go after their timeout")


@story
def the_table_is_capped_and_the_oldest_go_first(play):
    gateway = play.gateway([play.server("one"), play.server("two")], listener=MESSAGE, pool="persistence = { entries = 100 }")
    client = play.client()
    for n in range(1000):
        client.send(request(call_id=f"cap{n}@play"))
        client.receive()
    expect(0 < entries(gateway) <= 128, f"the table keeps near its cap ({entries(gateway)} entries)")
    newest = client.ask(request(call_id="cap999@play", cseq=2)).server
    equal(play.client().ask(request(call_id="cap999@play", cseq=3)).server, newest, "the newest is remembered")


main()
