#!/usr/bin/python3
"""p10: a policy picks the server by its place in the pool."""
from play import equal, expect, main, request, story

PICK = """return { plugin = "sip", reads = { "header.x-server" }, decide = function(m)
  if m["header.x-server"] then return pick(tonumber(m["header.x-server"])) end
end }"""


def stage(play, listener='options = { route = "message" },', **words):
    servers = [play.server(n) for n in ("one", "two", "three")]
    gateway = play.gateway(servers, files={"pick.lua": PICK}, listener=f'policies = {{ "./pick.lua" }}, {listener}',
                           **words)
    for server in servers:
        gateway.wait_state(server, "up")
    return gateway, servers


def picked(n, **words):
    return request(more=[("X-Server", str(n))], **words)


@story
def the_server_with_that_number_gets_it_and_keeps_the_key(play):
    stage(play)
    client = play.client()
    for n, name in ((3, "three"), (1, "one"), (2, "two"), (2, "two")):
        key = f"picked{n}@play"
        equal(client.ask(picked(n, call_id=key)).server, name, f"pick({n})")
        equal(play.client().ask(request(call_id=key, cseq=2)).server, name, "the key's server without a policy's word")
    equal(client.ask(picked(1, call_id="picked3@play", cseq=3)).server, "one", "pick(1) of a key that was another's")
    equal(client.ask(request(call_id="picked3@play", cseq=4)).server, "one", "its server from then on")


@story
def one_that_takes_no_new_keys_leaves_it_to_balance(play):
    gateway, (one, two, three) = stage(play)
    client = play.client()
    two.die()
    gateway.wait_state(two, "down")
    equal({client.ask(picked(2)).server for _ in range(6)}, {"one", "three"}, "the servers while it is down")
    gateway.ctl("server", "drain", f"farm/{one.address}")
    equal({client.ask(picked(1)).server for _ in range(3)}, {"three"}, "the servers while another drains")


@story
def a_number_that_no_server_has_is_the_policys_error(play):
    gateway, _ = stage(play)
    gateway.expected_errors = ["policy"]
    client = play.client()
    for n in (4, 0, 1000):
        equal(client.ask(picked(n)).status, 503, f"the answer to pick({n})")
    equal(gateway.listener()["policies"][0]["errors"], 3, "errors that are counted")
    expect(gateway.lines("pick(4), but pool", "farm", "has 3 servers"), "the log says why")


main()
