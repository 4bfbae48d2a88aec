// SPDX-License-Identifier: Apache-2.0
#include "app/signalboxctl/check_command.h"

#include "app/signalboxctl/exit_code.h"
#include "app/signalboxctl/problems.h"
#include "app/signalboxctl/terminal.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace signalbox::app {
namespace {

std::string_view levelWord(text::Severity severity)
{
    switch (severity) {
    case text::Severity::Error:
        return "error";
    case text::Severity::Warning:
        return "warning";
    case text::Severity::Info:
        break;
    }
    return "info";
}

nlohmann::ordered_json finding(const text::Diagnostic& diagnostic)
{
    nlohmann::ordered_json entry{
        {"code", diagnostic.code}, {"level", levelWord(diagnostic.severity)}, {"message", diagnostic.message}};
    if (diagnostic.place.source) {
        const text::Position begin = diagnostic.place.source->positionAt(diagnostic.place.span.begin);
        const text::Position end = diagnostic.place.source->positionAt(diagnostic.place.span.end);
        entry["file"] = diagnostic.place.source->name();
        entry["line"] = begin.line;
        entry["column"] = begin.column;
        entry["end_line"] = end.line;
        entry["end_column"] = end.column;
    }
    return entry;
}

void printFindings(const text::Diagnostics& found, bool json, std::size_t files)
{
    if (json) {
        auto findings = nlohmann::ordered_json::array();
        for (const text::Diagnostic& diagnostic : found) {
            findings.push_back(finding(diagnostic));
        }
        writeOut(nlohmann::ordered_json{{"findings", std::move(findings)}}.dump(
                     -1, ' ', false, nlohmann::json::error_handler_t::replace)
            + "\n");
        return;
    }
    for (const text::Diagnostic& diagnostic : found) {
        writeOut(text::toText(diagnostic) + "\n");
    }
    if (found.empty()) {
        writeOut("No problems in " + std::to_string(files) + (files == 1 ? " file\n" : " files\n"));
    }
}

} // namespace

int check(const CheckOptions& options)
{
    manifest::SystemFiles files;
    const workspace::Analysis analysis = workspace::analyse(options.inputs, files, examplesFolder(), {options.gateway});
    text::Diagnostics found;
    std::copy_if(analysis.diagnostics.begin(), analysis.diagnostics.end(), std::back_inserter(found),
        [&](const auto& diagnostic) { return diagnostic.severity <= options.level; });
    printFindings(found, options.json, analysis.sources.size());
    if (const auto code = exitCodeOf(analysis); code) {
        return *code;
    }
    return found.empty() ? kFine : kFindings;
}

} // namespace signalbox::app
