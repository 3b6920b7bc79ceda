#!/usr/bin/python3
"""p07: a policy that keeps failing is tripped: status and log say why, with file and line, and the operator resets
it."""
from play import equal, expect, main, request, story

BAD = """return { plugin = "sip", reads = { "method" }, decide = function(m)
  if m.method == "MESSAGE" then
    return rout("one")
  end
  if m.method == "INFO" then return reply(403, "No") end
end }"""
NAME = "./bad.lua"


def trip(play):
    gateway = play.gateway([play.server("one")], files={"bad.lua": BAD}, listener=f'policies = {{ "{NAME}" }}')
    gateway.expected_errors = ["policy"]
    client = play.client()
    for _ in range(10):
        equal(client.ask(request("MESSAGE")).status, 503, "the answer when the policy fails")
    return gateway, client


@story
def status_and_log_say_why(play):
    gateway, client = trip(play)
    policy = gateway.listener()["policies"][0]
    equal((policy["errors"], policy["tripped"]), (10, True), "errors, tripped")
    why = "bad.lua:3: unknown name 'rout'; did you mean 'route'?"
    expect(policy["last_error"].endswith(why), f"the last error says the place and a hint: {policy['last_error']}")
    lines = [line for line in gateway.lines() if " policy-tripped " in line]
    equal(len(lines), 1, "lines that say that it is tripped")
    expect(why.replace('"', "") in lines[0] and NAME in lines[0], f"the line says which and why: {lines[0]}")
    equal(client.ask(request("INFO")).status, 503, "the answer of on_error, though the policy would not fail")
    shown = gateway.ctl("status").stdout
    expect("TRIPPED" in shown and why in shown, f"status shows it to people: {shown}")


@story
def the_operator_resets_it(play):
    gateway, client = trip(play)
    said = gateway.ctl("policy", "reset", f"{gateway.listener()['name']}/{NAME}")
    equal(said.returncode, 0, f"the exit status of policy reset: {said.stderr}")
    expect("asked again, was tripped" in said.stdout, said.stdout)
    equal(client.ask(request("INFO")).status, 403, "its verdict, now that it is asked again")
    equal(gateway.listener()["policies"][0]["tripped"], False, "tripped")
    gateway.wait_line("policy-reset")
    for _ in range(10):
        client.ask(request("MESSAGE"))
    equal(gateway.listener()["policies"][0]["tripped"], True, "tripped after further failures")
    said = gateway.ctl("policy", "reset", f"{gateway.listener()['name']}/bad.lua")
    equal(said.returncode, 1, "the exit status when there is no such policy")
    expect("did you mean" in said.stderr, said.stderr)


main()
