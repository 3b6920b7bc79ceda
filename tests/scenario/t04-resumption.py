#!/usr/bin/python3
"""t04: tickets: clients resume on any worker, and a resumed session is trusted as much as the first one was."""
import ssl

from play import equal, expect, main, request, story

VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


def gateway_with(play, tickets):
    one = play.tls_server("one")
    play.gateway([one], bind="tls", words=play.certificates.word("pool", more=f"tickets = {tickets}"),
                 pool='tls = "pool", tls_name = "pool.test"',
                 listener='tls = "pool", verify = "optional", peers = { "edge.test" }')
    return one


def resumed(play, one, name, version):
    """Connects, then eight times again with the ticket: how often it was resumed, and what the server was shown."""
    context = play.certificates.for_client(name, minimum=version, maximum=version)
    first = play.client(tls=context, sni="pool.test")
    first.ask(request())
    count, shown = 0, set()
    for _ in range(8):  # so many that both workers get some
        again = play.client(tls=context, sni="pool.test", session=first.socket.session)
        asked = request()
        equal(again.ask(asked).server, "one", "who answers")
        count += again.socket.session_reused
        shown.add(one.link_of(asked).shown is not None)
    return count, shown


@story
def sessions_are_resumed_on_any_worker_and_keep_their_trust(play):
    one = gateway_with(play, "true")
    for version in VERSIONS:
        for name, trusted in (("edge", True), ("stranger", False), (None, False)):
            count, shown = resumed(play, one, name, version)
            expect(count >= 7, f"{version.name}, client {name}: resumed {count} times of 8")
            equal(shown, {trusted}, f"{version.name}, client {name}: the gateway shows its own certificate")


@story
def without_tickets_nothing_is_resumed(play):
    one = gateway_with(play, "false")
    for version in VERSIONS:
        equal(resumed(play, one, None, version)[0], 0, f"resumed sessions of {version.name}")


main()
