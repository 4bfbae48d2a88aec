// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>

namespace signalbox::fuzz {

/// Ends the program with a stack when a property does not hold; also in builds without assertions.
inline void require(bool holds)
{
    if (!holds) {
        std::abort();
    }
}

} // namespace signalbox::fuzz
