// SPDX-License-Identifier: Apache-2.0
#pragma once

// A worker at rest in virtual time, with the few moves that tests of the decision machine make again and again.

#include "core/dispatch/request.h"
#include "core/dispatch/worker_state.h"
#include "tests/support/plan_builder.h"

#include <QtGlobal>

#include <functional>
#include <map>
#include <string>

namespace signalbox::test {

using base::Duration;
using base::Instant;

inline Instant at(Duration time)
{
    return Instant{} + time;
}

/// One plan, one worker, one clock.
class DispatchBench
{
public:
    explicit DispatchBench(const plan::PlanPtr& given, std::uint64_t seed = 1)
        : plan(given),
          worker(given, seed, 0, Instant{})
    {}

    dispatch::Cluster& cluster(std::uint32_t index = 0) { return worker.cluster(index); }
    const std::string& nameOf(const dispatch::Host& host) const { return plan->servers[host.endpoint].name; }
    std::string pick()
    {
        const dispatch::Host* host = cluster().chooseHost(nullptr, now);
        return host ? nameOf(*host) : "-";
    }
    std::string picks(int count)
    {
        std::string result;
        for (int i = 0; i < count; ++i) {
            result += pick();
        }
        return result;
    }
    std::map<std::string, int> shares(int count)
    {
        std::map<std::string, int> result;
        for (int i = 0; i < count; ++i) {
            ++result[pick()];
        }
        return result;
    }
    dispatch::Host& host(const std::string& name)
    {
        for (std::uint32_t p = 0; p < cluster().priorityCount(); ++p) {
            for (const auto& candidate : cluster().hosts(p)) {
                if (nameOf(*candidate) == name) {
                    return *candidate;
                }
            }
        }
        qFatal("no host %s", name.c_str());
    }
    dispatch::Request::Streams streams() { return {&worker.backoffRandom(), &worker.clusterRandom()}; }
    const plan::Route& route(std::uint32_t index = 0) const { return plan->routes[index]; }

    /// Runs one request whose every attempt ends by `fail`; the servers in order, "-" for no host.
    std::string orderOfFailures(const std::function<dispatch::Action(dispatch::Request&)>& fail)
    {
        dispatch::Request request(route(), &cluster(), streams(), now);
        std::string order;
        dispatch::Action action = request.start(now);
        while (action.kind == dispatch::Action::Kind::Try || action.kind == dispatch::Action::Kind::Wait) {
            if (action.kind == dispatch::Action::Kind::Wait) {
                now = request.deadline();
                action = request.onDeadline(now);
                continue;
            }
            order += nameOf(*action.host);
            action = fail(request);
        }
        lastReply = action.reply;
        lastText = std::string(action.reply.text);
        lastReply.text = {};
        if (action.kind == dispatch::Action::Kind::Reply && lastText == "no healthy upstream") {
            order += "-";
        }
        return order;
    }
    std::string orderWhenRefused()
    {
        return orderOfFailures([this](dispatch::Request& request) {
            return request.onFailure(dispatch::Failure::RemoteConnectionFailure, now);
        });
    }

    /// Lets virtual time run to `until`, timer by timer.
    void runTo(Instant until)
    {
        while (worker.nextDue() <= until) {
            now = worker.nextDue();
            worker.advance(now);
        }
        now = until;
    }

    plan::PlanPtr plan;
    dispatch::WorkerState worker;
    Instant now{};
    dispatch::LocalReply lastReply; ///< of the last orderOf…(); its text is gone, see lastText
    std::string lastText;
};

} // namespace signalbox::test
