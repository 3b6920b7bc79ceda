#!/usr/bin/python3
"""p05: policies edit headers, of requests and of answers; every other byte stays as it came."""
from play import equal, expect, lync, main, request, response, story

ROUTES = ("connection", "message")
LARGE = bytes(range(256)) * 8192  # 2 MiB, with what could be taken for a header in it
LARGE += b"\r\nUser-Agent: not a header\r\n"
HEADERS = '''{ "edit/headers", set = { ["x-gateway"] = "lychgate", subject = "new" },
                            remove = { "User-Agent", "supported" },
  answer = { ["x-gateway"] = "lychgate", server = false } }'''


def edited(raw, *changes, front=b""):
    """The same bytes with these replaced, and lines in front of all headers."""
    for old, new in changes:
        equal(raw.count(old), 1, f"how often {old!r} is in the message")
        raw = raw.replace(old, new)
    start, end, rest = raw.partition(b"\r\n")
    return start + end + front + rest


def gateway(play, route="message", policies=HEADERS, **words):
    one = play.server("one")
    return one, play.gateway([one], listener=f'policies = {{ {policies} }}, options = {{ route = "{route}" }}', **words)


@story
def only_what_is_edited_changes(play):
    cases = {
        "nothing to replace or remove": (
            request(more=[("X-Other", "1")]), [], b"subject: new\r\nx-gateway: lychgate\r\n"),
        "lines that are there": (
            request(more=[("User-Agent", "phone"), ("Subject", "old"), ("X-Gateway", "other")]),
            [(b"User-Agent: phone\r\n", b""), (b"Subject: old", b"Subject: new"),
             (b"X-Gateway: other", b"X-Gateway: lychgate")], b""),
        "compact names": (
            request(more=[("s", "old"), ("k", "100rel"), ("X-GATEWAY", "")]),
            [(b"s: old", b"s: new"), (b"k: 100rel\r\n", b""), (b"X-GATEWAY: ", b"X-GATEWAY: lychgate")], b""),
        "folded lines": (
            request(more=[("User-Agent", "a\r\n b\r\n\tc"), ("Subject", "\r\n old"), ("X-Gateway", "1,\r\n 2")]),
            [(b"User-Agent: a\r\n b\r\n\tc\r\n", b""), (b"\r\n old", b"\r\n new"), (b"1,\r\n 2", b"lychgate")], b""),
        "several lines of a name": (
            request(more=[("Supported", "a"), ("X-Gateway", "1"), ("K", "b"), ("x-gateway", "2"), ("Subject", "3")]),
            [(b"Supported: a\r\n", b""), (b"K: b\r\n", b""), (b"X-Gateway: 1", b"X-Gateway: lychgate"),
             (b"x-gateway: 2\r\n", b""), (b"Subject: 3", b"Subject: new")], b""),
    }
    for route in ROUTES:
        one, _ = gateway(play, route)
        client = play.client()
        for what, (asked, changes, front) in cases.items():
            client.send(asked)
            got = one.wait_request(asked.call_id)
            equal(got.raw, edited(asked.raw, *changes, front=front), f"{what}, by {route}")
            answer = client.wait_answer(asked)
            equal(answer.raw, edited(one.ok(got).raw, front=b"x-gateway: lychgate\r\n"),
                  f"the answer to {what}, by {route}")
        play.finish()


@story
def large_bodies_stream_behind_edited_heads(play):
    for route in ROUTES:
        one, _ = gateway(play, route)
        one.answer = lambda m: response(m, server="one", body=m.body[::-1], more=[("Server", "one")])
        client = play.client()
        for _ in range(2):
            asked = request("MESSAGE", body=LARGE, more=[("User-Agent", "phone")])
            answer = client.ask(asked)
            equal(one.wait_request(asked.call_id).body == LARGE, True, f"the request's body is the same, by {route}")
            equal(answer.body == LARGE[::-1], True, f"the answer's body is the same, by {route}")
            equal((answer.header("Server"), answer.header("X-Gateway")), (None, "lychgate"), "the answer's headers")
            equal(one.wait_request(asked.call_id).header("User-Agent"), None, "the request's header")
        play.finish()


@story
def any_cut_gives_the_same(play):
    for route in ROUTES:
        one, _ = gateway(play, route)
        client = play.client()
        asked = request("MESSAGE", more=[("User-Agent", "phone\r\n x"), ("s", "old")], body=b"User-Agent: body\r\n" * 9)
        client.send_in_pieces(asked.raw, 7)
        equal(one.wait_request(asked.call_id).raw,
              edited(asked.raw, (b"User-Agent: phone\r\n x\r\n", b""), (b"s: old", b"s: new"),
              front=b"x-gateway: lychgate\r\n"), f"the request in pieces, by {route}")
        client.wait_answer(asked)
        play.finish()


