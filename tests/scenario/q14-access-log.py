#!/usr/bin/python3
"""q14: the access log: one line an exchange, in either form, reopened when it has been moved, and never a
credential."""
import os
import re

from play import equal, eventually, expect, main, story
from play.http import ask

SECRET = "c2VjcmV0LXRva2Vu"


def stage(play, form="key", options="", more="", **words):
    one = play.web_server("one")
    path = os.path.join(play.folder, "access.log")
    gateway = play.web([one], options, f'access_log = "{path}", access_format = "{form}", {more}', **words)
    return one, gateway, path


def lines(path, n):
    def read():
        if not os.path.exists(path):
            return None
        with open(path) as file:
            found = file.read().splitlines()
        return found if len(found) >= n else None
    found = eventually(read, f"{n} line(s) in {os.path.basename(path)}")
    equal(len(found), n, f"lines: {found}")
    return found


@story
def one_line_an_exchange(play):
    one, gateway, path = stage(play)
    client = play.web_client(source=play.host(77))
    client.get("/a/../b?q=1", "POST", body=b"12345",
               more=[("User-Agent", 'Mozilla "x"'), ("Referer", "http://r.test/")])
    client.get("/c")
    first, second = lines(path, 2)
    for word in (f"source={play.host(77)}", "listener=in", "method=POST", "host=web.test", "path=/b", "status=200",
                 "bytes_in=5", "bytes_out="):
        expect(word in first, f"{word} in {first}")
    expect(one.address in first, f"the server in {first}")
    expect(re.search(r" duration_ms=\d+", first), f"how long it took, in {first}")
    expect("method=GET" in second and "path=/c" in second, f"the second: {second}")


@story
def combined(play):
    one, gateway, path = stage(play, "combined")
    client = play.web_client(source=play.host(77))
    client.get("/b?q=1", more=[("User-Agent", "Mozilla/5.0 (X)"), ("Referer", "http://r.test/")])
    line = lines(path, 1)[0]
    size = len("GET /b?q=1 0\n")
    shape = (re.escape(play.host(77)) + r' - - \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "GET /b(\?q=1)?( '
                                        r'HTTP/1\.1)?" 200 ' +
             str(size) + r' "http://r\.test/" "Mozilla/5\.0 \(X\)"')
    expect(re.match(shape, line), f"Combined: {line}")


@story
def answers_of_our_own_have_lines_too(play):
    policy = 'return { decide = function(m) return reply(418, "No") end }'
    one, gateway, path = stage(play, more='policies = { "./no.lua" },', files={"no.lua": policy})
    play.web_client().get("/x")
    line = lines(path, 1)[0]
    expect("status=418" in line and "verdict=" in line and "path=/x" in line, f"what a policy has answered: {line}")
    equal(one.requests, [], "requests at the server")


@story
def what_is_refused_before_it_goes_anywhere_has_a_line_too(play):
    one, gateway, path = stage(play, options='body = 10, rate = 2, head_time = "300ms"', gateway="workers = 1,")
    asked = (b"GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", ask("/big", "POST", body=b"x" * 11),
             ask("/long", more=[("X", "y" * 70000)]), b"GET /slow HT")
    for n, data in enumerate(asked):
        client = play.web_client(source=play.host(70 + n))
        client.send(data)
        client.answer()
    client = play.web_client(source=play.host(80))
    while client.get("/often").status != 429:
        pass
    found = eventually(lambda: os.path.exists(path) and "status=429" in open(path).read()
                       and open(path).read().splitlines(), "its line")
    for n, word in enumerate(("status=400", "path=/big version=HTTP/1.1 status=413", "status=431", "status=408")):
        line = next(line for line in found if f"source={play.host(70 + n)}" in line)
        expect(word in line and "verdict=refused" in line and "server=" not in line, f"{word} in {line}")
    expect(any("verdict=refused method=GET host=web.test path=/often" in line for line in found), "the path of a 429")


@story
def a_server_that_fails_has_a_line(play):
    one, gateway, path = stage(play)
    one.answer = lambda r: b"nonsense\r\n\r\n"
    play.web_client().get("/x")
    expect("status=502" in lines(path, 1)[0], "the status of a broken answer")


@story
def no_credential_stands_in_it_or_in_the_log(play):
    one, gateway, path = stage(play, options='cookie = "GATE"')
    one.answer = lambda r: one.say(b"", r, more=[("Set-Cookie", f"session={SECRET}"),
                                                 ("WWW-Authenticate", f"NTLM {SECRET}")])
    client = play.web_client()
    client.get("/x", more=[("Authorization", f"NTLM {SECRET}"), ("Cookie", f"session={SECRET}"),
                           ("Proxy-Authorization", f"Basic {SECRET}")])
    play.web_client().get("/y", more=[("Authorization", f"Basic {SECRET}"), ("X", "y" * 70000)])
    lines(path, 2)
    for text in (open(path).read(), "\n".join(gateway.log())):
        expect(SECRET not in text, "a credential")


@story
def nobody_can_forge_a_line(play):
    one, gateway, path = stage(play)
    play.web_client().get('/x%0a127.0.0.1"', more=[("User-Agent", 'a" status=999 \x7f\t\xe9'), ("Referer", "x y=z")])
    try:
        play.web_client().get('/y"q%0d%0a?a%0ab "')
    except Exception:  # refused is as good
        pass
    play.web_client().get("/last")
    text = eventually(lambda: os.path.exists(path) and "path=/last" in open(path, "rb").read().decode("latin-1")
                      and open(path, "rb").read(), "the last line")
    expect(all(byte == 10 or 32 <= byte < 127 for byte in text), f"only printable characters: {text!r}")
    for line in text.decode().splitlines():
        expect(not re.search(r' status=999( |$)', re.sub(r'"(\\.|[^"\\])*"', '""', line)),
               f"no field of the client's making: {line}")


@story
def it_is_reopened_when_it_has_been_moved(play):
    one, gateway, path = stage(play)
    client = play.web_client()
    client.get("/1")
    lines(path, 1)
    os.rename(path, path + ".1")
    eventually(lambda: client.get("/2") and os.path.exists(path), "a new file")
    eventually(lambda: "path=/2" in open(path).read(), "it is written to")


main()
