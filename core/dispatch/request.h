// SPDX-License-Identifier: Apache-2.0
#pragma once

// One request's life as a machine: events in, actions out, no I/O (envoy-routing 3 and 4, and the event
// order of section 11). The live proxy and the simulator drive this same class.

#include "core/dispatch/cluster.h"
#include "core/dispatch/outcome.h"
#include "core/dispatch/retry_context.h"
#include "core/dispatch/retry_policy.h"

#include <boost/container/small_vector.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace signalbox::dispatch {

/// An answer that the gateway makes itself. `chat` writes its bytes: in the OpenAI error form when
/// `inErrorForm`, else text/plain; an empty text is an empty body without content type.
struct LocalReply {
    std::uint16_t status = 503;
    /// Valid until the request is destroyed. A NotFound route gives 404 and "": its text is chat::kNoRouteText.
    std::string_view text;
    /// An attempt had reached a connected upstream and no head was forwarded (envoy-routing 3.7).
    bool inErrorForm = false;
};

struct Action {
    enum class Kind {
        None,    ///< nothing to do now
        Try,     ///< connect to `host` (or take an idle connection) and send; `attempt` counts from 1
        Wait,    ///< back-off or fault delay: nothing until deadline(), then onDeadline()
        Forward, ///< the head that onHeaders() reported goes to the client (streamed or collected by the driver)
        Reply,   ///< send `reply`; the request is over
        Cut,     ///< the head had gone out: end the client's stream unfinished; the request is over
    };
    Kind kind = Kind::None;
    /// Alive until the request is destroyed. Its endpoint and profile in the request's own plan: trace().back().
    Host* host = nullptr;
    std::uint32_t attempt = 0;
    /// A running attempt is to be dropped (reset its connection) before this action. Of a retried answer that had
    /// ended with its head nothing runs any more: its connection may be kept.
    bool cancelAttempt = false;
    LocalReply reply;
};

/// One attempt as it will be recorded. Times are run time; `ended` is kNever while it runs.
struct AttemptTrace {
    HostPtr host;                         ///< null for NoHost
    std::uint32_t endpoint = plan::kNone; ///< of the plan that the request's route belongs to; so is `profile`
    std::uint32_t priority = 0;
    std::uint32_t profile = plan::kNone;
    AttemptOutcome outcome = AttemptOutcome::Pending;
    Decision decision = Decision::None;
    plan::RetryOn trigger{}; ///< which condition matched, whether or not it was Retried; 0: none
    std::uint16_t status = 0;
    bool connected = false;
    std::uint8_t picks = 1; ///< host draws, 1 to 6 (re-picks of previous_hosts)
    base::Instant started{};
    base::Instant ended = base::kNever;
    base::Duration backoff{};      ///< wait drawn after this attempt, before the next
    base::Duration backoffBound{}; ///< exclusive upper bound of that draw
};

/// Not thread-safe. `route`, `cluster` and the plan behind them must outlive it (the driver holds the
/// PlanPtr). After Reply, Cut, or onComplete() the request is over and only the views may be read; events that do not
/// fit the request's phase change nothing.
class Request
{
public:
    struct Streams {
        base::Random* backoff; ///< back-off draws
        base::Random* cluster; ///< weighted-cluster and fault draws
    };

    /// `cluster` is what the route forwards to (a weighted route: what drawCluster() gave), just fetched by
    /// WorkerState::cluster() of the route's plan; null for routes that forward nowhere and for the invalid backend.
    /// `received`: when the request was completely received; all time-outs count from it (the route's own from the
    /// end of an injected delay).
    Request(const plan::Route& route, Cluster* cluster, Streams streams, base::Instant received);
    ~Request();
    Request(Request&&) = delete;

    /// First attempt, fault injection, or the route's own answer.
    Action start(base::Instant now);

