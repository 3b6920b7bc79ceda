#!/usr/bin/python3
"""p03: a policy that loops, hogs memory or fails is stopped, follows on_error, is counted, and harms nobody else."""
from play import equal, expect, main, request, story

BAD = {
    "an endless loop": "while true do end",
    "endless recursion": "local function f() return 1 + f() end return f()",
    "a memory hog": 'local s = "xxxxxxxxxxxxxxxx" while true do s = s .. s end',
    "a table without end": "local t = {} while true do t[#t + 1] = {} end",
    "a mistake": "return nil + 1",
    "an undeclared pool": 'return route("nowhere")',
    "a verdict that is none": "return 42",
}


def policy(body):
    return ('return { plugin = "sip", reads = { "method" }, decide = function(m)\n'
            f'  if m.method == "MESSAGE" then {body} end\nend }}')


def counted(gateway):
    return gateway.listener()["policies"][0]


@story
def each_kind_of_bad_policy_is_stopped_and_counted(play):
    for what, body in BAD.items():
        one = play.server(what)
        gateway = play.gateway([one], files={"bad.lua": policy(body)}, listener='policies = { "./bad.lua" }')
        client, other = play.client(), play.client()
        equal(client.ask(request("MESSAGE")).status, 503, f"the answer when the policy fails ({what})")
        equal(other.ask(request()).server, what, "who answers another client")
        equal(client.ask(request()).server, what, "who answers the same client when the policy does not fail")
        equal(counted(gateway)["errors"], 1, f"errors counted for {what}")
        gateway.wait_line("bad.lua")
        equal(one.got(method="MESSAGE"), [], "what reached the server")
        gateway.expected_errors = ["policy"]
        play.finish()


@story
def on_error_says_what_a_failure_counts_as(play):
    for on_error, outcome in (("unavailable", 503), ("pass", 200), ("drop", None)):
        gateway = play.gateway([play.server("one")], files={"bad.lua": policy("while true do end")},
                               listener=f'policies = {{ "./bad.lua" }}, on_error = "{on_error}"')
        client = play.client()
        failing = request("MESSAGE")
        client.send(failing)
        if outcome:
            equal(client.wait_answer(failing).status, outcome, f"the answer with on_error = {on_error}")
        equal(client.ask(request()).status, 200, "the next answer")
        gateway.expected_errors = ["policy"]
        play.finish()


@story
def repeated_errors_trip_the_policy_and_it_is_not_run_any_more(play):
    gateway = play.gateway([play.server("one")], files={"bad.lua": policy("while true do end")},
                           listener='policies = { "./bad.lua" }')
    gateway.expected_errors = ["policy"]
    client = play.client()
    for _ in range(60):
        equal(client.ask(request("MESSAGE")).status, 503, "the answer")
    expect(counted(gateway)["errors"] < 60, f"it was run less often than asked: {counted(gateway)}")
    expect(counted(gateway)["tripped"], "the status tells that it is tripped")


@story
def the_sandbox_has_no_way_out(play):
    words = ("io", "os", "require", "debug", "load", "loadstring", "dofile", "coroutine", "pcall", "xpcall",
             "setmetatable",
             '("x").rep', '("x").find', '("x").gsub', '("x").match', '("x").format', "collectgarbage", "rawset", "_G")
    files = {f"bad{n}.lua": policy(f"if {word} then return reply(299, 'out') end") for n, word in enumerate(words)}
    names = ", ".join(f'"./{name}"' for name in files)
    gateway = play.gateway([play.server("one")], files=files, listener=f'policies = {{ {names} }}, on_error = "pass"')
    gateway.expected_errors = ["policy"]
    equal(play.client().ask(request("MESSAGE")).status, 200, "the answer when each policy looks for a way out")


@story
def what_is_wrong_at_load_is_told_at_load(play):
    for text, word in (("return {", "bad.lua:1"), ('return { reads = { "no-such" }, decide = function() end }',
                                                   "no-such"),
                       ("return { }", "decide"), ('return { plugin = "tcp", decide = function() end }', "tcp"),
                       ("while true do end", "bad.lua")):
        gateway = play.gateway([play.server("one")], files={"bad.lua": text}, start=False,
                               listener='policies = { "./bad.lua" }')
        done = gateway.run("-t")
        equal(done.returncode, 1, f"the exit code for the policy {text}")
        expect(word in done.stderr, f"`{word}` is told: {done.stderr}")


main()
