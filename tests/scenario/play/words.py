# SPDX-License-Identifier: Apache-2.0
"""words: what a story says must be so.  Every wait is bounded; a bound only fails what would else hang."""
import os
import time

SLOW = float(os.environ.get("LYCHGATE_TEST_SLOW", "1"))
PATIENCE = 10.0  # seconds that anything may take of which nothing better is promised


class Failure(Exception):
    """What had to be so is not."""


class Skip(Exception):
    """This machine cannot run the story."""


def slow(seconds):
    """A promised bound, stretched for slow machines."""
    return seconds * SLOW


def expect(condition, what):
    if not condition:
        raise Failure(f"not so: {what}")


def short(value):
    text = repr(value)
    return text if len(text) <= 400 else f"{text[:300]} ... {text[-80:]} ({len(value)} long)"


def equal(got, wanted, what):
    if got != wanted:
        raise Failure(f"{what}: wanted {short(wanted)}, got {short(got)}")


def eventually(question, what, within=PATIENCE):
    """Asks until the answer is true, and returns it."""
    end = time.monotonic() + slow(within)
    while True:
        late = time.monotonic() > end
        answer = question()
        if answer:
            return answer
        if late:
            raise Failure(f"not within {slow(within):g} s: {what}")
        time.sleep(0.02)


def never(question, what, watched=0.3):
    """Asks for a while, and the answer is never true.  Can only pass wrongly on a slow machine, never fail."""
    end = time.monotonic() + watched
    while time.monotonic() < end:
        if question():
            raise Failure(f"must not be: {what}")
        time.sleep(0.02)
