// SPDX-License-Identifier: Apache-2.0
#pragma once

// Carries out the decision machine's actions for one request of one client connection, and writes its record.

#include "core/chat/answer.h"
#include "core/chat/request_body.h"
#include "core/dispatch/request.h"
#include "core/proxy/request_headers.h"
#include "core/proxy/timer_wheel.h"
#include "core/proxy/upstream_pool.h"
#include "core/telemetry/request_record.h"

#include <memory>
#include <optional>

namespace signalbox::proxy {

class DownstreamConnection;
class RunningState;

/// A completely received request. Views stay valid until the exchange has ended.
struct ReceivedRequest {
    std::string_view method;
    std::string_view path;         ///< normalised, without the query
    std::string_view pathAndQuery; ///< normalised, as x-ai-eg-original-path has it
    std::string_view body;         ///< decoded
    bool hasBody = false;
    bool chunked = false; ///< the body came in chunks
    base::WallTime time;
    base::Instant received{};
};

/// One per client connection, used again for each of its requests.
class Exchange final : private PoolClient, private AnswerReceiver, private TimerWheel::Timer
{
public:
    Exchange(Worker& worker, DownstreamConnection& client);
    ~Exchange();

    /// Filled by the connection before start().
    RequestHeaders& headers() { return m_headers; }

    /// Runs a request; the connection hears onExchangeDone() at its end, perhaps before this returns.
    void start(
        std::shared_ptr<RunningState> state, const plan::VirtualHost& virtualHost, const ReceivedRequest& received);

    bool isActive() const { return m_active; }
    /// The client went away: cancels what runs.
    void onClientGone();
    /// The client has taken all that was sent.
    void onClientDrained();

private:
    // PoolClient
    void onPoolReady(UpstreamConnection& connection) override;
    void onPoolFailure(dispatch::Failure failure) override;
    // AnswerReceiver
    void onAnswerHead(const http::ResponseHead& head, const char* base) override;
    void onAnswerBody(std::string_view bytes) override;
    void onAnswerFlush() override;
    void onAnswerEnd() override;
    void onAnswerFailure(dispatch::Failure failure) override;
    // Timer
    void onTimer(base::Instant now) override;

    void route(const plan::VirtualHost& virtualHost);
    void begin(const plan::Route& route);
    void perform(const dispatch::Action& action);
    void startAttempt(dispatch::Host& host);
    void sendAttempt(UpstreamConnection& connection);
    void dropAttempt();
    void beginAnswer(const http::ResponseHead& head, const char* base);
    void sendCollected();
    void flush(bool end);
    void watchDeadline();

    void replyLocal(std::uint16_t status, std::string_view contentType, std::string_view body, bool close = false);
    void replyMachine(const dispatch::LocalReply& reply);
    void cut();
    void finish(bool complete);
    void record(bool complete);

    Worker& m_worker;
    DownstreamConnection& m_client;
    RequestHeaders m_headers;
    std::shared_ptr<RunningState> m_state;
    ReceivedRequest m_received;
    chat::ParsedRequest m_parsed;
    std::optional<dispatch::Request> m_request;
    bool m_active = false;

    // the running attempt
    std::uint32_t m_clusterIndex = plan::kNone;
    const plan::BackendProfile* m_profile = nullptr;
    const plan::Endpoint* m_endpoint = nullptr;
    bool m_waiting = false; ///< for the pool
    UpstreamPool* m_pool = nullptr;
    UpstreamConnection* m_upstream = nullptr;
    std::uint32_t m_connectedAttempts = 0;
    std::string m_previousHost;
    std::string m_attemptPath;
    std::string m_requestHead; ///< of the attempt; stays put while it is sent
    chat::UpstreamBody m_body;
    char m_chunkLine[18] = {};

    // the answer
    std::uint16_t m_status = 0;
    bool m_streaming = false;
    bool m_headPending = false; ///< m_answerHead has not been sent
    bool m_draining = false;    ///< all is handed to the socket, which has not taken it yet
    http::ResponseHead m_answer;
    std::string m_answerHead; ///< streamed: bytes for the client; collected: copy of the backend's head
    std::string_view m_collected;
    boost::container::small_vector<std::string_view, 8> m_batch;
    std::size_t m_batchSize = 0;
    ByteBuffer m_heldBuffer; ///< bytes of a large answer that the client's socket still reads
    std::string m_heldText;
    std::string m_replacement; ///< body that stands for a backend's
    chat::AnswerFacts m_facts;
    chat::EventStreamWatcher m_watcher;
    std::uint64_t m_bytesOut = 0;
    base::Instant m_firstByte{};

    struct AttemptNote {
        base::SocketAddress address;
        base::Instant firstByte;
    };
    boost::container::small_vector<AttemptNote, 4> m_attempts; ///< as in the machine's trace
};

} // namespace signalbox::proxy
