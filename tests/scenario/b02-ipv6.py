#!/usr/bin/python3
"""b02: IPv6 at both ends."""
import socket

from play import Skip, equal, main, request, story


@story
def a_request_goes_over_ipv6_to_a_server_on_ipv6(play):
    try:
        socket.socket(socket.AF_INET6).bind(("::1", 0))
    except OSError:
        raise Skip("this machine has no ::1") from None
    one = play.server("one", host="::1", port=play.free_port("::1"))
    port = play.free_port("::1")
    play.gateway_of(f"""
gateway {{ workers = 2, control = "control" }}
pool "farm" {{ servers = {{ "{one.address}" }}, monitor = {{ interval = "300ms" }} }}
listener "in" {{ plugin = "sip", bind = {{ "tcp:[::1]:{port}" }}, pool = "farm" }}
""", address=("::1", port)).wait_open()
    equal(play.client().ask(request()).server, "one", "the server that answered")


main()
