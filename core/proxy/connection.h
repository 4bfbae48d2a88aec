// SPDX-License-Identifier: Apache-2.0
#pragma once

// One TCP connection of a worker, with its received bytes and its unsent ones. Base of both directions.

#include "core/proxy/byte_buffer.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace signalbox::proxy {

/// Belongs to one worker's thread. Handlers keep it alive; after close() no callback comes.
class Connection : public boost::intrusive_ref_counter<Connection, boost::thread_unsafe_counter>
{
public:
    using Socket = boost::asio::ip::tcp::socket;

    virtual ~Connection() = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    bool isOpen() const { return m_socket.is_open(); }

    /// What becomes of bytes that the socket does not take at once.
    enum class Unsent {
        Copy,  ///< they are copied
        Refer, ///< they stay where they are until onDrained() or close()
    };

    /// Sends `pieces` in order behind what is still unsent. A failed write is reported by the read side.
    void send(std::span<const std::string_view> pieces, Unsent unsent);
    void send(std::string_view bytes) { send(std::span(&bytes, 1), Unsent::Copy); }

    std::size_t unsentBytes() const { return m_unsentSize; }

    /// Keeps reading until pauseReading(); at most `limit` bytes are held unread (back-pressure).
    void startReading();
    void pauseReading() { m_paused = true; }
    bool isReading() const { return m_reading; }

    /// Closes at once; unsent bytes are dropped.
    void close();
    /// Closes with a TCP reset.
    void abort();
    /// No more is sent: ends our half once everything is out.
    void shutdownAfterSend();

    /// `bytes` more are announced: reads make room for them at once (up to 1 MiB; beyond, room grows with what comes).
    void expectInput(std::size_t bytes);

    /// Swaps the received bytes with `to`; only inside onInput().
    void handOverInput(ByteBuffer& to) { std::swap(to, m_input); }

protected:
    explicit Connection(Socket socket) : m_socket(std::move(socket)) {}

    /// Makes the socket ready for use: non-blocking, TCP_NODELAY.
    void prepare();

    /// Bytes were added to input().
    virtual void onInput() = 0;
    /// The peer has ended its half, or the connection broke (`broken`). Reading has stopped.
    virtual void onEnd(bool broken) = 0;
    /// Everything that was unsent is out.
    virtual void onDrained() {}

    /// While frozen the received bytes stay where they are (views point to them): reading stops when the room is full.
    void freezeInput(bool frozen) { m_frozen = frozen; }

    ByteBuffer& input() { return m_input; }
    Socket& socket() { return m_socket; }

    static constexpr std::size_t kInitialRoom = 4096;
    static constexpr std::size_t kLargestRead = 256 * 1024;
    static constexpr std::size_t kLargestReserve = 1024 * 1024;

private:
    void read();
    void write();
    std::size_t writeNow(std::span<const std::string_view> pieces, boost::system::error_code& error);
    void keepUnsent(std::span<const std::string_view> pieces, std::size_t sent, Unsent unsent);

    Socket m_socket;
    ByteBuffer m_input;
    std::string m_unsentCopy;       ///< goes out before m_unsentViews
    std::size_t m_unsentOffset = 0; ///< of m_unsentCopy already sent
    std::vector<std::string_view> m_unsentViews;
    std::size_t m_unsentSize = 0;
    bool m_reading = false;
    bool m_paused = true;
    bool m_writing = false;
    bool m_frozen = false;
    bool m_shutdownAfterSend = false;
};

using ConnectionPtr = boost::intrusive_ptr<Connection>;

} // namespace signalbox::proxy
