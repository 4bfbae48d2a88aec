// SPDX-License-Identifier: Apache-2.0

// Changes the weights of a manifest under load, as someone who edits it would:
//   handover_bench MANIFEST [SECONDS=3] [WORKERS=1] [CLIENTS=4]
// The manifest's upstreams must be running (upstream_sim). Prints one JSON line: milliseconds from the edited text, and
// from the compiled plan, until the last worker decides by it, and how many requests ran and failed meanwhile.

#include "core/manifest/input.h"
#include "core/proxy/proxy_server.h"
#include "core/telemetry/recorder.h"
#include "core/workspace/workspace.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace signalbox;
using Clock = std::chrono::steady_clock;

constexpr auto kInterval = std::chrono::milliseconds(50);
constexpr auto kLongestWait = std::chrono::seconds(10);

/// The edited manifest, given as if it were read from its file.
class OneText final : public manifest::FileAccess
{
public:
    explicit OneText(std::string text) : m_text(std::move(text)) {}
    base::Result<std::string> read(const std::string&) override { return m_text; }
    base::Result<std::vector<std::string>> list(const std::string&) override
    {
        return base::Error{"folder-missing", "no folder"};
    }

private:
    std::string m_text;
};

std::string contentOf(const std::string& path)
{
    manifest::SystemFiles files;
    auto content = files.read(path);
    if (!content) {
        throw std::runtime_error(content.error().message);
    }
    return *content;
}

/// The text with other numbers behind every "weight: "; `edit` counts from 1.
std::string withWeights(std::string text, std::size_t edit)
{
    constexpr std::string_view kKey = "weight: ";
    std::size_t which = 0;
    for (std::size_t at = text.find(kKey); at != std::string::npos; at = text.find(kKey, at)) {
        at += kKey.size();
        const std::size_t end = text.find_first_not_of("0123456789", at);
        text.replace(at, end - at, std::to_string(1 + (edit * 7 + 31 * which++) % 90));
    }
    return text;
}

plan::PlanPtr planOf(const std::string& text)
{
    OneText file(text);
    const workspace::Analysis analysis = workspace::analyse({"manifest.yaml"}, file, {}, {});
    if (!analysis.compiled.plan) {
        throw std::runtime_error("the manifest gives no plan");
    }
    return analysis.compiled.plan;
}

/// Every endpoint where the manifest says it is.
proxy::BindingsPtr bindingsOf(const plan::Plan& plan)
{
    auto bindings = std::make_shared<proxy::Bindings>();
    for (const plan::Endpoint& endpoint : plan.endpoints) {
        proxy::Binding binding;
        binding.kind = proxy::Binding::Kind::Manifest;
        bindings->byEndpoint.emplace(endpoint.key(), binding);
    }
    return bindings;
}

// ---- load ----------------------------------------------------------------------------------------------------------

int connectTo(std::uint16_t port)
{
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int one = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    const timeval limit{5, 0}; // a request that hangs counts as failed
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::close(fd);
        return -1;
    }
    return fd;
}

std::string requestText()
{
    const std::string body =
        R"({"model":"gpt-4o-mini","messages":[{"role":"user","content":")" + std::string(1024, 'x') + R"("}]})";
    return "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
        + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// One request on an open connection; false when it was not answered with 200 and a complete body.
bool exchange(int fd, const std::string& request)
{
    if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
        return false;
    }
    std::string answer;
    std::size_t whole = std::string::npos;
    while (answer.size() < whole) {
        std::array<char, 8192> bytes;
        const ssize_t size = ::recv(fd, bytes.data(), bytes.size(), 0);
        if (size <= 0) {
            return false;
        }
        answer.append(bytes.data(), static_cast<std::size_t>(size));
        const std::size_t head = answer.find("\r\n\r\n");
        const std::size_t length = answer.find("content-length: ");
        if (head != std::string::npos && length < head) {
            whole = head + 4 + std::strtoul(answer.c_str() + length + 16, nullptr, 10);
        }
    }
    return answer.starts_with("HTTP/1.1 200");
}

