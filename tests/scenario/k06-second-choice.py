#!/usr/bin/python3
"""k06: what makes a key: a second choice, networks of sources, and pools that share what they remember."""
from play import equal, expect, main, request, story

MESSAGE = 'options = { route = "message" }'


def names(play):
    return [play.server(n) for n in ("one", "two", "three")]


@story
def without_the_first_fact_the_second_makes_the_key(play):
    play.gateway(names(play), pool='persistence = { by = { "header.x-key", "source" } }', listener=MESSAGE)
    clients = [play.client(source=play.host(100 + n)) for n in range(6)]
    def servers(**words):
        return [c.ask(request(**words)).server for c in clients]
    first = servers()
    expect(len(set(first)) == 3, f"sources are spread ({first})")
    equal(servers(), first, "the servers of the same sources")
    equal(len(set(servers(more=[("X-Key", "k")]))), 1, "servers of one key from all sources")
    equal(servers(more=[("X-Key", "")]), first, "a header without a value is none")
    equal(servers(), first, "the servers of the same sources in the end")


@story
def neighbours_of_one_network_stay_together(play):
    play.gateway(names(play), pool='persistence = { by = "source", mask = 28 }', listener=MESSAGE)
    def servers(hosts):
        return {play.client(source=play.host(h)).ask(request()).server for h in hosts}
    found = [servers(range(n, n + 16, 5)) for n in (96, 112, 128)]
    equal([len(s) for s in found], [1, 1, 1], "servers of each network")
    equal(len(set.union(*found)), 3, "servers of all networks")


@story
def pools_of_a_group_know_a_machine_by_its_address(play):
    hosts = [play.host(n) for n in (11, 12, 13)]
    sip = [play.server(f"fe{n}", host=host) for n, host in enumerate(hosts)]
    web = [play.server(f"fe{n}", port=4430, host=host) for n, host in enumerate(hosts)]
    def pool(name, servers):
        listed = ", ".join(f'"{s.address}"' for s in servers)
        return f"""pool "{name}" {{ servers = {{ {listed} }}, balance = "round-robin",
  monitor = {{ interval = "300ms" }}, persistence = {{ by = "source", group = "machines" }} }}"""
    gateway = play.gateway_of(f"""
gateway {{ workers = 2, control = "control", log = "debug", drain = "1s" }}
{pool("front", sip)}
{pool("web", web)}
listener "front" {{ plugin = "sip", bind = {{ "tcp:{play.host(1)}:5060" }}, pool = "front" }}
listener "web" {{ plugin = "sip", bind = {{ "tcp:{play.host(1)}:4430" }}, pool = "web" }}
""")
    gateway.wait_open("front")
    gateway.wait_open("web")
    for server in sip:
        gateway.wait_state(server, "up", pool="front")
    for server in web:
        gateway.wait_state(server, "up", pool="web")
    def ask(last, port):
        return play.client(address=(play.host(1), port), source=play.host(last)).ask(request()).server
    found = []
    for last in range(100, 109):
        ports = (5060, 4430, 4430, 5060) if last % 2 else (4430, 5060, 5060, 4430)
        servers = [ask(last, p) for p in ports]
        equal(servers, servers[:1] * 4, f"the servers of {play.host(last)}")
        found.append(servers[0])
    equal(len(set(found)), 3, "servers in use")
    equal(gateway.lines("no server of pool"), [], "warnings")


@story
def many_that_find_their_server_gone_meet_on_another_and_stay_there(play):
    servers = names(play)
    gateway = play.gateway(servers, listener=MESSAGE)
    clients = [play.client() for _ in range(16)]  # spread over both workers
    for turn in range(3):
        key = f"gone{turn}@play"
        gone = next(s for s in servers if s.name == clients[0].ask(request(call_id=key)).server)
        gone.die()
        gateway.wait_state(gone, "down")
        asked = [request(call_id=key, cseq=2 + n) for n in range(16)]
        for client, message in zip(clients, asked):
            client.send(message)
        found = {c.wait_answer(m).server for c, m in zip(clients, asked)}
        equal((len(found), gone.name in found), (1, False), f"servers of the key ({found}) without {gone.name}")
        gone.listen()
        gateway.wait_state(gone, "up")
        equal({c.ask(request(call_id=key, cseq=50)).server for c in clients}, found,
              "the server when the first is back")


main()
