// SPDX-License-Identifier: Apache-2.0
#pragma once

// One request's life as a machine: events in, actions out, no I/O (envoy-routing 3 and 4, and the event
// order of section 11). The live proxy and the simulator drive this same class.

#include "core/dispatch/cluster.h"
#include "core/dispatch/outcome.h"

#include <boost/container/small_vector.hpp>

#include <cstdint>
#include <string_view>

namespace signalbox::dispatch {

/// An answer that the gateway makes itself. `chat` writes its bytes: in the OpenAI error form when
/// `inErrorForm`, else text/plain; an empty text is an empty body without content type.
struct LocalReply {
    std::uint16_t status = 503;
    std::string_view text;        ///< constant text, or built in the request's own storage (valid until its end)
    bool inErrorForm = false;     ///< an attempt had reached a connected upstream (envoy-routing 3.7)
};

struct Action {
    enum class Kind {
        None,      ///< nothing to do now
        Try,       ///< connect to `host` (or take an idle connection) and send; `attempt` counts from 1
        Wait,      ///< back-off: nothing until deadline(), then onDeadline()
        Forward,   ///< the head that onHeaders() reported goes to the client (streamed or collected by the driver)
        Reply,     ///< send `reply`; the request is over. A running attempt is to be cancelled
        Cut,       ///< the head had gone out: end the client's stream unfinished; cancel the attempt
    };
    Kind kind = Kind::None;
    Host* host = nullptr;
    std::uint32_t attempt = 0;
    bool cancelAttempt = false;   ///< a running attempt is to be dropped (reset its connection) before this action
    LocalReply reply;
};

/// One attempt as it will be recorded. Times are run time; `ended` is kNever while it runs.
struct AttemptTrace {
    HostPtr host;                       ///< null for NoHost
    std::uint32_t endpoint = plan::kNone;
    std::uint32_t priority = 0;
    std::uint32_t profile = plan::kNone;
    AttemptOutcome outcome = AttemptOutcome::Pending;
    Decision decision = Decision::None;
    plan::RetryOn trigger{};            ///< which condition matched when decision is Retried
    std::uint16_t status = 0;
    bool connected = false;
    std::uint8_t picks = 1;             ///< host draws, 1 to 6 (re-picks of previous_hosts)
    base::Instant started{};
    base::Instant ended = base::kNever;
    base::Duration backoff{};           ///< wait drawn after this attempt, before the next
    base::Duration backoffBound{};      ///< exclusive upper bound of that draw
};

/// What of an upstream head decides about a retry.
struct ResponseHead {
    std::uint16_t status = 200;
    std::int8_t grpcStatus = -1;        ///< grpc-status header, -1 when absent
    bool rateLimited = false;           ///< x-envoy-ratelimited is present
};

/// Answers `shouldSelectAnotherHost` and the retry-priority plugin (envoy-routing 2.7, 3.8, 4).
struct RetryContext {
    bool rejectAttempted = false;                                  ///< previous_hosts
    boost::container::small_vector<Host*, 8> attempted;            ///< every attempt's host, in order
    // previous_priorities
    std::uint32_t updateFrequency = 0;                             ///< 0: plugin absent
    mutable boost::container::small_vector<Host*, 8> pluginAttempted;
    mutable boost::container::small_vector<bool, 4> excluded;      ///< per priority
    mutable boost::container::small_vector<std::uint32_t, 4> healthyLoad;
    mutable boost::container::small_vector<std::uint32_t, 4> degradedLoad;
    mutable std::uint8_t picks = 0;                                ///< of the last choice
};

/// Not thread-safe. `route`, `cluster` and the plan behind them must outlive it (the driver holds the
/// PlanPtr). After Reply, Cut, or onComplete() the request is over and only trace() may be read.
class Request
{
public:
    struct Streams {
        base::Random* backoff;   ///< back-off draws
        base::Random* cluster;   ///< weighted-cluster and fault draws
    };

    /// `cluster` is what the route forwards to (a weighted route: what drawCluster() gave); null for routes
    /// that forward nowhere. `received`: when the request was completely received; all time-outs count from it.
    Request(const plan::Route& route, Cluster* cluster, Streams streams, base::Instant received);
    ~Request();
    Request(Request&&) = delete;

    /// First attempt, fault injection, or the route's own answer.
    Action start(base::Instant now);

    /// The attempt has a ready connection and its request was written: the per-try clock starts.
    /// `reused` connections count alike.
    void onConnected(base::Instant now);
    /// Bytes were moved for this attempt: re-arms the idle time-outs.
    void onActivity(base::Instant now);
    Action onHeaders(const ResponseHead& head, base::Instant now);
    /// Before headers: may retry. After headers: Reply (collected, nothing sent) or Cut.
    Action onFailure(Failure failure, base::Instant now);
    /// A moment given by deadline() has come.
    Action onDeadline(base::Instant now);
    /// The driver began to pass the head on to the client (streaming): from now on failures Cut.
    void onHeadSent();
    /// The answer ended well.
    void onComplete(base::Instant now);
    /// The client went away.
    void onClientGone(base::Instant now);

    /// The earliest of: back-off end, per-try, per-try idle, stream idle, request, stream duration.
    base::Instant deadline() const;

    std::uint32_t attempts() const;
    const boost::container::small_vector_base<AttemptTrace>& trace() const;
    const plan::Route& route() const;
    Cluster* cluster() const;

    /// Draws the cluster of a weighted route; kNone: the invalid backend was drawn. One uniform draw
    /// over the summed weights (envoy-routing 1.3).
    static std::uint32_t drawCluster(const plan::Route& route, base::Random& random);

private:
    // The implementer furnishes this.
};

} // namespace signalbox::dispatch
