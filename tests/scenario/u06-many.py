#!/usr/bin/python3
"""u06: many flows at once, and more than there is room for."""
import resource

from play import equal, eventually, expect, main, slow, story

RTP = b"\x80\0\0\1" + bytes(8) + b"voice"
BURST = 100
BURSTS = int(1000 / slow(1))  # 100,000 sources; fewer on slow machines, to take about as long
MEMORY = 32 << 20             # bytes that a flood may leave behind
RESTING = 8192                # ports that rest, and no more than a quarter of the descriptors


@story
def a_burst_of_500_flows_loses_nothing(play):
    one, two = play.udp_server("one"), play.udp_server("two")
    gateway = play.udp_gateway([one, two], pool='persistence = false, balance = "round-robin",')
    clients = [play.udp_client() for _ in range(500)]
    for round_ in range(3):
        for n, client in enumerate(clients):
            client.send(f"{round_} {n}".encode())
        servers = [client.read().split()[0] for client in clients]
        equal(sorted(servers), [b"one"] * 250 + [b"two"] * 250, f"the answers of round {round_}")
    for server in (one, two):
        equal((len(server.received), len(server.sources)), (750, 250), f"datagrams and sockets at {server.name}")
    equal(gateway.listener()["sessions"], 500, "sessions")


@story
def a_flood_of_sources_leaves_standing_flows_alone(play):
    one = play.udp_server("one")
    gateway = play.udp_gateway([one], pool="persistence = false,", listener="limits = { sessions = 200 },")
    standing = [play.udp_client(100 + n) for n in range(10)]
    for client in standing:
        client.ask(b"first")
        client.ask(b"second")  # after an answer: the flow is confirmed
    one.answer = lambda data: None if data == b"flood" else one.named(data)
    one.keep = lambda data: data != b"flood"
    sockets = one.sources
    memory = gateway.memory()
    descriptors = resource.prlimit(gateway.process.pid, resource.RLIMIT_NOFILE)[0]
    bursts = BURSTS // 10 if gateway.sanitized() else BURSTS
    flood = play.flood(standing[0].address)
    for n in range(bursts):
        flood.send(BURST)
        client = standing[n % len(standing)]
        equal(client.ask(b"during"), b"one during", "a standing flow's answer in the flood")
    has, allowed = gateway.descriptors(), min(RESTING, descriptors // 4) + 200 + 100
    expect(has <= allowed, f"the ports that rest leave descriptors for all else ({has} of {allowed})")
    grown = gateway.memory() - memory
    expect(gateway.sanitized() or grown < MEMORY, f"the gateway's memory is bounded ({grown} bytes)")
    equal(gateway.listener()["accepted"], len(standing) + bursts * BURST, "the flows that there have been")
    for client in standing:
        equal(client.ask(b"third"), b"one third", "a standing flow's answer")
    equal(one.sources, sockets, "the standing flows' sockets")
    expect(gateway.listener()["sessions"] <= 200, "the cap holds")
    equal(play.udp_client(120).ask(b"new"), b"one new", "a new client's answer")


@story
def one_source_cannot_have_all_the_room(play):
    one = play.udp_server("one")
    gateway = play.udp_gateway([one], pool="persistence = false,",
                               listener="limits = { sessions_per_source = 20 },")
    other = play.udp_client(101)
    other.ask(b"first")
    for _ in range(60):
        play.udp_client(100).send(RTP)
    def met():  # a worker has no room to make for a source whose flows are all with another one
        state = gateway.listener()
        return state["accepted"] + state["refused_limit"]
    eventually(lambda: met() == 61, "the gateway has met them all")
    expect(gateway.listener()["sessions"] <= 21, "the cap of a source holds")
    sources = len(one.sources)
    equal(other.ask(b"second"), b"one second", "the other client's answer")
    equal(len(one.sources), sources, "its flow is still the same")


main()
