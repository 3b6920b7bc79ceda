#!/usr/bin/python3
"""q08: who has signed in on a connection (NTLM, Negotiate) is nobody else: the server's connection is that client's for
good.

The server does as IIS does: it remembers on the connection who has signed in, and answers all that follows as that
user."""
import base64
import random
import threading

from play import Failure, equal, expect, main, story
from play.http import answer

CHALLENGE = base64.b64encode(b"challenge").decode()
CHECKS = 25  # requests of each client in the crowd


def token(scheme, text):
    return ("Authorization", f"{scheme} {base64.b64encode(text.encode()).decode()}")


def iis(server, path="/"):
    """Asks who it is, for everything below `path`."""
    def act(request):
        link = request.link
        scheme, _, word = (request.header("Authorization") or " ").partition(" ")
        text = base64.b64decode(word).decode() if word else ""
        if not request.target.startswith(path):
            return server.say(f"user=nobody {request.target}".encode(), request)
        if text == "negotiate":
            link.user = None
            link.asked = scheme
            return answer(401, b"", [("WWW-Authenticate", f"{scheme} {CHALLENGE}")])
        if text.startswith("user:"):
            link.user = text[5:] if getattr(link, "asked", None) == scheme else None
        if not link.user:
            return answer(401, b"who", [("WWW-Authenticate", "Negotiate"), ("WWW-Authenticate", "NTLM")])
        return server.say(f"user={link.user} {request.target}".encode(), request, more=[("X-User", link.user)])
    return act


def stage(play, pool="", path="/", count=2, **words):
    servers = [play.web_server(f"iis{n}") for n in range(count)]
    for server in servers:
        server.answer = iis(server, path)
    return servers, play.web(servers, pool=f'balance = "round-robin", {pool}', **words)


def sign_in(client, user, scheme="NTLM", target="/in", method="GET", body=None):
    challenged = client.get(target, method, more=[token(scheme, "negotiate")], body=body and b"")
    equal((challenged.status, challenged.header("WWW-Authenticate")), (401, f"{scheme} {CHALLENGE}"), "the challenge")
    got = client.get(target, method, more=[token(scheme, f"user:{user}")], body=body)
    equal((got.status, got.text), (200, f"user={user} {target}"), "the answer when it has signed in")


def links_of(servers, user):
    return [link for s in servers for link in s.links if link.user == user]


@story
def a_user_signs_in_and_stays_who_it_is(play):
    for scheme in ("NTLM", "Negotiate"):
        servers, _ = stage(play)
        client = play.web_client()
        sign_in(client, "alice", scheme)
        for n in range(10):
            equal(client.get(f"/{n}", "POST", body=b"12345").text, f"user=alice /{n}", "the answer to what follows")
        equal(len(links_of(servers, "alice")), 1, "connections that are alice's")
        play.finish()
        for server in servers:
            server.die()


@story
def nobody_else_gets_her_connection(play):
    servers, _ = stage(play, count=1, gateway="workers = 1,")
    alice = play.web_client()
    sign_in(alice, "alice")
    for _ in range(5):
        stranger = play.web_client()
        equal(stranger.get("/").status, 401, "the answer to a stranger")
        equal(stranger.get("/").status, 401, "and again")
    equal(alice.get("/").text, "user=alice /", "alice's answer")
    alice.close()
    links_of(servers, "alice")[0].wait_closed("her server's connection ends with hers")
    equal(play.web_client().get("/").status, 401, "the answer to a stranger when she has gone")


@story
def her_connection_ends_when_the_servers_does(play):
    servers, _ = stage(play)
    alice = play.web_client()
    sign_in(alice, "alice")
    links_of(servers, "alice")[0].close()
    equal(alice.ended(), b"", "what alice sees: the end, for she would have to sign in again")


@story
def the_first_sign_may_be_anywhere(play):
    # The path that asks is one of many; the 401 is the first sign, the same connection must then be signed in on.
    servers, _ = stage(play, path="/private", gateway="workers = 1,")
    alice, bob = play.web_client(), play.web_client()
    for client in (alice, bob):
        for n in range(4):
            equal(client.get(f"/open{n}").text, f"user=nobody /open{n}", "what needs no user")
        equal(client.get("/private").status, 401, "what does")
    sign_in(alice, "alice", target="/private/a")
    sign_in(bob, "bob", "Negotiate", target="/private/b", method="POST", body=b"12345")
    for n in range(4):
        equal(alice.get(f"/private/{n}").text, f"user=alice /private/{n}", "alice's answer")
        equal(bob.get(f"/private/{n}").text, f"user=bob /private/{n}", "bob's answer")
        equal(play.web_client().get("/private/x").status, 401, "a stranger's answer")


@story
def even_an_odd_sign_is_one(play):
    for value in ("ntlm abc", "NTLM", "NEGOTIATE  YWJj", "  NTLM YWJj"):
        servers, _ = stage(play, count=1, gateway="workers = 1,")
        servers[0].answer = lambda r: servers[0].say(b"ok", r)
        alice = play.web_client()
        alice.ask(f"GET /signed HTTP/1.1\r\nHost: web.test\r\nAuthorization: {value}\r\n\r\n".encode())
        play.web_client().get("/other")
        expect(servers[0].link_of("/other") is not servers[0].link_of("/signed"),
               f"{value!r}: the connection is not lent again")
        alice.get("/again")
        expect(servers[0].link_of("/again") is servers[0].link_of("/signed"), f"{value!r}: it is the client's")
        play.finish()
        servers[0].die()


