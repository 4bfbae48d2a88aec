// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace signalbox::app {

/// Options of `signalboxctl run` (docs/signalboxctl.md).
struct RunOptions {
    std::vector<std::string> inputs;
    std::vector<std::string> listen; ///< ADDR:PORT or NAME=ADDR:PORT
    std::optional<std::string> gateway;
    std::vector<std::string> binds;
    std::optional<std::uint64_t> seed;
    unsigned workers = 1;
    bool json = false;
    bool listenAnyone = false;
};

/// Serves until a signal ends it; returns the exit code.
int run(const RunOptions& options);

} // namespace signalbox::app
