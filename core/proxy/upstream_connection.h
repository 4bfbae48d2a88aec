// SPDX-License-Identifier: Apache-2.0
#pragma once

// One connection to a backend: connects, carries one request at a time, reads its answer.

#include "core/base/socket_address.h"
#include "core/base/time.h"
#include "core/dispatch/outcome.h"
#include "core/http/chunked.h"
#include "core/http/head.h"
#include "core/proxy/connection.h"
#include "core/proxy/timer_wheel.h"

#include <string>

namespace signalbox::proxy {

class UpstreamPool;
class Worker;

/// What the owner of a request learns of its answer. Calls come in this order: onAnswerHead(), then onAnswerBody()
/// any number of times (streamed) or once (collected; not for an empty body), then onAnswerEnd(); or onAnswerFailure() at
/// any point before the end, after which nothing more comes. Body views stay valid until the next onAnswerFlush() or
/// onAnswerEnd() has returned. The receiver may detach() at any call but onAnswerEnd().
class AnswerReceiver
{
public:
    virtual void onAnswerHead(const http::ResponseHead& head, const char* base) = 0;
    virtual void onAnswerBody(std::string_view bytes) = 0;
    virtual void onAnswerEnd() = 0;
    virtual void onAnswerFailure(dispatch::Failure failure) = 0;
    /// All that has arrived so far was delivered; views given by onAnswerBody() are valid until this returns.
    virtual void onAnswerFlush() {}

protected:
    ~AnswerReceiver() = default;
};

class UpstreamConnection final : public Connection, private TimerWheel::Timer
{
public:
    UpstreamConnection(Worker& worker, UpstreamPool& pool);

    /// Begins to connect; the pool hears onConnected() or onConnectFailed().
    void connect(const base::SocketAddress& address, base::Duration timeout);

    /// Carries a request: sends its pieces and reads the answer for `receiver`. The pieces stay valid until the answer
    /// has ended or detach().
    void carry(AnswerReceiver& receiver, std::span<const std::string_view> pieces, bool toHead);

    /// From onAnswerHead(): the body is to come in one piece, at most `limit` bytes; more is reported by onAnswerBody()
    /// with what there is and isTooLarge().
    void collectBody(std::uint64_t limit);
    bool isTooLarge() const { return m_tooLarge; }

    /// The receiver wants no more. The connection is reused when its answer is complete, else closed.
    void detach();

    /// Back-pressure: stops or goes on reading the answer.
    void pauseAnswer(bool pause);

    /// Inside onAnswerEnd(): the bytes that a collected body points into become the caller's.
    void takeAnswer(ByteBuffer& buffer, std::string& text);

    bool isIdle() const { return m_state == State::Idle; }
    /// The pool is gone: close when idle, after the running answer otherwise.
    void forgetPool();
    std::uint32_t requestsCarried() const { return m_carried; }

private:
    enum class State : std::uint8_t { Connecting, Idle, Head, Body, Finished, Closed };

    void onInput() override;
    void onEnd(bool broken) override;
    void onTimer(base::Instant now) override;

    bool readHead();
    bool readBody();
    bool readLengthBody();
    bool readChunkedBody();
    bool deliver(std::string_view bytes);
    void finish();
    void recycle();
    void fail(dispatch::Failure failure);
    void retire();

    Worker& m_worker;
    UpstreamPool* m_pool;
    AnswerReceiver* m_receiver = nullptr;
    State m_state = State::Connecting;
    http::HeadParser m_parser;
    http::ResponseHead m_head;
    http::Framing m_framing = http::Framing::None;
    http::ChunkedDecoder m_chunked;
    std::uint64_t m_bodyLeft = 0;
    std::uint64_t m_collectLimit = 0; ///< 0: streamed
    std::string m_collected;
    std::uint32_t m_carried = 0;
    bool m_toHead = false;
    bool m_reusable = true;
    bool m_tooLarge = false;
    bool m_inInput = false;
};

using UpstreamConnectionPtr = boost::intrusive_ptr<UpstreamConnection>;

} // namespace signalbox::proxy
