#!/usr/bin/python3
"""c02: a second gateway on the same control socket, and a port that someone else has, are refused with one clear
line."""
import os
import socket

from play import equal, expect, main, request, story


def refused(gateway, *words):
    """Starting it ends at once, with one line that holds the words."""
    done = gateway.run()
    equal(done.returncode, 1, f"the exit code ({done.stderr.strip()})")
    lines = [line for line in done.stderr.splitlines() if " error " in f" {line} "]
    equal(len(lines), 1, f"lines of level error in: {done.stderr}")
    for word in words:
        expect(word in lines[0], f"the line tells {word}: {lines[0]}")


@story
def a_second_gateway_on_the_same_control_socket_is_refused(play):
    one = play.server("one")
    first = play.gateway([one])
    second = play.gateway([one], gateway=f'control = "{first.control}",', port=5070, start=False)
    refused(second, first.control)
    equal(play.client(first).ask(request()).server, "one", "the first one goes on")
    expect(os.path.exists(first.control), "the first one's control socket is left alone")


@story
def a_control_socket_that_a_dead_gateway_left_is_no_obstacle(play):
    one = play.server("one")
    gateway = play.gateway([one])
    gateway.kill()
    expect(os.path.exists(gateway.control), "it is left behind")
    gateway.start()
    gateway.wait_open()
    equal(play.client().ask(request()).server, "one", "the new one works")


@story
def a_port_that_another_program_has_is_refused_even_if_it_would_share(play):
    gateway = play.gateway([play.server("one")], start=False)
    for share in (False, True):
        with socket.socket() as foreign:
            foreign.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, share)
            foreign.bind(gateway.address)
            foreign.listen()
            refused(gateway, f"{gateway.address[0]}:{gateway.address[1]}", "in use")


@story
def two_gateways_do_not_share_a_port(play):
    one = play.server("one")
    play.gateway([one])
    refused(play.gateway([one], start=False), "in use")


main()
