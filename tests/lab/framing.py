#!/usr/bin/python3
"""framing: scripts of varnishtest on both sides of a gateway, byte for byte: where a message ends must never be in
doubt.

Each script in framing/ is a story of its own: its client speaks to ${gateway}, its server listens at ${site}."""
import glob
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "scenario"))

from play import Failure, main, slow, story

TIME_S = 20


def told(script):
    def act(play):
        site = f"{play.host(11)}:8080"
        host, port = play.web([f'"{site}"'], pool="monitor = false,", gateway="workers = 1,", wait=False).address
        done = subprocess.run(["varnishtest", "-t", str(int(slow(TIME_S))), "-D", f"gateway={host}:{port}", "-D",
                               f"site={site}", script],
                              capture_output=True, text=True, cwd=play.folder, timeout=slow(TIME_S) + 10, check=False)
        if done.returncode:
            wrong = [line for line in done.stdout.splitlines() if line.startswith("----") or "EXPECT" in line]
            raise Failure("\n".join([f"varnishtest ended with {done.returncode}",
                                     *(wrong or done.stdout.splitlines()[-30:])]))
    act.__name__ = os.path.basename(script).removesuffix(".vtc").replace("-", "_")
    return act


if not shutil.which("varnishtest"):
    print("skipped: apt-get install varnish")
    sys.exit(77)
for path in sorted(glob.glob(os.path.join(HERE, "framing", "*.vtc"))):
    story(told(path))
main()
