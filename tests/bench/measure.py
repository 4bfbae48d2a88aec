#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures signalboxctl beside nginx and HAProxy and writes the figures as Markdown.

  measure.py --build build/release [--write [FILE]] [--baselines-only] [options of bench.py]

Runs bench.py with additions: the tests `syscalls` (system calls per request, counted by strace) and `handover`
(changes of the plan under load), the latency added at a set rate, and the in-process benchmarks (bench_*). Loopback
only; it stops only what it started.
"""
import argparse
import contextlib
import datetime
import io
import json
import os
import pathlib
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import bench

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SYSCALL_CONNECTIONS = 64
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


# ---- system calls per request -------------------------------------------------------------------------------------

def traced(pid):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
        return re.search(r"^TracerPid:\s+([1-9]\d*)", status.read(), re.M) is not None


def counts_of(summary):
    """name -> calls, from the table that `strace -c` leaves"""
    counts = {}
    for line in summary.splitlines():
        words = line.split()
        if len(words) >= 5 and re.fullmatch(r"[\d.]+", words[0]) and words[-1] != "total":
            counts[words[-1]] = int(words[3])
    return counts


@contextlib.contextmanager
def strace(pids):
    """Counts the system calls of processes while the block runs; yields a dictionary that is filled at its end."""
    counts = {}
    with tempfile.NamedTemporaryFile("r") as summary:
        command = ["strace", "-f", "-c", "-o", summary.name]
        for pid in pids:
            command += ["-p", str(pid)]
        tracer = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            end = time.monotonic() + 5
            while not all(map(traced, pids)):
                if tracer.poll() is not None or time.monotonic() > end:
                    raise RuntimeError("strace cannot attach")
                time.sleep(0.01)
            yield counts
        finally:
            if tracer.poll() is None:
                tracer.send_signal(signal.SIGINT)
            try:
                tracer.communicate(timeout=10)
            except subprocess.TimeoutExpired:
                tracer.kill()
                tracer.communicate()
        counts.update(counts_of(summary.read()))


@bench.test
def syscalls(candidate):
    if not candidate.pid or candidate.name == "direct":
        return {}
    try:
        with strace(bench.tree(candidate.pid)) as counts:
            run = bench.wrk(candidate, SYSCALL_CONNECTIONS, bench.A.secs, 1024)
    except (OSError, RuntimeError) as problem:
        print(f"system calls of {candidate.name} were not counted: {problem}", file=sys.stderr)
        return {}
    if not run:
        return {}
    per_request = {name: calls / run["requests"] for name, calls in counts.items()}
    return {f"syscalls_c{SYSCALL_CONNECTIONS}": {
        "per_request": sum(per_request.values()), "bad": run["bad"],
        "calls": {name: share for name, share in per_request.items() if share >= 0.01}}}


def print_syscalls(results, names, references):
    """Medians over rounds; ratios are formed within a round, as everywhere."""
    key = f"syscalls_c{SYSCALL_CONNECTIONS}"
    rows = [r for r in results if r["key"] == key and r["foreign_pct"] <= bench.A.quiet]
    if not rows:
        return
    print(f"\n### {key} (system calls per request, counted by strace; medians over rounds)")
    print("| candidate | calls per request | " + "".join(f"vs {name} | " for name in references) + "bad | which |")
    print("|---" * (4 + len(references)) + "|")
    for name in names:
        own = {r["round"]: r for r in rows if r["cand"] == name}
        if not own:
            continue
        ratios = []
        for reference in references:
            theirs = {r["round"]: r for r in rows if r["cand"] == reference}
            found = [own[i]["per_request"] / theirs[i]["per_request"] for i in own if i in theirs]
            ratios.append(f"{bench.statistics.median(found):.3g}" if found else "")
        middle = sorted(own.values(), key=lambda r: r["per_request"])[len(own) // 2]
        which = ", ".join(f"{call} {share:.2f}" for call, share in sorted(middle["calls"].items(), key=lambda c: -c[1]))
        print(f"| {name} | {middle['per_request']:.2f} | " + "".join(f"{r} | " for r in ratios)
              + f"{sum(r['bad'] for r in own.values())} | {which} |")


# ---- latency that a proxy adds at a set rate ----------------------------------------------------------------------

def print_added_latency(results, names, references):
    """p50 of a candidate minus p50 without any proxy, within a round; then medians, as everywhere."""
    rows = [r for r in results if re.fullmatch(r"rate\d+", r["key"]) and r["foreign_pct"] <= bench.A.quiet]
    for key in dict.fromkeys(r["key"] for r in rows):
        p50 = {(r["cand"], r["round"]): r["p50"] for r in rows if r["key"] == key}
        added = {name: {i: p50[name, i] - p50["direct", i] for cand, i in p50 if cand == name and ("direct", i) in p50}
                 for name in names if name != "direct"}
        if not any(added.values()):
            continue
        print(f"\n### {key}, added (us: p50 minus direct's p50; medians over rounds, ratios within a round)")
        print("| candidate | added p50 |" + "".join(f" vs {name} |" for name in references))
        print("|---" * (2 + len(references)) + "|")
        for name, own in added.items():
            if not own:
                continue
            ratios = []
            for reference in references:
                found = [own[i] / theirs for i, theirs in added[reference].items() if i in own and theirs > 0]
                ratios.append(f"{bench.statistics.median(found):.3g}" if found else "")
            print(f"| {name} | {bench.statistics.median(own.values()):.1f} |" + "".join(f" {r} |" for r in ratios))


# ---- a change of the plan under load ------------------------------------------------------------------------------

@bench.test
def handover(candidate):
    """Not a candidate's run: a proxy in the process of handover_bench, before the same upstreams."""
    if candidate.name != "signalbox":
        return {}
    manifest = os.path.join(bench.TMP, "signalbox.yaml")
    done = subprocess.run([os.path.join(bench.BIN, "handover_bench"), manifest, str(bench.A.secs)],
                          capture_output=True, text=True, timeout=60 + bench.A.secs, check=False)
    if done.returncode != 0:
        print(f"handover_bench: {done.stderr.strip()}", file=sys.stderr)
        return {}
    return {"handover": json.loads(done.stdout)}


