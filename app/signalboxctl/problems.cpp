// SPDX-License-Identifier: Apache-2.0
#include "app/signalboxctl/problems.h"

#include "app/signalboxctl/exit_code.h"
#include "app/signalboxctl/terminal.h"

namespace signalbox::app {
namespace {

std::string listed(const std::vector<std::string>& gateways)
{
    std::string text;
    for (const std::string& gateway : gateways) {
        text += "\n  --gateway " + gateway;
    }
    return text;
}

} // namespace

std::optional<int> exitCodeOf(const workspace::Analysis& analysis)
{
    if (analysis.unreadable) {
        return kUnreadable;
    }
    switch (analysis.compiled.status) {
    case plan::CompileStatus::Ok:
        return std::nullopt;
    case plan::CompileStatus::SeveralGateways:
        say("several Gateways have routes; choose one:" + listed(analysis.compiled.gateways));
        return kUsage;
    case plan::CompileStatus::UnknownGateway:
        say(analysis.compiled.gateways.empty()
                ? "there is no such Gateway, and no other one"
                : "there is no such Gateway; there are:" + listed(analysis.compiled.gateways));
        return kUsage;
    case plan::CompileStatus::NothingServable:
        break;
    }
    say("nothing to serve: the manifests need a Gateway with an HTTP listener and an AIGatewayRoute that names it");
    return kUnreadable;
}

} // namespace signalbox::app
