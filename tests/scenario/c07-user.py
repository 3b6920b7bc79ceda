#!/usr/bin/python3
"""c07: `gateway { user }`: after the start the process is that user, and can do no more than open ports."""
import os
import pwd
import shutil
import subprocess

from play import Skip, equal, eventually, expect, main, request, slow, story

USER = "nobody"
BIND, RAW = 1 << 10, 1 << 13  # CAP_NET_BIND_SERVICE, CAP_NET_RAW


def prepare(play, *servers, **words):
    """A gateway that will be USER, in a folder of its own."""
    if os.geteuid() != 0:
        raise Skip("only root can become another user")
    gateway = play.gateway(servers, gateway=f'user = "{USER}", {words.pop("gateway", "")}', start=False, **words)
    os.chmod(play.folder, 0o755)
    shutil.chown(gateway.folder, USER)
    return gateway


def threads(gateway):
    """What /proc tells of each thread: { key: value }."""
    folder = f"/proc/{gateway.process.pid}/task"
    for thread in os.listdir(folder):
        with open(os.path.join(folder, thread, "status")) as file:
            yield dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def check_rights(gateway, wanted):
    who = pwd.getpwnam(USER)
    seen = list(threads(gateway))
    expect(len(seen) >= 4, f"there are threads to look at ({len(seen)})")
    for status in seen:
        name = status["Name"]
        equal(status["Uid"].split(), [str(who.pw_uid)] * 4, f"user numbers of {name}")
        equal(status["Gid"].split(), [str(who.pw_gid)] * 4, f"group numbers of {name}")
        equal(set(map(int, status["Groups"].split())), set(os.getgrouplist(USER, who.pw_gid)),
              f"further groups of {name}")
        for key, value in {"CapPrm": wanted, "CapEff": wanted, "CapInh": 0, "CapAmb": 0, "CapBnd": 0}.items():
            equal(int(status[key], 16), value, f"{key} of {name}")
        equal(status["NoNewPrivs"], "1", f"NoNewPrivs of {name}")


@story
def every_thread_is_that_user_and_may_only_open_ports(play):
    one = play.server("one")
    gateway = prepare(play, one, port=506)
    gateway.start()
    gateway.wait_open()
    equal(play.client().ask(request()).server, "one", "the server that answered")
    check_rights(gateway, BIND)
    status = gateway.status()
    equal(status["user"], USER, "the user in the status")
    equal(status["capabilities"], ["CAP_NET_BIND_SERVICE"], "the capabilities in the status")
    equal(status["no_new_privileges"], True, "no_new_privileges in the status")
    expect(f"user {USER}, CAP_NET_BIND_SERVICE\n" in gateway.ctl("status").stdout, "the table tells it")
    expect(not gateway.lines("warning root"), "nothing is said of root")


@story
def with_tls_the_threads_of_handshakes_are_that_user_too(play):
    one = play.server("one")
    gateway = prepare(play, one, bind="tls", words=play.certificates.word("pool"), listener='tls = "pool",')
    gateway.start()
    gateway.wait_open()
    equal(play.tls_client().ask(request()).server, "one", "the server that answered")
    check_rights(gateway, BIND)


@story
def a_transparent_listener_keeps_raw_sockets(play):
    one = play.server("one")
    gateway = prepare(play, one, plugin="tcp", listener='source = "transparent",')
    gateway.start()
    gateway.wait_open()
    check_rights(gateway, BIND | RAW)
    equal(gateway.status()["capabilities"], ["CAP_NET_BIND_SERVICE", "CAP_NET_RAW"], "the capabilities in the status")
    client = play.client(source=play.host(7))
    client.send(request())
    equal(client.receive().server, "one", "the server that answered")
    expect(one.used[-1].transport.get_extra_info("peername")[0] == play.host(7), "the server sees the client's address")


@story
def a_low_port_opens_later(play):
    one = play.server("one")
    one.reads = False
    modules = os.path.join(play.build, "tests", "unit", "modules", ".libs")
    gateway = prepare(play, one, plugin="doors", gateway=f'plugin_path = {{ "{modules}" }},',
                      listener='options = { ports = "900-999" },', pool='persistence = { by = "source" }')
    gateway.start()
    gateway.wait_open()
    client = play.client()
    client.send(b"6000\n")
    port = int(client.read())
    expect(900 <= port <= 999, f"a port is opened ({port})")


