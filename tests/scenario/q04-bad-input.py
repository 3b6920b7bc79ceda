#!/usr/bin/python3
"""q04: bad input: whatever two readers could read in two ways is refused, the connection ends, and no server gets any
of it."""
from play import Failure, equal, eventually, expect, main, story
from play.http import ask, answer

LINE = b"POST /bad HTTP/1.1\r\nHost: web.test\r\n"
NEXT = ask("/smuggled")


def post(*fields, body=b"12345", line=LINE):
    return line + b"".join(f + b"\r\n" for f in fields) + b"\r\n" + body + NEXT


def get(*fields, target=b"/bad", host=b"Host: web.test", version=b"HTTP/1.1", method=b"GET"):
    lines = [method + b" " + target + b" " + version, *([host] if host else []), *fields]
    return b"\r\n".join(lines) + b"\r\n\r\n" + NEXT


CHUNKED = b"Transfer-Encoding: chunked"
LENGTHS = {
    "two lengths": post(b"Content-Length: 5", b"Content-Length: 6"),
    "the same length twice": post(b"Content-Length: 5", b"Content-Length: 5"),
    "a list of lengths": post(b"Content-Length: 5, 6"),
    "a list of the same length": post(b"Content-Length: 5, 5"),
    "a length with a sign": post(b"Content-Length: +5"),
    "a length below 0": post(b"Content-Length: -5"),
    "a length in hex": post(b"Content-Length: 0x5"),
    "a length with a space in it": post(b"Content-Length: 5 5"),
    "a length with a letter": post(b"Content-Length: 5a"),
    "no length in the line": post(b"Content-Length:"),
    "a length past all numbers": post(b"Content-Length: 18446744073709551621"),
    "a much longer number": post(b"Content-Length: " + b"9" * 100),
}
CODINGS = {
    "a length beside chunks": post(b"Content-Length: 5", CHUNKED, body=b"0\r\n\r\n"),
    "chunks beside a length": post(CHUNKED, b"Content-Length: 5", body=b"0\r\n\r\n"),
    "chunks twice": post(CHUNKED, CHUNKED, body=b"0\r\n\r\n"),
    "chunks twice in a line": post(b"Transfer-Encoding: chunked, chunked", body=b"0\r\n\r\n"),
    "chunks that are not the last": post(b"Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n"),
    "a coding nobody knows": post(b"Transfer-Encoding: xchunked", body=b"0\r\n\r\n"),
    "a coding in quotes": post(b'Transfer-Encoding: "chunked"', body=b"0\r\n\r\n"),
    "a coding with a parameter": post(b"Transfer-Encoding: chunked;q=1", body=b"0\r\n\r\n"),
    "another coding": post(b"Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"),
    "identity": post(b"Transfer-Encoding: identity", b"Content-Length: 5"),
    "an empty coding": post(b"Transfer-Encoding:", b"Content-Length: 5"),
    "a coding behind a vertical tab": post(b"Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n"),
    "chunks in HTTP/1.0": post(CHUNKED, body=b"0\r\n\r\n", line=LINE.replace(b"1.1", b"1.0")),
}
FIELDS = {
    "a space before a colon": post(b"Content-Length : 5"),
    "a tab before a colon": post(b"Transfer-Encoding\t: chunked", body=b"0\r\n\r\n"),
    "a folded line": get(b"X-A: 1", b" 2"),
    "a line folded with a tab": get(b"X-A: 1", b"\t2"),
    "a first line that is folded": get(b" X-A: 1"),
    "a folded coding": post(b"Transfer-Encoding:", b" chunked", body=b"0\r\n\r\n"),
    "a bare LF between lines": get(b"X-A: 1\nX-B: 2"),
    "a bare LF at the end": b"GET /bad HTTP/1.1\nHost: web.test\n\n" + NEXT,
    "a bare LF as the empty line": b"GET /bad HTTP/1.1\r\nHost: web.test\r\n\n" + NEXT,
    "a bare CR in a value": get(b"X-A: 1\rX-B: 2"),
    "a bare CR before the end": get(b"X-A: 1\r"),
    "a NUL in a value": get(b"X-A: 1\0002"),
    "another control character": get(b"X-A: 1\0012"),
    "a NUL in a name": get(b"X\0A: 1"),
    "a line without a colon": get(b"X-A"),
    "an empty name": get(b": 1"),
    "a name with a parenthesis": get(b"X(A: 1"),
    "a name that is not ASCII": get(b"X-\xe4: 1"),
}
HOSTS = {
    "two Hosts": get(b"Host: other.test"),
    "the same Host twice": get(b"Host: web.test"),
    "two Hosts in a line": get(host=b"Host: web.test, other.test"),
    "no Host": get(host=None),
    "a Host with a user": get(host=b"Host: user@web.test"),
    "a Host with a port that is none": get(host=b"Host: web.test:8o"),
    "a Host with a port too large": get(host=b"Host: web.test:99999"),
    "a Host with two ports": get(host=b"Host: web.test:80:80"),
    "a Host with a path": get(host=b"Host: web.test/x"),
    "a Host with a space": get(host=b"Host: web test"),
    "a Host with a backslash": get(host=b"Host: web.test\\x"),
    "half an IPv6 Host": get(host=b"Host: [::1"),
    "junk behind an IPv6 Host": get(host=b"Host: [::1]x"),
}
LINES = {
    "a target with a space": get(target=b"/a b"),
    "a target with a control character": get(target=b"/a\x01"),
    "a target with a backslash": get(target=b"/a\\..\\b"),
    "an encoded NUL": get(target=b"/a%00b"),
    "an encoded slash before dots": get(target=b"/a/%2e%2e%2fb"),
    "an encoding that is none": get(target=b"/a%zz"),
    "half an encoding": get(target=b"/a%4"),
    "a fragment": get(target=b"/a#b"),
    "no target": b"GET HTTP/1.1\r\nHost: web.test\r\n\r\n" + NEXT,
    "no slash": get(target=b"bad"),
    "an asterisk": get(target=b"*"),
    "a scheme nobody knows": get(target=b"ftp://web.test/"),
    "a target with a user": get(target=b"http://user:word@web.test/"),
    "two spaces": b"GET  /bad HTTP/1.1\r\nHost: web.test\r\n\r\n" + NEXT,
    "a tab": b"GET\t/bad HTTP/1.1\r\nHost: web.test\r\n\r\n" + NEXT,
    "a space behind the version": get(version=b"HTTP/1.1 "),
    "a method with a parenthesis": get(method=b"GE(T"),
    "HTTP/0.9": b"GET /bad\r\n\r\n" + NEXT,
    "HTTP/1.11": get(version=b"HTTP/1.11"),
    "HTTP in small letters": get(version=b"http/1.1"),
    "CONNECT": get(method=b"CONNECT", target=b"web.test:443"),
}
SIZES = {  # what a body in chunks begins with
    "no size": b"\r\n12345\r\n0\r\n\r\n",
    "a size that is no number": b"5g\r\n12345\r\n0\r\n\r\n",
    "a size with 0x": b"0x5\r\n12345\r\n0\r\n\r\n",
    "a size with a sign": b"+5\r\n12345\r\n0\r\n\r\n",
    "a size below 0": b"-5\r\n12345\r\n0\r\n\r\n",
    "a space before a size": b" 5\r\n12345\r\n0\r\n\r\n",
    "a space behind a size": b"5 \r\n12345\r\n0\r\n\r\n",
    "a size past all numbers": b"10000000000000005\r\n12345\r\n0\r\n\r\n",
    "an extension": b"5;a=b\r\n12345\r\n0\r\n\r\n",
    "an empty extension": b"5;\r\n12345\r\n0\r\n\r\n",
    "an extension with a bare LF": b"5;a=b\nx\r\n12345\r\n0\r\n\r\n",
    "a bare LF behind a size": b"5\n12345\r\n0\r\n\r\n",
    "a bare CR behind a size": b"5\r12345\r\n0\r\n\r\n",
    "a chunk that is longer": b"5\r\n123456\r\n0\r\n\r\n",
    "a bare LF behind a chunk": b"5\r\n12345\n0\r\n\r\n",
    "nothing behind a chunk": b"5\r\n123450\r\n\r\n",
    "a bare LF behind the last": b"5\r\n12345\r\n0\n\n",
    "a trailer that is no field": b"5\r\n12345\r\n0\r\nX A\r\n\r\n",
    "a folded trailer": b"5\r\n12345\r\n0\r\nX-A: 1\r\n 2\r\n\r\n",
    "a trailer with a bare LF": b"5\r\n12345\r\n0\r\nX-A: 1\nX-B: 2\r\n\r\n",
}


