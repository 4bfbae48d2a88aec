// SPDX-License-Identifier: Apache-2.0
#pragma once

// One client: reads requests by Envoy's rules, runs an exchange for each, keeps the connection alive.

#include "core/http/chunked.h"
#include "core/http/head.h"
#include "core/http/path.h"
#include "core/proxy/connection.h"
#include "core/proxy/exchange.h"

namespace signalbox::proxy {

class DownstreamConnection final : public Connection, private TimerWheel::Timer
{
public:
    /// `port`: the manifest's port of the listener group that accepted it.
    DownstreamConnection(Worker& worker, Socket socket, std::uint16_t port, std::string peer);

    void start();

    /// Closes at once and cancels what runs.
    void end();

    /// No new request: closes when idle, else after the running one (its answer says "connection: close").
    void drain();

    // ---- for the exchange

    /// True when the answer must carry "connection: close".
    bool closesAfterAnswer() const { return m_closeAfterAnswer; }
    void closeAfterAnswer() { m_closeAfterAnswer = true; }
    bool isHeadRequest() const { return m_isHeadRequest; }
    std::uint64_t bufferLimit() const { return m_bufferLimit; }
    /// The answer is out. `cut`: it ended unfinished, the connection closes a second later (Envoy's delayed close).
    void onExchangeDone(bool cut);

private:
    enum class State : std::uint8_t { Head, Body, Discard, Exchange, Closing };

    void onInput() override;
    void onEnd(bool broken) override;
    void onDrained() override;
    void onTimer(base::Instant now) override;

    void process();
    bool readHead();
    bool acceptHead();
    bool readBody();
    bool readChunks();
    bool tooLarge();
    void startExchange();
    void nextRequest(std::size_t consumed);
    void refuse(std::uint16_t status, std::string_view contentType, std::string_view body, std::string_view extra = {});
    void linger(base::Duration time);

    Worker& m_worker;
    std::uint16_t m_port;
    std::string m_peer;
    State m_state = State::Head;
    http::HeadParser m_parser;
    http::RequestHead m_head;
    http::ChunkedDecoder m_chunked;
    http::NormalizedTarget m_target;
    std::string m_pathAndQuery; ///< only when the target was not in normal form
    std::size_t m_pathLength = 0;
    std::string m_chunkedBody;
    std::uint64_t m_bufferLimit = 0;
    std::uint64_t m_discardLeft = 0;
    std::size_t m_decoded = 0;      ///< bytes behind the head that are decoded into m_chunkedBody
    std::size_t m_lingerUnsent = 0; ///< unsent when the delayed close was last put off
    std::shared_ptr<RunningState> m_runningState;
    const plan::VirtualHost* m_virtualHost = nullptr;
    base::Instant m_lastActivity{};
    base::WallTime m_headTime;
    bool m_normalTarget = true;
    bool m_isHeadRequest = false;
    bool m_closeAfterAnswer = false;
    bool m_processing = false;
    Exchange m_exchange;
};

} // namespace signalbox::proxy
