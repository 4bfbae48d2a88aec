// SPDX-License-Identifier: Apache-2.0
#include "core/telemetry/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

namespace signalbox::telemetry {

namespace {

constexpr unsigned kSubBits = 7;
constexpr std::uint64_t kSubBuckets = std::uint64_t{1} << kSubBits;
constexpr base::Duration kMost = std::chrono::hours(1);

/// Values below 128 have a bucket each; above, the octave of 2^e is cut into 128 parts.
std::size_t bucketOf(std::uint64_t value)
{
    if (value < kSubBuckets) {
        return static_cast<std::size_t>(value);
    }
    const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - 1 - kSubBits;
    return static_cast<std::size_t>((shift + 1) * kSubBuckets + ((value >> shift) - kSubBuckets));
}

/// The middle of a bucket.
std::uint64_t valueOf(std::size_t bucket)
{
    if (bucket < kSubBuckets) {
        return bucket;
    }
    const std::uint64_t shift = bucket / kSubBuckets - 1;
    const std::uint64_t low = (kSubBuckets + bucket % kSubBuckets) << shift;
    return low + ((std::uint64_t{1} << shift) >> 1U);
}

} // namespace

void Histogram::add(base::Duration value, std::uint64_t count)
{
    if (count == 0) {
        return;
    }
    value = std::max(value, base::Duration{});
    m_sum += value * static_cast<std::int64_t>(count);
    value = std::min(value, kMost);
    const std::size_t bucket = bucketOf(static_cast<std::uint64_t>(value.count()));
    if (bucket >= m_buckets.size()) {
        m_buckets.resize((bucket / kSubBuckets + 1) * kSubBuckets);
    }
    m_buckets[bucket] += count;
    m_least = m_count == 0 ? value : std::min(m_least, value);
    m_most = m_count == 0 ? value : std::max(m_most, value);
    m_count += count;
}

void Histogram::merge(const Histogram& other)
{
    if (other.m_count == 0) {
        return;
    }
    if (m_buckets.size() < other.m_buckets.size()) {
        m_buckets.resize(other.m_buckets.size());
    }
    std::transform(other.m_buckets.begin(), other.m_buckets.end(), m_buckets.begin(), m_buckets.begin(), std::plus<>());
    m_least = m_count == 0 ? other.m_least : std::min(m_least, other.m_least);
    m_most = m_count == 0 ? other.m_most : std::max(m_most, other.m_most);
    m_count += other.m_count;
    m_sum += other.m_sum;
}

void Histogram::clear()
{
    m_count = 0;
    m_sum = m_least = m_most = {};
    std::fill(m_buckets.begin(), m_buckets.end(), 0);
}

base::Duration Histogram::quantile(double q) const
{
    if (m_count == 0) {
        return {};
    }
    // Without the small step back, 0.07 of 100 values would be rank 8.
    const double exact = std::clamp(q, 0.0, 1.0) * static_cast<double>(m_count);
    const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(exact - 1e-9)));
    if (rank == 1 || rank >= m_count) {
        return rank == 1 && m_count > 1 ? m_least : m_most;
    }
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < m_buckets.size(); ++bucket) {
        seen += m_buckets[bucket];
        if (seen >= rank) {
            return std::clamp(base::Duration(static_cast<std::int64_t>(valueOf(bucket))), m_least, m_most);
        }
    }
    return m_most;
}

} // namespace signalbox::telemetry
