#!/usr/bin/python3
"""b01: the whole path: over TCP and TLS, in and out, bit for bit."""
from play import equal, expect, main, request, response, story


def there_and_back(client, server):
    """A request and its answer, neither of them changed by one byte."""
    asked = request("MESSAGE", body=b"hello\r\n\r\nNot-A: header\r\n")
    answer = client.ask(asked)
    equal(server.wait_request(asked.call_id).raw, asked.raw, "the request at the server")
    equal(answer.raw, response(asked, server=server.name).raw, "the answer at the client")


@story
def a_request_goes_over_tcp_and_its_answer_comes_back(play):
    one = play.server("one")
    play.gateway([one])
    there_and_back(play.client(), one)


@story
def a_client_on_tls_reaches_a_plain_server(play):
    one = play.server("one")
    play.gateway([one], bind="tls", words=play.certificates.word("pool"), listener='tls = "pool"')
    client = play.tls_client()
    equal(client.server_certificate, play.certificates.der("pool"), "the certificate that the gateway shows")
    there_and_back(client, one)


@story
def a_client_on_tls_reaches_a_server_on_tls_by_its_name(play):
    one = play.tls_server("one")
    play.gateway([one], bind="tls", words=play.certificates.word("pool"), listener='tls = "pool"',
                 pool='tls = "pool", tls_name = "pool.test"')
    there_and_back(play.tls_client(), one)
    equal(one.used[-1].sni, "pool.test", "the name that the gateway asks the server for")


@story
def one_connection_carries_a_thousand_requests_in_order(play):
    one = play.server("one")
    gateway = play.gateway([one])
    client = play.client()
    asked = [request("OPTIONS", call_id="long@play", cseq=n) for n in range(1, 1001)]
    client.send(*asked)
    for one_of_them in asked:
        equal(client.receive().header("CSeq"), one_of_them.header("CSeq"), "the answers' order")
    expect(gateway.server(one)["requests"] >= 1000, "the server's counter of requests tells them all")


main()
