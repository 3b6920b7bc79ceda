#!/usr/bin/python3
"""s01: route = "auto": a Lync client stays on one server, plain SIP and trusted peers spread by Call-ID."""
from play import equal, eventually, lync, main, request, story


def three(play, **words):
    play.gateway([play.server(n) for n in ("one", "two", "three")], **words)


def servers_of(client, make, n=12):
    return {client.ask(make()).server for _ in range(n)}


@story
def a_lync_client_stays_on_one_server_over_many_call_ids(play):
    three(play)
    used = set()
    for _ in range(6):
        client = play.client()
        servers = servers_of(client, lync)
        equal(len(servers), 1, f"servers of one Lync client ({servers})")
        equal(servers_of(client, lambda: request("MESSAGE")), servers, "its server for requests without Lync's marks")
        used |= servers
    equal(len(used), 3, "servers that six Lync clients use")


@story
def a_plain_client_spreads_by_call_id(play):
    three(play)
    equal(servers_of(play.client(), request), {"one", "two", "three"}, "servers of one plain client")


@story
def an_epid_or_proxy_replace_or_bound_credentials_alone_show_a_lync_client(play):
    three(play)
    marks = {
        "an epid": {"sender": "<sip:a@example.test>;tag=1;epid=01"},
        "proxy=replace": {"contact": "<sip:a@192.0.2.1:5000;transport=tls>;proxy=replace"},
        "TLS-DSK": {"more": [("Authorization", 'TLS-DSK qop="auth", opaque="1"')]},
        "NTLM": {"more": [("Proxy-Authorization", 'NTLM qop="auth", opaque="1"')]},
        "Kerberos": {"more": [("Authorization", 'Kerberos qop="auth", opaque="1"')]},
    }
    for what, words in marks.items():
        client = play.client()
        equal(len({client.ask(request("SUBSCRIBE", **words)).server for _ in range(6)}), 1,
              f"servers of a client with {what}")
    digest = {"more": [("Authorization", 'Digest username="a", realm="b"')]}
    equal(len(servers_of(play.client(), lambda: request(**digest))), 3,
          "servers of a client with Digest, which is bound to nothing")


@story
def a_client_that_shows_it_late_is_picked_like_any_other_and_stays_there(play):
    three(play)
    client = play.client()
    equal(len(servers_of(client, request)), 3, "servers before it shows that it is Lync's")
    bound = client.ask(lync()).server
    equal(servers_of(client, request), {bound}, "servers afterwards")
    others = [s for s in play.servers if s.name != bound]
    eventually(lambda: not any(s.open_used for s in others),
               "the links to other servers close when nothing is open there")
    client.ask(request())
    next(s for s in play.servers if s.name == bound).die()
    equal(client.ended(), b"", "what the client gets when its server has gone: the close")


@story
def a_trusted_peer_spreads_even_if_it_passes_on_what_lync_wrote(play):
    three(play, bind="tls", words=play.certificates.word("pool"), listener='tls = "pool", peers = { "edge.test" }')
    equal(len(servers_of(play.tls_client("edge"), lync)), 3, "servers of a trusted peer")
    equal(len(servers_of(play.tls_client("stranger"), lync)), 1, "servers of a client that is not in peers")


main()
