// SPDX-License-Identifier: Apache-2.0
#pragma once

// A small HTTP/1 server on a free port whose behaviour is a lambda on the raw socket: it answers, sends garbage or
// nothing, stops half-way, closes or resets. One thread accepts, one serves each connection; all end with the object.

#include "tests/support/http_text.h"

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <thread>
#include <vector>

namespace signalbox::test {

/// One request at a backend.
struct Visit {
    Message request;
    StreamSocket& socket;
    int number = 0;     ///< of this request at this backend, from 1
    int connection = 0; ///< number of its connection, from 1
};

class ScriptedBackend
{
public:
    /// Called in the connection's thread for each complete request. It may close `socket`.
    using Script = std::function<void(Visit&)>;
    /// Called with each new connection instead: nothing has been read.
    using RawScript = std::function<void(StreamSocket&)>;

    explicit ScriptedBackend(Script script) : m_script(std::move(script)) { start(); }
    explicit ScriptedBackend(RawScript script, int) : m_raw(std::move(script)) { start(); }
    static std::unique_ptr<ScriptedBackend> raw(RawScript script)
    {
        return std::make_unique<ScriptedBackend>(std::move(script), 0);
    }

    ScriptedBackend(const ScriptedBackend&) = delete;
    ScriptedBackend& operator=(const ScriptedBackend&) = delete;

    ~ScriptedBackend()
    {
        m_stopping = true;
        ::shutdown(m_listener, SHUT_RDWR);
        m_acceptor.join();
        {
            const std::lock_guard lock(m_mutex);
            for (Served& served : m_served) {
                served.socket.shutDown();
            }
        }
        for (Served& served : m_served) {
            served.thread.join();
        }
        ::close(m_listener);
    }

    std::uint16_t port() const { return m_port; }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(m_port); }

    int requests() const
    {
        const std::lock_guard lock(m_mutex);
        return m_requests;
    }
    int connections() const
    {
        const std::lock_guard lock(m_mutex);
        return static_cast<int>(m_served.size());
    }

    /// Waits until `count` requests have been read (raw scripts: connections accepted).
    bool waitForRequests(int count, milliseconds limit = kDeadline)
    {
        std::unique_lock lock(m_mutex);
        return m_changed.wait_for(lock, limit, [&] { return m_requests >= count; });
    }
    /// Waits until `count` connections have ended, whoever closed them.
    bool waitForEnded(int count, milliseconds limit = kDeadline)
    {
        std::unique_lock lock(m_mutex);
        return m_changed.wait_for(lock, limit, [&] { return m_ended >= count; });
    }

private:
    struct Served {
        StreamSocket socket;
        std::thread thread;
    };

    void start()
    {
        m_listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address = loopback(0);
        socklen_t size = sizeof address;
        if (::bind(m_listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(m_listener, 1024) != 0
            || ::getsockname(m_listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
            std::abort();
        }
        m_port = ntohs(address.sin_port);
        m_acceptor = std::thread([this] { acceptAll(); });
    }

    void acceptAll()
    {
        for (;;) {
            const int fd = ::accept4(m_listener, nullptr, nullptr, SOCK_CLOEXEC);
            if (m_stopping || (fd < 0 && errno != EINTR && errno != ECONNABORTED)) {
                if (fd >= 0) {
                    ::close(fd);
                }
                return;
            }
            if (fd < 0) {
                continue;
            }
            const int one = 1;
            ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            const std::lock_guard lock(m_mutex);
            Served& served = m_served.emplace_back();
            served.socket = StreamSocket(fd);
            const int number = static_cast<int>(m_served.size());
            served.thread = std::thread([this, &served, number] { serve(served, number); });
        }
    }

    void serve(Served& served, int connection)
    {
        if (m_raw) {
            count();
            m_raw(served.socket);
        }
        while (!m_raw && served.socket.isOpen()) {
            Visit visit{
                readMessage(served.socket, Role::Request, std::chrono::minutes(5)), served.socket, 0, connection};
            if (!visit.request.complete) {
                break;
            }
            visit.number = count();
            m_script(visit);
        }
        served.socket.close();
        const std::lock_guard lock(m_mutex);
        ++m_ended;
        m_changed.notify_all();
    }

    int count()
    {
        const std::lock_guard lock(m_mutex);
        m_changed.notify_all();
        return ++m_requests;
    }

    Script m_script;
    RawScript m_raw;
    int m_listener = -1;
    std::uint16_t m_port = 0;
    std::atomic<bool> m_stopping{false};
    std::thread m_acceptor;
    mutable std::mutex m_mutex;
    std::condition_variable m_changed;
    std::list<Served> m_served;
    int m_requests = 0;
    int m_ended = 0;
};

inline std::string answerOf(
    std::string_view body, std::string_view status = "200 OK", std::string_view type = "application/json")
{
    return "HTTP/1.1 " + std::string(status) + "\r\ncontent-type: " + std::string(type)
        + "\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

/// A chat completion whose content is `text`.
inline std::string completionBody(std::string_view text)
{
    return "{\"id\":\"c\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,"
           "\"message\":"
           "{\"role\":\"assistant\",\"content\":\""
        + std::string(text)
        + "\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":5,\"total_tokens\":8}"
          "}";
}

inline constexpr std::string_view kStreamHead =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

inline std::string eventOf(std::string_view text)
{
    return "data: "
           "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,"
           "\"delta\":"
           "{\"content\":\""
        + std::string(text) + "\"}}]}\n\n";
}

/// Answers every request with a completion that says `name`.
inline ScriptedBackend::Script answers(const std::string& name)
{
    return [answer = answerOf(completionBody(name))](Visit& visit) { visit.socket.send(answer); };
}

} // namespace signalbox::test
