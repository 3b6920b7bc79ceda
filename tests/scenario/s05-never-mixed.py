#!/usr/bin/python3
"""s05: messages of several servers never mix on a client's link, nor those of several clients at a server."""
import threading

from play import equal, eventually, expect, main, request, story

MESSAGE = 'options = { route = "message" }'


def links_of(client, servers, n=6):
    links = {}
    for _ in range(n):
        asked = request()
        server = next(s for s in servers if s.name == client.ask(asked).server)
        links[server.name] = server.link_of(asked)
    return links


@story
def large_messages_of_three_servers_come_whole(play):
    servers = [play.server(n) for n in ("one", "two", "three")]
    play.gateway(servers, listener=MESSAGE)
    client = play.client(receive_buffer=65536)
    links = links_of(client, servers)
    sent = [request("MESSAGE", f"{name}{n}@play", body=name.encode() * 300000) for name in links for n in range(3)]
    for n in range(3):
        for name, link in links.items():
            link.send(next(m for m in sent if m.call_id == f"{name}{n}@play"))
    got = [client.receive() for _ in sent]
    equal({m.call_id for m in got}, {m.call_id for m in sent}, "the messages that came")
    by_id = {m.call_id: m.raw for m in sent}
    expect(all(m.raw == by_id[m.call_id] for m in got), "each is whole")


@story
def a_small_message_waits_behind_the_half_of_a_large_one(play):
    servers = [play.server("one"), play.server("two")]
    play.gateway(servers, listener=MESSAGE)
    client = play.client()
    links = links_of(client, servers)
    large, small = request("MESSAGE", body=b"L" * 400000), request("MESSAGE", body=b"small")
    links["one"].send(large.raw[:200000])
    eventually(lambda: len(client.rest) > 100000 or client.rest.extend(client.read()), "the half is on its way")
    links["two"].send(small)
    asked = request(call_id=links["two"].requests[0].call_id, cseq=2)  # the client's own side is not held up
    client.send(asked)
    servers[1].wait_request(asked.call_id, n=2)
    links["one"].send(large.raw[200000:])
    got = [client.receive() for _ in range(3)]
    equal(got[0].raw == large.raw, True, "the large one comes first and whole")
    equal({m.call_id for m in got[1:]}, {small.call_id, asked.call_id}, "what comes behind it")


@story
def a_server_that_dies_in_the_middle_of_a_message_closes_the_client(play):
    servers = [play.server("one"), play.server("two")]
    play.gateway(servers, listener=MESSAGE)
    client = play.client()
    links = links_of(client, servers)
    links["one"].send(request("MESSAGE", body=b"x" * 1000).raw[:-100])
    client.rest += client.read()
    links["one"].reset()
    expect(b"SIP/2.0 503" not in client.ended(), "nothing follows half a message")


@story
def clients_that_send_at_once_each_get_their_own_answers(play):
    servers = [play.server(n) for n in ("one", "two")]
    play.gateway(servers, listener=MESSAGE)
    failures = []

    def talk(number):
        client = play.client()
        for n in range(30):
            asked = request("MESSAGE", f"{number}-{n}@play", body=b"%d " % number * 2000)
            if client.ask(asked).call_id != asked.call_id:
                failures.append(asked)
    threads = [threading.Thread(target=talk, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal(failures, [], "answers to others' requests")
    expect(all(m.body.split() == [m.call_id.split("-")[0].encode()] * 2000 for s in servers for m in s.requests),
           "bodies are whole")
    equal(sum(len(s.requests) for s in servers), 240, "requests at the servers")


main()
