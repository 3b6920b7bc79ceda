# SPDX-License-Identifier: Apache-2.0
"""names: host names of the play's own: a gateway that is started in here sees files /etc/hosts and /etc/nsswitch.conf
that the story writes, and asks no name server.  Needs root: it is a mount namespace of one thread, which the program
inherits."""
import ctypes
import os

from .network import LIBC, Machine, check
from .words import Skip

CLONE_NEWNS, MS_BIND, MS_PRIVATE_REC = 0x20000, 4096, (1 << 18) | 16384


class Names:
    def __init__(self, folder):
        if os.geteuid() != 0:
            raise Skip("this needs root, for names of its own")
        self.hosts = os.path.join(folder, "hosts")
        self.order = os.path.join(folder, "nsswitch.conf")
        with open(self.order, "w") as file:
            file.write("hosts: files\n")
        self.now()

    def now(self, **names):
        """What names lead to: name="address address".  Written in place and in one go, for that is what is mounted."""
        lines = [f"{address} {name}.play" for name, addresses in names.items() for address in addresses.split()]
        text = "".join(f"{line}\n" for line in ["# the play's", *lines]).encode()
        with open(self.hosts, "r+b" if os.path.exists(self.hosts) else "wb") as file:
            file.write(text + b"\n" * max(0, os.path.getsize(self.hosts) - len(text)))
        return self

    def mount(self):
        check(LIBC.unshare(CLONE_NEWNS))
        check(LIBC.mount(b"none", b"/", None, ctypes.c_ulong(MS_PRIVATE_REC), None))
        for file, place in ((self.hosts, b"/etc/hosts"), (self.order, b"/etc/nsswitch.conf")):
            check(LIBC.mount(file.encode(), place, None, ctypes.c_ulong(MS_BIND), None))

    def start(self, gateway):
        """Starts the gateway where names are these."""
        def inside():
            try:
                self.mount()
            except OSError as error:
                raise Skip(f"no mount namespaces here: {error}") from None
            gateway.start()
        Machine.on_thread(inside)
        return gateway
