// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace signalbox::app {

/// The program's exit codes (docs/signalboxctl.md).
enum ExitCode : int {
    kFine = 0,
    kFindings = 1,
    kUsage = 2,
    kUnreadable = 3,
    kEnvironment = 4,
    kInterrupted = 130,
};

} // namespace signalbox::app