def print_handover(results):
    rows = [r for r in results if r["key"] == "handover" and r["foreign_pct"] <= bench.A.quiet]
    if not rows:
        return
    print("\n### handover (ms from a change of the weights until the last worker decides by it, under load; "
          "medians over rounds, worst for max)")
    print("| from | p50 | p99 | max |\n|---|---|---|---|")
    for part, text in (("edit", "the edited text"), ("publish", "the compiled plan")):
        print(f"| {text} | {bench.statistics.median(r[part + '_p50'] for r in rows):.2f} "
              f"| {bench.statistics.median(r[part + '_p99'] for r in rows):.2f} | {max(r[part + '_max'] for r in rows):.2f} |")
    print(f"\n{sum(r['plans'] for r in rows)} plans, {sum(r['requests'] for r in rows)} requests meanwhile, "
          f"{sum(r['failed'] for r in rows)} of them failed.")


# ---- in-process benchmarks ----------------------------------------------------------------------------------------

def print_benchmarks(folder):
    for program in sorted(p for p in folder.glob("bench_*") if os.access(p, os.X_OK)):
        done = subprocess.run([program, "--benchmark_format=json", "--benchmark_min_time=0.5"],
                              capture_output=True, text=True, timeout=600, check=True)
        print(f"\n### {program.name} (one thread, in process)\n| benchmark | time | CPU time | allocations |\n|---|---|---|---|")
        for row in json.loads(done.stdout)["benchmarks"]:
            unit = row["time_unit"]
            print(f"| {row['name']} | {row['real_time']:.1f} {unit} | {row['cpu_time']:.1f} {unit} "
                  f"| {row.get('allocations', '')} |")


# ---- the report ---------------------------------------------------------------------------------------------------

def first_line(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return (done.stdout + done.stderr).splitlines()[0].strip()
    except (OSError, IndexError):
        return "unknown"


def print_machine(arguments):
    cpu = re.search(r"^model name\s*:\s*(.*)$", pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.M)
    haproxy = re.search(r"[\d.]{3,}", first_line(["haproxy", "-v"]))
    print(f"Measured on {datetime.date.today().isoformat()}, commit "
          f"{first_line(['git', '-C', str(ROOT), 'rev-parse', '--short', 'HEAD'])}: "
          f"{os.cpu_count()} processors ({cpu[1] if cpu else platform.machine()}), {platform.system()} "
          f"{platform.release()}, {first_line(['nginx', '-v']).removeprefix('nginx version: ')}, "
          f"HAProxy {haproxy[0] if haproxy else 'unknown'}.\n\n    ./dev bench {' '.join(arguments)}".rstrip())


def write_into(file, text):
    """Puts the figures between the marks of a page that has them; else they are the whole file."""
    old = file.read_text(encoding="utf-8") if file.exists() else ""
    block = f"{BEGIN}\n{text.strip()}\n{END}"
    if BEGIN in old and END in old:
        head, rest = old.split(BEGIN, 1)
        new = head + block + rest.split(END, 1)[1]
    else:
        new = block + "\n"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(new, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     allow_abbrev=False)
    parser.add_argument("--build", type=pathlib.Path, required=True, help="build folder (build/release)")
    parser.add_argument("--write", type=pathlib.Path, nargs="?", const=ROOT / "docs/performance.md",
                        help="keep the figures in this Markdown file (default docs/performance.md)")
    parser.add_argument("--baselines-only", action="store_true", help="without signalboxctl")
    own, passed_on = parser.parse_known_args()
    build = own.build.resolve()
    bench.BIN = str(build / "bench")

    options = ["--out", str(build / "bench/results.json"), "--tests", "start,thr,rate,big,idle,stream,syscalls,handover",
               "--vs", "nginx,haproxy"]
    if not own.baselines_only:
        program = build / "bin/signalboxctl"
        if not program.exists():
            sys.exit(f"{program} is not there: build it first (./dev build)")
        binds = " ".join(f"--bind {name}=manifest" for name in ("up-a", "up-b", "up-c"))
        options += ["--start", f"signalbox={bench.shlex.quote(str(program))} run {{manifest}} "
                               f"--listen 127.0.0.1:{{port}} {binds}"]

    figures = io.StringIO()
    report = bench.report

    def whole_report(results, names, references):
        with contextlib.redirect_stdout(figures):
            print_machine(sys_arguments)
            own_tables = [r for r in results if r["key"].startswith(("syscalls", "handover"))]
            report([r for r in results if r not in own_tables], names, references)
            print_added_latency(results, names, references)
            print_syscalls(own_tables, names, references)
            print_handover(own_tables)
            print_benchmarks(build / "bench")

    sys_arguments = [a for a in sys.argv[1:] if a not in ("--build", str(own.build))]
    sys.argv = ["bench.py", *options, *passed_on]
    bench.report = whole_report
    bench.main()
    shutil.rmtree(bench.TMP, ignore_errors=True)
    print("\n" + figures.getvalue())
    if own.write:
        write_into(own.write, figures.getvalue())
        print(f"written to {own.write}")


if __name__ == "__main__":
    main()
