#!/usr/bin/python3
"""l05: a limit that is passed is counted and told, once a second at most; networks that are exempt; idle ends by RST.

Which story passes which limit while another source goes on undisturbed:

    sessions, sessions_per_source, new_per_source, requests, answer     l02
    first_byte, idle, half, stall (half a message)                      l03
    queue, stall (a peer that reads nothing), 100 MB for a slow reader  l01
    handshakes, handshake                                               t05
    headers, message                                                    s06, q12, and the largest of both here
    memory                                                              here
    exempt, idle_reset                                                  here
    kept                                                                q08
    descriptors                                                         l06
    5,000 silent connections, a port used again at once                 l07
    a flood of UDP sources                                              u06
"""
import errno
import time

from play import equal, eventually, expect, lync, main, request, slow, story


def gateway_with(play, limits, more="", **words):
    return play.gateway([play.server("one")], listener=f"limits = {{ {limits} }}, {more}", **words)


def passed(gateway, limit):
    return gateway.listener()["limits_passed"].get(limit, 0)


def in_use(client):
    equal(client.ask(request()).status, 200, "the answer to another client")


def told(gateway, limit):
    """The counts of the lines about it."""
    lines = gateway.lines("limit-passed", f"limit={limit} ")
    return [int(line.split("count=")[1].split()[0]) for line in lines]


@story
def a_flood_of_refused_clients_is_counted_whole_and_told_in_few_lines(play):
    gateway = gateway_with(play, "sessions = 2")
    standing = [play.client(source=play.host(202)) for _ in range(2)]
    for client in standing:
        in_use(client)
    began = time.monotonic()
    for _ in range(300):
        expect(play.turned_away(source=play.host(201)), "over the limit, and closed")
    seconds = time.monotonic() - began
    equal(passed(gateway, "sessions"), 300, "how often the limit was passed, in the status")
    equal(gateway.listener()["refused_limit"], 300, "clients refused")
    lines = told(gateway, "sessions")
    expect(1 <= len(lines) <= seconds + 2, f"a line a second at most ({len(lines)} in {seconds:.1f} s)")
    eventually(lambda: sum(told(gateway, "sessions")) == 300, "in the end they have told of all")
    expect(gateway.lines("limit-passed", f"peer={play.host(201)}:"), "and say who it was")
    expect("LIMIT PASSED" in gateway.ctl("status").stdout, "lychctl shows it")
    for client in standing:
        in_use(client)


@story
def what_comes_to_more_than_the_memory_limit_ends_who_brings_it(play):
    gateway = gateway_with(play, 'memory = "1M", queue = "16M", message = "64M"', 'options = { route = "connection" },')
    one = play.servers[0]
    greedy, other = play.client(source=play.host(201)), play.client(source=play.host(202))
    first = request()
    greedy.ask(first)
    in_use(other)
    one.link_of(first).pause()
    large = request("MESSAGE", body=bytes(32 << 20))
    try:
        greedy.send(large.raw)
    except OSError:
        pass
    equal(greedy.ended(), b"", "what the greedy one gets before its end")
    equal(passed(gateway, "memory"), 1, "how often the limit was passed")
    gateway.wait_line("limit-passed", "limit=memory", "count=1")
    eventually(lambda: gateway.listener()["held_bytes"] == 0, "nothing of it is left in buffers")
    in_use(other)


@story
def each_limit_in_time_is_counted_under_its_name(play):
    gateway = gateway_with(play, 'first_byte = "1s", stall = "2s", idle = "3s"')
    busy = play.client(source=play.host(202))
    silent, half, idle = (play.client(source=play.host(201)) for _ in range(3))
    half.send(b"OPTIONS sip:bob@example.test SIP/2.0\r\n")
    idle.ask(request())
    end = time.monotonic() + slow(20)
    while {"first_byte", "stall", "idle"} - set(gateway.listener()["limits_passed"]):
        expect(time.monotonic() < end, f"all are counted, not only {gateway.listener()['limits_passed']}")
        in_use(busy)
    for client in (silent, half, idle):
        client.ended()
    equal(gateway.listener()["limits_passed"], {"first_byte": 1, "stall": 1, "idle": 1}, "limits that were passed")
    expect(told(gateway, "first_byte") == [1] and told(gateway, "stall") == [1], "and told")


@story
def exempt_networks_are_not_counted_by_source_but_with_all_others(play):
    net = play.host(0)
    gateway = gateway_with(play, f'sessions = 12, sessions_per_source = 2, exempt = {{ "{net}/25", "2001:db8::/32" }}')
    proxy, greedy = play.host(99), play.host(201)
    inside = [play.client(source=proxy) for _ in range(9)]
    for client in inside:
        in_use(client)
    outside = [play.client(source=greedy) for _ in range(2)]
    for client in outside:
        in_use(client)
    expect(play.turned_away(source=greedy), "the third one of another source is closed")
    inside.append(play.client(source=proxy))
    in_use(inside[-1])
    expect(play.turned_away(source=proxy), "the limit of all clients holds for it, too")
    equal(gateway.listener()["limits_passed"], {"sessions_per_source": 1, "sessions": 1}, "limits that were passed")


def how_it_ends(client):
    client.socket.settimeout(slow(10))
    try:
        return client.socket.recv(10)
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))


@story
def an_idle_client_is_told_by_fin(play):
    gateway_with(play, 'idle = "1s"')
    client = play.client()
    client.ask(lync())
    equal(how_it_ends(client), b"", "the end")


@story
def or_by_rst_where_that_is_wanted(play):
    gateway_with(play, 'idle = "1s", idle_reset = true', 'options = { route = "connection" },')
    one = play.servers[0]
    client = play.client()
    first = lync()
    client.ask(first)
    link = one.link_of(first)
    equal(how_it_ends(client), "ECONNRESET", "the end")
    link.wait_closed()


@story
def or_by_rst_with_the_tcp_plugin(play):
    gateway_with(play, 'idle = "1s", idle_reset = true', plugin="tcp")
    client = play.client()
    client.ask(request())
    equal(how_it_ends(client), "ECONNRESET", "the end")


@story
def an_idle_client_inside_tls_holds_no_buffer(play):
    one = play.tls_server("one")
    gateway = play.gateway([one], bind="tls", words=play.certificates.word("pool"),
                           pool='tls = "pool", tls_name = "pool.test"',
                           listener='tls = "pool", options = { route = "connection" }')
    for _ in range(3):
        play.tls_client()
    clients = [play.tls_client() for _ in range(3)]
    for client in clients:
        client.ask(lync())
    eventually(lambda: gateway.listener()["held_bytes"] == 0, "no byte of buffers for silent and for signed-in clients")


main()
