# SPDX-License-Identifier: Apache-2.0
"""kamailio: a Kamailio as registrar and proxy, in a folder of its own: REGISTER is kept with its Path (RFC 3327), all
else goes where the user is registered.  It has no users' database and asks nobody for a password.
"""
import os
import shutil
import signal
import socket
import subprocess

from play import Failure, Skip, eventually, request, slow
from play.words import PATIENCE

PORT, TLS_PORT, SHARE_PORT = 5060, 5061, 5090
LOG_SHOWN = 20  # last lines of its log that a failure shows
EXPIRES_S = 600
ANSWER_MS = 5000  # how long it waits for an answer of the next one
DIRECT = 1  # Kamailio's flag: clients are connected to it, or seem to be

CONFIG = """
debug=2
log_stderror=yes
fork=yes
children=2
tcp_children=2
socket_workers=1
auto_aliases=no
server_id={number}
dns=no
rev_dns=no
enable_tls=yes
tcp_source_ipv4={host}
tcp_connection_lifetime=3600
listen=udp:{host}:{port}
listen=tcp:{host}:{port}
listen=tls:{host}:{tls_port}
{share_socket}

loadmodule "kex.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "textopsx.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "nathelper.so"
loadmodule "path.so"
loadmodule "tls.so"
loadmodule "ctl.so"
{share_modules}

modparam("ctl", "binrpc", "unix:{folder}/ctl")
modparam("tls", "config", "{folder}/tls.cfg")
modparam("usrloc", "db_mode", 0)
modparam("registrar", "use_path", 1)
modparam("registrar", "path_mode", 0)   # kept though the client does not say that it supports it
modparam("registrar", "received_avp", "$avp(received)")
modparam("nathelper", "received_avp", "$avp(received)")
modparam("tm", "fr_timer", {answer_ms})
modparam("rr", "enable_double_rr", 1)

request_route {{
	if (!mf_process_maxfwd_header("10")) {{
		sl_send_reply("483", "Too Many Hops");
		exit;
	}}
	{share_route}
	if ($rm == "CANCEL") {{
		if (t_check_trans())
			t_relay();
		exit;
	}}
	t_check_trans();  # a retransmission ends here
	if (has_totag()) {{
		route(DIALOG);
		exit;
	}}
	if ($rm == "OPTIONS" && $rU == $null) {{  # whether it lives
		sl_send_reply("200", "OK");
		exit;
	}}
	if ($rm == "REGISTER") {{
		route(REGISTER);
		exit;
	}}
	if ($rm == "SUBSCRIBE" || $rm == "SERVICE" || $rm == "PUBLISH") {{  # what Lync clients ask for at sign-in
		append_to_reply("Expires: {expires}\\r\\n");
		sl_send_reply("200", "OK");
		exit;
	}}
	loose_route();  # clients that name their outbound proxy in a Route
	if (!is_present_hf("Record-Route")) {{  # nobody before us stands in the dialog: the way back is this connection
		setflag({direct});
		add_contact_alias();
	}}
	record_route();
	if (!lookup("location")) {{
		sl_send_reply("404", "Not Found");
		exit;
	}}
	t_on_reply("ANSWER");
	if (!t_relay())
		sl_reply_error();
}}

route[REGISTER] {{
	if (!is_present_hf("Path"))
		fix_nated_register();
	append_to_reply("Expires: {expires}\\r\\n");
	if (!save("location"))
		sl_reply_error();
}}

route[DIALOG] {{
	if (!loose_route()) {{
		if ($rm == "ACK")
			t_relay();
		else
			sl_send_reply("481", "Call/Transaction Does Not Exist");
		return;
	}}
	if ($du == $null) {{
		setflag({direct});
		handle_ruri_alias();
	}}
	t_on_reply("ANSWER");
	if (!t_relay())
		sl_reply_error();
}}

onreply_route[ANSWER] {{
	if (isflagset({direct}))
		add_contact_alias();
}}
"""

TLS = """
[server:default]
method = TLSv1.2+
verify_certificate = no
require_certificate = no
certificate = {certificate}.pem
private_key = {certificate}.key
ca_list = {authority}

[client:default]
method = TLSv1.2+
verify_certificate = yes
require_certificate = yes
certificate = {certificate}.pem
private_key = {certificate}.key
ca_list = {authority}
"""

