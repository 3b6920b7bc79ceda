#!/usr/bin/python3
"""p01: responder/no-compression: a NEGOTIATE that asks for compression is answered 400 and goes no further."""
from play import Message, equal, expect, lync, main, request, story

POLICY = 'policies = { "responder/no-compression" }'


def negotiate(more=(("Compression", "LZ77-8K"),)):
    """As Lync writes it: Max-Forwards 0, one Via without branch, no body."""
    message = request("NEGOTIATE", uri="sip:192.0.2.7:5061", via="SIP/2.0/TLS 192.0.2.1:50000", more=more)
    return Message(message.raw.replace(b"Max-Forwards: 70", b"Max-Forwards: 0"))


@story
def a_clients_negotiate_is_answered_400_and_the_connection_stays(play):
    for route in ("auto", "connection", "message"):
        one = play.server(f"one by {route}")
        gateway = play.gateway([one], listener=f'{POLICY}, options = {{ route = "{route}" }}')
        client = play.client()
        message = negotiate()
        register = lync("REGISTER")
        client.send(message, register)  # a client may not wait
        answer = client.receive()
        equal((answer.status, answer.call_id), (400, message.call_id), f"the first answer ({route})")
        equal(answer.header("Via"), message.header("Via"), "the Via, which has no branch, comes back as it was")
        equal(client.wait_answer(register).server, one.name, "who answers what came behind it")
        equal(client.ask(lync("SUBSCRIBE")).server, one.name, "the connection works on")
        message = negotiate()
        client.send(message)
        equal(client.wait_answer(message).status, 400, "a second one, with a server behind the connection")
        equal(one.got(method="NEGOTIATE"), [], "what the server saw of it")
        client.close()
        play.finish()


@story
def a_servers_negotiate_is_answered_400_and_never_reaches_the_client(play):
    one = play.server("one")
    play.gateway([one], listener=POLICY)
    client = play.client()
    register = lync("REGISTER")
    client.ask(register)
    link = one.link_of(register)
    message = negotiate()
    link.send(message)
    equal(link.wait_answer(message).status, 400, "the server's answer")
    notify = request("NOTIFY")
    link.send(notify)
    equal(client.receive().call_id, notify.call_id, "the first thing that reaches the client")
    client.answer(notify)
    equal(link.wait_answer(notify).status, 200, "the link works on")


@story
def a_negotiate_that_asks_for_no_compression_passes(play):
    one = play.server("one")
    play.gateway([one], listener=POLICY)
    message = negotiate(more=())
    client = play.client()
    client.send(message)
    equal(client.wait_answer(message).server, "one", "who answers")
    expect(one.wait_request(message.call_id).raw == message.raw, "it arrives as it was sent")


main()
