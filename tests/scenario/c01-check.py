#!/usr/bin/python3
"""c01: everything wrong in a configuration is told at once, with file, line and hint, and nothing is opened."""
import os
import re
import socket

from play import equal, expect, main, story

# Each line that is wrong, and words that its complaint must hold.
WRONG = [
    ('gateway { workers = 2, control = "control" }', None),
    ('tls "pool" { certificate = "no-such.pem", key = "no-such.key" }', ["no-such.pem"]),
    ('pool "farm" {', None),
    ('  servers = { "127.0.0.1:5060" },', None),
    ('  balanse = "hash",', ["balanse", "did you mean", "balance"]),
    ('  persistence = { timeout = "soon" },', ["timeout", "soon"]),
    ('  monitor = { interval = "300ms", fall = 0 },', ["fall"]),
    ('  tries = "three",', ["tries"]),
    ('}', None),
    ('pool "web" {', None),
    ('  servers = { "127.0.0.1:80" }, port = "80",', ["leave the quotes out"]),
    ('  monitor = { path = "/" },', ["`path` is for a monitor with plugin `https`"]),
    ('}', None),
    ('listener "in" {', None),
    ('  plugin = "sip",', None),
    ('  bind = { "tcp:127.0.0.1:99999" },', ["99999"]),
    ('  all_down = "reply",', ["`all_down` is a key of `pool`"]),
    ('  pool = "fram",', ["fram", "did you mean", "farm"]),
    ('  policies = { "responder/no-such" },', ["responder/no-such"]),
    ('  options = { route = "mesage",', ["mesage"]),
    ('    routes = { },', ["unknown key `routes`", "`routes` is an option of plugin `https`"]),
    ('    routs = "message" },', ["unknown key `routs`", "did you mean `route`"]),
    ('}', None),
    ('listner "out" { }', ["listner", "did you mean", "listener"]),
]


def told_of(number, text):
    """The complaints about a line, each with the hint indented below it."""
    complaints = re.split(r"\n(?=\S)", text)
    return [c for c in complaints if re.search(rf"gateway\.lua:{number}\b", c)]


@story
def every_mistake_is_told_with_its_line(play):
    gateway = play.gateway_of("\n".join(line for line, _ in WRONG) + "\n", start=False)
    for words in (["-t"], []):
        done = gateway.run(*words)
        equal(done.returncode, 1, f"the exit code of lychgate {words}")
        for number, (line, wanted) in enumerate(WRONG, 1):
            told = told_of(number, done.stderr)
            if wanted is None:
                equal(told, [], f"complaints about line {number}, which is right: {line}")
            for word in wanted or []:
                expect(any(word in x for x in told), f"line {number} ({line}) is told with `{word}`:\n{done.stderr}")
    expect(not os.path.exists(gateway.control), "no control socket is left")


@story
def a_syntax_error_is_told_with_its_line(play):
    gateway = play.gateway_of('pool "farm" {\n  servers = { "127.0.0.1:5060" \n', start=False)
    done = gateway.run("-t")
    equal(done.returncode, 1, "the exit code")
    expect("gateway.lua:" in done.stderr, f"file and line are told: {done.stderr}")


@story
def a_missing_file_is_told(play):
    gateway = play.gateway_of("", start=False)
    os.unlink(gateway.file)
    done = gateway.run("-t")
    equal(done.returncode, 1, "the exit code")
    expect("gateway.lua" in done.stderr and "No such file" in done.stderr, f"the file and why are told: {done.stderr}")


@story
def a_check_opens_nothing(play):
    one = play.server("one")
    gateway = play.gateway([one], start=False)
    with socket.create_server(gateway.address):  # someone else's: a check does not mind
        done = gateway.run("-t")
    equal((done.returncode, os.path.exists(gateway.control)), (0, False),
          f"the exit code, a control socket: {done.stderr}")
    equal(one.links, [], "connections to the server")


@story
def a_warning_is_told_and_keeps_nothing_from_running(play):
    one = play.server("one")
    gateway = play.gateway([one], gateway='secret = "secret",', start=False)
    secret = os.path.join(gateway.folder, "secret")
    with open(secret, "wb") as file:
        file.write(os.urandom(16))
    for mode, warned in ((0o640, False), (0o644, True)):
        os.chmod(secret, mode)
        done = gateway.run("-t")
        equal((done.returncode, "warning: gateway: secret:" in done.stderr), (0, warned),
              f"-t of mode {mode:o}: {done.stderr}")
    gateway.start()
    gateway.wait_line("warning configuration", "secret")


@story
def a_file_that_may_not_be_read_is_told_with_who_must(play):
    gateway = play.gateway([play.server("one")], gateway='secret = "secret",', start=False)
    secret = os.path.join(gateway.folder, "secret")
    with open(secret, "wb") as file:
        file.write(os.urandom(16))
    os.chmod(secret, 0)
    for folder in (play.folder, gateway.folder):
        os.chmod(folder, 0o755)
    if os.geteuid() == 0:  # who may read everything
        gateway.within = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    done = gateway.run("-t")
    equal(done.returncode, 1, "the exit code")
    expect("secret: Permission denied\n    let the user who starts the gateway read it" in done.stderr,
           f"it is told: {done.stderr}")


@story
def a_socket_whose_folder_the_start_may_make_is_a_warning(play):
    gateway = play.gateway([play.server("one")], start=False)
    with open(gateway.file) as file:
        text = file.read()
    with open(gateway.file, "w") as file:
        file.write(re.sub(r'control = "[^"]*"', 'control = "/run/no-such-folder-of-lychgate/control"', text))
    done = gateway.run("-t")
    equal(done.returncode, 0, f"the exit code: {done.stderr}")
    expect("warning: gateway: control: cannot write" in done.stderr, f"it is told: {done.stderr}")
    done = gateway.run()
    equal(done.returncode, 1, "the exit code of the start, since nobody has made it")
    expect("/run/no-such-folder-of-lychgate" in done.stderr, f"the folder is told: {done.stderr}")


@story
def a_secret_that_is_none_is_told_with_how_to_make_one(play):
    gateway = play.gateway([play.server("one")], gateway='secret = "secret",', start=False)
    secret = os.path.join(gateway.folder, "secret")
    for content in (None, b"fifteen bytes ."):
        if content:
            with open(secret, "wb") as file:
                file.write(content)
        done = gateway.run("-t")
        equal(done.returncode, 1, "the exit code")
        expect(f"head -c 32 /dev/urandom > {secret}" in done.stderr, f"how to make one: {done.stderr}")


@story
def configuration_cannot_run_programs_or_read_files(play):
    for line in ('os.execute("true")', 'local f = io.open("/etc/passwd")', 'require "os"', 'while true do end'):
        done = play.gateway_of(line + "\n", start=False).run("-t")
        equal(done.returncode, 1, f"the exit code for: {line}")
        expect("gateway.lua:1" in done.stderr, f"the line is told for {line}: {done.stderr}")


main()