# Registrars that tell each other what they know.
SHARE_SOCKET = "listen=udp:{host}:{share_port}"
SHARE_MODULES = """
loadmodule "dmq.so"
loadmodule "dmq_usrloc.so"
modparam("dmq", "server_address", "sip:{host}:{share_port}")
modparam("dmq", "notification_address", "sip:{other}:{share_port}")
modparam("dmq", "multi_notify", 0)
modparam("dmq", "num_workers", 1)
modparam("dmq", "ping_interval", 60)
modparam("dmq_usrloc", "enable", 1)
modparam("dmq_usrloc", "sync", 0)
"""
SHARE_ROUTE = """if ($rm == "KDMQ" && $Rp == {share_port}) {{
		dmq_handle_message();
		exit;
	}}"""


def missing():
    """Packages that are lacking."""
    lacking = [] if shutil.which("kamailio") else ["kamailio"]
    modules = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib")
    if not any(os.path.exists(f"{m}/kamailio/modules/tls.so") for m in modules):
        lacking.append("kamailio-tls-modules")
    return " ".join(lacking)


class Kamailio:
    """Ended with the stage; `address` is what the gateway's pool calls it."""

    def __init__(self, play, name, host=None, port=PORT, other=None):
        """With `other`, the host of another one, the two share what is registered."""
        self.name, self.host, self.port = name, host or play.host(11 + len(play.servers)), port
        self.address = f"{self.host}:{port}"
        self.folder = os.path.join(play.folder, name)
        self.shares, self.process = bool(other), None
        os.mkdir(self.folder)
        self.number = len(play.servers) + 1
        words = {"number": self.number, "host": self.host, "port": port, "tls_port": TLS_PORT, "other": other,
                 "share_port": SHARE_PORT, "folder": self.folder, "expires": EXPIRES_S,
                 "direct": DIRECT, "answer_ms": ANSWER_MS}
        share = [text.format(**words) if other else "" for text in (SHARE_SOCKET, SHARE_MODULES, SHARE_ROUTE)]
        self.write("kamailio.cfg", CONFIG.format(**words, share_socket=share[0], share_modules=share[1],
                                                 share_route=share[2]))
        self.write("tls.cfg", TLS.format(certificate=play.certificates.path("pool"),
                                         authority=play.certificates.path("ca.pem")))
        play.servers.append(self)

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w") as file:
            file.write(text)

    # ---- Its life ----

    def start(self):
        words = ["kamailio", "-DD", "-E", "-f", os.path.join(self.folder, "kamailio.cfg"), "-w", self.folder, "-Y",
                 self.folder, "-m", "64", "-M", "8"]
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            start_new_session=True)
        eventually(self.answers, f"{self.name} answers an OPTIONS")
        return self

    def answers(self):
        if self.process.poll() is not None:
            raise Failure(f"{self.name} ended at once; the end of its log:\n    " + "\n    ".join(self.last_words()))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.bind((self.host, 0))
            asker.settimeout(slow(0.2))
            asker.connect((self.host, self.port))
            try:
                asker.send(bytes(request("OPTIONS", uri=f"sip:{self.address}", contact=None,
                                         via=f"SIP/2.0/UDP {self.host}:{asker.getsockname()[1]}")))
                return asker.recv(1 << 16).startswith(b"SIP/2.0 200")
            except OSError:
                return False

    def die(self):
        """As in a crash: all its processes at once."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(slow(PATIENCE))

    # ---- What it knows ----

    def last_words(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as log:
            return log.read().splitlines()[-LOG_SHOWN:]

    def ask(self, *words):
        if not shutil.which("kamcmd"):
            raise Skip("kamcmd is not installed")
        done = subprocess.run(["kamcmd", "-s", f"unix:{self.folder}/ctl", *words], capture_output=True, text=True,
                              timeout=slow(PATIENCE))
        return done.stdout

    def users(self):
        """{user: the number of the Kamailio where it is registered}."""
        user, found = None, {}
        for line in self.ask("ul.dump").splitlines():
            word, _, value = line.strip().partition(": ")
            if word == "AoR":
                user = value.partition("@")[0]
            elif word == "Server-Id":
                found[user] = int(value)
        return found
