#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plays every conformance case against a program: run_conformance.py PROGRAM SCRATCH_FOLDER [option of run.py]…

The runner judges only what a client and an upstream see. A sanitizer's report (a leak found at exit, say) is
collected beside it and fails the test as well.
"""
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

# The phase of a weight cycle is random in the gateway, and some cases hold the order that one phase gave.
SEED = "3"

CASES = pathlib.Path(__file__).resolve().parent / "conformance"


def main():
    program, scratch = sys.argv[1], pathlib.Path(sys.argv[2])
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    environment = dict(os.environ)
    for sanitizer in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
        given = environment.get(sanitizer)
        environment[sanitizer] = ":".join(filter(None, [given, f"log_path={scratch / 'report'}"]))
    target = shlex.quote(program) + " run {manifests} --listen {listen} {binds} --seed " + SEED
    code = subprocess.run([sys.executable, CASES / "run.py", "--target", target,
                           "--known", CASES / "known-failures.txt", "--jobs", "4", *sys.argv[3:]],
                          env=environment, check=False).returncode
    reports = sorted(scratch.glob("report*"))
    for report in reports:
        print(f"\n{report.name}:\n{report.read_text(errors='replace')}")
    sys.exit(code or (1 if reports else 0))


if __name__ == "__main__":
    main()
