// SPDX-License-Identifier: Apache-2.0
// Upstream simulator: answers POST .../chat/completions on N consecutive loopback ports.
//   upstream_sim PORT0 NPORTS [EVENTS=20] [INTERVAL_MS=100] [FAIL_PERMILLE=0] [DELAY_MS=0]
// "stream":true in the first 4 KiB of the body -> SSE: EVENTS token events, one per INTERVAL_MS
// (first at once, the last followed by [DONE]); otherwise a ~600 byte JSON completion.
// GET /stats -> per-port request counts and the models seen; GET /reset zeroes them.
// One thread, raw epoll: its only job is to be clearly cheaper than any proxy.
#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>
using u64 = unsigned long long;
static u64 nowUs()
{
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}
struct Conn {
    int fd, port;
    u64 gen = 0;
    std::string in, out;
    size_t need = 0, off = 0;
    int sent = 0;
    bool sse = false, want = false, pendingReply = false;
};
struct Due {
    u64 at;
    Conn* c;
    u64 gen;
};
static int ep, events = 20, intervalMs = 100, failPm = 0, delayMs = 0, port0, nports;
static std::deque<Due> q, dq;
static std::vector<Conn*> grave;
static std::string okReply, sseHead, ev, evLast, failReply;
static u64 genCounter = 1, total[64], fails, stray;
static std::map<std::string, u64> models;
static unsigned rng = 12345;
static std::string chunk(const std::string& s)
{
    char h[16];
    snprintf(h, sizeof h, "%zx\r\n", s.size());
    return h + s + "\r\n";
}
static void closeConn(Conn* c)
{
    if (c->fd < 0) {
        return;
    }
    close(c->fd);
    c->fd = -1;
    c->gen = 0;
    grave.push_back(c);
}
static void arm(Conn* c, bool want)
{
    if (c->want == want) {
        return;
    }
    c->want = want;
    epoll_event e{};
    e.events = EPOLLIN | (want ? EPOLLOUT : 0);
    e.data.ptr = c;
    epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
}
static void put(Conn* c, std::string_view s)
{
    if (c->fd < 0) {
        return;
    }
    if (c->out.empty()) {
        ssize_t r = send(c->fd, s.data(), s.size(), MSG_NOSIGNAL);
        if (r < 0) {
            if (errno != EAGAIN) {
                closeConn(c);
                return;
            }
            r = 0;
        }
        if ((size_t)r == s.size()) {
            return;
        }
        s.remove_prefix(r);
    }
    c->out.append(s);
    arm(c, true);
}
static void step(Conn* c, u64 due)
{ // next SSE event; paced from the due time, so no drift
    c->sent++;
    if (c->sent >= events) {
        c->sse = false;
        put(c, evLast);
        c->sent = 0;
        return;
    }
    put(c, ev);
    if (c->fd >= 0) {
        q.push_back({due + intervalMs * 1000ull, c, c->gen});
    }
}
static void answer(Conn* c, std::string_view head, std::string_view body)
{
    if (head.substr(0, 4) == "GET ") {
        std::string b = "{";
        if (head.substr(4, 6) == "/reset") {
            memset(total, 0, sizeof total);
            fails = stray = 0;
            models.clear();
        }
        b += "\"ports\":[";
        for (int i = 0; i < nports; i++) {
            b += (i ? "," : "") + std::to_string(total[i]);
        }
        b += "],\"fails\":" + std::to_string(fails) + ",\"models\":{";
        bool f = true;
        for (auto& m : models) {
            b += (f ? "\"" : ",\"") + m.first + "\":" + std::to_string(m.second);
            f = false;
        }
        b += "}}";
        put(c,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(b.size())
                + "\r\n\r\n" + b);
        return;
    }
    total[c->port]++;
    std::string_view probe = body.substr(0, 4096);
    size_t m = probe.find("\"model\"");
    if (m != probe.npos) {
        size_t a = probe.find('"', m + 7);
        size_t b = a == probe.npos ? a : probe.find('"', a + 1);
        if (b != probe.npos) {
            static std::string key;
            key.assign(probe.substr(a + 1, b - a - 1));
            ++models[key];
        }
    }
    if (failPm && (int)((rng = rng * 1664525u + 1013904223u) >> 8) % 1000 < failPm) {
        fails++;
        put(c, failReply);
        return;
    }
    size_t s = probe.find("\"stream\"");
    bool stream = s != probe.npos && probe.substr(s + 8, 8).find("true") != probe.npos;
    if (stream) {
        c->sse = true;
        c->gen = ++genCounter;
        c->sent = 1;
        put(c, sseHead);
        if (c->fd >= 0) {
            q.push_back({nowUs() + intervalMs * 1000ull, c, c->gen});
        }
        return;
    }
    if (delayMs) {
        c->gen = ++genCounter;
        dq.push_back({nowUs() + delayMs * 1000ull, c, c->gen});
        return;
    }
    put(c, okReply);
}
static void readable(Conn* c)
{
    static char buf[262144];
    for (;;) {
        ssize_t r = recv(c->fd, buf, sizeof buf, 0);
        if (r == 0 || (r < 0 && errno != EAGAIN)) {
            closeConn(c);
            return;
        }
        if (r < 0) {
            return;
        }
        bool full = r == (ssize_t)sizeof buf;
        c->in.append(buf, r);
        while (c->fd >= 0 && !c->in.empty()) {
            if (!c->need) {
                size_t e = c->in.find("\r\n\r\n");
                if (e == std::string::npos) {
                    break;
                }
                size_t cl = 0;
                for (size_t p = c->in.find("\r\n"); p < e; p = c->in.find("\r\n", p + 2)) {
                    if (strncasecmp(c->in.data() + p + 2, "content-length:", 15) == 0) {
                        cl = atol(c->in.data() + p + 17);
                        break;
                    }
                }
                if (strncasecmp(c->in.data(), "POST", 4) == 0 && cl == 0
                    && strcasestr(c->in.c_str(), "transfer-encoding: chunked")) { // chunked request: take it to its end
                    size_t z = c->in.find("\r\n0\r\n\r\n", e);
                    if (z == std::string::npos) {
                        if (c->in.compare(e + 4, 5, "0\r\n\r\n") != 0) {
                            break;
                        }
                        z = e + 2;
                    }
                    cl = z + 7 - (e + 4);
                }
                c->need = e + 4 + cl;
                if (cl > 65536) {
                    c->in.reserve(c->need);
                }
            }
            if (c->in.size() < c->need) {
                break;
            }
            size_t n = c->need;
            c->need = 0;
            std::string_view all(c->in.data(), n);
            size_t e = all.find("\r\n\r\n");
            answer(c, all.substr(0, e), all.substr(e + 4));
            if (c->fd < 0) {
                return;
            }
            if (n == c->in.size()) {
                c->in.clear();
            } else {
                c->in.erase(0, n);
            }
        }
        if (!full || c->fd < 0) {
            return;
        }
    }
}
int main(int ac, char** av)
{
    if (ac < 3) {
        fprintf(stderr, "usage: upstream_sim PORT0 NPORTS [EVENTS] [INTERVAL_MS] [FAIL_PERMILLE] [DELAY_MS]\n");
        return 2;
    }
    port0 = atoi(av[1]);
    nports = atoi(av[2]);
    if (ac > 3) {
        events = atoi(av[3]);
    }
    if (ac > 4) {
        intervalMs = atoi(av[4]);
    }
    if (ac > 5) {
        failPm = atoi(av[5]);
    }
    if (ac > 6) {
        delayMs = atoi(av[6]);
    }
    signal(SIGPIPE, SIG_IGN);
    rlimit r{131072, 131072};
    if (setrlimit(RLIMIT_NOFILE, &r)) {
        getrlimit(RLIMIT_NOFILE, &r);
        r.rlim_cur = r.rlim_max;
        setrlimit(RLIMIT_NOFILE, &r);
    }
    std::string text = "Signals on a railway line are interlocked so that no two trains can be given conflicting "
                       "routes at the same time. ";
    std::string b = "{\"id\":\"chatcmpl-sim0001\",\"object\":\"chat.completion\",\"created\":1700000000,\"model\":"
                    "\"sim\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\""
        + text + text + text
        + "\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":21,\"completion_tokens\":64,\"total_tokens\":"
          "85}}";
    okReply = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(b.size())
        + "\r\n\r\n" + b;
    std::string fb = "{\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\"}}";
    failReply = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: "
        + std::to_string(fb.size()) + "\r\n\r\n" + fb;
    std::string e1 =
        "data: "
        "{\"id\":\"chatcmpl-sim0001\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"sim\","
        "\"choices\":[{\"index\":0,\"delta\":{\"content\":\" token\"},\"finish_reason\":null}]}\n\n";
    ev = chunk(e1);
    sseHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nTransfer-Encoding: "
              "chunked\r\n\r\n"
        + ev;
    evLast = ev + chunk("data: [DONE]\n\n") + "0\r\n\r\n";
    ep = epoll_create1(0);
    std::vector<int> ls;
    for (int i = 0; i < nports; i++) {
        int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
        setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        sockaddr_in a{};
        a.sin_family = AF_INET;
        a.sin_port = htons(port0 + i);
        a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (bind(s, (sockaddr*)&a, sizeof a) || listen(s, 4096)) {
            perror("listen");
            return 1;
        }
        auto* l = new Conn{-2 - s, i};
        epoll_event e{};
        e.events = EPOLLIN;
        e.data.ptr = l;
        epoll_ctl(ep, EPOLL_CTL_ADD, s, &e);
    }
    epoll_event evs[512];
    for (;;) {
        int to = -1;
        u64 t = nowUs();
        u64 nx = ~0ull;
        if (!q.empty()) {
            nx = q.front().at;
        }
        if (!dq.empty() && dq.front().at < nx) {
            nx = dq.front().at;
        }
        if (nx != ~0ull) {
            to = nx <= t ? 0 : int((nx - t + 999) / 1000);
        }
        int n = epoll_wait(ep, evs, 512, to);
        for (int k = 0; k < n; k++) {
            Conn* c = (Conn*)evs[k].data.ptr;
            if (c->fd <= -2) {
                for (;;) {
                    int f = accept4(-2 - c->fd, 0, 0, SOCK_NONBLOCK);
                    if (f < 0) {
                        break;
                    }
                    int one = 1;
                    setsockopt(f, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                    auto* x = new Conn{f, c->port};
                    epoll_event e{};
                    e.events = EPOLLIN;
                    e.data.ptr = x;
                    epoll_ctl(ep, EPOLL_CTL_ADD, f, &e);
                }
                continue;
            }
            if (c->fd < 0) {
                continue;
            }
            if (evs[k].events & EPOLLOUT && !c->out.empty()) {
                ssize_t w = send(c->fd, c->out.data(), c->out.size(), MSG_NOSIGNAL);
                if (w > 0) {
                    c->out.erase(0, w);
                }
                if (c->out.empty()) {
                    arm(c, false);
                }
            }
            if (evs[k].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
                readable(c);
            }
        }
        t = nowUs();
        while (!q.empty() && q.front().at <= t) {
            Due d = q.front();
            q.pop_front();
            if (d.c->fd >= 0 && d.c->gen == d.gen && d.c->sse) {
                step(d.c, d.at);
            }
        }
        while (!dq.empty() && dq.front().at <= t) {
            Due d = dq.front();
            dq.pop_front();
            if (d.c->fd >= 0 && d.c->gen == d.gen) {
                put(d.c, okReply);
            }
        }
        // connections are freed once no queue entry can still point at them
        if (grave.size() > 4096 && q.empty() && dq.empty()) {
            for (auto* g : grave) {
                delete g;
            }
            grave.clear();
        }
    }
}
