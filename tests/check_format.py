#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Are the C++ sources as clang-format 14 writes them? check_format.py ROOT [--fix]

Other versions lay out a few things otherwise, so only this one judges; without it the check is skipped (77).
"""
import pathlib
import shutil
import subprocess
import sys

FORMATTER = "clang-format-14"
FOLDERS = ("app", "core", "ui", "tests")


def main():
    root = pathlib.Path(sys.argv[1])
    if not shutil.which(FORMATTER):
        print(f"{FORMATTER} is not installed: nothing checked")
        sys.exit(77)
    files = sorted(str(p) for folder in FOLDERS for p in (root / folder).rglob("*") if p.suffix in (".h", ".cpp"))
    how = ["-i"] if "--fix" in sys.argv[2:] else ["--dry-run", "-Werror"]
    found = subprocess.run([FORMATTER, *how, *files], capture_output=True, text=True, check=False)
    if found.returncode == 0:
        print(f"{len(files)} files are formatted")
        return
    places = [line for line in found.stderr.splitlines() if "error:" in line]
    print("\n".join(places[:50] or [found.stderr]))
    print("./dev format mends this")
    sys.exit(1)


if __name__ == "__main__":
    main()
