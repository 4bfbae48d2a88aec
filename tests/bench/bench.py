#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Interleaved proxy benchmark: candidates are run A B C A B C ..., ratios are formed within a round.

  bench.py --proxy NAME=URL [--pid NAME=PID] ...       a proxy that is already running
  bench.py --start 'NAME=COMMAND with {port} {up}'     a proxy the driver starts (and stops) itself
  bench.py --baselines direct,nginx,haproxy,envoy,aigw,portkey    what to compare with
See README.md.  Only loopback, only processes started here are ended.
"""
import argparse, http.client, json, os, re, resource, shlex, signal, socket, statistics, subprocess, sys, tempfile, threading, time
from urllib.parse import urlparse
HERE = os.path.dirname(os.path.abspath(__file__))
BIN = os.environ.get("BENCH_BIN", HERE)          # where the load generators and the upstream were built
TICK = os.sysconf("SC_CLK_TCK")
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
MODEL = "gpt-4o-mini"

def tree(pid):
    out, todo = [], [pid]
    while todo:
        p = todo.pop(); out.append(p)
        try:
            for t in os.listdir(f"/proc/{p}/task"):
                todo += [int(x) for x in open(f"/proc/{p}/task/{t}/children").read().split()]
        except OSError: pass
    return out
def cpu_parts(pid):             # seconds so far in user mode, in the kernel
    u = s = 0
    for p in tree(pid):
        try:
            f = open(f"/proc/{p}/stat").read().rsplit(")", 1)[1].split(); u += int(f[11]); s += int(f[12])
        except OSError: pass
    return u / TICK, s / TICK
def cpu(pid): return sum(cpu_parts(pid))
def rss(pid):
    s = 0
    for p in tree(pid):
        try: s += int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{p}/status").read()).group(1))
        except (OSError, AttributeError): pass
    return s  # KiB
def pss(pid):                   # pages shared between a tree's processes (nginx master and worker) counted once
    s = 0
    for p in tree(pid):
        try: s += int(re.search(r"^Pss:\s+(\d+)", open(f"/proc/{p}/smaps_rollup").read(), re.M).group(1))
        except (OSError, AttributeError): pass
    return s
def others():                   # CPU seconds so far of processes that are not ours, and stolen by the host: tells a disturbed run from a quiet one
    f = [int(x) for x in open("/proc/stat").readline().split()[1:]]; own = 0
    for p in tree(os.getpid()):
        try: own += sum(int(x) for x in open(f"/proc/{p}/stat").read().rsplit(")", 1)[1].split()[11:15])
        except OSError: pass
    return (f[0] + f[1] + f[2] + f[7] - own) / TICK
def quiet(limit):               # wait, at most that long, for a second in which others use less than --quiet per cent
    end = time.monotonic() + limit
    while time.monotonic() < end:
        o, w = others(), time.monotonic(); time.sleep(1)
        if (others() - o) / (time.monotonic() - w) * 100 < A.quiet: return True
def command(text, **kw):        # 'VAR=value COMMAND {port}' -> argv, environment
    w = shlex.split(text.format(**kw)); env = {}
    while w and re.match(r"^[A-Z_0-9]+=", w[0]): k, v = w.pop(0).split("=", 1); env[k] = v
    return w, env

class Cand:
    def __init__(self, name, url=None, pid=None, start=None, port=None, headers=(), env=None):
        self.name, self.url, self.pid, self.start, self.port, self.headers, self.env = name, url, pid, start, port, list(headers), env
        self.proc = None; self.slow = name in A.slow.split(","); self.start_ms = None
    def up(self):
        if self.start and not self.proc:
            env = dict(os.environ); env.update(self.env or {})
            log = open(os.path.join(TMP, self.name + ".log"), "ab"); t0 = time.monotonic()
            self.proc = subprocess.Popen(self.start, stdout=subprocess.DEVNULL, stderr=log, env=env, cwd=HERE); self.pid = self.proc.pid
            while not served(self):          # a listening socket is not enough: some listen seconds before they serve
                t = time.monotonic() - t0
                if t > A.start_timeout or self.proc.poll() is not None: raise SystemExit(f"{self.name} did not start; see {log.name}")
                time.sleep(0.001 if t < 1 else 0.01)
            self.start_ms = (time.monotonic() - t0) * 1000
            time.sleep(0.3)
    def down(self):
        if self.proc:
            kids = tree(self.pid)[1:]; self.proc.send_signal(signal.SIGTERM)
            try: self.proc.wait(5)
            except subprocess.TimeoutExpired: self.proc.kill(); self.proc.wait()
            for k in kids:                   # a child that outlived its parent would keep the port
                for _ in range(50):
                    if not os.path.exists(f"/proc/{k}"): break
                    time.sleep(0.02)
                else: os.kill(k, signal.SIGKILL)
            self.proc = None; self.pid = None
def served(c):
    u = urlparse(c.url)
    try:
        h = http.client.HTTPConnection(u.hostname, u.port, timeout=5)
        h.request("POST", A.path, json.dumps({"model": MODEL, "messages": [{"role": "user", "content": "hi"}]}), dict([("Content-Type", "application/json"), ("Authorization", "Bearer k")] + [tuple(x.split(": ", 1)) for x in c.headers]))
        r = h.getresponse(); r.read(); h.close(); return r.status == 200
    except (OSError, http.client.HTTPException): return False

def wrk(c, conns, secs, size):
    t = "1" if conns < 2 else str(A.wrk_threads)
    cmd = ["wrk", "-t" + t, f"-c{conns}", f"-d{secs}s", "--timeout", "10s", "--latency", "-s", os.path.join(HERE, "wrk_chat.lua"), c.url + A.path, "--", str(size), MODEL] + c.headers
    bu, bs = cpu_parts(c.pid) if c.pid else (0, 0)
    out = subprocess.run(cmd, capture_output=True, text=True).stdout
    eu, es = cpu_parts(c.pid) if c.pid else (0, 0)
    m = re.search(r"JSON (\{.*\})", out)
    if not m: return None
    j = json.loads(m.group(1)); n = max(1, j["requests"])
    return dict(rps=n / (j["us"] / 1e6), requests=n, p50=j["p50"], p99=j["p99"], cpu_us=(eu + es - bu - bs) * 1e6 / n if c.pid else None, user_us=(eu - bu) * 1e6 / n if c.pid else None, bad=j["non2xx"] + j["err"], rss_kb=rss(c.pid) if c.pid else None)
def sse(c, n, secs):
    u = urlparse(c.url); b, r0 = (cpu(c.pid), rss(c.pid)) if c.pid else (0, 0); peak = [r0]; stop = threading.Event()
    def watch():
        while not stop.wait(0.25):
            if c.pid: peak[0] = max(peak[0], rss(c.pid))
    th = threading.Thread(target=watch); th.start()
    ramp = max(500, n // 4)
    secs = secs + ramp / 1000
    t0 = time.time()
    o = subprocess.run([os.path.join(BIN, "sse_load"), str(u.port), str(n), str(secs), str(ramp), "100", "20", A.path] + c.headers, capture_output=True, text=True).stdout
    wall = time.time() - t0
    stop.set(); th.join(); e = cpu(c.pid) if c.pid else 0
    j = json.loads(o); ev = max(1, j["events"])
    j.update(cpu_us=(e - b) * 1e6 / ev if c.pid else None, cpu_pct=(e - b) / wall * 100, rss_kb_per=(peak[0] - r0) / n, ev_s=j["measured"] / (secs - ramp / 1000 - 0.5), bad=j["err"] + j["non200"])
    return j
def rated(c, rate):
    u = urlparse(c.url); b = cpu(c.pid) if c.pid else 0
    o = subprocess.run([os.path.join(BIN, "rate_load"), str(u.port), str(rate), str(A.secs), "256", "1024", A.path, MODEL] + c.headers, capture_output=True, text=True).stdout
    e = cpu(c.pid) if c.pid else 0; j = json.loads(o)
    j.update(cpu_us=(e - b) * 1e6 / max(1, j["done"]) if c.pid else None, bad=j["bad"] + j["err"] + j["left"], rss_kb=rss(c.pid) if c.pid else None); return j
def idle_conns(c, n):
    u = urlparse(c.url); socks = []
    body = json.dumps({"model": MODEL, "messages": [{"role": "user", "content": "hi"}]}).encode()
    hd = "".join(h + "\r\n" for h in c.headers)
    req = f"POST {A.path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\nContent-Type: application/json\r\n{hd}Content-Length: {len(body)}\r\n\r\n".encode() + body
    for _ in range(n):
        s = socket.create_connection((u.hostname, u.port), 10); s.sendall(req)
        if not s.recv(65536): raise RuntimeError("closed")
        socks.append(s)
    return socks

TESTS = {}
def test(f): TESTS[f.__name__] = f; return f
@test
def thr(c): return {f"c{n}": wrk(c, n, A.secs, 1024) for n in A.conns}
@test
def start(c):
    if c.name == "direct" or not c.start: return {}
    c.down(); time.sleep(0.2); c.up(); ms = c.start_ms; time.sleep(1.5); b = cpu(c.pid); time.sleep(2); e = cpu(c.pid)
    return {"start": dict(start_ms=ms, rss_kb=rss(c.pid), pss_kb=pss(c.pid), idle_cpu_pct=(e - b) / 2 * 100, start_cpu_ms=e * 1000, threads=sum(len(os.listdir(f"/proc/{p}/task")) for p in tree(c.pid)))}
@test
def rate(c): return {f"rate{n}": rated(c, n) for n in A.rates if not (c.slow and n > A.slow_rate)}
@test
def big(c): return {"1MB_c8": wrk(c, 8, A.secs, 1 << 20)}
@test
def idle(c):
    if c.slow: return {}
    base = wrk(c, 64, A.secs, 1024); s = idle_conns(c, A.idle)
    try: w = wrk(c, 64, A.secs, 1024)
    finally:
        for x in s: x.close()
    if base and w: w["vs_no_idle"] = w["rps"] / base["rps"]
    time.sleep(0.5)
    return {f"idle{A.idle}_c64": w}
@test
def stream(c):
    r = {}
    for n in A.streams:
        if c.slow and n > A.slow_streams: continue
        c.down(); c.up()            # fresh process: RSS per stream is then meaningful
        r[f"sse{n}"] = sse(c, n, A.sse_secs); time.sleep(0.5)
    return r

def main():
    global A, TMP
    p = argparse.ArgumentParser()
    p.add_argument("--proxy", action="append", default=[]); p.add_argument("--pid", action="append", default=[]); p.add_argument("--start", action="append", default=[])
    p.add_argument("--header", action="append", default=[], help="NAME=Header: value, sent to that candidate")
    p.add_argument("--baselines", default="direct,nginx,haproxy"); p.add_argument("--tests", default="thr,big,idle,stream")
    p.add_argument("--rounds", type=int, default=3); p.add_argument("--secs", type=int, default=3); p.add_argument("--sse-secs", type=float, default=6)
    p.add_argument("--conns", default="1,16,64,256"); p.add_argument("--streams", default="1000,4000,8000"); p.add_argument("--idle", type=int, default=5000)
    p.add_argument("--threads", type=int, default=1, help="worker threads for nginx/haproxy, and {threads} in --start"); p.add_argument("--wrk-threads", type=int, default=1)
    p.add_argument("--up", type=int, default=9101, help="first of three upstream ports"); p.add_argument("--events", default="20"); p.add_argument("--interval", default="100"); p.add_argument("--fail", default="0", help="upstream 503s, per mille"); p.add_argument("--no-sim", action="store_true", help="upstream_sim is already running")
    p.add_argument("--envoy", default="envoy", help="Envoy binary"); p.add_argument("--aigw", default="aigw run {manifest}", help="command that runs the AI gateway on a manifest; VAR=value words may lead it"); p.add_argument("--aigw-access-log", action="store_true", help="leave Envoy's access log on, as the gateway's default does")
    p.add_argument("--quiet", type=float, default=1e9, help="leave out of the report runs during which other processes used more than this per cent of a core"); p.add_argument("--wait-quiet", type=float, default=0, help="before each run wait up to so many seconds for such a moment")
    p.add_argument("--rates", default="1000", help="req/s for the test 'rate'"); p.add_argument("--vs", default="nginx,haproxy,envoy,aigw", help="columns of ratios, as far as they take part")
    p.add_argument("--slow", default="portkey,litellm", help="no idle test, only --slow-streams streams and --slow-rate req/s for these"); p.add_argument("--slow-streams", type=int, default=1000); p.add_argument("--slow-rate", type=int, default=1000); p.add_argument("--start-timeout", type=float, default=60)
    p.add_argument("--port", type=int, default=9201); p.add_argument("--path", default="/v1/chat/completions"); p.add_argument("--portkey", default="", help="path of the gateway's start-server.js"); p.add_argument("--out", default="results.json")
    A = p.parse_args(); A.conns, A.streams, A.rates = ([int(x) for x in v.split(",")] for v in (A.conns, A.streams, A.rates))
    TMP = tempfile.mkdtemp(prefix="bench-"); port = A.port; cs = []
    sim = Cand("direct", f"http://127.0.0.1:{A.up}", start=None if A.no_sim else [os.path.join(BIN, "upstream_sim"), str(A.up), "3", A.events, A.interval, A.fail]); sim.up()
    def conf(name, out=None):
        s = open(os.path.join(HERE, name)).read()
        for k, v in dict(PORT=port, UP0=A.up, UP1=A.up + 1, UP2=A.up + 2, THREADS=A.threads, DIR=TMP, MAXCONN=min(60000, hard // 2 - 200), NOACCESSLOG=str(not A.aigw_access_log).lower()).items(): s = s.replace(f"@{k}@", str(v))
        o = os.path.join(TMP, out or name[:-3]); open(o, "w").write(s); return o
    hdr = {}
    for h in A.header: k, v = h.split("=", 1); hdr.setdefault(k, []).append(v)
    for b in filter(None, A.baselines.split(",")):
        url = f"http://127.0.0.1:{port}"
        if b == "direct": d = Cand("direct", sim.url, pid=sim.pid); d.up = d.down = lambda: None; cs.append(d); continue
        if b == "nginx": cs.append(Cand(b, url, start=["nginx", "-c", conf("nginx.conf.in"), "-p", TMP]))
        elif b == "haproxy": cs.append(Cand(b, url, start=["haproxy", "-db", "-f", conf("haproxy.cfg.in")]))
        elif b == "envoy": cs.append(Cand(b, url, start=[A.envoy, "-c", conf("envoy.yaml.in"), "--concurrency", str(A.threads), "--disable-hot-restart", "-l", "error"]))
        elif b == "aigw": w, env = command(A.aigw, manifest=conf("aigw.yaml.in")); cs.append(Cand(b, url, start=w, env=env))
        elif b == "portkey":
            cfg = {"strategy": {"mode": "loadbalance"}, "retry": {"attempts": 2}, "targets": [{"provider": "openai", "api_key": "k", "custom_host": f"http://127.0.0.1:{A.up+i}/v1", "weight": w, "override_params": {"model": m}} for i, (w, m) in enumerate([(0.5, "up-a"), (0.3, "up-b"), (0.2, "up-c")])]}
            cs.append(Cand(b, url, start=["node", A.portkey, f"--port={port}", "--headless"], headers=["x-portkey-config: " + json.dumps(cfg)], env={"NODE_ENV": "production"}))
        port += 1
    for s in A.start:
        n, c = s.split("=", 1)
        w, env = command(c, port=port, up=A.up, threads=A.threads, manifest=conf("aigw.yaml.in", n + ".yaml"))
        cs.append(Cand(n, f"http://127.0.0.1:{port}", start=w, headers=hdr.get(n, []), env=env)); port += 1
    pids = dict(x.split("=", 1) for x in A.pid)
    for s in A.proxy: n, u = s.split("=", 1); cs.append(Cand(n, u.rstrip("/"), pid=int(pids[n]) if n in pids else None, headers=hdr.get(n, [])))
    res = []
    try:
        for c in cs: c.up()
        for r in range(A.rounds):
            for t in A.tests.split(","):
                order = cs[r % len(cs):] + cs[:r % len(cs)]         # rotate, so no one always follows the same neighbour
                for c in order:
                    if A.wait_quiet: quiet(A.wait_quiet)
                    o, w = others(), time.monotonic(); got = TESTS[t](c) or {}; foreign = (others() - o) / (time.monotonic() - w) * 100
                    for k, v in got.items():
                        if v: v["foreign_pct"] = foreign; res.append(dict(round=r, key=k, cand=c.name, **v)); print(r, k, c.name, {a: round(b, 1) for a, b in v.items() if isinstance(b, (int, float))}, flush=True)
                json.dump(res, open(A.out, "w"))
    finally:
        for c in cs: c.down()
        sim.down()
    report(res, [c.name for c in cs], [v for v in A.vs.split(",") if v in [c.name for c in cs]])

def report(res, names, vs):
    keys = list(dict.fromkeys(x["key"] for x in res))
    for k in keys:
        m, cols = ("start_ms", ["start_ms", "rss_kb", "pss_kb", "idle_cpu_pct", "start_cpu_ms", "threads"]) if k == "start" else ("ev_s", ["ev_s", "late_p50", "late_p99", "ttfb_p99", "cpu_us", "cpu_pct", "rss_kb_per", "bad"]) if k.startswith("sse") else ("p50", ["p10", "p50", "p99", "p999", "send_p50", "send_p99", "cpu_us", "rss_kb", "bad"]) if k.startswith("rate") else ("rps", ["rps", "p50", "p99", "cpu_us", "user_us", "rss_kb", "bad"] + (["vs_no_idle"] if k.startswith("idle") else []))
        f2 = "rss_kb" if k == "start" else "cpu_us"
        print(f"\n### {k} ({'best' if k == 'start' else 'medians'} over rounds; ratios of {m} and {f2} within a round)\n| candidate | " + " | ".join(cols + [f"{a}{b}" for a in (f"{m} vs ", f"{f2} vs ") for b in vs]) + " |\n|" + "---|" * (len(cols) + 1 + 2 * len(vs)))
        for n in names:
            rows = [x for x in res if x["key"] == k and x["cand"] == n and x["foreign_pct"] <= A.quiet]
            if not rows: continue
            def med(v, agg=min if k == "start" else statistics.median): v = [a for a in v if a is not None]; return agg(v) if v else float("nan")
            def ratio(base, f):
                o = {x["round"]: x for x in res if x["key"] == k and x["cand"] == base and x["foreign_pct"] <= A.quiet}
                return (med(x[f] for x in rows) / med(x[f] for x in o.values())) if k == "start" and o else med([x[f] / o[x["round"]][f] for x in rows if x["round"] in o and x.get(f) and o[x["round"]].get(f)])
            print(f"| {n} | " + " | ".join([f"{med([x.get(c) for x in rows]):.{3 if c=='vs_no_idle' else 1}f}" for c in cols] + [f"{ratio(b, f):.3g}" for f in (m, f2) for b in vs]) + " |")
if __name__ == "__main__": main()
