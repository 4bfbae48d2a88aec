// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where drivers leave finished requests and readers pull from: exact sums, bounded rows with rising ids.

#include "core/base/ring_buffer.h"
#include "core/telemetry/histogram.h"
#include "core/telemetry/request_record.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace signalbox::telemetry {

using RecordPtr = std::shared_ptr<const RequestRecord>;

/// Exact counts since the start (or the last reset).
struct Totals {
    std::uint64_t requests = 0;
    std::uint64_t failed = 0;  ///< status 400 or more, incomplete, or client gone
    std::uint64_t retries = 0; ///< attempts beyond the first
    std::uint64_t bytesIn = 0;
    std::uint64_t bytesOut = 0;
    std::uint64_t tokensIn = 0;
    std::uint64_t tokensOut = 0;
    Histogram total; ///< of whole answers
};

/// Sums of one server (by name).
struct ServerTotals {
    std::uint64_t attempts = 0;
    std::uint64_t firstAttempts = 0; ///< attempts that were a request's first
    std::uint64_t answers = 0;       ///< requests whose client got this server's answer
    std::uint64_t failures = 0;      ///< attempts that did not end as ok
    Histogram firstByte;
    Histogram total;
};

struct Snapshot {
    Totals totals;
    std::map<std::string, ServerTotals> servers;
    std::uint64_t lastId = 0;
};

/// Thread-safe: one mutex, held for an append or a copy. add() costs well under a microsecond and only the row
/// itself is allocated (by the caller).
class Recorder
{
public:
    explicit Recorder(std::size_t rows);

    /// Stores a finished request, gives it its id, adds it to the sums. Any thread.
    std::uint64_t add(std::shared_ptr<RequestRecord> row);

    /// Rows with an id above `after`, oldest first, at most `most`. A reader that fell behind misses rows, never sums.
    std::vector<RecordPtr> rowsAfter(std::uint64_t after, std::size_t most = SIZE_MAX) const;

    Snapshot snapshot() const;

private:
    mutable std::mutex m_mutex;
    base::RingBuffer<RecordPtr> m_rows;
    Snapshot m_sums;
};

} // namespace signalbox::telemetry
