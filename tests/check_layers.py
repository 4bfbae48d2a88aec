#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails when an include points backwards, when core/ names Qt, or when a header does not say what it is for."""
import pathlib
import re
import sys


def layers_of(root):
    text = (root / "cmake/Layers.cmake").read_text()
    return re.search(r"set\(SIGNALBOX_LAYERS ([^)]*)\)", text)[1].split()


def links_of(root):
    """layer -> the layers that core/CMakeLists.txt lets it use, itself included"""
    text = (root / "core/CMakeLists.txt").read_text()
    links = {}
    for call in re.findall(r"signalbox_layer\(([^)]*)\)", text):
        words = call.split()
        used = {words[0]}
        if "LAYERS" in words:
            for word in words[words.index("LAYERS") + 1:]:
                if word in ("PUBLIC", "PRIVATE"):
                    break
                used |= {word} | links.get(word, set())
        links[words[0]] = used
    return links


def problems(root):
    layers, links = layers_of(root), links_of(root)
    folders = {p.name for p in (root / "core").iterdir() if p.is_dir()}
    for folder in sorted(folders - set(layers)):
        yield f"core/{folder} is no layer of cmake/Layers.cmake"
    for file in sorted((root / "core").rglob("*")):
        if file.suffix not in (".h", ".cpp"):
            continue
        place, layer = file.relative_to(root), file.relative_to(root / "core").parts[0]
        for number, line in enumerate(file.read_text().splitlines(), 1):
            if re.match(r"\s*#\s*include\s*<Q", line):
                yield f"{place}:{number}: core links no Qt"
            found = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
            if not found:
                continue
            path = found[1].split("/")
            if path[0] in ("app", "ui", "tests"):
                yield f"{place}:{number}: {found[1]} stands above core"
            elif path[0] != "core":
                yield f"{place}:{number}: include {found[1]} by its full path from the top"
            elif path[1] not in links.get(layer, set()):
                yield f"{place}:{number}: {layer} may not include {path[1]}"


def main():
    found = list(problems(pathlib.Path(sys.argv[1])))
    print("\n".join(found) or "every include points down")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
