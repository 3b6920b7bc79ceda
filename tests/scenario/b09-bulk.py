#!/usr/bin/python3
"""b09: bulk through the tcp plugin, which goes through pipes in the kernel: whole, bounded, and with its end behind
it."""
import os
import random
import threading

from play import equal, eventually, expect, main, story

SIZE = 48 * 1024 * 1024
BYTES = random.Random(9).randbytes(1024 * 1024)


def raw_server(play, name="one"):
    server = play.server(name)
    server.reads = False
    server.stays_half_open = True
    return server


def open_pipes(gateway):
    folder = f"/proc/{gateway.process.pid}/fd"
    found = 0
    for name in os.listdir(folder):
        try:
            found += os.readlink(f"{folder}/{name}").startswith("pipe:")
        except OSError:
            pass
    return found


def push(client):
    for _ in range(SIZE // len(BYTES)):
        client.send(BYTES)
    client.finish()


@story
def bulk_arrives_whole_and_its_end_behind_it(play):
    one = raw_server(play)
    gateway = play.gateway([one], plugin="tcp")
    client = play.client()
    before = open_pipes(gateway)
    push(client)
    link = eventually(lambda: one.used and one.used[-1].clean and one.used[-1], "the end comes", 30)
    equal(len(link.received), SIZE, "bytes at the server")
    expect(bytes(link.received) == BYTES * (SIZE // len(BYTES)), "they are the same")
    expect(open_pipes(gateway) > before, "they went through a pipe")
    link.send(b"thanks")
    link.close()
    equal(client.ended(), b"thanks", "the other way goes on until its own end")


@story
def a_reader_that_stops_holds_the_bulk_and_gets_it_later(play):
    one = raw_server(play)
    play.gateway([one], plugin="tcp")
    client = play.client()
    client.send(BYTES)
    link = eventually(lambda: one.used and len(one.used[-1].received) == len(BYTES) and one.used[-1], "it is under way")
    for _ in range(8):
        client.send(BYTES)
    link.pause()
    sender = threading.Thread(target=push, args=(client,))
    sender.start()
    sender.join(1)
    expect(sender.is_alive(), "the sender is held")
    link.resume()
    sender.join(30)
    eventually(lambda: link.clean, "the end comes", 30)
    equal(len(link.received), SIZE + 9 * len(BYTES), "bytes at the server")


main()
