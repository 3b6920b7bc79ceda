#!/usr/bin/python3
"""p09: lychgate --policy and --policy-test: a policy of one's own is tried and tested by the installed program
alone."""
import os
import subprocess

from play import Skip, equal, expect, main, request, story
from play.words import PATIENCE, slow

POLICY = """return {
  plugin = "sip", reads = { "method", "from.user", "header.x-site" }, pools = { "night" },
  options = { user = { type = "string", required = true } },
  decide = function(m, o)
    if over("calls", m["from.user"] or "", 1, 1) then return reply(503, "Slowly", { ["Retry-After"] = "1" }) end
    if m["from.user"] == o.user then return route("night") end
    if m.method == "BYE" then return rout("night") end
  end,
}
"""
TEST = """return {
  { name = "the user", facts = { method = "INVITE", ["from.user"] = "alice" }, options = { user = "alice" },
    expect = route("night") },
  { name = "another, from a file", options = { user = "alice" }, message = "bob.txt", expect = pass() },
  { name = "twice", facts = { method = "INVITE" }, options = { user = "alice" },
    steps = { { expect = pass() }, { expect = reply(503, "Slowly") }, { at = "1s", expect = pass() } } },
  { name = "a mistake", facts = { method = "BYE" }, options = { user = "alice" },
    expect = fails("did you mean 'route'?") },
  { name = "no user", expect = refused("`user` is missing") },
}
"""
BOB = bytes(request("INVITE", sender="<sip:bob@play.test>;tag=1")).decode().replace("\r\n", "\n")


def lychgate(play, *words, files=None):
    """Runs it in a folder of these files and nothing else."""
    folder = os.path.join(play.folder, "own")
    os.makedirs(folder, exist_ok=True)
    for name, text in {"own.lua": POLICY, "bob.txt": BOB, **(files or {})}.items():
        with open(os.path.join(folder, name), "w") as file:
            file.write(text)
    return subprocess.run([os.path.join(play.build, "lychgate"), *words], cwd=folder, capture_output=True, text=True,
                          timeout=slow(PATIENCE))


def says(done, code, *texts):
    equal(done.returncode, code, f"the exit status: {done.stdout}{done.stderr}")
    for text in texts:
        expect(text in done.stdout + done.stderr, f"it says {text}: {done.stdout}{done.stderr}")


@story
def a_trial_tells_facts_verdict_and_cost(play):
    words = ("--policy", "own.lua", "--option", "user=bob")
    says(lychgate(play, *words, "--message", "bob.txt"), 0, "for plugin sip", "its lines end with LF: taken as CRLF",
         'fact      from.user = "bob"', 'over      calls, "bob", 1 a second, 1 at once: not over, 0 left',
         'verdict   route("night")', "of 100000 instructions", "of 1048576 bytes")
    says(lychgate(play, *words, "--message", "bob.txt", "--fact", "from.user=eve"), 0, 'from.user = "eve"', "method = ",
         "verdict   pass()")
    says(lychgate(play, *words, "--fact", "method=BYE"), 1, "from.user is not there",
         """own.lua:7: unknown name 'rout'; did you mean 'route'?""")


@story
def crlf_and_https(play):
    files = {"get.txt": "GET /a HTTP/1.1\r\nHost: www.example\r\nX-Site: berlin\r\n\r\n"}
    done = lychgate(play, "--policy", "routing/by-header", "--plugin", "https", "--message", "get.txt", "--option",
                    "header=x-site", "--option", 'values={ berlin = "east" }', files=files)
    says(done, 0, 'fact      header.x-site = "berlin"', 'verdict   route("east")')


@story
def plugins_of_ones_own(play):
    folder = os.path.join(play.build, "tests", "unit", "modules", ".libs")
    if not os.path.exists(os.path.join(folder, "talk.so")):
        raise Skip("the plugins for tests are not built")
    words = ("--policy", "routing/by-source", "--plugin", "talk", "--fact", "source=192.0.2.1",
             "--option", 'networks={ ["192.0.2.0/24"] = "in" }')
    says(lychgate(play, *words, "--plugin-path", folder), 0, "for plugin talk", 'verdict   route("in")')
    says(lychgate(play, *words), 1, "plugin `talk`")