def stage(play):
    one = play.web_server("one")
    play.web([one], gateway="workers = 1,")
    return one


def refuses(play, one, cases, wanted=lambda status: status == 400):
    """Each in one piece and byte by byte; all that is wrong is told at the end."""
    wrong = []
    for what, data in cases.items():
        for pieces in (False, True):
            client = play.web_client()
            try:
                if pieces:
                    client.send_in_pieces(data[:300], 1)
                client.send(data[300:] if pieces else data)
            except ConnectionError:  # it has been refused meanwhile
                pass
            try:
                status = client.refused()
                if not wanted(status):
                    wrong.append(f"{what}: {status}")
            except Failure as failure:
                wrong.append(f"{what}: {failure}")
            client.close()
            bad = [r.raw for r in one.requests if r.whole]
            if bad:
                wrong.append(f"{what}: the server got {bad[0]!r}")
            one.requests.clear()
    expect(not wrong, "all of these are refused as they should be:\n      " + "\n      ".join(wrong))
    one.nothing_broken()
    equal(play.web_client().get("/good").text, "GET /good 0\n", "others are served")


def never_gets_any(one):
    equal([r.raw for r in one.requests if r.target != "/good"], [], "requests at the server")
    equal(sum(link.count for link in one.links if not any(r.target == "/good" for r in link.requests)), 0,
          "bytes at the server")


