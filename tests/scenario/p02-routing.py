#!/usr/bin/python3
"""p02: routing policies: routing/by-domain, and what a policy of one's own may say."""
from play import equal, main, request, story

MESSAGE = 'options = { route = "message" }'


def two_pools(play, policies, files=None, listener=MESSAGE):
    """The pool "farm" with the server home, the pool "emea" with the server far."""
    home, far = play.server("home"), play.server("far")
    play.gateway([home], files=files, listener=f"{listener}, policies = {{ {policies} }}",
                 words=f'pool "emea" {{ servers = {{ "{far.address}" }}, monitor = {{ interval = "300ms" }} }}\n')
    return home, far


@story
def by_domain_routes_by_the_domain_of_to(play):
    two_pools(play, '{ "routing/by-domain", domains = { ["sales.example"] = "emea" } }')
    client = play.client()
    for to, server in (("<sip:bob@sales.example>", "far"), ("<sip:bob@other.example>", "home"),
                       ("sip:sales.example", "far"),
                       ('"sales.example" <sip:x@y.example;maddr=sales.example>', "home"),
                       ("<sip:a@SALES.example:5061>", "far")):
        equal(client.ask(request(to=to)).server, server, f"who answers a request to {to}")


@story
def a_dialog_stays_in_the_pool_where_it_began(play):
    home, far = two_pools(play, '{ "routing/by-domain", domains = { ["sales.example"] = "emea" } }')
    client = play.client()
    invite = request("INVITE", to="<sip:bob@sales.example>")
    equal(client.ask(invite).server, "far", "who answers the INVITE")
    bye = request("BYE", invite.call_id, 2, to="<sip:bob@other.example>;tag=bfar")
    equal(client.ask(bye).server, "far", "who gets the BYE, though its To would route it home")


@story
def the_first_verdict_wins_and_nil_asks_the_next_policy(play):
    reply = ('return { plugin = "sip", reads = { "method" }, decide = function(m) '
             'if m.method == "%s" then return %s end end }')
    files = {"first.lua": reply % ("OPTIONS", 'reply(404, "Not Here", { ["X-Why"] = "first" })'),
             "second.lua": reply % ("MESSAGE", "drop()"), "third.lua": reply % ("SUBSCRIBE", "unavailable()")}
    two_pools(play, '"./first.lua", "./second.lua", "./third.lua"', files)
    client = play.client()
    answer = client.ask(request())
    equal((answer.status, answer.start, answer.header("X-Why")), (404, "SIP/2.0 404 Not Here", "first"),
          "the policy's reply")
    client.send(request("MESSAGE"))
    equal(client.ask(request("SUBSCRIBE")).status, 503, "the answer to unavailable(), with none to drop() before it")
    equal(client.ask(request("INFO")).server, "home", "who answers what no policy cares about")


@story
def a_listener_without_a_pool_opens_at_once_and_only_policies_answer(play):
    answer = 'return { decide = function(m) return reply(200, "Fine") end }'
    config = (f'listener "alone" {{ plugin = "sip", bind = {{ "tcp:{play.host(1)}:5060" }}, '
              'policies = { "./a.lua" } }')
    play.gateway_of(f'gateway {{ control = "control", workers = 1 }}\n{config}\n',
                    files={"a.lua": answer}).wait_open("alone")
    equal(play.client().ask(request()).start, "SIP/2.0 200 Fine", "the answer")


main()