/// Clients that keep their connections and ask without a pause, until they are destroyed.
class Clients
{
public:
    Clients(std::uint16_t port, unsigned count)
    {
        for (unsigned i = 0; i < count; ++i) {
            m_threads.emplace_back([this, port] { run(port); });
        }
    }

    ~Clients() { stop(); }

    void stop()
    {
        m_stop = true;
        for (std::thread& thread : m_threads) {
            thread.join();
        }
        m_threads.clear();
    }

    unsigned long long requests() const { return m_requests; }
    unsigned long long failed() const { return m_failed; }

private:
    void run(std::uint16_t port)
    {
        const std::string request = requestText();
        int fd = -1;
        while (!m_stop) {
            fd = fd >= 0 ? fd : connectTo(port);
            ++m_requests;
            if (fd < 0 || !exchange(fd, request)) {
                ++m_failed;
                ::close(fd);
                fd = -1;
            }
        }
        ::close(fd);
    }

    std::atomic<bool> m_stop{false};
    std::atomic<unsigned long long> m_requests{0};
    std::atomic<unsigned long long> m_failed{0};
    std::vector<std::thread> m_threads;
};

// ---- changes -------------------------------------------------------------------------------------------------------

struct Times {
    std::vector<double> fromEdit;
    std::vector<double> fromPublish;
};

double milliseconds(Clock::duration time)
{
    return std::chrono::duration<double, std::milli>(time).count();
}

Times changePlans(proxy::ProxyServer& server, const std::string& manifest, Clock::time_point end)
{
    Times times;
    for (auto next = Clock::now(); next < end; next += kInterval) {
        std::this_thread::sleep_until(next);
        const std::string text = withWeights(manifest, times.fromEdit.size() + 1);
        const auto edited = Clock::now();
        const plan::PlanPtr plan = planOf(text);
        const auto bindings = bindingsOf(*plan);
        const auto published = Clock::now();
        auto live = std::make_shared<std::promise<Clock::time_point>>();
        auto moment = live->get_future();
        server.publish(plan, bindings, [live] { live->set_value(Clock::now()); });
        if (moment.wait_for(kLongestWait) != std::future_status::ready) {
            throw std::runtime_error("a plan did not become live");
        }
        const auto at = moment.get();
        times.fromEdit.push_back(milliseconds(at - edited));
        times.fromPublish.push_back(milliseconds(at - published));
    }
    return times;
}

void printQuantiles(const char* name, std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    const auto at = [&](double share) {
        return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1) + 0.5)];
    };
    std::printf("\"%s_p50\":%.3f,\"%s_p99\":%.3f,\"%s_max\":%.3f,", name, at(0.5), name, at(0.99), name, values.back());
}

void measure(const std::string& manifest, int seconds, unsigned workers, unsigned clients)
{
    const plan::PlanPtr first = planOf(manifest);
    telemetry::Recorder recorder(1000);
    proxy::ProxyServer server({workers, 1}, recorder);
    const auto bound = server.listen({*base::parseAddress("127.0.0.1", 0), first->listeners.front().port});
    if (!bound) {
        throw std::runtime_error(bound.error().message);
    }
    server.start(first, bindingsOf(*first));

    Clients load(bound->port, clients);
    const Times times = changePlans(server, manifest, Clock::now() + std::chrono::seconds(seconds));
    load.stop();
    std::printf("{");
    printQuantiles("edit", times.fromEdit);
    printQuantiles("publish", times.fromPublish);
    std::printf(
        "\"plans\":%zu,\"requests\":%llu,\"failed\":%llu}\n", times.fromEdit.size(), load.requests(), load.failed());
}

} // namespace

int main(int argc, char** argv)
{
    if (argc < 2) {
        std::fprintf(stderr, "usage: handover_bench MANIFEST [SECONDS] [WORKERS] [CLIENTS]\n");
        return 2;
    }
    const auto number = [&](int index, int fallback) { return argc > index ? std::atoi(argv[index]) : fallback; };
    try {
        measure(contentOf(argv[1]), std::max(1, number(2, 3)), static_cast<unsigned>(number(3, 1)),
            static_cast<unsigned>(number(4, 4)));
        return 0;
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "%s\n", problem.what());
        return 1;
    }
}
