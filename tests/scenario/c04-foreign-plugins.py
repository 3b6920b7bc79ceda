#!/usr/bin/python3
"""c04: plugins from `plugin_path` are loaded; one that does not fit is refused with its file's name and the reason."""
import os
import shutil
import subprocess

from play import Skip, equal, expect, main, request, slow, story

HEADERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "gateway")
SOURCE = """
#include <errno.h>
#include <stdio.h>
#include <lychgate/plugin.h>
static void opened(struct lg_link *l)
{ if (l->side == LG_CLIENT) l->host->route(l, &(struct lg_how){ 0 }, LG_NO_UNIT); }
static void routed(struct lg_exchange *x, struct lg_link *to) { to->host->join(x->from, to); }
static int start(void *inst, const void *conf, const struct lg_host *host, char err[], size_t n)
{ (void)inst; (void)conf; (void)host; if (FAILS) snprintf(err, n, "out of luck"); return FAILS ? -EINVAL : 0; }
LG_PLUGIN = { .abi_major = LG_ABI_MAJOR + WRONG, .abi_minor = LG_ABI_MINOR, .size = sizeof(struct lg_plugin),
              .name = "ours", .summary = "a relay", .transports = LG_TCP, .start = start, .opened = opened,
              .routed = routed };
"""


def gateway_with(play, source="", *flags):
    """A gateway whose listener uses the plugin "ours", made of this source."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if not compiler:
        raise Skip("there is no C compiler here")
    one = play.server("one")
    gateway = play.gateway([one], plugin="ours", gateway='plugin_path = { "." },', start=False)
    file = os.path.join(gateway.folder, "ours.c")
    with open(file, "w") as text:
        text.write(source)
    subprocess.run([compiler, "-shared", "-fPIC", f"-I{HEADERS}", *flags, "-o", file[:-1] + "so", file], check=True)
    return gateway


def refused(gateway, reason, *words):
    done = gateway.run(*words)
    equal(done.returncode, 1, f"the exit code ({done.stderr.strip()})")
    expect("ours.so" in done.stderr, f"the file's name is told: {done.stderr}")
    expect(reason in done.stderr.lower(), f"the reason ({reason}) is told: {done.stderr}")


@story
def a_foreign_plugin_carries_traffic(play):
    gateway = gateway_with(play, SOURCE, "-DFAILS=0", "-DWRONG=0")
    gateway.start()
    gateway.wait_open()
    equal(play.client().ask(request()).server, "one", "the server that answered")
    equal(gateway.listener()["plugin"], "ours", "the plugin in the status")


@story
def the_manual_has_it(play):
    gateway = gateway_with(play, SOURCE, "-DFAILS=0", "-DWRONG=0")
    with open(gateway.file, "a") as file:
        file.write('listener "half-written" { plugin = "ours" }\n')  # no matter: who writes one wants the manual
    program = [gateway.program("lychgate"), "--manual", "tcp", "ours"]

    def manual(*words):
        return subprocess.run([*program, *words], capture_output=True, text=True, timeout=slow(30))

    for words in (["-c", gateway.file], ["--plugin-path", gateway.folder]):
        done = manual(*words)
        equal((done.returncode, done.stderr), (0, ""), f"the manual with {words}")
        expect('.SH "PLUGIN OURS"\nA relay.' in done.stdout and "PLUGIN TCP" in done.stdout, "both plugins are in it")
    done = manual()
    expect(done.returncode == 1 and "there is no ours.so in" in done.stderr, f"nobody said where it is: {done.stderr}")
    with open(gateway.file, "w") as file:
        file.write('gateway { plugin_path = "nowhere" }\n')
    done = manual("-c", gateway.file)
    equal(done.returncode, 1, "the exit code with a folder that is not there")
    expect("gateway.lua:1:" in done.stderr and "nowhere: No such file" in done.stderr, f"why is told: {done.stderr}")


@story
def a_wrong_abi_is_refused(play):
    refused(gateway_with(play, SOURCE, "-DFAILS=0", "-DWRONG=1"), "abi", "-t")


@story
def a_missing_symbol_is_refused(play):
    refused(gateway_with(play, "int nothing;"), "lychgate_plugin", "-t")


@story
def a_file_that_is_no_plugin_is_refused(play):
    gateway = gateway_with(play)
    with open(os.path.join(gateway.folder, "ours.so"), "w") as file:
        file.write("this is no ELF file " * 100)
    refused(gateway, "elf", "-t")


@story
def a_failing_start_is_refused(play):
    refused(gateway_with(play, SOURCE, "-DFAILS=1", "-DWRONG=0"), "out of luck")


main()
