// SPDX-License-Identifier: Apache-2.0
#pragma once

// Collects what the compiler has to say. The same sentence is kept once, however often listeners,
// host names or rules lead to it.

#include "core/manifest/resources.h"
#include "core/text/diagnostic.h"

#include <set>
#include <string>
#include <utility>

namespace signalbox::plan {

class Reporter
{
public:
    void error(std::string code, std::string message, text::Place place)
    {
        add({text::Severity::Error, std::move(code), std::move(message), std::move(place)});
    }
    void warning(std::string code, std::string message, text::Place place)
    {
        add({text::Severity::Warning, std::move(code), std::move(message), std::move(place)});
    }
    void info(std::string code, std::string message, text::Place place)
    {
        add({text::Severity::Info, std::move(code), std::move(message), std::move(place)});
    }

    text::Diagnostics take() { return std::move(m_diagnostics); }

private:
    void add(text::Diagnostic diagnostic)
    {
        if (m_seen.emplace(diagnostic.code, diagnostic.message).second) {
            m_diagnostics.push_back(std::move(diagnostic));
        }
    }

    text::Diagnostics m_diagnostics;
    std::set<std::pair<std::string, std::string>> m_seen;
};

/// The place of a part of an object; of its name by default.
inline text::Place placeOf(const manifest::ObjectMeta& meta, text::Span span)
{
    return {meta.source, span};
}
inline text::Place placeOf(const manifest::ObjectMeta& meta)
{
    return {meta.source, meta.nameSpan};
}

/// "AIGatewayRoute default/x", as messages name an object.
inline std::string nameOf(const manifest::ObjectMeta& meta)
{
    return meta.kind + " " + meta.nameSpace + "/" + meta.name;
}

} // namespace signalbox::plan
