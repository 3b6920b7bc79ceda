#!/usr/bin/python3
"""x04: gateway { secret = FILE }: what a hop has put into messages is good after a restart, and in a gateway that takes
its place; without the file it is not."""
from play import equal, main, request, response, story
from play.messages import Message


def sides(play, secret):
    """A client over UDP, a registrar, and a gateway between them."""
    registrar = play.udp_server("one", port=5060)
    registrar.answer = lambda data: None if Message(data).status else bytes(response(Message(data), server="one"))
    config = f"""
gateway {{ workers = 2, control = "control", log = "debug", drain = "100ms", {'secret = "secret",' if secret else ""} }}
pool "farm" {{ servers = {{ "{registrar.address}" }}, monitor = false, transport = "udp" }}
listener "in" {{ plugin = "sip", bind = {{ "udp:{play.host(1)}:5060" }}, pool = "farm",
	options = {{ path = true, first_answer = "30s" }} }}
"""
    def gateway():
        return play.gateway_of(config, files={"secret": "sixteen bytes and more of it"}).wait_open()
    return registrar, gateway, play.udp_client(100, address=(play.host(1), 5060))


def message(method, branch, **words):
    return request(method, via=f"SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bK{branch}", **words)


def seen(registrar, call_id):
    return [m for m in (Message(data) for _, data in list(registrar.received)) if m.call_id == call_id]


def registered_before_a_restart(play, secret):
    """The client registers by one gateway, and the registrar calls it by the next; what the two get."""
    registrar, gateway, client = sides(play, secret)
    first = gateway()
    asked = message("REGISTER", "r", uri="sip:example.test")
    equal(Message(client.ask(bytes(asked))).status, 200, "the answer to REGISTER")
    path = seen(registrar, asked.call_id)[0].all("Path")
    first.stop()
    gateway()
    call = request("INVITE", via=f"SIP/2.0/UDP {registrar.address};branch=z9hG4bKs", more=[("Route", p) for p in path])
    n = len(registrar.received)
    registrar.send((play.host(1), 5060), bytes(call))
    return registrar, client, call, n


@story
def a_client_is_called_after_a_restart(play):
    registrar, client, call, n = registered_before_a_restart(play, True)
    got = Message(client.read())
    equal((got.method, got.call_id, got.all("Route")), ("INVITE", call.call_id, []), "what the client gets")
    client.send(bytes(response(got, 486)))
    answer = Message(registrar.wait_datagrams(n + 1)[n])
    equal((answer.status, answer.call_id, len(answer.all("Via"))), (486, call.call_id, 1), "what the registrar gets")


@story
def without_a_secret_it_has_to_register_anew(play):
    registrar, client, call, n = registered_before_a_restart(play, False)
    answer = Message(registrar.wait_datagrams(n + 1)[n])
    equal((answer.status, answer.call_id), (430, call.call_id), "what the registrar gets")
    client.silent()


def branches_of_one_request(play, secret):
    """Sent again, the gateway having changed meanwhile."""
    registrar, gateway, client = sides(play, secret)
    first = gateway()
    asked = message("OPTIONS", "same")
    client.ask(bytes(asked))
    first.stop()
    gateway()
    client.ask(bytes(asked))
    return {m.header("Via").split("branch=")[1].split(";")[0] for m in seen(registrar, asked.call_id)}


@story
def a_request_that_is_sent_again_has_the_same_branch(play):
    equal(len(branches_of_one_request(play, True)), 1, "branches with the same secret")


@story
def and_another_one_without_the_secret(play):
    equal(len(branches_of_one_request(play, False)), 2, "branches without")


main()
