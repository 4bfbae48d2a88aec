// SPDX-License-Identifier: Apache-2.0
#pragma once

// A TCP socket of 127.0.0.1 for tests, on plain poll(): every wait ends at a deadline, nothing ever sleeps.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace signalbox::test {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// How long a test waits for what must come; generous, because sanitizers and busy machines are slow.
inline constexpr milliseconds kDeadline{20'000};

inline sockaddr_in loopback(std::uint16_t port)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/// True when `events` came before `limit` had passed.
inline bool waitForSocket(int fd, short events, milliseconds limit)
{
    const auto end = Clock::now() + limit;
    for (;;) {
        const auto left = std::chrono::ceil<milliseconds>(end - Clock::now());
        pollfd entry{fd, events, 0};
        const int ready = ::poll(&entry, 1, static_cast<int>(std::max(left, milliseconds(0)).count()));
        if (ready > 0 || (ready < 0 && errno != EINTR)) {
            return ready > 0;
        }
        if (ready == 0) {
            return false;
        }
    }
}

/// Opens once; threads wait for it.
class Gate
{
public:
    void open()
    {
        const std::lock_guard lock(m_mutex);
        m_open = true;
        m_changed.notify_all();
    }
    bool wait(milliseconds limit = kDeadline)
    {
        std::unique_lock lock(m_mutex);
        return m_changed.wait_for(lock, limit, [this] { return m_open; });
    }

private:
    std::mutex m_mutex;
    std::condition_variable m_changed;
    bool m_open = false;
};

class StreamSocket
{
public:
    StreamSocket() = default;
    explicit StreamSocket(int fd) : m_fd(fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK); }
    StreamSocket(StreamSocket&& other) noexcept
        : m_fd(std::exchange(other.m_fd, -1)),
          m_received(std::move(other.m_received))
    {}
    StreamSocket& operator=(StreamSocket&& other) noexcept
    {
        close();
        m_fd = std::exchange(other.m_fd, -1);
        m_received = std::move(other.m_received);
        return *this;
    }
    ~StreamSocket() { close(); }

    /// `receiveBuffer` not 0: the kernel keeps few bytes for us, so that a peer soon feels back-pressure.
    static StreamSocket connect(std::uint16_t port, int receiveBuffer = 0)
    {
        StreamSocket made(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (receiveBuffer != 0) {
            ::setsockopt(made.m_fd, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, sizeof receiveBuffer);
        }
        const sockaddr_in address = loopback(port);
        const int one = 1;
        ::setsockopt(made.m_fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (::connect(made.m_fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0
            && errno != EINPROGRESS) {
            made.close();
            return made;
        }
        int error = 0;
        socklen_t size = sizeof error;
        if (!waitForSocket(made.m_fd, POLLOUT, kDeadline)
            || ::getsockopt(made.m_fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) {
            made.close();
        }
        return made;
    }

    int fd() const { return m_fd; }
    bool isOpen() const { return m_fd >= 0; }

    /// False when the peer is gone or takes nothing until the deadline; `sent` counts what the kernel took.
    bool send(std::string_view bytes, milliseconds limit = kDeadline, std::size_t* sent = nullptr)
    {
        const auto end = Clock::now() + limit;
        while (!bytes.empty()) {
            const ssize_t count = ::send(m_fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count > 0) {
                bytes.remove_prefix(static_cast<std::size_t>(count));
                if (sent != nullptr) {
                    *sent += static_cast<std::size_t>(count);
                }
            } else if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
                const auto left = std::chrono::ceil<milliseconds>(end - Clock::now());
                if (left <= milliseconds(0) || !waitForSocket(m_fd, POLLOUT, left)) {
                    return false;
                }
            } else if (count < 0 && errno != EINTR) {
                return false;
            }
        }
        return true;
    }

    enum class Event { Data, End, Broken, Deadline };

    /// Waits for the next bytes, which are added to received().
    Event receive(milliseconds limit = kDeadline, std::size_t most = 64 * 1024)
    {
        if (m_fd < 0) {
            return Event::Broken;
        }
        if (!waitForSocket(m_fd, POLLIN, limit)) {
            return Event::Deadline;
        }
        const std::size_t size = m_received.size();
        m_received.resize(size + most);
        const ssize_t count = ::recv(m_fd, m_received.data() + size, most, 0);
        m_received.resize(size + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
        return count > 0 ? Event::Data : count == 0 ? Event::End : Event::Broken;
    }

    /// Receives until `enough(received())`; false at the end of the connection and at the deadline.
    template<typename Predicate>
    bool readUntil(Predicate&& enough, milliseconds limit = kDeadline)
    {
        const auto end = Clock::now() + limit;
        while (!enough(std::string_view(m_received))) {
            const auto left = std::chrono::ceil<milliseconds>(end - Clock::now());
            if (receive(std::max(left, milliseconds(0))) != Event::Data) {
                return false;
            }
        }
        return true;
    }

    /// Receives until the peer ends; true when it did (in order or with a reset) before the deadline.
    bool readToEnd(milliseconds limit = kDeadline)
    {
        const auto end = Clock::now() + limit;
        for (;;) {
            const auto left = std::chrono::ceil<milliseconds>(end - Clock::now());
            const Event event = receive(std::max(left, milliseconds(0)));
            if (event != Event::Data) {
                return event != Event::Deadline;
            }
        }
    }

    /// True when nothing at all comes for `time`: neither bytes nor the end.
    bool staysSilent(milliseconds time) { return receive(time) == Event::Deadline; }

    std::string& received() { return m_received; }
    std::string take(std::size_t size)
    {
        std::string taken = m_received.substr(0, size);
        m_received.erase(0, size);
        return taken;
    }

    void endSending() { ::shutdown(m_fd, SHUT_WR); }
    /// Wakes the thread that waits on this socket; the one method for another thread than its owner's.
    void shutDown()
    {
        const std::lock_guard lock(m_closing);
        ::shutdown(m_fd, SHUT_RDWR);
    }
    void close()
    {
        const std::lock_guard lock(m_closing);
        if (const int fd = std::exchange(m_fd, -1); fd >= 0) {
            ::close(fd);
        }
    }
    /// Closes with a TCP reset.
    void reset()
    {
        const linger now{1, 0};
        ::setsockopt(m_fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        close();
    }

private:
    std::mutex m_closing; ///< for shutDown(), which must not meet a descriptor that is closed, and perhaps a stranger's
    int m_fd = -1;
    std::string m_received;
};

} // namespace signalbox::test
