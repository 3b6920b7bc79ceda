#!/usr/bin/python3
"""e02: the rpc plugin: what an endpoint mapper answers leads through the gateway, to the server that answered."""
from play import equal, eventually, expect, main, story
from play.mapper import NOT_REGISTERED, SEALED, mapper, mapper_client

RANGE = range(50000, 50100)
PORTS = 'options = { ports = "50000-50099" }'


def mappers(play, n, listener=PORTS, **words):
    """Endpoint mappers, each with two services on further ports of its host."""
    made = [mapper(play, f"mapper{i}") for i in range(n)]
    for server in made:
        server.services = [play.server(f"{server.name}'s {port}", port, host=server.host) for port in (1025, 1026)]
        server.ports = [service.port for service in server.services]
        for service in server.services:
            service.reads = False  # these are no messages
    play.gateway(made, plugin="rpc", listener=listener, pool='balance = "round-robin"', **words)
    return made


def counted(play, *names):
    counters = play.gateways[-1].listener()["counters"]
    return [counters[name] for name in names]


def call(play, where, service, text):
    """Bytes both ways between a client that dials the tower's port and the service."""
    client = play.client(address=where)
    client.send(text)
    eventually(lambda: any(bytes(k.received) == text for k in service.links), f"{service.name} gets {text}")
    link = next(k for k in service.links if bytes(k.received) == text)
    link.send(text[::-1])
    equal(client.read(), text[::-1], f"what {service.name} answers")


@story
def a_call_on_the_port_that_was_told_reaches_the_server_that_answered(play):
    servers = mappers(play, 2)
    places = []
    for server in servers:
        towers, status = mapper_client(play).map()
        equal((len(towers), status), (2, 0), "towers and status")
        for n, (host, port) in enumerate(towers):
            equal(host, play.host(1), "the address in the tower")
            expect(port in RANGE, f"port {port} is of the range")
            call(play, (host, port), server.services[n], f"{server.name} {n}".encode())
            places.append(port)
    equal(len(set(places)), 4, "ports for four services")
    equal(counted(play, "answers", "rewritten", "malformed"), [2, 4, 0], "answers, rewritten, malformed")


@story
def every_way_of_writing_is_understood(play):
    server = mappers(play, 1)[0]
    told = []
    for big in (False, True):
        for wide in (False, True):
            for server.fragment in (4096, 64, 7):
                towers, status = mapper_client(play, big=big, wide=wide).map()
                told.append((towers, status))
    equal({host for towers, _ in told for host, _ in towers}, {play.host(1)}, "the only address told")
    equal([t for t in told if t != told[0]], [], "different answers to the same client about the same services")


@story
def one_connection_asks_again_and_other_answers_pass(play):
    server = mappers(play, 1)[0]
    client = mapper_client(play)
    first = client.map()
    equal(client.map(call=3), first, "the second answer")
    server.ports = []
    equal(client.map(call=4), ([], NOT_REGISTERED), "what is said of a service that is gone")


@story
def a_sealed_answer_passes_untouched_and_is_told_once(play):
    server = mappers(play, 1)[0]
    server.verifier, server.level = b"0123456789abcdef", SEALED
    client = mapper_client(play)
    for n in (2, 3):
        equal(client.map(call=n)[0], [(server.host, port) for port in server.ports], "the server's own towers")
        expect(client.answer[0].raw.endswith(server.verifier), "the verifier is there")
    equal(counted(play, "sealed", "rewritten"), [2, 0], "sealed, rewritten")
    equal(len(play.gateways[-1].lines("tower-unchanged")), 1, "lines of the log about it")


@story
def a_used_up_range_is_the_mappers_own_failure(play):
    server = mappers(play, 1, 'options = { ports = "50000-50000" }')[0]
    client = mapper_client(play)
    equal(client.map(), ([], NOT_REGISTERED), "the answer about two services")
    server.ports = server.ports[:1]
    towers, status = client.map(call=3)
    equal((towers, status), ([(play.host(1), 50000)], 0), "the answer about one")
    call(play, towers[0], server.services[0], b"it works")
    equal(counted(play, "refused"), [1], "refused")


@story
def without_rewrite_nothing_is_changed(play):
    server = mappers(play, 1, "options = { rewrite = false }")[0]
    towers, _ = mapper_client(play).map()
    equal(towers, [(server.host, port) for port in server.ports], "the server's own towers")


@story
def what_is_no_rpc_is_closed(play):
    mappers(play, 1)
    client = play.client()
    client.send(b"GET / HTTP/1.1\r\n\r\n")
    equal(client.ended(), b"", "what a web client gets")
    equal(counted(play, "malformed"), [1], "malformed")


@story
def the_monitor_binds_and_asks_for_an_interface(play):
    one, two = mapper(play, "one"), mapper(play, "two")
    one.ports = [1025]
    gateway = play.gateway([one, two], plugin="rpc", listener=PORTS, pool='''
        monitor = { plugin = "rpc", interval = "200ms",
        interface = "12345678-1234-abcd-ef00-0123456789ab", version = "1.0" }''')
    gateway.wait_state(one, "up")
    gateway.wait_state(two, "down")
    expect("registered on port 1025" in gateway.server(one)["probe"], "what the status says of the first")
    expect("not registered" in gateway.server(two)["probe"], "what the status says of the second")
    two.ports = [1025]
    gateway.wait_state(two, "up")


main()
