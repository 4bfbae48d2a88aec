// SPDX-License-Identifier: Apache-2.0
#pragma once

// The façade that both programs use: the open files, what they mean, and which real sockets stand for their
// backends.

#include "core/manifest/input.h"
#include "core/manifest/resources.h"
#include "core/plan/compiler.h"
#include "core/plan/plan.h"
#include "core/proxy/bindings.h"
#include "core/text/diagnostic.h"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace signalbox::workspace {

/// Everything that follows from the open texts. A value; made anew when a text changes.
struct Analysis {
    std::vector<text::SourceTextPtr> sources;
    manifest::Resources resources;
    plan::Compiled compiled;
    text::Diagnostics diagnostics; ///< of reader and compiler, in order of their places
    bool unreadable = false;       ///< some input could not be read or is no YAML (exit code 3)
};

/// Reads and compiles inputs (cli.md "Input"). Never fails; problems are in the result.
Analysis analyse(const std::vector<std::string>& inputs, manifest::FileAccess& files, const std::string& examplesDir,
    const plan::CompileOptions& options);

/// A --bind that cannot be: a usage error in one sentence.
struct BindProblem {
    std::string message;
};

/// Reads `BACKEND=TARGET` words against a plan (cli.md "run"): repeated for a Backend with several endpoints, in their
/// order; a bind belongs to the endpoint. Targets: "simulated", "manifest", or an http URL without a path.
std::variant<proxy::Bindings, BindProblem> readBindings(const std::vector<std::string>& words, const plan::Plan& plan);

/// "ADDRESS:PORT", "[::1]:PORT", "localhost:PORT" or ":PORT" (127.0.0.1); nothing when it is none of these.
std::optional<base::SocketAddress> readAddress(std::string_view text);

/// True for 127.0.0.0/8 and ::1.
bool isLoopback(const base::SocketAddress& address);

/// The candidate nearest to a mistyped word (at most a third of it wrong), for "did you mean"; empty when none is near.
std::string nearestWord(std::string_view typed, const std::vector<std::string>& candidates);

} // namespace signalbox::workspace
