#!/usr/bin/python3
"""c06: the access log: a line for each request, in a file that may be renamed at any time."""
import os
import re

from play import equal, eventually, expect, main, request, story

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z source=(\S+) listener=(\S+)( server=(\S+))? duration_ms=\d+ "
                  r"verdict=(\S+)")


def lines(path):
    if not os.path.exists(path):
        return []
    with open(path) as file:
        return file.read().splitlines()


@story
def each_request_has_its_line(play):
    one = play.server("one")
    gateway = play.gateway([one], listener='access_log = "access.log"')
    path = os.path.join(gateway.folder, "access.log")
    client = play.client()
    for i in range(3):
        client.ask(request("MESSAGE"))
    eventually(lambda: len(lines(path)) >= 3, "the lines are there")
    for line in lines(path):
        found = LINE.fullmatch(line)
        expect(found, f"a line has the form: {line!r}")
        equal(found[5], "pass", "the verdict")
    os.rename(path, path + ".1")
    client.ask(request("MESSAGE"))
    eventually(lambda: lines(path), "a new file begins")
    equal(len(lines(path + ".1")), 3, "lines of the old one")


@story
def what_waits_is_written_at_the_end(play):
    one = play.server("one")
    gateway = play.gateway([one], listener='access_log = "access.log", access_format = "combined"')
    play.client().ask(request("MESSAGE"))
    gateway.stop()
    expect(lines(os.path.join(gateway.folder, "access.log")), "the line is there")


@story
def a_joined_connection_has_passed(play):
    one = play.server("one")
    one.reads = False
    gateway = play.gateway([one], plugin="tcp", listener='access_log = "-"')
    for ends in ("client", "server"):
        client = play.client()
        client.send(ends.encode())
        link = eventually(lambda: one.used and one.used[-1].received == ends.encode() and one.used[-1], "it is relayed")
        if ends == "client":
            client.close()
            eventually(lambda: gateway.lines(" verdict="), "the line is there")
        else:
            link.send(b"answer")
            link.close()
            client.ended()
    gateway.stop()
    found = [LINE.fullmatch(line) for line in gateway.log() if " verdict=" in line]
    equal([f and f[5] for f in found], ["pass", "pass"], "the verdicts on stderr")


main()
