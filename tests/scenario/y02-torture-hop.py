#!/usr/bin/python3
"""y02: the torture tests of RFC 4475 and RFC 5118 in hop mode: what passes arrives with no more than a hop adds."""
import socket

from play import Skip, main, story
from torture import CASES, Stage


@story
def each_case_gets_what_is_right(play):
    Stage(play, ["hop"]).play_all(CASES)


class Six(Stage):
    """A gateway that clients reach by IPv6; what it writes into their Vias is an IPv6 address then."""
    transports = {"hop": ("tcp",)}

    def __init__(self, play):
        self.port = play.free_port("::1")
        super().__init__(play, ["hop"])

    def address(self, mode, transport):
        return "::1", self.port


@story
def each_case_gets_what_is_right_over_ipv6(play):
    try:
        socket.socket(socket.AF_INET6).bind(("::1", 0))
    except OSError:
        raise Skip("this machine has no ::1") from None
    Six(play).play_all(CASES)


main()
