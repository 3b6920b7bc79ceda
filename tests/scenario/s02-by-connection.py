#!/usr/bin/python3
"""s02: by connection: one client link, one server link, one life."""
from play import equal, expect, lync, main, request, story

CONNECTION = 'options = { route = "connection" }'


def signed_in(play, listener=CONNECTION):
    one, two = play.server("one"), play.server("two")
    play.gateway([one, two], listener=listener)
    client = play.client()
    first = lync()
    server = next(s for s in (one, two) if s.name == client.ask(first).server)
    return client, server, server.link_of(first)


@story
def all_requests_of_a_connection_use_one_link(play):
    client, server, link = signed_in(play)
    for _ in range(10):
        asked = request("MESSAGE")
        equal(client.ask(asked).server, server.name, "who answers")
        expect(server.link_of(asked) is link, "it came by the same link")


@story
def a_clients_close_closes_the_server_link(play):
    for end in ("close", "finish", "reset"):
        client, _, link = signed_in(play)
        getattr(client, end)()
        link.wait_closed(f"the gateway closes the server link after the client's {end}")
        play.finish()


@story
def a_servers_close_closes_the_client_after_its_last_bytes(play):
    client, server, link = signed_in(play)
    goodbye = request("NOTIFY")
    link.send(goodbye)
    link.close()
    equal(client.receive().call_id, goodbye.call_id, "the server's last message")
    equal(client.ended(), b"", "what comes behind it")


@story
def a_servers_reset_closes_the_client(play):
    client, _, link = signed_in(play)
    link.reset()
    client.ended()


@story
def other_connections_go_on_when_one_ends(play):
    client, server, link = signed_in(play)
    others = [play.client() for _ in range(4)]
    before = [c.ask(lync()).server for c in others]
    client.reset()
    link.wait_closed()
    equal([c.ask(lync()).server for c in others], before, "the others' servers")


@story
def both_ends_close_together_over_tls(play):
    one = play.tls_server("one")
    play.gateway([one], bind="tls", words=play.certificates.word("pool"), listener='tls = "pool"',
                 pool='tls = "pool", tls_name = "pool.test"')
    client, other = play.tls_client(), play.tls_client()
    first, second = lync(), lync()
    client.ask(first)
    other.ask(second)
    client.close()
    one.link_of(first).wait_closed()
    one.link_of(second).close()
    equal(other.ended(), b"", "what the other client gets")


main()
