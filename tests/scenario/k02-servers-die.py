#!/usr/bin/python3
"""k02: killing one server moves only its dialogs, and loses none of the others'."""
from play import equal, expect, in_dialog, main, request, story

MESSAGE = 'options = { route = "message" }'


def dialogs_survive(play, pool):
    one, two, three = servers = [play.server(n) for n in ("one", "two", "three")]
    gateway = play.gateway(servers, pool=pool, listener=MESSAGE)
    client, other = play.client(), play.client()
    dialogs = [client.ask(request("INVITE", f"dialog{n}@play")) for n in range(60)]
    expect(all(d.status == 200 for d in dialogs), "all are answered")
    one.die()
    moved = {}
    for dialog in dialogs:
        answer = other.ask(in_dialog("INFO", dialog, 2))
        equal(answer.status, 200, f"the answer in {dialog.call_id}, which {dialog.server} had")
        if dialog.server != "one":
            equal(answer.server, dialog.server, f"the server of {dialog.call_id}")
        moved[dialog.call_id] = answer.server
    equal({s for d, s in ((d, moved[d.call_id]) for d in dialogs) if d.server == "one"}, {"two", "three"},
          "the servers that got the dead one's dialogs")
    one.listen()
    gateway.wait_state(one, "up")
    return client, dialogs, moved


@story
def a_dead_servers_dialogs_move_once_and_stay_there(play):
    client, dialogs, moved = dialogs_survive(play, "")
    again = {d.call_id: client.ask(in_dialog("INFO", d, 3)).server for d in dialogs}
    equal(again, moved, "the servers when the dead one is back: the table remembers")


@story
def a_hash_without_a_table_moves_only_the_dead_servers_keys_and_takes_them_back(play):
    client, dialogs, _ = dialogs_survive(play, 'balance = "hash", persistence = false')
    again = {d.call_id: client.ask(in_dialog("INFO", d, 3)).server for d in dialogs}
    equal(again, {d.call_id: d.server for d in dialogs},
          "the servers when the dead one is back: the hash alone decides")


main()
