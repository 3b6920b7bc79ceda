#!/usr/bin/python3
"""y02: the torture tests of RFC 4475 and RFC 5118 in hop mode: what passes arrives with no more than a hop adds."""
from play import main, story
from torture import CASES, Stage


@story
def each_case_gets_what_is_right(play):
    Stage(play, ["hop"]).play_all(CASES)


main()
