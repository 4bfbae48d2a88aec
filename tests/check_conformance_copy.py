#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the copy of the conformance cases with their original: check_conformance_copy.py COPY ORIGINAL

The original stands beside the project where the project is developed; elsewhere there is nothing to compare with.
"""
import pathlib
import sys

OURS = {"known-failures.txt"}


def files_of(folder):
    found = (p.relative_to(folder) for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return {p for p in found if str(p) not in OURS}


def main():
    copy, original = map(pathlib.Path, sys.argv[1:3])
    if not original.is_dir():
        print("no original beside the project: nothing to compare")
        return
    ours, theirs = files_of(copy), files_of(original)
    problems = [f"{p}: only in the copy" for p in sorted(ours - theirs)]
    problems += [f"{p}: missing in the copy" for p in sorted(theirs - ours)]
    problems += [f"{p}: differs" for p in sorted(ours & theirs)
                 if (copy / p).read_bytes() != (original / p).read_bytes()]
    print("\n".join(problems) or f"{len(ours)} files are as in the original")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
