#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the script ./dev says to wrong and right words: check_dev_script.py PATH_OF_DEV"""
import subprocess
import sys

# arguments, exit code, part of what is said
CASES = [
    (["help"], 0, "./dev run"),
    (["--help"], 0, "./dev test"),
    ([], 0, "./dev run"),
    (["tset"], 2, "did you mean 'test'?"),
    (["buidl"], 2, "did you mean 'build'?"),
    (["frobnicate"], 2, "no such verb: 'frobnicate'"),
    (["test", "unti"], 2, "did you mean 'unit'?"),
    (["test", "--assan"], 2, "did you mean '--asan'?"),
    (["lint", "everything"], 2, "takes no arguments"),
    (["clean", "everything"], 2, "takes no arguments"),
]


def main():
    failed = 0
    for arguments, code, said in CASES:
        done = subprocess.run([sys.argv[1], *arguments], capture_output=True, text=True, timeout=20, check=False)
        output = done.stdout + done.stderr
        if done.returncode != code or said not in output:
            failed += 1
            print(f"./dev {' '.join(arguments)}: expected {code} and {said!r}, got {done.returncode} and {output!r}")
    print(f"{len(CASES) - failed} of {len(CASES)} as expected")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
