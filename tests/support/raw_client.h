// SPDX-License-Identifier: Apache-2.0
#pragma once

// A client that sends any bytes it likes and reads answers with a deadline.

#include "tests/support/http_text.h"

namespace signalbox::test {

class RawClient
{
public:
    explicit RawClient(std::uint16_t port, int receiveBuffer = 0) : m_socket(StreamSocket::connect(port, receiveBuffer))
    {}

    StreamSocket& socket() { return m_socket; }
    bool isConnected() const { return m_socket.isOpen(); }

    bool send(std::string_view bytes) { return m_socket.send(bytes); }
    Message answer(milliseconds limit = kDeadline) { return readMessage(m_socket, Role::Answer, limit); }
    Message answerToHead() { return readMessage(m_socket, Role::AnswerToHead); }

    Message ask(std::string_view bytes)
    {
        send(bytes);
        return answer();
    }

    /// True when the server ends the connection, without a further byte.
    bool isEnded(milliseconds limit = kDeadline) { return m_socket.readToEnd(limit) && m_socket.received().empty(); }

private:
    StreamSocket m_socket;
};

/// One request on a connection of its own.
inline Message askOnce(std::uint16_t port, std::string_view bytes)
{
    RawClient client(port);
    return client.ask(bytes);
}

/// Connects until nobody listens any more.
inline bool waitUntilRefused(std::uint16_t port)
{
    const auto end = Clock::now() + kDeadline;
    while (Clock::now() < end) {
        if (!RawClient(port).isConnected()) {
            return true;
        }
    }
    return false;
}

} // namespace signalbox::test
