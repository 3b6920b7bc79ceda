#!/usr/bin/python3
"""p08: the policies that come with the gateway, in one that runs: options, scanner, by-source, by-header."""
from play import equal, expect, main, request, story
from play.messages import Message


def gateway(play, policies, **words):
    servers = [play.server(name) for name in ("one", "two")]
    pool = f'pool "other" {{ servers = {{ "{servers[1].address}" }}, monitor = false }}'
    return servers, play.gateway(servers[:1], listener=f"policies = {{ {policies} }}", words=pool, **words)


@story
def options_is_answered_here_also_when_no_server_is_up(play):
    servers, made = gateway(play, '"responder/options"', pool='all_down = "reply",')
    client = play.client()
    answer = client.ask(request("OPTIONS", uri="sip:gate.example"))
    equal((answer.status, answer.server), (200, None), "the answer, by the gateway itself")
    expect("INVITE" in answer.header("Allow") and answer.header("Accept") == "application/sdp",
           f"its headers: {answer.raw}")
    equal(client.ask(request("OPTIONS", uri="sip:alice@gate.example")).server, "one", "who answers for a user")
    servers[0].die()
    made.wait_state(servers[0], "down")
    client = play.client()
    equal(client.ask(request("OPTIONS", uri="sip:gate.example")).status, 200, "the answer without any server")
    equal(client.ask(request("MESSAGE")).status, 503, "the answer to others")


@story
def scanners_are_refused_over_tcp(play):
    servers, _ = gateway(play, '{ "responder/scanner", add = { "OldPhone/" } }')
    client = play.client()
    for agent, status in (("friendly-scanner", 403), ("OldPhone/2", 403), ("UCCAPI/16.0", 200)):
        equal(client.ask(request("REGISTER", more=[("User-Agent", agent)])).status, status, f"the answer to {agent}")
    equal(len(servers[0].got(method="REGISTER")), 1, "what reached the server")


@story
def scanners_hear_nothing_over_udp(play):
    udp = play.udp_server("one", port=5060)
    play.gateway_of(f"""
gateway {{ workers = 2, control = "control", log = "debug", drain = "100ms" }}
pool "farm" {{ servers = {{ "{udp.address}" }}, transport = "udp", monitor = false }}
listener "in" {{ plugin = "sip", bind = {{ "udp:{play.host(1)}:5060" }}, pool = "farm",
  policies = {{ "responder/scanner", {{ "responder/answer", reason = "heard" }} }} }}
""").wait_open()
    client = play.udp_client(100, address=(play.host(1), 5060))
    via = "SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bKp8"
    client.send(bytes(request("OPTIONS", via=via + "1", more=[("User-Agent", "sipvicious")])))
    phone = request("OPTIONS", via=via + "2", more=[("User-Agent", "phone")])
    equal(Message(client.ask(bytes(phone))).call_id, phone.call_id, "the first answer that comes is the phone's")


@story
def by_source_and_by_header_choose_the_pool(play):
    _, made = gateway(play, '{ "routing/by-source", networks = { ["127.0.0.8/29"] = "other", ["127.0.0.9"] = "farm" '
                            '} },'
                            '{ "routing/by-header", header = "X-Site", values = { berlin = "other" } }')
    near, far, own = play.client(), play.client(source="127.0.0.10"), play.client(source="127.0.0.9")
    berlin = [("x-site", "Berlin")]
    equal(far.ask(request("MESSAGE")).server, "two", "who answers a client of the network")
    equal(own.ask(request("MESSAGE", more=berlin)).server, "one", "who answers the address that is an exception")
    equal(near.ask(request("MESSAGE", more=berlin)).server, "two", "who answers by the header")
    equal(near.ask(request("MESSAGE")).server, "one", "who answers all others")
    expect(not any(policy["errors"] for policy in made.listener()["policies"]), "no policy failed")


@story
def mistakes_in_options_are_told_with_a_hint(play):
    cases = {
        '{ "routing/by-source", networks = { ["127.0.0.9/8"] = "farm" } }': 'did you mean "127.0.0.0/8"?',
        '{ "responder/rate-limit", burst = 5 }': "`rate` is missing",
        '{ "responder/rate-limit", rate = 0 }': "0 is less than 0.001",
        '{ "responder/rate-limit", rate = 1, per = { "surce" } }': "did you mean `source`?",
        '{ "responder/scanner", answer = "quiet" }': '"quiet" is not one of "auto", "silence", "reply"',
        '{ "routing/by-header", header = "x-site" }': "needs `values` or `prefixes`",
        '"responder/rate-limmit"': "did you mean `responder/rate-limit`?",
    }
    for policy, told in cases.items():
        made = play.gateway(['"127.0.0.1:9"'], start=False, listener=f"policies = {{ {policy} }}")
        done = made.run("-t")
        expect(done.returncode == 1 and told in done.stderr, f"{policy} gives {told}: {done.stderr}")


main()
