#!/usr/bin/python3
"""c08: completion in bash, which zsh asks: options, files, words, servers and policies of the running gateway."""
import os
import shutil
import subprocess

from play import Skip, equal, expect, main, story

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "gateway", "lychgate.bash")
ASK = """
source "$1" || exit 99
COMP_LINE=$2 COMP_POINT=${#2}
_lychgate
printf '%s\\n' "${COMPREPLY[@]}"
"""


def complete(line, folder=None, breaks=" :"):
    """What bash would offer after this line."""
    if not shutil.which("bash"):
        raise Skip("there is no bash here")
    done = subprocess.run(["bash", "--norc", "-c", f"COMP_WORDBREAKS='{breaks}'\n{ASK}", "bash", FILE, line],
                          capture_output=True, text=True, cwd=folder, timeout=30)
    equal((done.returncode, done.stderr), (0, ""), "exit code and stderr of bash")
    return done.stdout.split()


@story
def servers_of_the_running_gateway(play):
    one, two = play.server("one"), play.server("two")
    gateway = play.gateway([one, two], words='''pool "spare" {
                           servers = { { "192.0.2.1:5060", name = "last" } }, monitor = false }
                           pool "other" { servers = { { "192.0.2.1:5061", name = "last" } }, monitor = false }''')
    ctl = f"{gateway.program('lychctl')} -s {gateway.control}"
    both = sorted(f"farm/{s.address}" for s in (one, two))
    alone = sorted(s.address for s in (one, two))
    equal(complete(f"{ctl} server drain "), sorted(alone + both + ["last", "other/last", "spare/last"]), "all servers")
    equal(complete(f"{ctl} server disable s"), ["spare/last"], "those that begin so")
    equal(complete(f"{ctl} server disable l"), ["last"], "a name without its pool")
    equal(complete(f"{ctl} server enable {both[0][:-1]}"), ["5060"], "after a colon")
    equal(complete(f"{ctl} server enable {both[0][:-1]}", breaks=" "), [both[0]], "where a colon ends no word")
    equal(complete(f"{ctl} server drain spare/last "), [], "after a server")
    equal(complete(f"{gateway.program('lychctl')} -s /nowhere server drain "), [], "without a gateway")


@story
def policies_of_the_running_gateway(play):
    pass_on = 'return { plugin = "sip", reads = {}, decide = function() end }\n'
    gateway = play.gateway([play.server("one")], listener='policies = { "./first.lua", "./second.lua" }',
                           files={"first.lua": pass_on, "second.lua": pass_on})
    ctl = f"{gateway.program('lychctl')} -s {gateway.control}"
    equal(complete(f"{ctl} policy reset "), ["in/./first.lua", "in/./second.lua"], "all policies")
    equal(complete(f"{ctl} policy reset in/./s"), ["in/./second.lua"], "those that begin so")
    equal(complete(f"{ctl} policy "), ["reset"], "before it")


@story
def words_options_and_files(play):
    ctl, gate = (os.path.join(play.build, name) for name in ("lychctl", "lychgate"))
    for name in ("one.lua", "other.lua"):
        open(os.path.join(play.folder, name), "w").close()
    for line, wanted in (
            (f"{ctl} ser", ["server"]),
            (f"{ctl} -s /nowhere st", ["status"]),
            (f"{ctl} server d", ["disable", "drain"]),
            (f"{ctl} server nonsense ", []),
            (f"{ctl} --j", ["--json"]),
            (f"{ctl} import-topology on", ["one.lua"]),
            (f"{ctl} -s o", ["one.lua", "other.lua"]),
            (f"{gate} -t -c on", ["one.lua"]),
            (f"{gate} -c ", ["one.lua", "other.lua"])):
        equal(sorted(complete(line, play.folder)), wanted, f"what {line!r} is completed with")
    for option in ("-c", "-t", "-V"):
        equal(option in complete(f"{gate} -"), True, f"{option} is an option of lychgate")


@story
def zsh_asks_bash(play):
    with open(os.path.join(play.build, "_lychgate")) as f:
        text = f.read()
    equal(text.splitlines()[0], "#compdef lychgate lychctl", "whose completion it is")
    expect("/bash-completion/completions/lychgate.bash' " in text, "the installed file is asked")
    ask = text.split("local ask='")[1].split("'")[0]
    for words, wanted in (("server d", ["disable", "drain"]), ("nonsense ", [])):
        done = subprocess.run(["bash", "--norc", "-c", ask, "bash", FILE,
                               f"{os.path.join(play.build, 'lychctl')} {words}"],
                              capture_output=True, text=True, timeout=30)
        equal((done.stdout.split(), done.stderr), (wanted, ""), f"what bash says to {words!r}")


main()
