// SPDX-License-Identifier: Apache-2.0
#pragma once

// Clusters with outlier detection, and answers to feed it.

#include "tests/support/dispatch_bench.h"

#include <string>
#include <vector>

namespace signalbox::test {

/// A cluster with passive health checks after `errors` 5xx in a row.
inline PlanBuilder passive(
    const std::vector<BackendSpec>& backends, std::uint32_t maxPercent = 100, std::uint32_t errors = 3)
{
    PlanBuilder builder;
    const auto index = builder.cluster("m", backends);
    plan::OutlierDetection& outlier = builder.definition(index).outlier.emplace();
    outlier.consecutive5xx = errors;
    outlier.maxEjectionPercent = maxPercent;
    return builder;
}

inline std::vector<BackendSpec> many(std::size_t count)
{
    std::vector<BackendSpec> backends;
    for (std::size_t i = 0; i < count; ++i) {
        backends.push_back({"h" + std::to_string(i)});
    }
    return backends;
}

/// Answers of `name` as an attempt would report them.
inline void answer(DispatchBench& bench, const std::string& name, int times, std::uint32_t status = 500)
{
    for (int i = 0; i < times; ++i) {
        bench.cluster().reportStatus(bench.host(name), status, bench.now);
    }
}

/// Mixed evenly, so that no row of errors comes about.
inline void answerMany(DispatchBench& bench, const std::string& name, int good, int bad)
{
    const int total = good + bad;
    for (int i = 0; i < total; ++i) {
        const bool isBad = i * bad / total != (i + 1) * bad / total;
        answer(bench, name, 1, isBad ? 500 : 200);
    }
}

} // namespace signalbox::test
