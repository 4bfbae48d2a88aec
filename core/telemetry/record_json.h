// SPDX-License-Identifier: Apache-2.0
#pragma once

// A request as cli.md writes it ("run": {"event":"request",…}), and its attempts' reasons in words.

#include "core/telemetry/request_record.h"

#include <string>

namespace signalbox::telemetry {

/// One JSON line without the line end. What is not there is null: `route` and `rule` without a route, `backend`, `name`,
/// `endpoint` and `address` without a host, a `status` that was never sent or received, `first_ms` without a byte, token
/// counts that nobody told. `route` is NAMESPACE/NAME, `rule` its index; times within a request are milliseconds
/// since it was received, to the microsecond.
std::string toJson(const RequestRecord& record);

/// One line for people: time, status, model, route, attempts with their outcomes, total time.
std::string toText(const RequestRecord& record);

/// Why the attempt ended as it did and what was decided, in words with figures:
/// "answered 503; retriable-status-codes matches, next attempt after 43 ms (of at most 99)".
std::string reasonText(const RequestRecord& record, std::size_t attempt);

} // namespace signalbox::telemetry
