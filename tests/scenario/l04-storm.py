#!/usr/bin/python3
"""l04: a storm: clients and servers come, go and misbehave at random; afterwards nothing is left and all works."""
import random
import threading
import time

from play import Failure, equal, eventually, lync, main, request, story

SECONDS = 4


def misbehave(play, chance, clients, until):
    """One client after the other, each with an odd end."""
    while time.monotonic() < until:
        try:
            client = clients()
        except OSError:
            continue
        act = chance.choice(("ask", "ask", "lync", "half", "flood", "reset", "garbage", "finish"))
        try:
            if act == "ask":
                client.ask(request("MESSAGE", body=bytes(chance.randrange(30000))))
            elif act == "lync":
                client.ask(lync())
            elif act == "half":
                client.send(request("MESSAGE", body=bytes(5000)).raw[:chance.randrange(5000)])
            elif act == "flood":
                client.send(*[request() for _ in range(100)])
            elif act == "reset":
                client.send(request())
                client.reset()
            elif act == "garbage":
                client.send(chance.randbytes(3000) + b"\r\n\r\n")
            else:
                client.send(request())
                client.finish()
                client.ended()
        except (Failure, OSError):
            pass
        client.close()


def storm(play, gateway, servers, clients):
    until = time.monotonic() + SECONDS
    crowd = [threading.Thread(target=misbehave, args=(play, random.Random(n), clients, until)) for n in range(6)]
    for thread in crowd:
        thread.start()
    chance = random.Random(99)
    while time.monotonic() < until:
        server = chance.choice(servers)
        act = chance.choice((server.die, lambda: [link.reset() for link in server.open_used[:3]]))
        act()
        time.sleep(0.2)
        if not server.listening:
            server.listen()
        time.sleep(0.2)
    for thread in crowd:
        thread.join()
    for server in servers:
        gateway.wait_state(server, "up")
    eventually(lambda: gateway.listener()["sessions"] == 0, "no session is left when all clients have gone")
    eventually(lambda: gateway.listener()["held_bytes"] == 0, "no byte is held in a buffer")
    for server in servers:
        eventually(lambda: gateway.server(server)["sessions"] == 0, f"no link to {server.name} is left")
    equal(clients().ask(request()).status, 200, "a new client's answer")


@story
def a_storm_over_tcp_leaves_nothing_behind(play):
    servers = [play.server(n) for n in ("one", "two", "three")]
    gateway = play.gateway(servers, pool='all_down = "reply"')
    storm(play, gateway, servers, play.client)


@story
def a_storm_over_tls_leaves_nothing_behind(play):
    servers = [play.tls_server(n) for n in ("one", "two", "three")]
    gateway = play.gateway(servers, bind="tls", words=play.certificates.word("pool"),
                           pool='tls = "pool", tls_name = "pool.test", all_down = "reply"',
                           listener='tls = "pool", verify = "optional", peers = { "edge.test" }')
    storm(play, gateway, servers, lambda: play.tls_client(random.choice((None, "edge"))))


main()
