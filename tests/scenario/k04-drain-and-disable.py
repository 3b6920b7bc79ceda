#!/usr/bin/python3
"""k04: the operator's word: lychctl server drain, disable, enable."""
import json

from play import equal, eventually, expect, main, request, story

MESSAGE = 'options = { route = "message" }'


def ctl(gateway, verb, server):
    done = gateway.ctl("server", verb, f"farm/{server.address}")
    equal(done.returncode, 0, f"the exit code of lychctl server {verb}: {done.stderr}")


@story
def drain_keeps_what_a_server_has_and_gives_it_nothing_new(play):
    one, two = play.server("one"), play.server("two")
    gateway = play.gateway([one, two], listener=MESSAGE)
    client = play.client()
    ids = [f"old{n}@play" for n in range(10)]
    first = {i: client.ask(request(call_id=i)).server for i in ids}
    ctl(gateway, "drain", one)
    equal(gateway.server(one)["state"], "drain", "its state")
    equal({i: client.ask(request(call_id=i, cseq=2)).server for i in ids}, first, "the old Call-IDs' servers")
    equal({client.ask(request()).server for _ in range(8)}, {"two"}, "the servers of new Call-IDs")
    ctl(gateway, "enable", one)
    equal({client.ask(request()).server for _ in range(8)}, {"one", "two"}, "the servers of new Call-IDs after enable")


@story
def disable_ends_a_servers_sessions_and_moves_its_keys(play):
    one, two = play.server("one"), play.server("two")
    gateway = play.gateway([one, two], listener='options = { route = "connection" }')
    clients = [play.client() for _ in range(6)]
    servers = [c.ask(request()).server for c in clients]
    ctl(gateway, "disable", one)
    equal(gateway.server(one)["state"], "disabled", "its state")
    for client, server in zip(clients, servers):
        if server == "one":
            equal(client.ended(), b"", "what came before the close")
        else:
            equal(client.ask(request()).server, "two", "the other server's sessions stay")
    eventually(lambda: not one.open_used, "no link to the disabled server is left")
    equal({play.client().ask(request()).server for _ in range(4)}, {"two"}, "the servers of new clients")
    ctl(gateway, "enable", one)
    gateway.wait_state(one, "up")


def shared(gateway, server):
    found = [s for s in gateway.status()["pools"][0]["servers"] if s["address"] == server.address]
    return found[0]["shared_links"], found[0]["sessions"]


@story
def shared_links_go_with_their_server_and_leave_the_clients(play):
    one, two = play.server("one"), play.server("two")
    gateway = play.gateway([one, two], pool="persistence = false, links = 1", listener='options = { mode = "hop" }')
    clients = [play.client() for _ in range(4)]
    equal({c.ask(request()).server for c in clients for _ in range(2)}, {"one", "two"}, "the servers")
    for server in (one, two):
        links, sessions = shared(gateway, server)
        expect(1 <= links <= 2 and sessions == 0, f"one link of all clients for each worker: {links}, {sessions}")
    ctl(gateway, "disable", one)
    eventually(lambda: shared(gateway, one) == (0, 0), "no link to the disabled server is left")
    equal({c.ask(request()).server for c in clients for _ in range(2)}, {"two"}, "the servers then")
    ctl(gateway, "enable", one)
    gateway.wait_state(one, "up")
    equal({c.ask(request()).server for c in clients for _ in range(2)}, {"one", "two"}, "the servers at last")


def states(gateway):
    return {p["name"]: [s["state"] for s in p["servers"]] for p in gateway.status()["pools"]}


@story
def a_machine_is_one_word_in_all_pools(play):
    one, two = play.server("one"), play.server("two")
    other = play.server("one's other service", 5070, host=one.host)
    spare = f'{{ "{other.address}", name = "one.play" }}, "192.0.2.1:5060"'
    gateway = play.gateway([f'{{ "{one.address}", name = "one.play" }}', two], listener=MESSAGE,
                           words=f'pool "spare" {{ servers = {{ {spare} }}, monitor = false }}')
    eventually(lambda: states(gateway) == {"farm": ["up", "up"], "spare": ["up", "up"]}, "all are up")
    done = gateway.ctl("server", "drain", "one.play")
    equal((done.returncode, [line.split(":")[0] for line in done.stdout.splitlines()]),
          (0, ["spare/one.play", "farm/one.play"]), "whom it says to be told")
    equal(states(gateway), {"farm": ["drain", "up"], "spare": ["drain", "up"]}, "the states")
    equal({play.client().ask(request()).server for _ in range(4)}, {"two"}, "the servers of new clients")
    told = json.loads(gateway.ctl("server", "enable", "one.play", "--json").stdout)
    equal([(t["pool"], t["was"], t["server"]["name"], t["server"]["state"]) for t in told],
          [("spare", "drain", "one.play", "up"), ("farm", "drain", "one.play", "up")], "the same for programs")
    told = json.loads(gateway.ctl("server", "drain", "farm/one.play", "--json").stdout)
    equal((told["pool"], told["was"], told["server"]["state"]), ("farm", "up", "drain"), "one server is one object")
    equal(gateway.ctl("server", "disable", one.host).returncode, 0, "the exit code for an address")
    equal(states(gateway), {"farm": ["disabled", "up"], "spare": ["disabled", "up"]}, "every server of the address")
    equal(gateway.ctl("server", "drain", two.address).returncode, 0, "the exit code for an address with its port")
    equal(states(gateway), {"farm": ["disabled", "drain"], "spare": ["disabled", "up"]}, "the one that is called so")
    done = gateway.ctl("server", "drain", "ome.play")
    equal((done.returncode, done.stderr.splitlines()),
          (1, ['lychctl: no pool has a server "ome.play"', "    did you mean `one.play`?"]),
          "what it says to nobody's name")


@story
def lychctl_tells_what_it_does_not_know(play):
    gateway = play.gateway([play.server("one")])
    for words in (["server", "drain", "farm/nobody"], ["server", "drain", "nobody"], ["server", "paint", "farm/x"],
                  ["server"], ["dance"]):
        done = gateway.ctl(*words)
        expect(done.returncode != 0 and done.stderr.strip(), f"lychctl {' '.join(words)} fails and says why")


@story
def the_status_is_one_table_for_people_and_one_object_for_programs(play):
    one = play.server("one")
    gateway = play.gateway([one])
    client = play.client()
    client.ask(request())
    status = gateway.status()
    listener = status["listeners"][0]
    equal((listener["name"], listener["plugin"], listener["sessions"]), ("in", "sip", 1), "the listener")
    server = status["pools"][0]["servers"][0]
    equal((status["pools"][0]["name"], server["name"], server["address"], server["state"], server["sessions"],
           server["requests"]), ("farm", one.address, one.address, "up", 1, 1), "the server")
    text = gateway.ctl("status").stdout
    expect(all(w in text for w in ("in", "farm", one.address, "up")), f"the table names them too:\n{text}")


main()