@story
def a_servers_401_is_a_sign_by_itself(play):
    servers, _ = stage(play, count=1, gateway="workers = 1,")
    alice = play.web_client()
    equal(alice.get("/asked").status, 401, "the first answer")
    servers[0].answer = servers[0].ok
    play.web_client().get("/other")
    expect(servers[0].link_of("/other") is not servers[0].link_of("/asked"), "the connection is not lent again")
    alice.get("/more")
    expect(servers[0].link_of("/more") is servers[0].link_of("/asked"), "it is the client's")


@story
def basic_is_no_sign(play):
    one = play.web_server("one")
    play.web([one], gateway="workers = 1,")
    for n in range(3):
        play.web_client().get(f"/{n}", more=[("Authorization", "Basic YWxpY2U6c2VjcmV0")])
    equal(len(one.used), 1, "connections to the server")


@story
def a_pool_that_says_ntlm_shares_nothing(play):
    servers = [play.web_server("iis")]
    servers[0].answer = iis(servers[0], "/private")
    play.web(servers, pool="ntlm = true,", gateway="workers = 1,")
    clients = [play.web_client() for _ in range(3)]
    for n, client in enumerate(clients):
        for _ in range(3):
            equal(client.get(f"/{n}").status, 200, "the answer")
    equal(sum(len(s.used) for s in servers), 3, "connections to the servers, one a client")


@story
def a_pool_that_says_ntlm_has_its_cap_and_its_bond(play):
    one, two = play.web_server("one"), play.web_server("two")
    words = f'pool "second" {{ servers = {{ "{two.address}" }}, monitor = false, ntlm = true }}'
    play.web([one], 'routes = { { path = "/two/", pool = "second" } }', listener="limits = { kept = 1 },", words=words,
             pool="ntlm = true,", gateway="workers = 1,")
    client = play.web_client()
    equal([client.get(target).status for target in ("/", "/two/", "/")], [200, 503, 200],
          "the answers: one pool's connection is all it may keep")
    equal(len(two.used), 0, "requests at the other")
    one.answer = lambda r: one.say(b"bye", r, more=[("Connection", "close")])
    got = client.get("/last")
    equal((got.text, got.tokens("Connection")), ("bye", ["close"]),
          "the answer behind which the server ends, and the client with it")
    equal(client.ended(), b"", "what follows")


@story
def persistence_and_balance_stand_behind_her_connection(play):
    servers, _ = stage(play, pool='persistence = { by = "header.x-key" },')
    alice = play.web_client()
    sign_in(alice, "alice")
    for n in range(8):
        got = alice.get(f"/{n}", more=[("X-Key", f"key{n}")])
        equal(got.text, f"user=alice /{n}", "the answer, whatever its key says")


@story
def clients_with_too_many_are_told_so(play):
    """A client has as many kept connections as pools it signs in to; there is a cap, and nobody gets another's."""
    count = 10
    servers = [play.web_server(f"iis{n}") for n in range(count)]
    for server in servers:
        server.answer = iis(server)
    words = "".join(f'pool "p{n}" {{ servers = {{ "{s.address}" }}, monitor = false }}\n'
                    for n, s in enumerate(servers))
    routes = ", ".join(f'{{ path = "/p{n}/", pool = "p{n}" }}' for n in range(count))
    play.web([servers[0]], f"routes = {{ {routes} }}", words=words, gateway="workers = 1,")
    alice, kept = play.web_client(), 0
    for n in range(count):
        try:
            sign_in(alice, "alice", target=f"/p{n}/")
            kept += 1
        except Failure:
            break
    expect(4 <= kept <= 8, f"{kept} kept connections")
    for n in range(count):
        equal(play.web_client().get(f"/p{n}/").status, 401, "a stranger's answer")


def crowd(clients, wrong, seed):
    """Users who sign in and ask, over connections of their own, in an order of their own; a few ask without a name."""
    chance = random.Random(seed)
    names = {client: chance.choice(("alice", "bob", None)) for client in clients}
    signed = set()
    for n in range(CHECKS * len(clients)):
        client = chance.choice(clients)
        user = names[client]
        try:
            if user and client not in signed:
                sign_in(client, user, chance.choice(("NTLM", "Negotiate")))
                signed.add(client)
            got = client.get(f"/{n}", "POST", body=b"x" * chance.randrange(3000))
            wanted = (200, f"user={user} /{n}") if user else (401, "who")
            if (got.status, got.text) != wanted:
                wrong.append(f"{user} got {got.status} {got.text!r}")
        except (Failure, OSError) as failure:
            wrong.append(f"{user}: {failure}")
            return


@story
def two_users_and_strangers_at_once_over_many_connections(play):
    servers, _ = stage(play)
    wrong = []
    threads = [threading.Thread(target=crowd, args=([play.web_client() for _ in range(6)], wrong, seed))
               for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal(wrong, [], "answers that were not as they should be")
    used = sum(len(s.used) for s in servers)
    expect(used >= 12, f"the users had connections of their own ({used})")


main()