@story
def provisional_and_repeated_answers_are_edited_too(play):
    for route in ROUTES:
        one, _ = gateway(play, route)
        one.answer = None
        client = play.client()
        invite = request("INVITE")
        client.send(invite)
        link, got = one.link_of(invite), one.wait_request(invite.call_id)
        for code in (180, 183, 200, 200):
            link.send(response(got, code, server="one", more=[("Server", "one")]))
            answer = client.receive()
            equal((answer.status, answer.header("Server"), answer.header("X-Gateway")), (code, None, "lychgate"),
                  f"an answer by {route}")
        stray = response(request(), server="one", more=[("Server", "one")])
        link.send(stray)
        equal(client.receive().raw, stray.raw, f"an answer that nobody asked for, by {route}")
        play.finish()


@story
def what_a_server_asks_is_edited_like_what_a_client_asks(play):
    for route in ROUTES:
        one, _ = gateway(play, route)
        client = play.client()
        client.ask(first := request())
        link = one.link_of(first)
        asked = request("NOTIFY", more=[("User-Agent", "server")])
        link.send(asked)
        got = client.receive()
        equal((got.method, got.header("User-Agent"), got.header("X-Gateway")), ("NOTIFY", None, "lychgate"),
              f"by {route}")
        client.send(response(got, more=[("Server", "phone")]))
        answer = link.wait_answer(asked)
        equal((answer.header("Server"), answer.header("X-Gateway")), (None, "lychgate"), f"the answer, by {route}")
        play.finish()


POLICY = 'return {{ plugin = "sip", reads = {{ "method" }}, edits = {{ {edits} }}, decide = function(m) {body} end }}'


@story
def edits_add_up_along_the_chain(play):
    files = {
        "first.lua": POLICY.format(edits='"x-a", "x-b"',
                                   body='return edit{ set = { ["x-a"] = 1, ["x-b"] = m.method } }'),
        "second.lua": POLICY.format(edits='"x-a"',
                                    body='if m.method == "INFO" then return edit{ remove = { "x-a" } } end'),
        "third.lua": POLICY.format(edits="", body='if m.method == "MESSAGE" then return reply(403, "No") end'),
    }
    one, _ = gateway(play, policies='"./first.lua", "./second.lua", "./third.lua"', files=files)
    client = play.client()
    client.send(options := request(), info := request("INFO", more=[("X-A", "0")]))
    got = one.wait_request(options.call_id)
    equal((got.header("X-A"), got.header("X-B")), ("1", "OPTIONS"), "what the first policy set")
    got = one.wait_request(info.call_id)
    equal((got.header("X-A"), got.header("X-B")), (None, "INFO"), "what the second policy removed again")
    refused = client.ask(message := request("MESSAGE"))
    equal((refused.status, refused.header("X-A")), (403, None), "the third policy's verdict")
    equal(one.got(message.call_id), [], "what reached the server")


@story
def a_signed_header_is_warned_of_and_left_alone(play):
    policy = POLICY.format(edits='"From", "x-a"', body='return edit{ set = { From = "<sip:eve@x>", ["x-a"] = 1 }, '
                           'remove = { "from" }, answer = { from = false } }')
    one, running = gateway(play, policies='"./bad.lua"', files={"bad.lua": policy})
    words = "policy ./bad.lua edits from: it is signed or holds the message together, so that edit is left aside"
    running.wait_line(words)
    checked = running.run("-t")
    equal(checked.returncode, 0, "the exit code of the check")
    expect(words in checked.stderr and "warning" in checked.stderr, f"the warning is told: {checked.stderr}")
    asked = lync("REGISTER")
    answer = play.client().ask(asked)
    got = one.wait_request(asked.call_id)
    equal(got.raw, edited(asked.raw, front=b"x-a: 1\r\n"), "the request")
    equal(answer.raw, one.ok(got).raw, "the answer")


@story
def what_cannot_be_edited_is_refused_at_load_and_what_was_not_declared_at_work(play):
    policy = POLICY.format(edits='"x-a"', body='return edit{ set = { ["x-b"] = 1 } }')
    one, running = gateway(play, policies='"./bad.lua"', files={"bad.lua": policy})
    running.expected_errors = ["policy"]
    equal(play.client().ask(request()).status, 503, "the answer when a policy edits what it has not declared")
    running.wait_line("x-b")
    play.finish()
    plain = play.gateway([one], start=False, plugin="tcp",
                         listener='policies = { { "edit/headers", remove = { "server" } } }')
    done = plain.run("-t")
    equal(done.returncode, 1, "the exit code for a plugin that cannot edit")
    expect("which plugin `tcp` cannot do" in done.stderr, f"the reason is told: {done.stderr}")


@story
def by_connection_both_ends_still_close_together(play):
    one, _ = gateway(play, "connection")
    one.answer = None
    client = play.client()
    invite = lync("INVITE")
    client.send(invite)
    one.link_of(invite).close()
    equal(client.ended(), b"", "what the client gets when its server goes, with a request open")


main()