@story
def edits_that_no_policy_may_make_are_warned_of(play):
    done = lychgate(play, "--policy", "edit/headers", "--plugin", "sip", "--option",
                    'set={ from = "x", ["x-a"] = "y" }')
    says(done, 0, "warning: policy: policy edit/headers edits from: it is signed", 'verdict   edit({ ["x-a"] = "y" })')
    done = lychgate(play, "--policy", "edit/headers", "--plugin", "tcp", "--option", 'set={ ["x-a"] = "y" }')
    says(done, 1, "edits headers, which plugin `tcp` cannot do")


@story
def mistakes_are_told(play):
    words = ("--policy", "own.lua", "--option", "user=bob")
    says(lychgate(play, "--policy", "own.lua"), 1, "`user` is missing")
    says(lychgate(play, *words, "--option", "usr=x"), 1, "unknown key `usr`", "did you mean `user`?")
    says(lychgate(play, *words, "--fact", "metod=INVITE"), 1, "does not read the fact 'metod'",
         "it reads method, from.user")
    says(lychgate(play, *words, "--fact", "method"), 1, "is not NAME=VALUE")
    says(lychgate(play, *words, "--message", "none.txt"), 1, "none.txt: No such file")
    says(lychgate(play, *words, "--message", "own.lua"), 1, "plugin sip reads no request from it")
    says(lychgate(play, *words, "--message", "own.lua", "--fact", "transport=sctp"), 1, "comes by tcp, tls or udp")
    says(lychgate(play, *words, "--message", "."), 1, ".: Is a directory")
    says(lychgate(play, *words, "--plugin", "tcp"), 1, "this policy is for plugin `sip`")
    says(lychgate(play, "--policy", "none.lua"), 1, "none.lua")
    says(lychgate(play, "--message", "bob.txt"), 1, "usage:")
    says(lychgate(play, "--policy", "own.test.lua"), 1, "run it: lychgate --policy-test own.test.lua")
    wrong = {"own.lua": POLICY.replace('"method",', '"metod",')}
    says(lychgate(play, *words, files=wrong), 1, "which plugin `sip` does not have", "did you mean `method`?")
    wrong = {"own.lua": POLICY.replace('route("night")', 'route("nihgt")')}
    says(lychgate(play, *words, "--fact", "from.user=bob", files=wrong), 1,
         "own.lua:6: routing to an undeclared pool, 'nihgt'; did you mean 'night'?")
    wrong = {"own.lua": POLICY.replace('m.method', 'm.methd')}
    says(lychgate(play, *words, files=wrong), 1, "own.lua:7: the fact 'methd' is not in `reads`; "
                                                 "did you mean 'method'?")


@story
def own_tests_run(play):
    says(lychgate(play, "--policy-test", "own.test.lua", files={"own.test.lua": TEST}), 0, "5 passed, 0 failed")
    wrong = TEST.replace('"Slowly"', '"Fast"')
    says(lychgate(play, "--policy-test", "own.test.lua", files={"own.test.lua": wrong}), 1, "4 passed, 1 failed",
         'own.test.lua: case 3, twice: step 2: expected reply(503, "Fast"), '
         'got reply(503, "Slowly", { ["Retry-After"] = "1" })')
    says(lychgate(play, "--policy-test", "none.test.lua"), 2, "none.test.lua")
    says(lychgate(play, "--policy-test", "own.lua"), 2, "ends with .test.lua")
    says(lychgate(play, "--policy-test", "own.test.lua", files={"own.test.lua": "return {"}), 2, "own.test.lua:1:")
    says(lychgate(play, "--policy-test"), 1, "usage:")


main()
