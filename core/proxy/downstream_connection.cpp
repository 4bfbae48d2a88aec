// SPDX-License-Identifier: Apache-2.0
#include "core/proxy/downstream_connection.h"

#include "core/proxy/answer_head.h"
#include "core/proxy/worker.h"

#include <boost/asio/post.hpp>

namespace signalbox::proxy {
namespace {

constexpr std::size_t kMaxPipelined = 64 * 1024; ///< bytes behind a running request, before reading pauses
constexpr std::size_t kMaxUnsent = 256 * 1024;   ///< of answers, before further requests wait
constexpr std::size_t kWatchRoom = 512;          ///< kept free to notice that the client goes away
constexpr base::Duration kIdleTimeout = std::chrono::hours(1);
constexpr base::Duration kDelayedClose = std::chrono::seconds(1);

base::WallTime wallNow()
{
    return std::chrono::time_point_cast<base::WallTime::duration>(std::chrono::system_clock::now());
}

} // namespace

DownstreamConnection::DownstreamConnection(Worker& worker, Socket socket, std::uint16_t port, std::string peer)
    : Connection(std::move(socket)),
      m_worker(worker),
      m_port(port),
      m_peer(std::move(peer)),
      m_exchange(worker, *this)
{}

void DownstreamConnection::start()
{
    prepare();
    m_lastActivity = m_worker.now();
    m_worker.arm(*this, m_lastActivity + kIdleTimeout);
    startReading();
}

void DownstreamConnection::onInput()
{
    m_lastActivity = m_worker.now();
    if (m_state == State::Closing) {
        input().consume(input().size());
        return;
    }
    if (m_state == State::Exchange) {
        if (input().size() > kMaxPipelined) {
            pauseReading();
        }
        return;
    }
    if (m_state == State::Head) {
        input().compact();
        input().shrinkTo(4 * kInitialRoom);
    }
    process();
}

void DownstreamConnection::process()
{
    if (m_processing) {
        return;
    }
    m_processing = true;
    bool more = true;
    while (more && isOpen()) {
        switch (m_state) {
        case State::Head:
            if (unsentBytes() > kMaxUnsent) { // a client that asks and does not read: onDrained() goes on
                pauseReading();
                more = false;
                break;
            }
            more = readHead();
            break;
        case State::Body:
            more = readBody();
            break;
        case State::Discard: {
            const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(m_discardLeft, input().size()));
            input().consume(size);
            m_discardLeft -= size;
            more = m_discardLeft == 0;
            if (more) {
                refuse(413, "text/plain", "Payload Too Large");
            }
            break;
        }
        case State::Exchange:
        case State::Closing:
            more = false;
            break;
        }
    }
    m_processing = false;
}

bool DownstreamConnection::readHead()
{
    if (input().empty()) {
        return false;
    }
    switch (m_parser.parseRequest(input().data(), input().size(), m_head)) {
    case http::ParseStatus::Incomplete:
        return false;
    case http::ParseStatus::Complete:
        return acceptHead();
    case http::ParseStatus::BadRequest:
        m_closeAfterAnswer = true;
        refuse(400, "text/plain", "Bad Request");
        return false;
    case http::ParseStatus::VersionRefused:
        m_closeAfterAnswer = true;
        refuse(426, "text/plain", "Upgrade Required");
        return false;
    case http::ParseStatus::TooLarge:
        m_closeAfterAnswer = true;
        refuse(431, "text/plain", "Request Header Fields Too Large");
        return false;
    case http::ParseStatus::NotImplemented:
        m_closeAfterAnswer = true;
        refuse(501, "text/plain", "Not Implemented");
        return false;
    }
    return false;
}

