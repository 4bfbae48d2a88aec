// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace signalbox::app {

/// Who listens on a TCP port of this machine, as "ollama, process 812"; empty when it cannot be told (another user's
/// process, or a system without /proc).
std::string portOwner(std::uint16_t port);

} // namespace signalbox::app
