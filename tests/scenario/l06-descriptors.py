#!/usr/bin/python3
"""l06: what the limits need in descriptors is had, or the start is refused with the number; room is made when they run
out."""
import resource

from play import equal, eventually, expect, main, never, request, story

TOO_MANY = 1000000  # sessions: two descriptors each are more than the kernel gives to anyone (fs.nr_open)
FEW = 600


def few(gateway):
    gateway.within = ["sh", "-c", f'ulimit -n {FEW}; exec "$@"', "sh"]
    return gateway


def limit_of(gateway):
    return resource.prlimit(gateway.process.pid, resource.RLIMIT_NOFILE)[0]


@story
def more_sessions_than_there_can_be_descriptors_refuse_the_start(play):
    gateway = play.gateway([play.server("one")], start=False, listener=f"limits = {{ sessions = {TOO_MANY} }}")
    done = gateway.run()
    expect(done.returncode != 0, "the start is refused")
    for words in ("not-started", f"need {2 * TOO_MANY // 100000}", "descriptors, this process may have", "LimitNOFILE=",
                  "limits.sessions"):
        expect(words in done.stderr, f"it says {words}: {done.stderr}")


@story
def the_check_warns_of_it(play):
    gateway = play.gateway([play.server("one")], start=False, listener=f"limits = {{ sessions = {TOO_MANY} }}")
    done = gateway.run("-t")
    equal(done.returncode, 0, "the configuration is good")
    expect("warning: the limits need" in done.stderr, f"a warning: {done.stderr}")


@story
def a_limit_that_nobody_has_written_is_lowered(play):
    second = f'listener "second" {{ plugin = "sip", bind = "tcp:{play.host(1)}:5070", pool = "farm" }}'
    gateway = few(play.gateway([play.server("one")], start=False, words=second))
    gateway.start()
    gateway.wait_open()
    if limit_of(gateway) <= FEW:  # else it was allowed to raise its limit itself
        line = gateway.wait_line("sessions-lowered", "listeners=2", f"descriptors={FEW}", "limits.sessions")
        equal(len(gateway.lines("sessions-lowered")), 1, "lines of both listeners")
        sessions = int(line.split(" sessions=")[1].split()[0])
        expect(50 < sessions < FEW // 4, f"to what there is room for ({sessions})")
        clients = [play.client() for _ in range(sessions)]
        for client in clients:
            equal(client.ask(request()).status, 200, "the answer to each of them")
        expect(play.turned_away(), "the next one is refused by the limit, not for want of descriptors")
    equal(play.clients[0].ask(request()).status if play.clients else 200, 200, "the first one's answer")


@story
def when_descriptors_run_out_a_flow_that_is_worth_less_makes_room(play):
    one = play.udp_server("one")
    gateway = play.udp_gateway([one], pool="persistence = false,", listener="limits = { sessions = 1000 },",
                               gateway="workers = 1,")  # a worker can only take from its own flows
    standing = play.udp_client(150)
    standing.ask(b"first")
    standing.ask(b"second")  # after an answer: it is confirmed
    _, hard = resource.prlimit(gateway.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(gateway.process.pid, resource.RLIMIT_NOFILE, (gateway.descriptors() + 40, hard))
    for n in range(200):
        equal(play.udp_client(10 + n % 100).ask(b"new"), b"one new", "a new client's answer")
    equal(standing.ask(b"third"), b"one third", "the standing client's answer")
    resource.prlimit(gateway.process.pid, resource.RLIMIT_NOFILE, (hard, hard))


@story
def when_descriptors_run_out_streams_wait_and_who_is_in_goes_on(play):
    gateway = play.gateway([play.server("one")])
    standing = play.client(source=play.host(202))
    standing.ask(request())
    gateway.expected_errors.append("accept-failed")
    _, hard = resource.prlimit(gateway.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(gateway.process.pid, resource.RLIMIT_NOFILE, (gateway.descriptors() + 10, hard))
    crowd = [play.client(source=play.host(201)) for _ in range(40)]
    gateway.wait_line("accept-failed")
    equal(standing.ask(request()).status, 200, "the standing client's answer")
    lines = len(gateway.lines("accept-failed"))
    for client in crowd:
        client.close()
    resource.prlimit(gateway.process.pid, resource.RLIMIT_NOFILE, (hard, hard))
    equal(play.client().ask(request()).status, 200, "a new client's answer when there are some again")
    expect(lines < 100, f"the log is not filled ({lines} lines)")
    eventually(lambda: gateway.listener()["sessions"] == 2, "the crowd is gone")


@story
def a_probe_that_cannot_be_made_says_nothing_of_its_server(play):
    one = play.server("one")
    gateway = play.gateway([one], pool='monitor = { plugin = "sip", interval = "100ms", fall = 2 },')
    client = play.client()
    client.ask(request())
    few = gateway.descriptors() // 2  # the lower numbers are those of the start, and stay
    _, hard = resource.prlimit(gateway.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(gateway.process.pid, resource.RLIMIT_NOFILE, (few, hard))
    gateway.wait_line("probe-failed", one.address, "too many open files")
    probes = len(one.probes)
    never(lambda: gateway.lines("server-down"), "it is held to be down", 1)
    equal(client.ask(request()).server, "one", "who answers on a connection that stands")
    resource.prlimit(gateway.process.pid, resource.RLIMIT_NOFILE, (hard, hard))
    eventually(lambda: len(one.probes) > probes + 2, "it is asked again")
    equal((gateway.server(one)["state"], gateway.lines("server-down")), ("up", []),
          "its state, and tellings of its death")


main()
