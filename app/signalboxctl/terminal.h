// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the verbs say to people: data to standard output, messages to standard error, colour only on a terminal and never
// with NO_COLOR.

#include "core/text/diagnostic.h"

#include <string>
#include <string_view>

namespace signalbox::app {

/// One line to standard error: "signalboxctl: MESSAGE".
void say(std::string_view message);

/// Problems to standard error, one a line, those of at least `level`.
void sayProblems(const text::Diagnostics& diagnostics, text::Severity level);

/// True when nobody can read standard output (the null device): formatting would be wasted.
bool isOutputDiscarded();

/// Writes all of `text` to standard output; false when the reader is gone.
bool writeOut(std::string_view text);

/// Folder of the built-in examples: beside the installed program, or in the source tree of a build.
std::string examplesFolder();

} // namespace signalbox::app
