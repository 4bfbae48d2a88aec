// SPDX-License-Identifier: Apache-2.0
#pragma once

// Manifests for the in-process benchmarks.

#include "core/workspace/workspace.h"

#include <stdexcept>
#include <string>
#include <vector>

namespace signalbox::bench {

/// Manifests of the conformance cases, compiled.
inline plan::PlanPtr planOfCases(const std::vector<std::string>& names)
{
    std::vector<std::string> paths;
    for (const std::string& name : names) {
        paths.push_back(SIGNALBOX_CONFORMANCE "/manifests/" + name);
    }
    manifest::SystemFiles files;
    const workspace::Analysis analysis = workspace::analyse(paths, files, {}, {});
    if (!analysis.compiled.plan) {
        throw std::runtime_error("the manifests give no plan");
    }
    return analysis.compiled.plan;
}

} // namespace signalbox::bench
