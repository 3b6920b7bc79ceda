#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""sweep: no allocation that fails may do harm.

Runs every unit and plugin test again and again, each time with another of the allocations failing that the code under
test makes (tests/unit/sweep.c).  Such a run may fail an assertion, which ends it; it must neither crash nor hang, nor
may a sanitizer find a fault, nor may it leak when it passes.  `make check` tries a few of each program, at first one of
each place in the code; `make sweep` up to a thousand of each place.  With the names of programs, only those.  Exit
status 1 when something was found.
"""
import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

SHORT_POINTS = 200    # of a program, in the short form, at the most
SHORT_SECONDS = 0.1   # of a program, when it has had
LEAST_POINTS = 2      # of them
LOOK_SECONDS = 1      # for how long the short form looks for allocations
ALL_EACH = 1000       # of one place, in the long form; of more (Lua's, say) only some
PATIENCE_MS = 500     # what a failure took away does not come, however long a test waits
HANG_SECONDS = 60
FAULT = re.compile(r"ERROR: AddressSanitizer|ERROR: LeakSanitizer|runtime error:|WARNING: ThreadSanitizer|sweep: "
                   r"crashed|"
                   r"with exception|Assertion .* failed|stack smashing|free\(\)|malloc\(\)|corrupted")
SOURCE = re.compile(r"\b((?:gateway|sip|plugins|tests|llhttp)/[\w./-]+:\d+)")


class Program:
    def __init__(self, path, folder):
        self.path, self.name = path, re.sub(r".*/(?=tests/)", "", path)
        self.places_file = os.path.join(folder, os.path.basename(path))
        self.seconds, self.places = 0.0, []

    def run(self, timeout=HANG_SECONDS, **words):
        environment = {**os.environ, **words}
        environment["ASAN_OPTIONS"] = "handle_segv=2:handle_sigbus=2:" + environment.get("ASAN_OPTIONS", "")
        return subprocess.run([self.path], env=environment, text=True, errors="replace", timeout=timeout,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def find_places(self, each, timeout):
        """Without a failure.  None, or what it says when it does not even pass so."""
        wrong = None
        begin = time.monotonic()
        try:
            result = self.run(timeout, SWEEP_PLACES=self.places_file, SWEEP_EACH=str(each))
            wrong = None if result.returncode in (0, 77) else result.stdout
        except subprocess.TimeoutExpired:
            pass  # those that it has come to
        self.seconds = time.monotonic() - begin
        if os.path.exists(self.places_file):  # else nothing of what it is linked with allocates
            with open(self.places_file) as f:
                self.places = sorted({int(line) for line in f})
        return wrong

    def spread(self):
        """The places in such an order that the first few of them are spread evenly, too."""
        order = sorted(range(len(self.places)), key=lambda i: i * 0.618034 % 1)
        return [self.places[i] for i in order]

    def try_point(self, n):
        """What was wrong with the run whose n-th allocation failed; None: nothing."""
        try:
            result = self.run(SWEEP_FAIL=str(n), SWEEP_PATIENCE_MS=str(PATIENCE_MS), CMOCKA_TEST_ABORT="1")
        except subprocess.TimeoutExpired as e:
            return f"it hangs: {HANG_SECONDS} s\n" + readable((e.stdout or b"").decode(errors="replace"))
        for folder in re.findall(r"^sweep-folder (/tmp/\S+)$", result.stdout, re.M):
            shutil.rmtree(folder, ignore_errors=True)
        text = readable(result.stdout)
        return f"status {result.returncode}\n{text}" if is_fault(text) else None


def is_fault(text):
    """Tests trust what they have made: when one falls over that itself, it has failed like by an assertion."""
    fault = FAULT.search(text)
    if not fault or "Leak" in fault[0]:
        return bool(fault)
    if "Assertion" in fault[0]:
        return "tests/" not in text[text.rfind("\n", 0, fault.start()) + 1:fault.start()]
    where = SOURCE.search(text, fault.start())
    return not (where and where[1].startswith("tests/"))


def readable(text):
    """The lines that tell, with stacks of sweep.c by their places in the sources."""
    lines = []
    for line in text.splitlines():
        if line.startswith("sweep-at "):
            _, file, offset = line.split()
            said = subprocess.run(["addr2line", "-Cfpe", file, hex(int(offset, 16) - 1)], text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.strip()
            if SOURCE.search(said):
                lines.append(f"    {said}")
        elif line.startswith("sweep: ") or FAULT.search(line) or re.match(r" +#\d+ ", line):
            lines.append(line)
    return "\n".join(re.sub(r"(?<= )\S*?/(?=(gateway|sip|plugins|tests)/)", "", line) for line in lines)


def sweep(program, everything):
    each, look = (ALL_EACH, HANG_SECONDS) if everything else (1, LOOK_SECONDS)
    wrong = program.find_places(each, look)
    if wrong is not None:
        return 0, [f"{program.name} fails although no allocation does:\n{wrong}"]
    tried, found, begin = 0, [], time.monotonic()
    for n in program.spread():
        what = program.try_point(n)
        found += [f"{program.name}: allocation {n} fails: {what}"] if what else []
        tried += 1
        spent = time.monotonic() - begin > SHORT_SECONDS
        if not everything and (tried == SHORT_POINTS or tried >= LEAST_POINTS and spent):
            break
    return tried, found


def programs(build, names, folder):
    every = [os.path.join(build, "tests", kind, name) for kind in ("plugin", "unit")
             for name in sorted(os.listdir(os.path.join(build, "tests", kind)))]
    return [Program(path, folder) for path in every
            if re.search(r"/test_\w+$", path) and os.access(path, os.X_OK) and os.path.isfile(path) and
            (not names or any(path.endswith(name) for name in names))]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=os.environ.get("BUILDDIR", "."))
    parser.add_argument("--all", action="store_true", help="as `make sweep` does")
    parser.add_argument("names", nargs="*", help="test programs, as tests/unit/test_balance")
    options = parser.parse_args()
    bad = total = 0
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(2 * os.cpu_count()) as pool:
        work = {pool.submit(sweep, program, options.all): program
                for program in programs(options.build, options.names, folder)}
        for future in concurrent.futures.as_completed(work):
            program = work[future]
            tried, found = future.result()
            print(f"{program.name}: {tried} of {len(program.places)} allocations failed, {len(found)} did harm "
                  f"(a run takes {program.seconds:.2f} s)", flush=True)
            for what in found:
                print(what, flush=True)
            total, bad = total + tried, bad + len(found)
    print(f"{total} runs, {bad} did harm")
    return 1 if bad or not total else 0


if __name__ == "__main__":
    sys.exit(main())
