// SPDX-License-Identifier: Apache-2.0
#include "core/dispatch/outcome.h"

namespace signalbox::dispatch {

std::string_view outcomeWord(AttemptOutcome outcome)
{
    switch (outcome) {
    case AttemptOutcome::Pending:
        return "pending";
    case AttemptOutcome::Ok:
        return "ok";
    case AttemptOutcome::Status:
        return "status";
    case AttemptOutcome::Refused:
        return "refused";
    case AttemptOutcome::ConnectTimeout:
        return "connect_timeout";
    case AttemptOutcome::Reset:
        return "reset";
    case AttemptOutcome::Closed:
        return "closed";
    case AttemptOutcome::Garbage:
        return "garbage";
    case AttemptOutcome::PerTryTimeout:
        return "per_try_timeout";
    case AttemptOutcome::IdleTimeout:
        return "idle_timeout";
    case AttemptOutcome::RequestTimeout:
        return "request_timeout";
    case AttemptOutcome::Overflow:
        return "overflow";
    case AttemptOutcome::NoHost:
        return "no_host";
    case AttemptOutcome::Cancelled:
        return "cancelled";
    }
    return "pending";
}

std::string_view failureText(Failure failure)
{
    switch (failure) {
    case Failure::RemoteConnectionFailure:
        return "remote connection failure";
    case Failure::LocalConnectionFailure:
        return "local connection failure";
    case Failure::ConnectionTimeout:
        return "connection timeout";
    case Failure::ConnectionTermination:
        return "connection termination";
    case Failure::ProtocolError:
        return "protocol error";
    case Failure::Overflow:
        return "overflow";
    case Failure::LocalReset:
        return "local reset";
    }
    return "local reset";
}

} // namespace signalbox::dispatch
