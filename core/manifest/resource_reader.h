// SPDX-License-Identifier: Apache-2.0
#pragma once

// Documents to resources. All problems are reported at once; an object that an API server would refuse
// is dropped alone, with its reason (cli.md "Input"), and everything else is served.

#include "core/manifest/input.h"
#include "core/manifest/resources.h"

namespace signalbox::manifest {

/// Reads every document that has a tree. Codes: "object-refused" (Error: what an API server refuses; the
/// object is dropped and the place is the offending value), "object-replaced" (Info when the content is equal,
/// else Warning), "unknown-field" (Warning), "kind-ignored" and "api-deprecated" (Info).
Resources readResources(const std::vector<Document>& documents, text::Diagnostics& diagnostics);

} // namespace signalbox::manifest
