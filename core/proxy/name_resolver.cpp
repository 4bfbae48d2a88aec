// SPDX-License-Identifier: Apache-2.0
#include "core/proxy/name_resolver.h"

#include <ares.h>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <thread>
#include <vector>

namespace signalbox::proxy {
namespace {

using dispatch::Resolution;

constexpr int kIdlePollMs = 1000;

/// True for a status that says "there is no such address" as against "could not find out".
bool isEmptyAnswer(int status)
{
    return status == ARES_ENOTFOUND || status == ARES_ENODATA || status == ARES_ENONAME;
}

Resolution toResolution(int status, const ares_addrinfo* info)
{
    Resolution resolution;
    if (status != ARES_SUCCESS) {
        resolution.status = isEmptyAnswer(status) ? Resolution::Status::Ok : Resolution::Status::Failure;
        return resolution;
    }
    int ttl = -1;
    for (const ares_addrinfo_node* node = info->nodes; node != nullptr; node = node->ai_next) {
        base::SocketAddress address;
        if (node->ai_family == AF_INET) {
            sockaddr_in in{};
            std::memcpy(&in, node->ai_addr, sizeof in);
            std::memcpy(address.bytes.data(), &in.sin_addr, 4);
        } else if (node->ai_family == AF_INET6) {
            sockaddr_in6 in{};
            std::memcpy(&in, node->ai_addr, sizeof in);
            std::memcpy(address.bytes.data(), &in.sin6_addr, 16);
            address.isV6 = true;
        } else {
            continue;
        }
        resolution.addresses.push_back(address);
        ttl = ttl < 0 ? node->ai_ttl : std::min(ttl, node->ai_ttl);
    }
    resolution.ttl = std::chrono::seconds(std::max(ttl, 0));
    return resolution;
}

} // namespace

class NameResolver::Thread
{
public:
    Thread() : m_wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

    ~Thread()
    {
        {
            const std::lock_guard lock(m_mutex);
            m_stop = true;
        }
        wake();
        if (m_thread.joinable()) {
            m_thread.join();
        }
        ::close(m_wake);
    }

    void ask(std::string name, plan::DnsFamily family, Answer answer)
    {
        const std::lock_guard lock(m_mutex);
        m_questions.push_back({std::move(name), family, std::move(answer)});
        if (!m_thread.joinable()) {
            m_thread = std::thread([this] { run(); });
        }
        wake();
    }

private:
    struct Question {
        std::string name;
        plan::DnsFamily family;
        Answer answer;
    };
    struct Running {
        Thread* thread;
        Question question;
        bool secondFamily = false;
    };

    void wake() const
    {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(m_wake, &one, sizeof one);
    }

    void run()
    {
        ares_options options{};
        options.timeout = 2000;
        options.tries = 2;
        if (ares_init_options(&m_channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES) != ARES_SUCCESS) {
            m_channel = nullptr;
        }
        while (takeQuestions()) {
            waitForSockets();
        }
        if (m_channel != nullptr) {
            ares_destroy(m_channel);
        }
    }

    bool takeQuestions()
    {
        std::vector<Question> questions;
        {
            const std::lock_guard lock(m_mutex);
            if (m_stop) {
                return false;
            }
            questions.swap(m_questions);
        }
        for (Question& question : questions) {
            if (m_channel == nullptr) {
                question.answer({Resolution::Status::Failure, {}, {}});
                continue;
            }
            const bool six = question.family == plan::DnsFamily::V6Only;
            const int family = question.family == plan::DnsFamily::All ? AF_UNSPEC : six ? AF_INET6 : AF_INET;
            query(new Running{this, std::move(question), false}, family);
        }
        return true;
    }

    void query(Running* running, int family)
    {
        ares_addrinfo_hints hints{};
        hints.ai_family = family;
        hints.ai_flags = ARES_AI_NOSORT;
        ares_getaddrinfo(m_channel, running->question.name.c_str(), nullptr, &hints, &Thread::onAnswer, running);
    }

    static void onAnswer(void* argument, int status, int, ares_addrinfo* info)
    {
        std::unique_ptr<Running> running(static_cast<Running*>(argument));
        Resolution resolution = toResolution(status, info);
        if (info != nullptr) {
            ares_freeaddrinfo(info);
        }
        if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED) {
            return;
        }
        const bool empty = resolution.addresses.empty();
        if (empty && running->question.family == plan::DnsFamily::V4Preferred && !running->secondFamily) {
            running->secondFamily = true; // V4_PREFERRED: AAAA only when A brought nothing
            Thread* thread = running->thread;
            thread->query(running.release(), AF_INET6);
            return;
        }
        running->question.answer(std::move(resolution));
    }

    void waitForSockets()
    {
        std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
        const auto bits = static_cast<unsigned>(
            m_channel == nullptr ? 0 : ares_getsock(m_channel, sockets.data(), static_cast<int>(sockets.size())));
        std::vector<pollfd> polled{{m_wake, POLLIN, 0}};
        for (unsigned i = 0; i < sockets.size(); ++i) {
            short events = 0;
            events = static_cast<short>(events | (ARES_GETSOCK_READABLE(bits, i) ? POLLIN : 0));
            events = static_cast<short>(events | (ARES_GETSOCK_WRITABLE(bits, i) ? POLLOUT : 0));
            if (events != 0) {
                polled.push_back({sockets[i], events, 0});
            }
        }
        ::poll(polled.data(), polled.size(), polled.size() == 1 ? -1 : kIdlePollMs / 10);
        std::uint64_t ignored = 0;
        [[maybe_unused]] const auto drained = ::read(m_wake, &ignored, sizeof ignored);
        if (m_channel == nullptr) {
            return;
        }
        for (std::size_t i = 1; i < polled.size(); ++i) {
            const bool readable = (polled[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0;
            const bool writable = (polled[i].revents & POLLOUT) != 0;
            ares_process_fd(
                m_channel, readable ? polled[i].fd : ARES_SOCKET_BAD, writable ? polled[i].fd : ARES_SOCKET_BAD);
        }
        ares_process_fd(m_channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); // time-outs
    }

    std::mutex m_mutex;
    std::vector<Question> m_questions;
    bool m_stop = false;
    int m_wake;
    ares_channel m_channel = nullptr;
    std::thread m_thread;
};

NameResolver::NameResolver() : m_thread(std::make_unique<Thread>()) {}

NameResolver::~NameResolver() = default;

void NameResolver::resolve(const std::string& name, plan::DnsFamily family, Answer answer)
{
    if (name == "invalid" || name.ends_with(".invalid") || name.ends_with(".invalid.")) {
        answer({});
        return;
    }
    m_thread->ask(name, family, std::move(answer));
}

} // namespace signalbox::proxy
