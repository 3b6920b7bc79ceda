#!/usr/bin/python3
"""installed: a stranger's plugin and policy, made with what `make install` has put there and nothing else: lychgate.pc,
one header, two programs.  Run by `make installcheck`, which tells where all that is; STAGE is what it gave as
DESTDIR."""
import atexit
import contextlib
import os
import shlex
import shutil
import socketserver
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "scenario"))

from play import Skip, equal, eventually, expect, main, story  # noqa: E402

STAGE = os.environ["STAGE"]
CONFIG = """
gateway {{ workers = 2, control = "control", drain = "1s", plugin_path = {{ "." }} }}
pool "farm" {{ servers = {{ "{server}" }}, monitor = {{ plugin = "parley", interval = "200ms", fall = 1 }} }}
listener "in" {{ plugin = "parley", bind = {{ "tcp:{host}:5060" }}, pool = "farm", options = {{ longest = {longest} }},
  policies = {{ {{ "./no-shouting.lua", word = "HELLO" }} }} }}
"""


def staged(name):
    return STAGE + os.environ[name]


def programs():
    """Both programs side by side, as the play wants them."""
    folder = tempfile.mkdtemp(prefix="installed-")
    atexit.register(shutil.rmtree, folder)
    os.symlink(os.path.join(staged("SBINDIR"), "lychgate"), os.path.join(folder, "lychgate"))
    os.symlink(os.path.join(staged("BINDIR"), "lychctl"), os.path.join(folder, "lychctl"))
    return folder


def pkg_config(*words, **environment):
    done = subprocess.run(["pkg-config", *words, "lychgate"], capture_output=True, text=True,
                          env={**os.environ, "PKG_CONFIG_LIBDIR": staged("PKGCONFIGDIR"), **environment})
    equal(done.returncode, 0, f"pkg-config's exit code ({done.stderr.strip()})")
    return done.stdout.strip()


def build(folder, compiler, *words):
    done = subprocess.run([*compiler, *words, "-Wall", "-Werror", "-shared", "-fPIC", "-Wl,-z,defs",
                           *pkg_config("--cflags", PKG_CONFIG_SYSROOT_DIR=STAGE).split(), "-o",
                           os.path.join(folder, "parley.so"), os.path.join(HERE, "parley.c")], capture_output=True,
                           text=True)
    equal(done.returncode, 0, f"the compiler's exit code ({done.stderr.strip()})")


class Server(socketserver.ThreadingTCPServer):
    """Answers pings while it is well, and everything else with what was asked."""
    allow_reuse_address = daemon_threads = True
    well = True

    class RequestHandlerClass(socketserver.StreamRequestHandler):
        def handle(self):
            with contextlib.suppress(ConnectionError):
                self.answer_lines()

        def answer_lines(self):
            for line in self.rfile:
                if line == b"leave me\n":
                    return
                if line == b"ping\n":
                    line = b"pong\n" if self.server.well else b"ouch\n"
                else:
                    line = b"you said " + line
                self.wfile.write(line)

    def __init__(self, host):
        super().__init__((host, 5060), self.RequestHandlerClass)
        threading.Thread(target=self.serve_forever, daemon=True).start()


def gateway(play, compiler, *words, longest='"64"'):
    host = play.host(11)
    made = play.gateway_of(CONFIG.format(server=f"{host}:5060", host=play.host(1), longest=longest), start=False)
    shutil.copy(os.path.join(HERE, "no-shouting.lua"), made.folder)
    build(made.folder, compiler, *words)
    return made


def ask(client, line):
    client.send(line)
    while b"\n" not in client.rest:
        data = client.read()
        expect(data, f"an answer to {line!r} comes, not the end")
        client.rest += data
    answer, client.rest = bytes(client.rest), bytearray()
    return answer


def drive(play, made):
    with Server(play.host(11)) as server:
        made.start()
        talk(play, made, server)
        server.shutdown()


def talk(play, made, server):
    made.wait_open()
    client = play.client()
    equal(ask(client, b"hail there\n"), b"you said hail there\n", "the server's answer")
    equal(ask(client, b"HELLO there\n"), b"no: not so loud\n", "the policy's answer")
    equal(ask(client, b"hail again\n"), b"you said hail again\n", "the server's answer after that")
    equal(made.listener()["counters"], {"lines": 3}, "the plugin's counter")
    equal(ask(client, b"leave me\n"), b"no: no answer\n", "the plugin's answer when the server has gone")
    equal(ask(client, b"hail once more\n"), b"you said hail once more\n", "another link's answer")
    client.send(b"x" * 65)
    client.ended()  # longer than the option says
    server.well = False
    made.wait_state(f"{server.server_address[0]}:5060", "down")
    equal(made.server(f"{server.server_address[0]}:5060")["probe"], "no pong", "what the probe notes")
    eventually(lambda: not made.is_open(), "the listener closes, since the monitor says that its server is sick")


@story
def there_is_one_header(play):
    equal(os.listdir(os.path.join(staged("INCLUDEDIR"), "lychgate")), ["plugin.h"], "the installed headers")


@story
def a_plugin_in_c(play):
    drive(play, gateway(play, shlex.split(os.environ.get("CC", "cc")), "-std=gnu11"))


@story
def a_plugin_in_cpp(play):
    compiler = shutil.which("g++") or shutil.which("clang++")
    if not compiler:
        raise Skip("there is no C++ compiler here")
    drive(play, gateway(play, [compiler], "-std=c++20", "-x", "c++"))


@story
def its_options_are_checked(play):
    made = gateway(play, shlex.split(os.environ.get("CC", "cc")), longest='"8"')
    done = made.run("-t")
    equal(done.returncode, 1, "the exit code")
    expect("longest: " in done.stderr and "not in the range from 16" in done.stderr,
           f"the option is told: {done.stderr}")


@story
def a_policy_and_its_test_run_in_the_program_alone(play):
    program = os.path.join(play.build, "lychgate")
    if "--policy-test" not in subprocess.run([program, "-h"], capture_output=True, text=True).stdout:
        raise Skip("this lychgate runs policies in listeners only")
    folder = STAGE + pkg_config("--variable=plugindir")
    if not os.access(folder, os.W_OK):
        raise Skip(f"the plugin cannot be installed in {folder}")
    build(play.folder, shlex.split(os.environ.get("CC", "cc")), "-std=gnu11")
    installed = shutil.move(os.path.join(play.folder, "parley.so"), folder)
    try:
        for words, wanted in ((["--policy-test", "no-shouting.test.lua"], "3 passed, 0 failed"),
                              (["--policy", "no-shouting.lua", "--fact", "word=SHOUT"], "not so loud")):
            done = subprocess.run([program, *words], capture_output=True, text=True, cwd=HERE)
            equal(done.returncode, 0, f"the exit code of {' '.join(words)} ({done.stdout}{done.stderr})")
            expect(wanted in done.stdout, f"{wanted}: {done.stdout}")
    finally:
        os.remove(installed)


os.environ["LYCHGATE_BUILD"] = programs()
main()
