#!/usr/bin/python3
"""q15: several workers and many clients at once: everyone gets the answer to his own question, and nothing is left
behind."""
import random
import signal
import threading
import zlib

from play import Failure, equal, eventually, main, slow, story
from play.http import CHUNKED, CLOSE, RESET, answer, ask, chunked

WORKERS = "workers = 4,"
LONG = 60


def moody(server):
    """Answers in all its ways; some of them end the connection."""
    chance = random.Random(server.name)

    def act(request):
        body = f"{request.method} {request.target} {request.length} {request.sum:08x}\n".encode()
        mood = chance.randrange(12)
        if mood < 3:
            return server.say(body)
        if mood < 5:
            return [0.002, server.say(body)]
        if mood < 8:
            return answer(200, b"", [("X-Server", server.name), CHUNKED],
                          length=False) + chunked(*(bytes([b]) for b in body))
        if mood == 8:
            return [answer(200, body, [("X-Server", server.name)], length=False), CLOSE]
        if mood == 9:
            return [server.say(body, more=[("Connection", "close")]), CLOSE]
        if mood == 10 and request.method == "GET":
            return [RESET]
        return [*(bytes([b]) for b in server.say(body))]
    return act


def asks(play, seed, wrong, rounds):
    chance = random.Random(seed)
    client = None
    for n in range(rounds):
        try:
            if not client or chance.randrange(8) == 0:
                if client:
                    client.close()
                client = play.web_client()
            target, body = f"/{seed}/{n}", bytes([chance.randrange(256)]) * chance.randrange(20000)
            if chance.randrange(2):
                got, wanted = client.get(target), f"GET {target} 0 00000000\n"
            elif chance.randrange(2):
                got, wanted = client.get(target, "POST",
                                         body=body), f"POST {target} {len(body)} {zlib.crc32(body):08x}\n"
            else:
                cuts = [body[i:i + 3000] for i in range(0, len(body), 3000)]
                got = client.ask(ask(target, "POST", more=[CHUNKED]) + chunked(*cuts))
                wanted = f"POST {target} {len(body)} {zlib.crc32(body):08x}\n"
            if got.status == 502 and wanted.startswith("GET"):  # both tries met a bad mood
                continue
            if (got.status, got.text) != (200, wanted):
                wrong.append(f"{wanted!r} got {got.start} {got.text!r}")
            if client.cut or "close" in got.tokens("Connection") or got.version == "HTTP/1.0":
                client.close()
                client = None
        except (Failure, OSError) as failure:
            wrong.append(f"{seed}/{n}: {failure}")
            client = None


@story
def everyone_gets_his_own_answer(play):
    servers = [play.web_server(name) for name in ("one", "two", "three")]
    gateway = play.web(servers, gateway=WORKERS)
    for server in servers:
        server.answer = moody(server)
    wrong = []
    threads = [threading.Thread(target=asks, args=(play, seed, wrong, 60)) for seed in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(slow(LONG))
    equal(wrong[:5], [], f"the first of {len(wrong)} wrong answers")
    for server in servers:
        server.nothing_broken()
    for client in play.clients:
        client.close()
    eventually(lambda: gateway.listener()["sessions"] == 0, "all sessions have ended")


@story
def sessions_and_descriptors_go_with_their_clients(play):
    one = play.web_server("one")
    gateway = play.web([one], gateway=WORKERS)
    one.answer = None
    idle = gateway.descriptors()
    clients = [play.web_client() for _ in range(100)]
    for n, client in enumerate(clients):
        client.send(ask(f"/{n}"))
    eventually(lambda: len(one.requests) == 100, "all have come")
    for client in clients:
        client.reset()
    eventually(lambda: gateway.descriptors() <= idle + 10, "their descriptors are closed")
    one.answer = one.ok
    equal(play.web_client().get("/").status, 200, "the next answer")


@story
def it_drains_in_order(play):
    one = play.web_server("one")
    gateway = play.web([one], gateway=WORKERS + ' drain = "5s",')
    one.answer = lambda r: [0.5, one.ok(r)]
    busy, idle = play.web_client(), play.web_client()
    idle.get("/idle")
    busy.send(ask("/busy"))
    one.wait_request("/busy")
    gateway.signal(signal.SIGTERM)
    equal(busy.answer().text, "GET /busy 0\n", "an open request is answered")
    equal(busy.ended(), b"", "then the connection ends")
    equal(idle.ended(), b"", "an idle one ends")
    equal(gateway.wait_exit(), 0, "the gateway ends")


main()