/// Checks a complete head in the order in which Envoy's connection manager does.
bool DownstreamConnection::acceptHead()
{
    const char* base = input().data();
    const std::string_view method = m_head.method(base);
    m_isHeadRequest = method == "HEAD";
    const bool hasBody = m_head.framing == http::Framing::Chunked || m_head.contentLength > 0;
    m_closeAfterAnswer = m_closeAfterAnswer || m_head.connectionClose;
    m_headTime = wallNow();
    m_runningState = m_worker.running();

    const std::string_view target = m_head.targetText(base);
    m_normalTarget = http::isNormalTarget(target);
    if (!m_normalTarget) {
        m_target = http::normalizeTarget(target);
    }
    std::string_view host = m_head.find(base, "host");
    if (!m_normalTarget && !m_target.authority.empty()) {
        host = m_target.authority;
    }
    if (host.data() == nullptr || host.empty()) {
        m_closeAfterAnswer = true;
        refuse(400, {}, {});
        return false;
    }
    if (!m_normalTarget && m_target.kind == http::NormalizedTarget::Kind::Refused) {
        m_closeAfterAnswer = true;
        refuse(400, {}, {});
        return false;
    }
    if (!m_normalTarget && m_target.kind == http::NormalizedTarget::Kind::Redirect) {
        m_closeAfterAnswer = m_closeAfterAnswer || hasBody;
        refuse(307, {}, {}, "location: " + m_target.path + m_target.query + "\r\n");
        return m_state == State::Head;
    }
    m_virtualHost = m_runningState->virtualHost(m_port, host, m_bufferLimit);
    if (m_virtualHost == nullptr) {
        m_closeAfterAnswer = m_closeAfterAnswer || hasBody;
        refuse(404, {}, {});
        return m_state == State::Head;
    }
    if (!m_normalTarget) {
        m_pathAndQuery = m_target.path + m_target.query;
    }
    m_chunkedBody.clear();
    m_chunked.reset();
    m_decoded = 0;
    m_state = State::Body;
    if (hasBody && m_head.expectsContinue && input().size() == m_head.length) {
        send("HTTP/1.1 100 Continue\r\n\r\n"); // before the limits: a body that is drained must come to be drained
    }
    if (m_head.framing == http::Framing::Length && m_head.contentLength >= m_bufferLimit) {
        return tooLarge();
    }
    if (m_head.framing == http::Framing::Length) {
        const std::uint64_t whole = m_head.length + m_head.contentLength;
        if (input().size() < whole) {
            expectInput(static_cast<std::size_t>(whole - input().size()) + kWatchRoom);
        }
    }
    return true;
}

/// 413. A body of known length that is nearly here is read to its end, so that the connection lives on.
bool DownstreamConnection::tooLarge()
{
    if (m_head.framing == http::Framing::Length && m_head.contentLength <= 2 * m_bufferLimit
        && m_head.contentLength <= kMaxPipelined) {
        input().consume(m_head.length);
        m_discardLeft = m_head.contentLength;
        m_state = State::Discard;
        return true;
    }
    m_closeAfterAnswer = true;
    refuse(413, "text/plain", "Payload Too Large");
    return false;
}

bool DownstreamConnection::readBody()
{
    if (m_head.framing == http::Framing::Chunked) {
        return readChunks();
    }
    if (input().size() < m_head.length + m_head.contentLength) {
        return false;
    }
    startExchange();
    return m_state == State::Head;
}

bool DownstreamConnection::readChunks()
{
    // Decoded bytes leave the buffer behind the head, which must stay where it is: chunks are few, moves are cheap.
    const std::size_t head = m_head.length;
    for (;;) {
        const auto step = m_chunked.next(input().view().substr(head + m_decoded));
        m_decoded += step.consumed;
        if (step.event == http::ChunkedDecoder::Event::Data) {
            m_chunkedBody.append(step.data);
            if (m_chunkedBody.size() >= m_bufferLimit) {
                return tooLarge();
            }
            continue;
        }
        if (step.event == http::ChunkedDecoder::Event::Error) {
            m_closeAfterAnswer = true;
            refuse(400, "text/plain", "Bad Request");
            return false;
        }
        if (step.event == http::ChunkedDecoder::Event::NeedMore) {
            if (!input().isPinned()) { // behind a pipelined request a read may be under way
                input().eraseAfter(head, std::exchange(m_decoded, 0));
            }
            return false;
        }
        startExchange();
        return m_state == State::Head;
    }
}