@story
def lengths_in_doubt(play):
    one = stage(play)
    refuses(play, one, LENGTHS, lambda status: status in (400, 413))
    never_gets_any(one)


@story
def codings_in_doubt(play):
    one = stage(play)
    refuses(play, one, CODINGS, lambda status: status in (400, 501))
    never_gets_any(one)


@story
def lines_that_are_no_fields(play):
    one = stage(play)
    refuses(play, one, FIELDS)
    never_gets_any(one)


@story
def hosts_in_doubt(play):
    one = stage(play)
    refuses(play, one, HOSTS)
    never_gets_any(one)


@story
def request_lines_in_doubt(play):
    one = stage(play)
    refuses(play, one, LINES, lambda status: status in (400, 405, 501, 505))
    never_gets_any(one)


@story
def versions_that_are_not_spoken(play):
    one = stage(play)
    refuses(play, one, {v: get(version=v.encode()) for v in ("HTTP/2.0", "HTTP/3.0", "HTTP/0.9")},
            lambda status: status in (400, 505))
    never_gets_any(one)


@story
def chunks_in_doubt(play):
    one = stage(play)
    refuses(play, one, {what: LINE + CHUNKED + b"\r\n\r\n" + data + NEXT for what, data in SIZES.items()})


@story
def a_bad_answer_of_the_servers_is_a_502_and_its_connection_is_not_used_again(play):
    one = stage(play)
    good = answer(200, b"12345")
    bad = {
        "no HTTP": b"220 hello\r\n\r\n",
        "a status that is none": good.replace(b"200", b"2000"),
        "a status below 100": good.replace(b"200", b"099"),
        "two lengths": good.replace(b"\r\n\r\n", b"\r\nContent-Length: 6\r\n\r\n"),
        "the same length twice": good.replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\n\r\n"),
        "a length beside chunks": good.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n"),
        "a length with a sign": good.replace(b": 5", b": +5"),
        "a space before a colon": good.replace(b"Length:", b"Length :"),
        "a folded line": good.replace(b"\r\n\r\n", b"\r\nX-A: 1\r\n 2\r\n\r\n"),
        "a NUL": good.replace(b"\r\n\r\n", b"\r\nX-A: 1\0002\r\n\r\n"),
        "a bare LF": good.replace(b"\r\n\r\n", b"\r\nX-A: 1\nX-B: 2\r\n\r\n"),
        "a bare CR": good.replace(b"\r\n\r\n", b"\r\nX-A: 1\rX-B: 2\r\n\r\n"),
        "another coding": answer(200, b"", [("Transfer-Encoding", "gzip")], length=False),
        "a 101 that nobody asked for": answer(101, b"", [("Upgrade", "websocket"), ("Connection", "Upgrade")]),
    }
    wrong = []
    for n, (what, data) in enumerate(bad.items()):
        one.answer = lambda r, data=data: data
        client = play.web_client()
        status = client.get(f"/{n}").status
        one.answer = one.ok
        if status != 502:
            wrong.append(f"{what}: {status}")
        one.link_of(f"/{n}").wait_closed(f"{what}: the connection is closed")
        if play.web_client().get("/good").status != 200:
            wrong.append(f"{what}: the next one is not served")
    equal(wrong, [], "what was not a 502")


@story
def empty_lines_before_a_request_do_no_harm(play):
    stage(play)
    client = play.web_client()
    client.send(b"\r\n")
    equal(client.get("/good").status, 200, "behind an empty line")
    client.send(b"\r\n" * 100000)
    eventually(lambda: not client.is_open(), "who sends nothing but empty lines is not borne for ever")


@story
def the_gateway_lives_on_junk(play):
    one = stage(play)
    for data in (b"\0" * 5000, b"\xff" * 5000, b"GET" * 5000, b"\r\n\r\n\r\nGET", bytes(range(256)) * 20):
        client = play.web_client()
        client.send(data)
        client.finish()
        came = client.ended()
        expect(not came or came.startswith(b"HTTP/1.1 4"), f"junk gets a 4xx or nothing: {came[:100]!r}")
    equal(one.requests, [], "requests at the server")


main()
