// SPDX-License-Identifier: Apache-2.0
#pragma once

// The live proxy with manifests of the test's own, on a free port of 127.0.0.1.

#include "core/proxy/proxy_server.h"
#include "core/workspace/workspace.h"
#include "tests/support/raw_client.h"
#include "tests/support/scripted_backend.h"

#include <map>
#include <stdexcept>
#include <thread>

namespace signalbox::test {

/// Manifests as text, in memory, by file name.
class TextFiles final : public manifest::FileAccess
{
public:
    explicit TextFiles(std::map<std::string, std::string> files) : m_files(std::move(files)) {}
    base::Result<std::string> read(const std::string& path) override
    {
        const auto found = m_files.find(path);
        return found == m_files.end() ? base::Result<std::string>(base::Error{"file-missing", path}) : found->second;
    }
    base::Result<std::vector<std::string>> list(const std::string&) override
    {
        return base::Error{"folder-missing", "none"};
    }

private:
    std::map<std::string, std::string> m_files;
};

/// One rule that serves the model of its name.
struct RouteSpec {
    struct Ref {
        std::string backend;
        int weight = 1;
        int priority = 0;
    };
    std::string model;
    std::vector<Ref> refs;
    std::string retry;   ///< the lines of a retry block in flow style, such as "{numRetries: 3}"; empty: no policy
    std::string timeout; ///< timeouts.request; empty: the default
};

/// A Gateway "gw" on port 80, the routes, and for each backend named in them NAME.upstream.test:80.
inline std::string manifestText(const std::vector<RouteSpec>& routes, const std::string& bufferLimit = "50Mi")
{
    std::string text =
        "apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {name: gw}\n"
        "spec: {controllerName: gateway.envoyproxy.io/gatewayclass-controller}\n---\n"
        "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: gw, namespace: default}\n"
        "spec: {gatewayClassName: gw, listeners: [{name: http, protocol: HTTP, port: 80}]}\n";
    if (!bufferLimit.empty()) {
        text += "---\napiVersion: gateway.envoyproxy.io/v1alpha1\nkind: ClientTrafficPolicy\nmetadata: {name: limit, "
                "namespace: default}\n"
                "spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: gw}], connection: "
                "{bufferLimit: "
            + bufferLimit + "}}\n";
    }
    std::map<std::string, bool> backends;
    for (const RouteSpec& route : routes) {
        text +=
            "---\napiVersion: aigateway.envoyproxy.io/v1beta1\nkind: AIGatewayRoute\nmetadata: {name: " + route.model
            + ", namespace: default}\nspec:\n  parentRefs: [{name: gw, kind: Gateway, group: "
              "gateway.networking.k8s.io}]\n"
              "  rules:\n    - matches: [{headers: [{type: Exact, name: x-ai-eg-model, value: "
            + route.model + "}]}]\n"
            + (route.timeout.empty() ? "" : "      timeouts: {request: " + route.timeout + "}\n")
            + "      backendRefs:\n";
        for (const RouteSpec::Ref& ref : route.refs) {
            text += "        - {name: " + ref.backend + ", weight: " + std::to_string(ref.weight)
                + ", priority: " + std::to_string(ref.priority) + "}\n";
            backends[ref.backend] = true;
        }
        if (!route.retry.empty()) {
            text += "---\napiVersion: gateway.envoyproxy.io/v1alpha1\nkind: BackendTrafficPolicy\nmetadata: {name: "
                + route.model
                + ", namespace: default}\nspec:\n  targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, "
                  "name: "
                + route.model + "}]\n  retry: " + route.retry + "\n";
        }
    }
    for (const auto& [name, used] : backends) {
        text += "---\napiVersion: aigateway.envoyproxy.io/v1beta1\nkind: AIServiceBackend\nmetadata: {name: " + name
            + ", namespace: default}\nspec: {schema: {name: OpenAI}, backendRef: {name: " + name
            + ", kind: Backend, group: gateway.envoyproxy.io}}\n---\n"
              "apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: Backend\nmetadata: {name: "
            + name + ", namespace: default}\nspec: {endpoints: [{fqdn: {hostname: " + name
            + ".upstream.test, port: 80}}]}\n";
    }
    return text;
}

/// The plan of a text or of files; throws with the problems when there is none, which fails the test.
inline plan::PlanPtr planOf(workspace::Analysis analysis)
{
    if (analysis.compiled.status != plan::CompileStatus::Ok) {
        std::string problems = "no plan:";
        for (const auto& diagnostic : analysis.diagnostics) {
            problems += "\n" + text::toText(diagnostic);
        }
        throw std::runtime_error(problems);
    }
    return analysis.compiled.plan;
}

inline plan::PlanPtr planOfText(const std::string& manifests)
{
    TextFiles files({{"test.yaml", manifests}});
    return planOf(workspace::analyse({"test.yaml"}, files, {}, {}));
}

inline plan::PlanPtr planOfFiles(const std::vector<std::string>& paths)
{
    manifest::SystemFiles files;
    return planOf(workspace::analyse(paths, files, {}, {}));
}

using Binds = std::map<std::string, std::string>; ///< backend name to target

inline proxy::BindingsPtr bindingsOf(const plan::Plan& plan, const Binds& binds)
{
    std::vector<std::string> words;
    for (const auto& [name, target] : binds) {
        words.push_back(name + "=" + target);
    }
    auto read = workspace::readBindings(words, plan);
    if (const auto* problem = std::get_if<workspace::BindProblem>(&read)) {
        throw std::runtime_error(problem->message);
    }
    return std::make_shared<const proxy::Bindings>(std::move(std::get<proxy::Bindings>(read)));
}

class RunningProxy
{
public:
    RunningProxy(plan::PlanPtr plan, const Binds& binds, const proxy::ProxyOptions& options = {1, 7})
        : m_server(std::make_unique<proxy::ProxyServer>(options, m_recorder))
    {
        const auto bound = m_server->listen({*base::parseAddress("127.0.0.1", 0), plan->listeners.front().port});
        m_port = bound ? bound->port : 0;
        const auto bindings = bindingsOf(*plan, binds);
        m_server->start(std::move(plan), bindings);
    }

    std::uint16_t port() const { return m_port; }
    proxy::ProxyServer& server() { return *m_server; }
    const telemetry::Recorder& recorder() const { return m_recorder; }
    void destroyServer() { m_server.reset(); }

    /// Publishes and waits until the plan is live.
    bool publish(plan::PlanPtr plan, const Binds& binds)
    {
        const auto live = std::make_shared<Gate>();
        const auto bindings = bindingsOf(*plan, binds);
        m_server->publish(std::move(plan), bindings, [live] { live->open(); });
        return live->wait();
    }

    /// The first `count` records; a record is written just after its answer, so that a test may have to wait.
    std::vector<telemetry::RecordPtr> records(std::size_t count) const
    {
        const auto end = Clock::now() + kDeadline;
        while (m_recorder.snapshot().totals.requests < count && Clock::now() < end) {
            std::this_thread::yield();
        }
        return m_recorder.rowsAfter(0);
    }

private:
    telemetry::Recorder m_recorder{100'000};
    std::unique_ptr<proxy::ProxyServer> m_server;
    std::uint16_t m_port = 0;
};

/// What the model answered: the content of the first choice; empty when the answer has none.
inline std::string contentOf(const Message& answer)
{
    const std::string mark = "\"content\":\"";
    const std::size_t at = answer.body.find(mark);
    return at == std::string::npos
        ? std::string()
        : answer.body.substr(at + mark.size(), answer.body.find('"', at + mark.size()) - at - mark.size());
}

} // namespace signalbox::test
