#!/usr/bin/python3
"""b07: which server gets a new key: round-robin, least-connections, weights, backup."""
from collections import Counter

from play import equal, eventually, expect, main, request, story


def shares(play, n):
    """Who answers `n` new Call-IDs on one connection."""
    client = play.client()
    return Counter(client.ask(request()).server for _ in range(n))


@story
def round_robin_gives_each_server_its_turn(play):
    servers = [play.server(name) for name in ("one", "two", "three")]
    play.gateway(servers, pool='balance = "round-robin"', listener='options = { route = "message" }')
    equal(shares(play, 12), {"one": 4, "two": 4, "three": 4}, "new Call-IDs by server")


@story
def round_robin_counts_weights(play):
    one, two = play.server("one"), play.server("two")
    play.gateway([f'{{ "{one.address}", weight = 3 }}', two], pool='balance = "round-robin"',
                 listener='options = { route = "message" }')
    equal(shares(play, 12), {"one": 9, "two": 3}, "new Call-IDs by server")


@story
def least_connections_takes_the_server_with_the_fewest_links(play):
    servers = [play.server("one"), play.server("two")]
    play.gateway(servers, pool='balance = "least-connections"', listener='options = { route = "connection" }')
    clients = [play.client() for _ in range(6)]
    by = Counter(client.ask(request()).server for client in clients)
    equal(by, {"one": 3, "two": 3}, "clients by server")
    for client, server in zip(clients, [c.ask(request()).server for c in clients]):
        if server == "one":
            client.close()
    eventually(lambda: not servers[0].open_used, "the first server is free")
    equal([play.client().ask(request()).server for _ in range(3)], ["one"] * 3, "the servers of the next three clients")


@story
def a_backup_takes_traffic_only_when_no_other_server_can(play):
    one, spare = play.server("one"), play.server("spare")
    gateway = play.gateway([one, f'{{ "{spare.address}", backup = true }}'], listener='options = { route = "message" }')
    equal(shares(play, 10), {"one": 10}, "new Call-IDs while the server is up")
    one.die()
    gateway.wait_state(one, "down")
    equal(shares(play, 10), {"spare": 10}, "new Call-IDs while it is down")
    one.listen()
    gateway.wait_state(one, "up")
    equal(shares(play, 10), {"one": 10}, "new Call-IDs when it is back")


@story
def hash_shares_keys_by_weight_and_gives_a_key_the_same_server(play):
    one, two = play.server("one"), play.server("two")
    play.gateway([f'{{ "{one.address}", weight = 3 }}', two], pool='balance = "hash", persistence = false',
                 listener='options = { route = "message" }')
    ids = [f"key{n}@play" for n in range(400)]
    client, other = play.client(), play.client()
    first = {i: client.ask(request(call_id=i)).server for i in ids}
    equal({i: other.ask(request(call_id=i, cseq=2)).server for i in ids}, first, "the same keys on another connection")
    share = Counter(first.values())["one"] / len(ids)
    expect(0.65 < share < 0.85, f"three quarters of the keys go to the server of weight 3 (it has {share:.0%})")


main()
