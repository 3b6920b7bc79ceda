#!/usr/bin/python3
"""y01: the torture tests of RFC 4475 and RFC 5118 in transparent mode: what passes arrives bit for bit."""
from play import main, story
from torture import CASES, Stage


@story
def each_case_gets_what_is_right(play):
    Stage(play, ["transparent", "by-connection"]).play_all(CASES)


main()
