// SPDX-License-Identifier: Apache-2.0
// Open-loop load generator: RATE requests a second for SECONDS, whatever the answers do (no coordinated omission).
//   rate_load PORT RATE SECONDS [MAX_CONNS=256] [BYTES=1024] [PATH] [MODEL] [HEADER...]
// Latency counts from the moment a request was DUE, so a stalled proxy is charged for the queue it caused; "send" counts from the
// write. Keep-alive connections, LIFO; a new one is opened only when all are busy. The first second is warm-up. One JSON line.
#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <netinet/tcp.h>
#include <string>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <vector>
using u64 = unsigned long long;
static u64 nowNs()
{
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}
struct C {
    int fd;
    u64 due, sent;
    std::string in;
    size_t need = 0;
    bool busy = false, chunked = false, ok = true;
};
int main(int ac, char** av)
{
    if (ac < 4) {
        fprintf(stderr, "usage: rate_load PORT RATE SECONDS [MAX_CONNS] [BYTES] [PATH] [MODEL] [HEADER...]\n");
        return 2;
    }
    int port = atoi(av[1]);
    double rate = atof(av[2]), secs = atof(av[3]);
    size_t maxc = ac > 4 ? atoi(av[4]) : 256, bytes = ac > 5 ? atoi(av[5]) : 1024;
    std::string path = ac > 6 ? av[6] : "/v1/chat/completions", model = ac > 7 ? av[7] : "gpt-4o-mini", extra;
    for (int i = 8; i < ac; i++) {
        extra += std::string(av[i]) + "\r\n";
    }
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_TIMERSLACK, 1000);
    rlimit r{};
    getrlimit(RLIMIT_NOFILE, &r);
    r.rlim_cur = r.rlim_max;
    setrlimit(RLIMIT_NOFILE, &r);
    std::string a = "{\"model\":\"" + model + "\",\"temperature\":0.7,\"messages\":[{\"role\":\"user\",\"content\":\"",
                b = "\"}]}";
    std::string body = a + std::string(bytes > a.size() + b.size() ? bytes - a.size() - b.size() : 1, 'x') + b;
    std::string req = "POST " + path
        + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAuthorization: Bearer k\r\n" + extra
        + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    int ep = epoll_create1(0);
    std::vector<C*> all, idle;
    std::deque<u64> wait;
    std::vector<unsigned> lat, sendLat;
    lat.reserve(size_t(rate * secs) + 16);
    sendLat.reserve(lat.capacity());
    u64 start = nowNs(), warm = start + u64(1e9), end = start + u64((secs + 1) * 1e9), issued = 0, done = 0, bad = 0,
        err = 0, measured = 0, maxWait = 0;
    double gap = 1e9 / rate;
    u64 next = start;
    auto issue = [&](C* c, u64 due) {
        c->due = due;
        c->sent = nowNs();
        c->busy = true;
        c->in.clear();
        c->need = 0;
        c->chunked = false;
        if (send(c->fd, req.data(), req.size(), MSG_NOSIGNAL) != (ssize_t)req.size()) {
            close(c->fd);
            c->fd = -1;
            err++;
        }
    };
    auto take = [&](u64 due) {
        C* c = nullptr;
        while (!idle.empty()) {
            c = idle.back();
            idle.pop_back();
            if (c->fd >= 0) {
                break;
            }
            c = nullptr;
        }
        if (!c) {
            if (all.size() >= maxc) {
                wait.push_back(due);
                maxWait = std::max<u64>(maxWait, wait.size());
                return;
            }
            int f = socket(AF_INET, SOCK_STREAM, 0);
            sockaddr_in s{};
            s.sin_family = AF_INET;
            s.sin_port = htons(port);
            s.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            if (f < 0 || connect(f, (sockaddr*)&s, sizeof s)) {
                if (f >= 0) {
                    close(f);
                }
                err++;
                return;
            }
            int one = 1;
            setsockopt(f, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            c = new C{f, 0, 0, {}};
            all.push_back(c);
            epoll_event e{};
            e.events = EPOLLIN;
            e.data.ptr = c;
            epoll_ctl(ep, EPOLL_CTL_ADD, f, &e);
        }
        issue(c, due);
    };
    static char buf[65536];
    epoll_event evs[256];
    for (;;) {
        u64 t = nowNs();
        if (t >= end && (t >= end + u64(2e9) || done + err >= issued)) {
            break;
        }
        while (next <= t && next < end) {
            issued++;
            take(next);
            next = start + u64(issued * gap);
        }
        t = nowNs();
        u64 until = next < end ? next : end + u64(2e9);
        timespec ts{0, 0};
        if (until > t) {
            u64 d = std::min<u64>(until - t, 100000000ull);
            ts.tv_nsec = long(d);
        }
        int k = epoll_pwait2(ep, evs, 256, &ts, nullptr);
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
                close(c.fd);
                c.fd = -1;
                if (c.busy) {
                    err++;
                    c.busy = false;
                }
                all.erase(std::find(all.begin(), all.end(), &c));
                continue;
            }
            c.in.append(buf, m);
            if (!c.need && !c.chunked) {
                size_t e = c.in.find("\r\n\r\n");
                if (e == c.in.npos) {
                    continue;
                }
                c.ok = c.in.compare(9, 1, "2") == 0;
                const char* l = strcasestr(c.in.c_str(), "\r\ncontent-length:");
                if (l && l < c.in.c_str() + e) {
                    c.need = e + 4 + atol(l + 17);
                } else {
                    c.chunked = true;
                }
            }
            bool fin = c.chunked ? c.in.size() >= 5 && c.in.compare(c.in.size() - 5, 5, "0\r\n\r\n") == 0
                                 : c.in.size() >= c.need;
            if (!fin || !c.busy) {
                continue;
            }
            u64 now = nowNs();
            c.busy = false;
            done++;
            if (!c.ok) {
                bad++;
            }
            if (c.due >= warm) {
                measured++;
                lat.push_back(unsigned((now - c.due) / 100));
                sendLat.push_back(unsigned((now - c.sent) / 100));
            }
            if (!wait.empty()) {
                u64 d = wait.front();
                wait.pop_front();
                issue(&c, d);
            } else {
                idle.push_back(&c);
            }
        }
    }
    auto pc = [](std::vector<unsigned>& v, double q) {
        if (v.empty()) {
            return -1.0;
        }
        size_t i = std::min(v.size() - 1, size_t(v.size() * q));
        std::nth_element(v.begin(), v.begin() + i, v.end());
        return v[i] / 10.0;
    };
    rusage u{};
    getrusage(RUSAGE_SELF, &u);
    printf("{\"rate\":%.0f,\"issued\":%llu,\"done\":%llu,\"requests\":%llu,\"bad\":%llu,\"err\":%llu,\"left\":%llu,"
           "\"conns\":%zu,\"queue_max\":%llu,\"p10\":%.1f,\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":"
           "%.1f,\"send_p50\":%.1f,\"send_p99\":%.1f,\"self_cpu_us\":%.1f}\n",
        rate, issued, done, measured, bad, err, issued - done - err, all.size(), maxWait, pc(lat, .1), pc(lat, .5),
        pc(lat, .9), pc(lat, .99), pc(lat, .999), pc(lat, 1), pc(sendLat, .5), pc(sendLat, .99),
        (u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6) * 1e6
            / std::max<u64>(1, done));
}
