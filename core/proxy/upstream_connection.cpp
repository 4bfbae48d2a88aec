// SPDX-License-Identifier: Apache-2.0
#include "core/proxy/upstream_connection.h"

#include "core/proxy/upstream_pool.h"
#include "core/proxy/worker.h"

#include <boost/asio/ip/tcp.hpp>

namespace signalbox::proxy {
namespace asio = boost::asio;
using boost::system::error_code;
using dispatch::Failure;

UpstreamConnection::UpstreamConnection(Worker& worker, UpstreamPool& pool)
    : Connection(Socket(worker.context())),
      m_worker(worker),
      m_pool(&pool)
{}

void UpstreamConnection::connect(const base::SocketAddress& address, base::Duration timeout)
{
    m_state = State::Connecting;
    const auto endpoint = toEndpoint(address);
    error_code error;
    socket().open(endpoint.protocol(), error);
    if (error) {
        asio::post(
            m_worker.context(), [self = UpstreamConnectionPtr(this)] { self->fail(Failure::LocalConnectionFailure); });
        return;
    }
    prepare();
    m_worker.arm(*this, m_worker.now() + timeout);
    socket().async_connect(endpoint, [self = UpstreamConnectionPtr(this)](const error_code& failed) {
        if (self->m_state != State::Connecting) {
            return;
        }
        self->cancel();
        if (failed) {
            self->fail(Failure::RemoteConnectionFailure);
            return;
        }
        self->m_state = State::Idle;
        self->startReading();
        if (self->m_pool != nullptr) {
            self->m_pool->onConnected(*self);
        }
    });
}

void UpstreamConnection::onTimer(base::Instant)
{
    const UpstreamConnectionPtr self(this);
    fail(Failure::ConnectionTimeout);
}

void UpstreamConnection::carry(AnswerReceiver& receiver, std::span<const std::string_view> pieces, bool toHead)
{
    m_receiver = &receiver;
    m_toHead = toHead;
    m_state = State::Head;
    m_parser.reset();
    m_collectLimit = 0;
    m_tooLarge = false;
    ++m_carried;
    send(pieces, Unsent::Refer);
    pauseAnswer(false);
}

void UpstreamConnection::takeAnswer(ByteBuffer& buffer, std::string& text)
{
    handOverInput(buffer);
    text.swap(m_collected);
}

void UpstreamConnection::collectBody(std::uint64_t limit)
{
    m_collectLimit = limit;
    m_collected.clear();
    if (m_framing == http::Framing::Length && m_bodyLeft <= limit && m_bodyLeft > input().size()) {
        expectInput(static_cast<std::size_t>(m_bodyLeft) - input().size() + 1);
    }
}

void UpstreamConnection::pauseAnswer(bool pause)
{
    if (pause) {
        pauseReading();
    } else {
        startReading();
    }
}

void UpstreamConnection::onInput()
{
    const UpstreamConnectionPtr self(this);
    if (m_state == State::Idle) { // bytes that nobody asked for
        fail(Failure::ProtocolError);
        return;
    }
    m_inInput = true;
    if (m_state == State::Head && !readHead()) {
        m_inInput = false;
        return;
    }
    if (m_state == State::Body) {
        readBody();
    }
    m_inInput = false;
    if (m_state == State::Finished) {
        finish();
    } else if (m_state == State::Body && m_receiver != nullptr && m_collectLimit == 0) {
        m_receiver->onAnswerFlush();
    }
}

/// Reads heads until the final one; false while more is needed or after a failure.
bool UpstreamConnection::readHead()
{
    for (;;) {
        const auto status = m_parser.parseResponse(input().data(), input().size(), m_head);
        if (status == http::ParseStatus::Incomplete) {
            return false;
        }
        if (status != http::ParseStatus::Complete || m_head.status == 101) {
            fail(Failure::ProtocolError);
            return false;
        }
        if (m_head.status >= 200) {
            break;
        }
        input().consume(m_head.length); // 100 and 103 are not passed on (proxy_100_continue is off)
        m_parser.reset();
    }
    m_framing = http::responseFraming(m_head, m_toHead);
    m_bodyLeft = m_framing == http::Framing::Length ? m_head.contentLength : 0;
    m_chunked.reset();
    m_reusable = !m_head.connectionClose && (m_head.minorVersion == 1 || m_head.connectionKeepAlive)
        && m_framing != http::Framing::UntilClose;
    const std::size_t length = m_head.length;
    const bool empty = m_framing == http::Framing::None || (m_framing == http::Framing::Length && m_bodyLeft == 0);
    m_state = empty ? State::Finished : State::Body;
    m_receiver->onAnswerHead(m_head, input().data());
    if (m_state == State::Closed) {
        return false;
    }
    input().consume(length);
    return true;
}

bool UpstreamConnection::readBody()
{
    switch (m_framing) {
    case http::Framing::Length:
        return readLengthBody();
    case http::Framing::Chunked:
        return readChunkedBody();
    default: {
        const std::string_view bytes = input().view();
        const bool open = bytes.empty() || deliver(bytes);
        if (open) {
            input().consume(bytes.size());
        }
        return open;
    }
    }
}

bool UpstreamConnection::readLengthBody()
{
    if (m_collectLimit != 0 && m_bodyLeft <= m_collectLimit) {
        if (input().size() < m_bodyLeft) {
            return true; // one contiguous piece, taken where it was received
        }
        const auto size = static_cast<std::size_t>(m_bodyLeft);
        m_bodyLeft = 0;
        m_state = State::Finished;
        if (m_receiver != nullptr) {
            m_receiver->onAnswerBody(input().view().substr(0, size));
        }
        if (m_state == State::Closed) {
            return false;
        }
        input().consume(std::min(size, input().size()));
        return true;
    }
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(m_bodyLeft, input().size()));
    if (size == 0) {
        return true;
    }
    m_bodyLeft -= size;
    if (!deliver(input().view().substr(0, size))) {
        return false;
    }
    input().consume(size);
    if (m_bodyLeft == 0) {
        m_state = State::Finished;
    }
    return true;
}