    /// The attempt has a ready connection and its request was written: the per-try clock starts.
    /// `reused` connections count alike.
    void onConnected(base::Instant now);
    /// Bytes were moved for this attempt: re-arms the per-try idle time-out, and after the head stream idle too
    /// (before it, only the client's side counts for that one).
    void onActivity(base::Instant now);
    /// Forward, or Wait when the answer is retried.
    Action onHeaders(const ResponseHead& head, base::Instant now);
    /// Before headers: may retry. After headers: Reply (collected, nothing sent) or Cut.
    Action onFailure(Failure failure, base::Instant now);
    /// A moment given by deadline() has come. None when it has not.
    Action onDeadline(base::Instant now);
    /// The driver began to pass the head on to the client (streaming): from now on failures Cut.
    void onHeadSent();
    /// The answer ended well.
    void onComplete(base::Instant now);
    /// The client went away. A running attempt is to be dropped.
    void onClientGone(base::Instant now);

    /// The earliest of: back-off end, per-try, per-try idle, stream idle, request, stream duration; kNever when over.
    base::Instant deadline() const;

    std::uint32_t attempts() const { return static_cast<std::uint32_t>(m_trace.size()); }
    const boost::container::small_vector_base<AttemptTrace>& trace() const { return m_trace; }
    /// Why the request went the way it did last: that of the last attempt, or what ended it without one.
    Decision decision() const { return m_decision; }
    bool isOver() const { return m_phase == Phase::Over; }
    const plan::Route& route() const { return m_route; }
    Cluster* cluster() const { return m_cluster; }

    /// Draws the cluster of a weighted route; kNone: the invalid backend was drawn. One uniform draw
    /// over the summed weights (envoy-routing 1.3).
    static std::uint32_t drawCluster(const plan::Route& route, base::Random& random);

private:
    enum class Phase : std::uint8_t {
        Created,
        Delayed, ///< fault injection holds it back
        Trying,  ///< an attempt runs, no head yet
        BackingOff,
        HeadHeld, ///< the head was forwarded to a driver that collects, or has not yet sent it
        HeadSent,
        Over,
    };
    enum class Timer : std::uint8_t { None, Request, StreamDuration, StreamIdle, PerTryIdle, PerTry, Wait };

    // request.cpp: the way forward
    void armRequestTimers();
    Action afterDelay(base::Instant now);
    Action routeAction(base::Instant now);
    Action tryHost(base::Instant now);
    bool isChance(std::uint32_t perMillion);
    bool awaitsHead() const { return m_phase == Phase::Trying; }
    bool hasHead() const { return m_phase == Phase::HeadHeld || m_phase == Phase::HeadSent; }
    AttemptTrace& attempt() { return m_trace.back(); }

    // request_end.cpp: failures, time-outs and the end
    Timer dueTimer(base::Instant now) const;
    Action onTryTimeout(AttemptOutcome outcome, base::Instant now);
    Action onRequestTimeout(AttemptOutcome outcome, std::string_view text, bool reported, base::Instant now);
    Action endAnswer(std::uint16_t status, std::string_view text, bool cancelAttempt);
    Action reply(std::uint16_t status, std::string_view text);
    std::string_view disconnectText(Failure failure);
    void endAttempt(AttemptOutcome outcome, base::Instant now);
    void decide(Decision decision);
    void finish();

    // request_retry.cpp
    bool takeRetry(std::optional<plan::RetryOn> trigger, base::Instant now);
    void releaseRetrySlot();
    const plan::RetryPolicy* policy() const { return m_route.retry ? &*m_route.retry : nullptr; }

    const plan::Route& m_route;
    Cluster* m_cluster;
    const plan::Cluster* m_definition = nullptr; ///< in the route's own plan
    Streams m_streams;
    base::Instant m_received;
    Phase m_phase = Phase::Created;
    Decision m_decision = Decision::None;
    bool m_attemptConnected = false; ///< the running attempt counts in its host's activeRequests
    bool m_everConnected = false;
    bool m_holdsRetrySlot = false;
    std::uint32_t m_retriesLeft = 0;
    BackOff m_backOff;
    RetryContext m_retry;

    base::Instant m_waitAt = base::kNever;
    base::Instant m_perTryAt = base::kNever;
    base::Instant m_perTryIdleAt = base::kNever;
    base::Instant m_streamIdleAt = base::kNever;
    base::Instant m_requestAt = base::kNever;
    base::Instant m_durationAt = base::kNever;

    boost::container::small_vector<AttemptTrace, 2> m_trace;
    std::string m_text; ///< of a failure's reply
};

} // namespace signalbox::dispatch
