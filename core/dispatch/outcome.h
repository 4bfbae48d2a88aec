// SPDX-License-Identifier: Apache-2.0
#pragma once

// The words in which drivers tell the decision machine what happened, and in which it tells them and
// the records what was decided and why.

#include <cstdint>
#include <string_view>

namespace signalbox::dispatch {

/// Why an attempt ended without response headers (or broke off after them): Envoy's stream reset
/// reasons (envoy-routing 3.9).
enum class Failure : std::uint8_t {
    RemoteConnectionFailure, ///< TCP refused, TLS handshake failed
    LocalConnectionFailure,  ///< could not even try (no socket)
    ConnectionTimeout,       ///< cluster connect_timeout
    ConnectionTermination,   ///< the peer closed or reset before the head was complete
    ProtocolError,           ///< what came is no HTTP (502 instead of 503)
    Overflow,                ///< a circuit breaker refused; never retried
    LocalReset,              ///< the machine itself: per-try or per-try idle time-out
};

/// How an attempt ended, for records (cli.md "run", `outcome`).
enum class AttemptOutcome : std::uint8_t {
    Pending,
    Ok,     ///< an answer below 400 that ended well
    Status, ///< an answer of 400 or more, forwarded or retried
    Refused,
    ConnectTimeout,
    Reset, ///< reserved for a TCP reset, where the driver can tell it from a close
    Closed,
    Garbage,
    PerTryTimeout,
    IdleTimeout,
    RequestTimeout,
    Overflow,
    NoHost,
    Cancelled, ///< the client went away
};

/// Why the machine went on, waited or stopped after an attempt.
enum class Decision : std::uint8_t {
    None,
    Forwarded,        ///< the answer went to the client: nothing asked for a retry
    NoRetryPolicy,    ///< no policy on this route: the outcome goes to the client
    NotCaught,        ///< no trigger of the policy matches this outcome
    Retried,          ///< a trigger matched; `trigger` says which
    RetriesUsedUp,    ///< numRetries reached (URX)
    RetryBreakerFull, ///< maxParallelRetries or retry budget (UO)
    TimedOut,         ///< request, idle or stream-duration time-out ended the request
    NoHealthyHost,    ///< no host to try (UH)
    HeadSent,         ///< failed after its head had gone to the client (or was being collected): never retried
    ClientGone,
    FaultInjected,
};

/// Lower-case words as in cli.md's `outcome` list: "ok", "status", "refused", …
std::string_view outcomeWord(AttemptOutcome outcome);

/// Envoy's text behind "reset reason: ", for example "remote connection failure".
std::string_view failureText(Failure failure);

} // namespace signalbox::dispatch
