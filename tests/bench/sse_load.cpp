// SPDX-License-Identifier: Apache-2.0
// SSE load generator: keeps N streams open for SECONDS (each connection starts its next stream when one ends).
//   sse_load PORT N SECONDS RAMP_MS INTERVAL_MS EVENTS [PATH] [HEADER...]
// Lateness of event i = arrival - (request sent + i*INTERVAL). Prints one JSON line.
#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <netinet/tcp.h>
#include <string>
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
struct C {
    int fd = -1;
    u64 t0 = 0;
    int ev = 0;
    char last = 0;
    std::string tail;
    bool head = true;
};
int main(int ac, char** av)
{
    if (ac < 7) {
        return 2;
    }
    int port = atoi(av[1]), n = atoi(av[2]);
    double secs = atof(av[3]);
    int ramp = atoi(av[4]), iv = atoi(av[5]), evn = atoi(av[6]);
    std::string path = ac > 7 ? av[7] : "/v1/chat/completions", extra;
    for (int i = 8; i < ac; i++) {
        extra += std::string(av[i]) + "\r\n";
    }
    signal(SIGPIPE, SIG_IGN);
    rlimit r{131072, 131072};
    if (setrlimit(RLIMIT_NOFILE, &r)) {
        getrlimit(RLIMIT_NOFILE, &r);
        r.rlim_cur = r.rlim_max;
        setrlimit(RLIMIT_NOFILE, &r);
    }
    std::string body = "{\"model\":\"gpt-4o-mini\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\""
        + std::string(700, 'x') + "\"}]}";
    std::string req = "POST " + path
        + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAuthorization: Bearer k\r\n" + extra
        + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    int ep = epoll_create1(0);
    std::vector<C> cs(n);
    std::vector<unsigned> late, ttfb, dur;
    late.reserve(4000000);
    u64 start = nowUs(), end = start + u64(secs * 1e6), events = 0, done = 0, err = 0, non200 = 0;
    int opened = 0, live = 0;
    static char buf[65536];
    epoll_event evs[512];
    u64 measureFrom = start + ramp * 1000ull + 500000;
    auto drop = [&](C& c) {
        close(c.fd);
        c.fd = -1;
        live--;
        err++;
    };
    auto start1 = [&](C& c) {
        c.t0 = nowUs();
        c.ev = 0;
        c.head = true;
        c.tail.clear();
        if (send(c.fd, req.data(), req.size(), MSG_NOSIGNAL) != (ssize_t)req.size()) {
            drop(c);
        }
    };
    while (nowUs() < end) {
        u64 t = nowUs();
        int target = ramp ? std::min<u64>(n, u64(n) * (t - start) / (ramp * 1000ull) + 1) : n;
        for (int burst = 0; opened < target && burst < 64; opened++, burst++) {
            C& c = cs[opened];
            c.fd = socket(AF_INET, SOCK_STREAM, 0);
            sockaddr_in a{};
            a.sin_family = AF_INET;
            a.sin_port = htons(port);
            a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            if (c.fd < 0 || connect(c.fd, (sockaddr*)&a, sizeof a)) {
                if (c.fd >= 0) {
                    close(c.fd);
                }
                c.fd = -1;
                err++;
                continue;
            }
            live++;
            int one = 1;
            setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            epoll_event e{};
            e.events = EPOLLIN;
            e.data.ptr = &c;
            epoll_ctl(ep, EPOLL_CTL_ADD, c.fd, &e);
            start1(c);
        }
        int k = epoll_wait(ep, evs, 512, opened < n ? 1 : 20);
        for (int i = 0; i < k; i++) {
            C& c = *(C*)evs[i].data.ptr;
            if (c.fd < 0) {
                continue;
            }
            ssize_t m = recv(c.fd, buf, sizeof buf, MSG_DONTWAIT);
            if (m <= 0) {
                if (m < 0 && errno == EAGAIN) {
                    continue;
                }
                drop(c);
                continue;
            }
            u64 now = nowUs();
            const char *p = buf, *e = buf + m;
            if (c.head && m > 12) {
                c.head = false;
                if (memcmp(buf + 9, "200", 3)) {
                    non200++;
                    drop(c);
                    continue;
                }
                if (c.t0 > measureFrom) {
                    ttfb.push_back(unsigned(now - c.t0));
                }
            }
            while (p < e && (p = (const char*)memchr(p, '\n', e - p))) {
                char prev = p > buf ? p[-1] : c.last;
                if (prev == '\n') {
                    u64 due = c.t0 + u64(c.ev) * iv * 1000;
                    if (c.ev < evn) {
                        events++;
                        if (now > measureFrom) {
                            late.push_back(unsigned(now > due ? now - due : 0));
                        }
                    }
                    c.ev++;
                }
                p++;
            }
            c.last = buf[m - 1];
            c.tail.append(buf + (m > 8 ? m - 8 : 0), m > 8 ? 8 : m);
            if (c.tail.size() > 8) {
                c.tail.erase(0, c.tail.size() - 8);
            }
            if (c.ev > evn && c.tail.size() >= 5 && c.tail.compare(c.tail.size() - 5, 5, "0\r\n\r\n") == 0) {
                done++;
                if (c.t0 > measureFrom) {
                    dur.push_back(unsigned(now - c.t0));
                }
                start1(c);
            }
        }
    }
    auto pc = [](std::vector<unsigned>& v, double q) {
        if (v.empty()) {
            return -1.0;
        }
        size_t i = std::min(v.size() - 1, size_t(v.size() * q));
        std::nth_element(v.begin(), v.begin() + i, v.end());
        return v[i] / 1000.0;
    };
    rusage u;
    getrusage(RUSAGE_SELF, &u);
    printf("{\"n\":%d,\"live\":%d,\"events\":%llu,\"measured\":%zu,\"done\":%llu,\"err\":%llu,\"non200\":%llu,\"late_"
           "p50\":%.2f,\"late_p99\":%.2f,\"late_max\":%.2f,\"ttfb_p50\":%.2f,\"ttfb_p99\":%.2f,\"dur_p50\":%.1f,\"dur_"
           "p99\":%.1f}\n",
        n, live, events, late.size(), done, err, non200, pc(late, .5), pc(late, .99), pc(late, 1.0), pc(ttfb, .5),
        pc(ttfb, .99), pc(dur, .5), pc(dur, .99));
}