void DownstreamConnection::startExchange()
{
    if (!input().isPinned() && input().spaceSize() < kWatchRoom) {
        input().makeRoom(kWatchRoom);
    }
    m_state = State::Exchange;
    freezeInput(true);
    const char* base = input().data();
    ReceivedRequest request;
    request.method = m_head.method(base);
    request.pathAndQuery = m_normalTarget ? m_head.targetText(base) : std::string_view(m_pathAndQuery);
    request.path = request.pathAndQuery.substr(0, request.pathAndQuery.find('?'));
    request.chunked = m_head.framing == http::Framing::Chunked;
    request.body = request.chunked
        ? std::string_view(m_chunkedBody)
        : input().view().substr(m_head.length, static_cast<std::size_t>(m_head.contentLength));
    request.hasBody = !request.body.empty();
    request.time = m_headTime;
    request.received = m_lastActivity;
    m_exchange.headers().reset(m_head, base, m_peer, m_worker.idRandom());
    if (!m_normalTarget && !m_target.authority.empty()) {
        m_exchange.headers().setHost(m_target.authority);
    }
    startReading(); // the watch for a client that goes away
    m_exchange.start(std::exchange(m_runningState, nullptr), *m_virtualHost, request);
}

void DownstreamConnection::onExchangeDone(bool cut)
{
    freezeInput(false);
    if (cut) {
        linger(kDelayedClose);
        return;
    }
    const bool isChunked = m_head.framing == http::Framing::Chunked;
    nextRequest(m_head.length + (isChunked ? m_decoded : static_cast<std::size_t>(m_head.contentLength)));
}

/// The answer is out and `consumed` bytes of the input belong to its request.
void DownstreamConnection::nextRequest(std::size_t consumed)
{
    if (m_closeAfterAnswer) {
        shutdownAfterSend();
        linger(kDelayedClose);
        return;
    }
    input().consume(consumed);
    std::string().swap(m_chunkedBody);
    m_state = State::Head;
    m_isHeadRequest = false;
    m_parser.reset();
    m_lastActivity = m_worker.now();
    startReading();
    if (!input().empty()) { // pipelined; not from within the answer's own call
        boost::asio::post(m_worker.context(), [self = boost::intrusive_ptr(this)] { self->process(); });
    }
}

/// Answers before any exchange: the head was refused, no host matches, or the body is too large. Recorded like any request.
void DownstreamConnection::refuse(
    std::uint16_t status, std::string_view contentType, std::string_view body, std::string_view extra)
{
    std::string head;
    writeLocalHead(head, status, contentType, body.size(), m_closeAfterAnswer, m_worker.date(), extra);
    const std::string_view pieces[] = {head, m_isHeadRequest ? std::string_view{} : body};
    send(pieces, Unsent::Copy);
    auto record = std::make_unique<telemetry::RequestRecord>();
    record->plan = (m_runningState ? m_runningState : m_worker.running())->worker().planPtr();
    record->time = wallNow();
    record->status = status;
    record->complete = true;
    record->bytesOut = pieces[1].size();
    record->first = base::Duration{};
    m_worker.recorder().add(std::move(record));
    m_runningState.reset();
    nextRequest(m_state == State::Discard || m_closeAfterAnswer ? 0 : m_head.length);
}

void DownstreamConnection::linger(base::Duration time)
{
    m_state = State::Closing;
    m_lingerUnsent = unsentBytes();
    input().consume(input().size());
    m_worker.arm(*this, m_worker.now() + time);
    startReading();
}

void DownstreamConnection::end()
{
    const boost::intrusive_ptr<DownstreamConnection> self(this);
    m_exchange.onClientGone();
    cancel();
    close();
    m_worker.onDownstreamClosed(*this);
}

void DownstreamConnection::onEnd(bool)
{
    end();
}

void DownstreamConnection::onDrained()
{
    m_exchange.onClientDrained();
    if (m_state == State::Head) {
        startReading();
        process();
    }
}

void DownstreamConnection::onTimer(base::Instant now)
{
    if (m_state == State::Closing && unsentBytes() < m_lingerUnsent) { // as in Envoy: progress puts the close off
        m_lingerUnsent = unsentBytes();
        m_worker.arm(*this, now + kDelayedClose);
        return;
    }
    if (m_state != State::Closing && (m_exchange.isActive() || now < m_lastActivity + kIdleTimeout)) {
        m_worker.arm(*this, std::max(now + std::chrono::seconds(1), m_lastActivity + kIdleTimeout));
        return;
    }
    end();
}

void DownstreamConnection::drain()
{
    m_closeAfterAnswer = true;
    const bool isIdle = m_state == State::Head && input().empty();
    if (isIdle && unsentBytes() > 0) {
        shutdownAfterSend();
        linger(kDelayedClose);
    } else if (isIdle || (m_state == State::Closing && unsentBytes() == 0)) {
        end();
    }
}

} // namespace signalbox::proxy
