// SPDX-License-Identifier: Apache-2.0

// Six thousand documents: a gateway and two thousand models, each with its backend, its service backend and its route.

#include "core/manifest/resource_reader.h"
#include "core/plan/compiler.h"

#include <benchmark/benchmark.h>

#include <memory>
#include <string>

namespace {

using namespace signalbox;

constexpr std::string_view kGateway = R"(apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: test}
spec: {controllerName: gateway.envoyproxy.io/gatewayclass-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: test, namespace: default}
spec:
  gatewayClassName: test
  listeners: [{name: http, protocol: HTTP, port: 80}]
)";

constexpr std::string_view kModel = R"(---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: Backend
metadata:
  name: model-@
  namespace: default
spec:
  endpoints:
    - fqdn:
        hostname: model-@.default.svc.cluster.local
        port: 80
---
apiVersion: aigateway.envoyproxy.io/v1beta1
kind: AIServiceBackend
metadata:
  name: model-@
  namespace: default
spec:
  schema:
    name: OpenAI
  backendRef:
    name: model-@
    kind: Backend
    group: gateway.envoyproxy.io
---
apiVersion: aigateway.envoyproxy.io/v1beta1
kind: AIGatewayRoute
metadata:
  name: model-@
  namespace: default
spec:
  parentRefs:
    - name: test
      kind: Gateway
      group: gateway.networking.k8s.io
  rules:
    - matches:
        - headers:
            - type: Exact
              name: x-ai-eg-model
              value: model-@
      backendRefs:
        - name: model-@
          modelNameOverride: real-@
          weight: 1
)";

text::SourceTextPtr manifests(int models)
{
    std::string all(kGateway);
    for (int i = 0; i < models; ++i) {
        const std::string number = std::to_string(i);
        std::string one(kModel);
        for (std::size_t at = one.find('@'); at != std::string::npos; at = one.find('@', at)) {
            one.replace(at, 1, number);
        }
        all += one;
    }
    return std::make_shared<const text::SourceText>("models.yaml", std::move(all));
}

manifest::Resources read(const text::SourceTextPtr& source)
{
    manifest::LoadedDocuments loaded;
    manifest::loadText(source, loaded);
    return manifest::readResources(loaded.documents, loaded.diagnostics);
}

void readDocuments(benchmark::State& state)
{
    const auto source = manifests(static_cast<int>(state.range(0)) / 3);
    for (auto _ : state) {
        benchmark::DoNotOptimize(read(source));
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
}

void compileResources(benchmark::State& state)
{
    const auto resources = read(manifests(static_cast<int>(state.range(0)) / 3));
    for (auto _ : state) {
        const plan::Compiled compiled = plan::compile(resources);
        if (!compiled.plan || compiled.plan->routes.size() < static_cast<std::size_t>(state.range(0)) / 3) {
            state.SkipWithError("no plan");
            break;
        }
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
}

BENCHMARK(readDocuments)->Arg(6000)->Unit(benchmark::kMillisecond);
BENCHMARK(compileResources)->Arg(6000)->Unit(benchmark::kMillisecond);

} // namespace