bool UpstreamConnection::readChunkedBody()
{
    for (;;) {
        const auto step = m_chunked.next(input().view());
        switch (step.event) {
        case http::ChunkedDecoder::Event::Data:
            if (!deliver(step.data)) {
                return false;
            }
            input().consume(step.consumed);
            break;
        case http::ChunkedDecoder::Event::End:
            input().consume(step.consumed);
            m_state = State::Finished;
            return true;
        case http::ChunkedDecoder::Event::NeedMore:
            input().consume(step.consumed);
            return true;
        case http::ChunkedDecoder::Event::Error:
            fail(Failure::ProtocolError);
            return false;
        }
    }
}

/// Passes body bytes on or keeps them; false when the receiver left and the connection closed.
bool UpstreamConnection::deliver(std::string_view bytes)
{
    if (m_receiver == nullptr) {
        return true;
    }
    if (m_collectLimit == 0) {
        m_receiver->onAnswerBody(bytes);
        return m_state != State::Closed;
    }
    if (m_collected.size() + bytes.size() > m_collectLimit) {
        m_tooLarge = true;
        m_receiver->onAnswerBody(m_collected);
        return m_state != State::Closed;
    }
    m_collected.append(bytes);
    return true;
}

/// The answer is complete: tells the receiver and goes back to the pool. In this order, because the receiver still reads
/// the bytes that the next read would overwrite.
void UpstreamConnection::finish()
{
    if (!m_collected.empty() && m_receiver != nullptr) {
        m_receiver->onAnswerBody(m_collected);
        if (m_state == State::Closed) {
            return;
        }
    }
    if (AnswerReceiver* receiver = std::exchange(m_receiver, nullptr); receiver != nullptr) {
        receiver->onAnswerEnd();
    }
    std::string().swap(m_collected);
    recycle();
}

void UpstreamConnection::recycle()
{
    const bool reusable = m_reusable && input().empty() && unsentBytes() == 0 && m_pool != nullptr;
    m_state = State::Idle;
    if (!reusable) {
        m_state = State::Body; // not idle for the pool's books
        retire();
        return;
    }
    input().shrinkTo(4 * kInitialRoom);
    startReading();
    m_pool->onAnswered(*this);
}

void UpstreamConnection::detach()
{
    m_receiver = nullptr;
    if (m_state == State::Finished) {
        if (!m_inInput) {
            finish();
        }
        return; // onInput() finishes it
    }
    if (m_state == State::Head || m_state == State::Body) {
        retire();
    }
}

void UpstreamConnection::onEnd(bool broken)
{
    const UpstreamConnectionPtr self(this);
    if (m_state == State::Body && m_framing == http::Framing::UntilClose && !broken) {
        m_state = State::Finished;
        finish();
        return;
    }
    fail(Failure::ConnectionTermination);
}

void UpstreamConnection::fail(Failure failure)
{
    if (m_state == State::Closed) {
        return;
    }
    const bool connecting = m_state == State::Connecting;
    AnswerReceiver* receiver = m_receiver;
    m_receiver = nullptr;
    m_state = State::Closed;
    cancel();
    close();
    UpstreamPool* pool = m_pool;
    m_pool = nullptr;
    if (pool != nullptr) {
        if (connecting) {
            pool->onConnectFailed(*this, failure);
        } else {
            pool->onClosed(*this);
        }
    }
    if (receiver != nullptr) {
        receiver->onAnswerFailure(failure);
    }
}

/// Closes without telling anybody but the pool.
void UpstreamConnection::retire()
{
    if (m_state == State::Closed) {
        return;
    }
    m_state = State::Closed;
    cancel();
    close();
    if (UpstreamPool* pool = std::exchange(m_pool, nullptr); pool != nullptr) {
        pool->onClosed(*this);
    }
}

void UpstreamConnection::forgetPool()
{
    m_pool = nullptr;
    if (m_state == State::Idle || m_state == State::Connecting) {
        retire();
    }
}

} // namespace signalbox::proxy
