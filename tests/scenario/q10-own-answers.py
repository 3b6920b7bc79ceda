#!/usr/bin/python3
"""q10: what the gateway answers itself: redirects to HTTPS, HSTS, and error pages, its own or the operator's."""
import os

from play import equal, expect, main, story



def stage(play, options="", **words):
    one = play.web_server("one")
    play.web([one], options, **words)
    return one


@story
def plain_http_is_sent_to_https(play):
    one = stage(play, 'redirect = "https"')
    client = play.web_client()
    for target, host, wanted in (("/", "web.test", "https://web.test/"),
                                 ("/a/b?c=d&e", "WEB.test:80", "https://web.test/a/b?c=d&e"),
                                 ("/x", "web.test:5060", "https://web.test/x"),
                                 ("/a/../b", "web.test", "https://web.test/b"),
                                 ("/%41", "[::1]", "https://[::1]/A")):
        got = client.get(target, host=host)
        expect(got.status in (301, 302, 307, 308), f"a redirect: {got.start}")
        equal(got.header("Location"), wanted, f"where {target} of {host} is sent")
    got = play.web_client().get("/", "POST", body=b"x" * 5000)
    equal((got.status, got.header("Location")), (308, "https://web.test/"), "where a POST is sent")
    old = play.web_client().get("/", version="HTTP/1.0", host=None)
    equal(old.status, 400, "without a host there is nowhere to send to")
    equal(one.requests, [], "requests at the server")


@story
def strict_transport_security_is_said_inside_tls(play):
    one = stage(play, 'hsts = "max-age=31536000"', bind="tls", words=play.certificates.word("pool"),
                listener='tls = "pool",')
    one.answer = lambda r: one.say(b"", r, more=[("Strict-Transport-Security", "max-age=1")])
    client = play.web_tls_client()
    equal(client.get("/").header("Strict-Transport-Security"), "max-age=31536000", "instead of the server's")
    one.answer = one.ok
    equal(client.get("/").header("Strict-Transport-Security"), "max-age=31536000", "without one of the server's")


@story
def error_pages_are_short_and_plain(play):
    one = stage(play)
    one.answer = lambda r: b"nonsense\r\n\r\n"
    client = play.web_client()
    got = client.get("/")
    equal(got.status, 502, "the status")
    expect(got.header("Content-Type").startswith("text/plain"), f"plain text: {got.fields}")
    expect(0 < got.length < 200, f"a short body: {got.text!r}")
    equal(got.all("Server"), [], "it does not say who says it")
    head = play.web_client().get("/", "HEAD")
    equal((head.status, head.length), (502, 0), "the answer to HEAD has no body")
    one.answer = one.ok
    equal(client.get("/").status, 200, "the connection goes on")


@story
def error_pages_can_be_replaced(play):
    folder = os.path.join(play.folder, "pages")
    os.mkdir(folder)
    with open(os.path.join(folder, "502.html"), "w") as page:
        page.write("<p>Nobody home</p>\n")
    with open(os.path.join(folder, "400.txt"), "w") as page:
        page.write("What?\n")
    one = stage(play, f'pages = "{folder}"')
    one.answer = lambda r: b"nonsense\r\n\r\n"
    got = play.web_client().get("/")
    equal((got.status, got.text), (502, "<p>Nobody home</p>\n"), "the page of a 502")
    expect(got.header("Content-Type").startswith("text/html"), "it is HTML")
    client = play.web_client()
    client.send(b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n")
    got = client.answer()
    equal((got.status, got.text), (400, "What?\n"), "the page of a 400")


@story
def nothing_that_was_asked_stands_in_an_answer(play):
    one = stage(play)
    client = play.web_client()
    client.send(b"GET /<script>alert(1)</script>\\ HTTP/1.1\r\nHost: web.test\r\nX: <script>\r\n\r\n")
    came = client.ended()
    expect(came.startswith(b"HTTP/1.1 400 "), f"it is refused: {came!r}")
    expect(b"script" not in came, f"nothing of it comes back: {came!r}")


main()
