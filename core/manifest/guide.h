// SPDX-License-Identifier: Apache-2.0
#pragma once

// Guides: Markdown or plain text whose fences hold manifests.

#include "core/text/source_text.h"

#include <string>
#include <string_view>
#include <vector>

namespace signalbox::manifest {

/// The inside of one fence marked yaml or yml.
struct Fence {
    text::Span span;        ///< the lines between the fence lines
    std::size_t indent = 0; ///< blanks before the opening fence
    std::string fileName;   ///< what `**File: NAME**` or `cat > NAME` before it says, else empty
};

/// Fences as CommonMark has them (``` or ~~~, closed by as many or by the end of the text), at any
/// indentation because guides put them into lists. What stands in other fences is never read, but a
/// `cat > NAME` without a here-document there names the next fence.
std::vector<Fence> findFences(std::string_view text);

/// Whether a text is a guide, by its name or else by its content (see loadInputs()).
bool isGuide(std::string_view name, std::string_view text);

} // namespace signalbox::manifest
