# SPDX-License-Identifier: Apache-2.0
"""lync: the deployment of tests/scenario/lync with its certificates, and its tables."""
import os

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lync")
WEB = "meet dialin admin lyncdiscoverinternal lyncdiscover"

# file: (common name, what it carries), without the domain.  The directors' web certificate lacks its own common name,
# as the guide's does; that of the directors lacks one of them.
CARRIED = {
    "pool": ("pool", "pool sip lyncfe01 lyncfe02 lyncfe03 lyncfe04"),
    "pool-web": ("lyncweb", f"pool ucupdates-r2 lyncweb {WEB}"),
    "dirpool": ("dirpool", "dirpool sip dir1"),
    "dirpool-web": ("lyncwebdir", f"dirpool {WEB}"),
    "outside": ("*", "*"),
}


def rows(name):
    """A table of the folder, without its titles."""
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        return [line.split("\t") for line in file.read().splitlines()]


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def files(play):
    """The certificates of the deployment, made once a story."""
    if not hasattr(play, "lync_files"):
        play.lync_files = make_files(play)
    return dict(play.lync_files)


def make_files(play):
    made = {"ca.pem": read(play.certificates.path("ca.pem"))}
    for name, (common, carried) in CARRIED.items():
        names = ",".join(f"DNS:{n}.corp.example" for n in carried.split())
        folder = os.path.join(play.folder, name)
        os.makedirs(folder, exist_ok=True)
        pem, key = play.certificates.make(f"{common}.corp.example", "ca", "ec", names, 3650, folder=folder)
        made[f"{name}.pem"], made[f"{name}.key"] = read(pem), read(key)
    return made


def deployment(play, rules="microsoft", version="2013", more=""):
    """A gateway that is not started; version None: the word is left out."""
    text = read(os.path.join(FOLDER, "deployment.lua")).replace("RULES", rules)
    text = text.replace("VERSION", version) if version else text.replace('lync.version "VERSION"\n', "")
    return play.gateway_of(text + more, start=False, files=files(play))
