// SPDX-License-Identifier: Apache-2.0
#include "core/telemetry/recorder.h"

#include <algorithm>

namespace signalbox::telemetry {

namespace {

void addTo(Totals& totals, const RequestRecord& record)
{
    ++totals.requests;
    totals.failed += record.status == 0 || record.status >= 400 || !record.complete ? 1 : 0;
    totals.retries += record.attempts.empty() ? 0 : record.attempts.size() - 1;
    totals.bytesIn += record.bytesIn;
    totals.bytesOut += record.bytesOut;
    totals.tokensIn += static_cast<std::uint64_t>(std::max<std::int64_t>(0, record.tokensIn));
    totals.tokensOut += static_cast<std::uint64_t>(std::max<std::int64_t>(0, record.tokensOut));
    if (record.complete) {
        totals.total.add(record.total);
    }
}

void addTo(ServerTotals& server, const RequestRecord& record, const AttemptRecord& attempt)
{
    ++server.attempts;
    server.firstAttempts += &attempt == &record.attempts.front() ? 1 : 0;
    server.failures += attempt.outcome != dispatch::AttemptOutcome::Ok ? 1 : 0;
    const bool reachedTheClient =
        &attempt == &record.attempts.back() && attempt.status != 0 && attempt.status == record.status;
    server.answers += reachedTheClient ? 1 : 0;
    if (attempt.firstByte >= base::Duration{}) {
        server.firstByte.add(attempt.firstByte - attempt.start);
    }
    server.total.add(attempt.end - attempt.start);
}

} // namespace

Recorder::Recorder(std::size_t rows) : m_rows(rows) {}

std::uint64_t Recorder::add(std::shared_ptr<RequestRecord> row)
{
    const std::lock_guard lock(m_mutex);
    row->id = m_rows.lastId() + 1;
    addTo(m_sums.totals, *row);
    for (const AttemptRecord& attempt : row->attempts) {
        if (row->plan && attempt.endpoint < row->plan->servers.size()) {
            addTo(m_sums.servers[row->plan->servers[attempt.endpoint].name], *row, attempt);
        }
    }
    m_sums.lastId = m_rows.push(std::move(row));
    return m_sums.lastId;
}

std::vector<RecordPtr> Recorder::rowsAfter(std::uint64_t after, std::size_t most) const
{
    std::vector<RecordPtr> rows;
    const std::lock_guard lock(m_mutex);
    if (after >= m_rows.lastId()) {
        return rows;
    }
    const std::uint64_t first = std::max(after + 1, m_rows.firstId());
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(m_rows.lastId() - first + 1, most));
    rows.reserve(count);
    for (std::uint64_t id = first; rows.size() < count; ++id) {
        rows.push_back(m_rows.at(id));
    }
    return rows;
}

Snapshot Recorder::snapshot() const
{
    const std::lock_guard lock(m_mutex);
    return m_sums;
}

} // namespace signalbox::telemetry
