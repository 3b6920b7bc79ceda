#!/usr/bin/python3
"""t10: no renegotiation and no early data, whatever a client tries."""
import os
import re
import subprocess

from play import equal, eventually, expect, main, request, slow, story


def gateway_with(play):
    return play.gateway([play.server("one")], bind="tls", words=play.certificates.word("pool"), listener='tls = "pool"')


def connected(play, *words):
    return ["openssl", "s_client", "-connect", "%s:%d" % play.gateways[-1].address, "-servername", "pool.test", *words]


@story
def a_client_that_renegotiates_is_refused_and_harms_nobody(play):
    gateway = gateway_with(play)
    said = os.path.join(play.folder, "said")
    with open(said, "w") as out:
        client = subprocess.Popen(connected(play, "-tls1_2"), stdin=subprocess.PIPE, stdout=out, stderr=out)
    try:
        eventually(lambda: "Verify return code" in open(said).read(), "the handshake is done")
        client.stdin.write(b"R\n")  # openssl's word for it
        client.stdin.flush()
        client.wait(slow(20))
    finally:
        client.kill()
        client.wait()
        client.stdin.close()
    expect("RENEGOTIATING" in open(said).read(), f"the client tried: {open(said).read()[-500:]}")
    expect(gateway.wait_line("renegotiation, which is refused"), "the log tells")
    equal(play.tls_client().ask(request()).server, "one", "the next client's server")


@story
def tickets_allow_no_early_data(play):
    gateway_with(play)
    ticket, early = os.path.join(play.folder, "ticket"), os.path.join(play.folder, "early")
    with open(early, "wb") as file:
        file.write(bytes(request()))
    first = subprocess.Popen(connected(play, "-tls1_3", "-sess_out", ticket), stdin=subprocess.PIPE,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: os.path.exists(ticket) and os.path.getsize(ticket) > 0, "a ticket has come")
    finally:
        first.stdin.close()
        first.wait(slow(20))
    kept = subprocess.run(["openssl", "sess_id", "-in", ticket, "-noout", "-text"], capture_output=True, text=True,
                          timeout=slow(20)).stdout
    equal(re.search(r"Max Early Data: (\d+)", kept)[1], "0", "the early data that the ticket allows")
    again = subprocess.run(connected(play, "-tls1_3", "-sess_in", ticket, "-early_data", early),
                           stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=slow(20)).stdout
    expect("Reused, TLSv1.3" in again, f"the session is resumed: {again[-800:]}")
    expect("Early data was accepted" not in again, "no early data is taken")


main()