@story
def the_access_log_is_the_users_and_may_be_renamed(play):
    one = play.server("one")
    gateway = prepare(play, one, listener='access_log = "access.log",')
    path = os.path.join(gateway.folder, "access.log")
    gateway.start()
    gateway.wait_open()
    equal(os.stat(path).st_uid, pwd.getpwnam(USER).pw_uid, "the owner of the log")
    os.rename(path, path + ".1")
    client = play.client()
    client.ask(request("MESSAGE"))
    eventually(lambda: os.path.exists(path) and os.path.getsize(path), "a new one begins")


@story
def an_access_log_that_the_user_cannot_write_is_refused(play):
    gateway = prepare(play, play.server("one"), listener='access_log = "access.log",')
    shutil.chown(gateway.folder, "root")
    done = gateway.run()
    equal(done.returncode, 1, f"the exit code ({done.stderr.strip()})")
    expect("listener in: cannot open the access log" in done.stderr and f"as user {USER}" in done.stderr,
           f"log and user are told: {done.stderr}")


def revoked(play, folder):
    """An empty list of the play's authority."""
    path = os.path.join(folder, "revoked.pem")
    for name, text in {"index": "", "openssl.cnf": f"[ca]\ndefault_ca=d\n[d]\ndatabase={folder}/index\n"
                                                   "default_md=sha256\ndefault_crl_days=30\n"}.items():
        with open(os.path.join(folder, name), "w") as file:
            file.write(text)
    play.certificates.openssl("ca", "-gencrl", "-config", f"{folder}/openssl.cnf", "-keyfile",
                              play.certificates.path("ca.key"), "-cert", play.certificates.path("ca.pem"), "-out", path)
    return path


@story
def a_list_of_revoked_certificates_must_stay_readable(play):
    path = os.path.join(play.folder, "revoked.pem")
    gateway = prepare(play, play.server("one"), bind="tls", listener='tls = "pool",',
                      words=play.certificates.word("pool", more=f'crl = "{path}",'))
    os.chmod(revoked(play, play.folder), 0o600)
    done = gateway.run()
    equal(done.returncode, 1, f"the exit code ({done.stderr.strip()})")
    expect(f"the user {USER} cannot read {path}" in done.stderr, f"user and file are told: {done.stderr}")
    os.chmod(path, 0o644)
    gateway.start()
    gateway.wait_open()


@story
def the_control_socket_is_the_users(play):
    gateway = prepare(play, play.server("one"))
    gateway.start()
    for path in (gateway.control, gateway.control + ".lock"):
        equal(os.stat(path).st_uid, pwd.getpwnam(USER).pw_uid, f"the owner of {path}")
        equal(os.stat(path).st_mode & 0o777, 0o600, f"the mode of {path}")
    gateway.stop()
    expect(not os.path.exists(gateway.control), "the socket goes with the gateway")


@story
def a_socket_that_stays_in_roots_folder_is_taken_over_by_the_next_start(play):
    gateway = prepare(play, play.server("one"))
    shutil.chown(gateway.folder, "root")
    gateway.start()
    gateway.stop()
    expect(os.path.exists(gateway.control), "that user cannot remove it")
    gateway.start()


@story
def only_root_can_become_another_user(play):
    gateway = prepare(play, play.server("one"))
    if not shutil.which("setpriv"):
        raise Skip("this needs the program setpriv")
    os.chmod(gateway.folder, 0o777)
    done = subprocess.run(["setpriv", "--reuid", "daemon", "--clear-groups", gateway.program("lychgate"), "-c",
                           gateway.file],
                          capture_output=True, text=True, timeout=slow(10))
    if "ermission denied" in done.stderr:
        raise Skip("the build folder is not for other users")
    equal(done.returncode, 1, f"the exit code ({done.stderr.strip()})")
    expect(f"only root can become the user {USER}, and daemon started this" in done.stderr,
           f"both are told: {done.stderr}")


@story
def without_it_root_is_warned(play):
    if os.geteuid() != 0:
        raise Skip("only root is")
    gateway = play.gateway([play.server("one")])
    gateway.wait_line("warning root", "write gateway { user = ", "root still starts it")
    equal(gateway.status()["user"], "root", "the user in the status")


main()
