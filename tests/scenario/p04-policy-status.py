#!/usr/bin/python3
"""p04: the status tells of each policy how often it was asked, gave a verdict and failed."""
from play import equal, main, request, story

BAD = """return { plugin = "sip", reads = { "method" }, decide = function(m)
  if m.method == "MESSAGE" then return reply(403, "No") end
  if m.method == "INFO" then return nil + 1 end
end }"""


@story
def calls_verdicts_and_errors_are_counted_over_all_workers(play):
    gateway = play.gateway([play.server("one")], files={"bad.lua": BAD},
                           listener='policies = { "./bad.lua" }, on_error = "pass"')
    gateway.expected_errors = ["policy"]
    for _ in range(4):
        client = play.client()
        for method, status in (("OPTIONS", 200), ("MESSAGE", 403), ("MESSAGE", 403), ("INFO", 200)):
            equal(client.ask(request(method)).status, status, f"the answer to {method}")
    counted = gateway.listener()["policies"][0]
    equal((counted["calls"], counted["verdicts"], counted["errors"]), (16, 8, 4), "calls, verdicts and errors")


main()
