// SPDX-License-Identifier: Apache-2.0
#include "core/manifest/resource_reader.h"

#include <QtTest>

using namespace signalbox;
using namespace signalbox::manifest;
using namespace std::chrono_literals;

namespace {

struct Outcome {
    Resources resources;
    text::Diagnostics problems;

    QStringList codes() const
    {
        QStringList codes;
        for (const text::Diagnostic& problem : problems) {
            codes << QString::fromStdString(problem.code);
        }
        return codes;
    }
};

Outcome outcomeOf(const std::string& text)
{
    LoadedDocuments loaded;
    loadText(std::make_shared<const text::SourceText>("t.yaml", text), loaded);
    Outcome outcome;
    outcome.problems = loaded.diagnostics;
    outcome.resources = readResources(loaded.documents, outcome.problems);
    return outcome;
}

std::string bytesOf(const text::Diagnostic& problem)
{
    return std::string(problem.place.source->text().substr(problem.place.span.begin, problem.place.span.length()));
}

constexpr const char* kPolicy = R"(apiVersion: gateway.envoyproxy.io/v1alpha1
kind: BackendTrafficPolicy
metadata:
  name: p
  namespace: n
  labels: {team: a}
spec:
  targetRef: {group: gateway.networking.k8s.io, kind: HTTPRoute, name: r, sectionName: s}
  targetSelectors:
  - kind: HTTPRoute
    matchLabels: {app: x}
  mergeType: StrategicMerge
  retry:
    numRetries: 4
    numAttemptsPerPriority: 2
    retryOn:
      triggers: [5xx, reset]
    perRetry:
      timeout: 2s
      backOff: {baseInterval: 50ms, maxInterval: 1s}
  circuitBreaker:
    maxConnections: 1
    maxPendingRequests: 2
    maxParallelRequests: 3
    maxParallelRetries: 4
    maxRequestsPerConnection: 5
    perEndpoint: {maxConnections: 6}
    retryBudget: {percent: {numerator: 1, denominator: 4}, minRetryConcurrency: 7}
  healthCheck:
    panicThreshold: 30
    passive:
      consecutive5XxErrors: 1
      consecutiveGatewayErrors: 2
      splitExternalLocalOriginErrors: true
      consecutiveLocalOriginFailures: 3
      interval: 4s
      baseEjectionTime: 5s
      maxEjectionPercent: 60
      failurePercentageThreshold: 70
      alwaysEjectOneEndpoint: false
    active:
      type: HTTP
      timeout: 1s
      interval: 2s
      unhealthyThreshold: 3
      healthyThreshold: 4
      http: {path: /health, method: GET, hostname: h.x, expectedStatuses: [200, 204]}
  loadBalancer:
    type: LeastRequest
    slowStart: {window: 10s}
    zoneAware: {weightedZones: [{zone: a, weight: 1}]}
    endpointOverride: {extractFrom: [{header: x}]}
  timeout:
    tcp: {connectTimeout: 1s}
    http:
      requestTimeout: 2s
      streamIdleTimeout: 3s
      maxStreamDuration: 4s
      connectionIdleTimeout: 5s
      maxConnectionDuration: 6s
  dns: {dnsRefreshRate: 7s, respectDnsTtl: false, lookupFamily: IPv4}
  faultInjection:
    abort: {httpStatus: 503, percentage: 12.5}
    delay: {fixedDelay: 100ms, percentage: 50}
  connection: {bufferLimit: 50Mi}
  responseOverride: []
  rateLimit: {type: Local}
)";

} // namespace

class TestResourceReader : public QObject
{
    Q_OBJECT

private slots:
    void readsTrafficPolicies()
    {
        const Outcome outcome = outcomeOf(kPolicy);
        QCOMPARE(outcome.codes(), QStringList());
        const BackendTrafficPolicy& policy = outcome.resources.trafficPolicies.at(0);
        QCOMPARE(policy.meta.nameSpace, std::string("n"));
        QCOMPARE(policy.meta.labels.at("team"), std::string("a"));
        QCOMPARE(policy.meta.group, std::string("gateway.envoyproxy.io"));
        QCOMPARE(policy.targetRefs.at(0).sectionName->value, std::string("s"));
        QCOMPARE(policy.targetSelectors.at(0).matchLabels.at("app"), std::string("x"));
        QCOMPARE(policy.mergeType->value, std::string("StrategicMerge"));
        const TrafficSettings& settings = policy.settings;
        QCOMPARE(settings.retry->numRetries->value, std::int64_t{4});
        QCOMPARE(settings.retry->numAttemptsPerPriority->value, std::int64_t{2});
        QVERIFY(settings.retry->hasRetryOn);
        QCOMPARE(settings.retry->triggers->size(), std::size_t{2});
        QVERIFY(!settings.retry->httpStatusCodes);
        QVERIFY(settings.retry->perRetryTimeout->value == 2s && settings.retry->baseInterval->value == 50ms
            && settings.retry->maxInterval->value == 1s);
        QCOMPARE(settings.loadBalancerType->value, std::string("LeastRequest"));
        QVERIFY(settings.slowStartWindow->value == 10s);
        QVERIFY(settings.weightedZones && !settings.preferLocalZone && settings.endpointOverride);
        QVERIFY(settings.connectTimeout->value == 1s && settings.requestTimeout->value == 2s
            && settings.streamIdleTimeout->value == 3s && settings.maxStreamDuration->value == 4s
            && settings.connectionIdleTimeout->value == 5s && settings.maxConnectionDuration->value == 6s);
        QVERIFY(settings.dnsRefreshRate->value == 7s && !settings.respectDnsTtl->value);
        QCOMPARE(settings.dnsLookupFamily->value, std::string("IPv4"));
        QCOMPARE(settings.faultAbort->httpStatus->value, std::int64_t{503});
        QCOMPARE(settings.faultAbort->percentage->value, 12.5);
        QVERIFY(settings.faultDelay->value == 100ms);
        QCOMPARE(settings.faultDelayPercentage->value, 50.0);
        QCOMPARE(settings.bufferLimit->value, std::int64_t{52428800});
        QVERIFY(settings.responseOverride);
    }

    void readsHealthAndBreakers()
    {
        const Outcome outcome = outcomeOf(kPolicy);
        const TrafficSettings& settings = outcome.resources.trafficPolicies.at(0).settings;
        QCOMPARE(settings.panicThreshold->value, std::int64_t{30});
        const PassiveHealthSpec& passive = *settings.passiveHealth;
        QCOMPARE(passive.consecutive5XxErrors->value, std::int64_t{1});
        QCOMPARE(passive.consecutiveGatewayErrors->value, std::int64_t{2});
        QCOMPARE(passive.splitExternalLocalOriginErrors->value, true);
        QCOMPARE(passive.consecutiveLocalOriginFailures->value, std::int64_t{3});
        QVERIFY(passive.interval->value == 4s && passive.baseEjectionTime->value == 5s);
        QCOMPARE(passive.maxEjectionPercent->value, std::int64_t{60});
        QCOMPARE(passive.failurePercentageThreshold->value, std::int64_t{70});
        QCOMPARE(passive.alwaysEjectOneEndpoint->value, false);
        const ActiveHealthSpec& active = *settings.activeHealth;
        QCOMPARE(active.type->value, std::string("HTTP"));
        QVERIFY(active.timeout->value == 1s && active.interval->value == 2s);
        QCOMPARE(active.unhealthyThreshold->value, std::int64_t{3});
        QCOMPARE(active.healthyThreshold->value, std::int64_t{4});
        QCOMPARE(active.httpPath->value, std::string("/health"));
        QCOMPARE(active.httpMethod->value, std::string("GET"));
        QCOMPARE(active.httpHostname->value, std::string("h.x"));
        QCOMPARE(active.expectedStatuses.size(), std::size_t{2});
        const CircuitBreakerSpec& breaker = *settings.circuitBreaker;
        QCOMPARE(breaker.maxConnections->value, std::int64_t{1});
        QCOMPARE(breaker.maxPendingRequests->value, std::int64_t{2});
        QCOMPARE(breaker.maxParallelRequests->value, std::int64_t{3});
        QCOMPARE(breaker.maxParallelRetries->value, std::int64_t{4});
        QCOMPARE(breaker.maxRequestsPerConnection->value, std::int64_t{5});
        QCOMPARE(breaker.perEndpointMaxConnections->value, std::int64_t{6});
        QCOMPARE(breaker.retryBudgetPercent->value, std::int64_t{25});
        QCOMPARE(breaker.retryBudgetMinConcurrency->value, std::int64_t{7});
    }

    void keepsAbsentApartFromEmpty()
    {
        const std::string head =
            "apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: BackendTrafficPolicy\nmetadata: {name: p}\n"
            "spec:\n  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: g}]\n";
        const Outcome none = outcomeOf(head);
        QVERIFY(!none.resources.trafficPolicies.at(0).settings.retry);
        const Outcome outcome = outcomeOf(head
            + "  retry: {numRetries: ~, retryOn: {}}\n  circuitBreaker: {}\n  healthCheck: {passive: {}, active: "
              "null}\n");
        QCOMPARE(outcome.codes(), QStringList());
        const TrafficSettings& settings = outcome.resources.trafficPolicies.at(0).settings;
        QVERIFY(settings.retry->hasRetryOn && !settings.retry->numRetries && !settings.retry->triggers);
        QVERIFY(settings.circuitBreaker && settings.passiveHealth && !settings.activeHealth);
    }

    void readsTheOtherKinds()
    {
        const Outcome outcome = outcomeOf(R"(
apiVersion: aigateway.envoyproxy.io/v1beta1
kind: AIGatewayRoute
metadata: {name: r}
spec:
  parentRefs: [{name: g, namespace: n, sectionName: http, port: 80}]
  hostnames: ["*.example.com"]
  rules:
  - name: one
    matches: [{headers: [{name: x-ai-eg-model, value: "gpt 4"}, {name: y, type: RegularExpression, value: .*}]}, {}]
    backendRefs:
    - name: b
      namespace: m
      modelNameOverride: "modèle"
      weight: 1.0
      priority: 1
      headerMutation: {set: [{name: a, value: "1"}], remove: [b]}
      bodyMutation: {set: [{path: temperature, value: "0.5"}], remove: [seed]}
    timeouts: {request: 0s, backendRequest: 10s}
    streamIdleTimeout: 30s
    modelsOwnedBy: me
    modelsCreatedAt: 2025-01-01T00:00:00Z
  - backendRefs: [{name: pool, group: inference.networking.k8s.io, kind: InferencePool}]
  llmRequestCosts: [{metadataKey: k, type: CEL, cel: "1"}]
---
apiVersion: aigateway.envoyproxy.io/v1beta1
kind: AIServiceBackend
metadata: {name: b}
spec:
  schema: {name: AzureOpenAI, version: "2024-10-21", prefix: /v2}
  backendRef: {name: e, kind: Backend, group: gateway.envoyproxy.io, namespace: x}
---
apiVersion: aigateway.envoyproxy.io/v1beta1
kind: BackendSecurityPolicy
metadata: {name: s}
spec:
  targetRefs: [{group: aigateway.envoyproxy.io, kind: AIServiceBackend, name: b}]
  type: AnthropicAPIKey
  anthropicAPIKey: {secretRef: {name: key}}
  credentialOverride: {fromRequestHeaders: {header: x-key, fallbackToConfigured: false}}
---
apiVersion: aigateway.envoyproxy.io/v1beta1
kind: GatewayConfig
metadata: {name: c}
spec: {globalLLMRequestCosts: [{metadataKey: a, type: TotalToken}], extProc: {}}
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: Backend
metadata: {name: e}
spec:
  fallback: true
  endpoints: [{ip: {address: 10.0.0.1, port: 8080}, hostname: e.x}, {unix: {path: /run/s}}]
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: ClientTrafficPolicy
metadata: {name: t}
spec:
  targetSelectors: [{kind: Gateway, matchLabels: {}}]
  timeout: {http: {streamIdleTimeout: 1h}}
  headers: {enableEnvoyHeaders: true, host: {}}
---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: g}
spec: {from: [{group: a.io, kind: A, namespace: x}], to: [{group: "", kind: Secret}, {group: "", kind: Secret, name: s}]}
)");
        QCOMPARE(outcome.codes(), QStringList());
        const Resources& all = outcome.resources;
        const RouteRule& rule = all.routes.at(0).rules.at(0);
        QCOMPARE(rule.matches.at(0).headers.at(0).value.value, std::string("gpt 4"));
        QCOMPARE(rule.matches.size(), std::size_t{2});
        QCOMPARE(rule.backendRefs.at(0).weight->value, std::int64_t{1});
        QCOMPARE(rule.backendRefs.at(0).modelNameOverride->value, std::string("modèle"));
        QCOMPARE(rule.backendRefs.at(0).headerMutation->set.at(0).value.value, std::string("1"));
        QCOMPARE(rule.backendRefs.at(0).bodyMutation->remove.at(0).value, std::string("seed"));
        QVERIFY(rule.requestTimeout->value == 0s && rule.backendRequestTimeout->value == 10s);
        QCOMPARE(all.routes[0].parentRefs.at(0).port->value, std::int64_t{80});
        QCOMPARE(all.routes[0].llmRequestCosts.at(0).cel->value, std::string("1"));
        QCOMPARE(all.serviceBackends.at(0).schemaPrefix->value, std::string("/v2"));
        QCOMPARE(all.serviceBackends.at(0).backendRef->nameSpace->value, std::string("x"));
        QCOMPARE(all.securityPolicies.at(0).secretRef->name.value, std::string("key"));
        QCOMPARE(all.securityPolicies.at(0).overrideHeader->value, std::string("x-key"));
        QCOMPARE(all.securityPolicies.at(0).overrideFallbackToConfigured->value, false);
        QCOMPARE(all.gatewayConfigs.at(0).globalLlmRequestCosts.size(), std::size_t{1});
        QCOMPARE(all.backends.at(0).fallback->value, true);
        QVERIFY(all.backends[0].endpoints.at(0).kind == BackendEndpoint::Kind::Ip);
        QCOMPARE(all.backends[0].endpoints.at(0).hostname->value, std::string("e.x"));
        QCOMPARE(all.backends[0].endpoints.at(1).address.value, std::string("/run/s"));
        QVERIFY(all.clientPolicies.at(0).enableEnvoyHeaders);
        QVERIFY(all.clientPolicies.at(0).streamIdleTimeout->value == 1h);
        QVERIFY(!all.referenceGrants.at(0).to.at(0).name);
        QCOMPARE(*all.referenceGrants[0].to.at(1).name, std::string("s"));
    }

    void decodesSecretsAndNeverShowsThem()
    {
        const Outcome outcome = outcomeOf("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ntype: Opaque\n"
                                          "data: {apiKey: c2VjcmV0, pad: YQ==, lines: \"YWJj\\nZGVm\", empty: \"\", "
                                          "none: ~}\nstringData: {apiKey: other, plain: x}\n");
        QCOMPARE(outcome.codes(), QStringList());
        const auto& data = outcome.resources.secrets.at(0).data;
        QCOMPARE(data.at("apiKey"), std::string("other"));
        QCOMPARE(data.at("pad"), std::string("a"));
        QCOMPARE(data.at("lines"), std::string("abcdef"));
        QCOMPARE(data.at("none"), std::string());
        QCOMPARE(data.at("plain"), std::string("x"));
        const Outcome bad = outcomeOf("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {x: '!geheim!', y: "
                                      "YQ=}\nstringData: {z: 4711}\n");
        QVERIFY(bad.resources.secrets.empty());
        QCOMPARE(bad.problems.size(), std::size_t{3});
        for (const text::Diagnostic& problem : bad.problems) {
            QVERIFY(problem.message.find("geheim") == std::string::npos);
            QVERIFY(problem.message.find("4711") == std::string::npos);
            QVERIFY(problem.message.find("YQ=") == std::string::npos);
        }
    }

    void hidesHeaderValues()
    {
        const Outcome outcome = outcomeOf(
            "apiVersion: aigateway.envoyproxy.io/v1beta1\nkind: AIGatewayRoute\nmetadata: {name: r}\n"
            "spec: {rules: [{backendRefs: [{name: b, headerMutation: {set: [{name: authorization, value: geheim"
            + std::string(5000, 'x') + "}]}}]}]}\n");
        QCOMPARE(outcome.problems.size(), std::size_t{1});
        QVERIFY(outcome.problems[0].message.find("geheim") == std::string::npos);
    }

    void findsPulledModels_data()
    {
        QTest::addColumn<QByteArray>("container");
        QTest::addColumn<QStringList>("models");
        QTest::newRow("none") << QByteArray("command: [ollama, serve]") << QStringList();
        QTest::newRow("in a shell") << QByteArray(
            "args: ['ollama serve & sleep 5 && ollama pull qwen2.5:1.5b && wait']")
                                    << QStringList{"qwen2.5:1.5b"};
        QTest::newRow("several") << QByteArray(
            "args: ['ollama pull a&&ollama pull b;ollama  pull a|| (ollama pull c)']")
                                 << QStringList{"a", "b", "c"};
        QTest::newRow("words") << QByteArray("command: [/bin/ollama]\n      args: [pull, llama3:8b]")
                               << QStringList{"llama3:8b"};
        QTest::newRow("quotes and flags")
            << QByteArray("args: ['ollama pull --insecure \"a/b:c\"; ollama pull ''d''']") << QStringList{"a/b:c", "d"};
        QTest::newRow("variable") << QByteArray("args: ['ollama pull $MODEL; ollama pull']") << QStringList();
        QTest::newRow("block scalar") << QByteArray("args:\n      - |\n        ollama pull a\n        ollama pull b\n")
                                      << QStringList{"a", "b"};
        QTest::newRow("other program") << QByteArray("args: ['myollama-x pull a; ollamapull b']") << QStringList();
    }

    void findsPulledModels()
    {
        QFETCH(QByteArray, container);
        QFETCH(QStringList, models);
        const Outcome outcome =
            outcomeOf("apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: i}\nspec:\n"
                      "  predictor:\n    minReplicas: 1\n    containers:\n    - image: docker.io/Ollama/ollama\n      "
                + container.toStdString() + "\n");
        QCOMPARE(outcome.codes(), QStringList());
        QVERIFY(outcome.resources.inferenceServices.at(0).runsOllama);
        QStringList found;
        for (const std::string& model : outcome.resources.inferenceServices.at(0).pulledModels) {
            found << QString::fromStdString(model);
        }
        QCOMPARE(found, models);
    }

    void theLastOfAnIdentityWins()
    {
        const auto backend = [](const std::string& name, const std::string& port, const std::string& nameSpace = {}) {
            return "apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: Backend\nmetadata:\n  name: " + name
                + (nameSpace.empty() ? "" : "\n  namespace: " + nameSpace)
                + "\nspec: {endpoints: [{fqdn: {hostname: h, port: " + port + "}}]}\n---\n";
        };
        const Outcome outcome = outcomeOf(backend("a", "1") + backend("b", "2") + backend("a", "3", "default")
            + backend("a", "4", "other") + backend("b", "2") + backend("b", "2", "default # same"));
        QCOMPARE(outcome.codes(), (QStringList{"object-replaced", "object-replaced", "object-replaced"}));
        QVERIFY(outcome.problems[0].severity == text::Severity::Warning);
        QVERIFY(outcome.problems[1].severity == text::Severity::Info);
        QVERIFY(outcome.problems[0].message.find("t.yaml:4;") != std::string::npos);
        QString ports;
        for (const Backend& object : outcome.resources.backends) {
            ports += QString::number(object.endpoints[0].port.value);
        }
        QCOMPARE(ports, QString("342"));
    }

    void warnsAboutUnknownFields()
    {
        const Outcome outcome = outcomeOf("apiVersion: aigateway.envoyproxy.io/v1beta1\nkind: "
                                          "AIGatewayRoute\nmetadata: {name: r, uid: x, labels: {any: x}}\n"
                                          "spec: {schema: {name: OpenAI}, rules: [{retry: {}, backendRefs: [{name: b, "
                                          "wieght: 1}]}]}\nstatus: {x: 1}\nextra: 1\n");
        QCOMPARE(outcome.resources.routes.size(), std::size_t{1});
        QStringList found;
        for (const text::Diagnostic& problem : outcome.problems) {
            QCOMPARE(problem.code, std::string("unknown-field"));
            QVERIFY(problem.severity == text::Severity::Warning);
            found << QString::fromStdString(bytesOf(problem));
        }
        found.sort();
        QCOMPARE(found, (QStringList{"extra", "retry", "schema", "wieght"}));
    }

    void knowsLegalFieldsThatAreNotUsed()
    {
        const Outcome outcome =
            outcomeOf("apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: g}\n"
                      "spec: {gatewayClassName: c, infrastructure: {}, addresses: [], listeners: [{name: a, port: 1, "
                      "protocol: HTTPS, tls: {}, allowedRoutes: {}}]}\n"
                      "---\napiVersion: gateway.envoyproxy.io/v1alpha1\nkind: EnvoyProxy\nmetadata: {name: e}\nspec: "
                      "{provider: {}, logging: {}, concurency: 1}\n");
        QCOMPARE(outcome.codes(), (QStringList{"unknown-field", "kind-ignored"}));
    }

    void credentialOverrideIsUnknownToTheOldVersion()
    {
        const Outcome outcome =
            outcomeOf("apiVersion: aigateway.envoyproxy.io/v1alpha1\nkind: BackendSecurityPolicy\nmetadata: {name: s}\n"
                      "spec: {type: APIKey, apiKey: {secretRef: {name: k}}, credentialOverride: {fromRequestHeaders: "
                      "{header: x}}}\n");
        QCOMPARE(outcome.codes(), (QStringList{"api-deprecated", "unknown-field"}));
        QCOMPARE(QString::fromStdString(outcome.problems[0].message),
            QString("aigateway.envoyproxy.io/v1alpha1 is deprecated; use aigateway.envoyproxy.io/v1beta1 instead"));
        QVERIFY(outcome.problems[0].severity == text::Severity::Info);
        QVERIFY(!outcome.resources.securityPolicies.at(0).overrideHeader);
    }

    void keepsOtherKinds()
    {
        const Outcome outcome =
            outcomeOf("apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {any: [1]}\n---\n"
                      "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: h}\n---\n"
                      "apiVersion: example.com/v1\nkind: Gateway\nmetadata: {name: Any_Name}\n");
        QCOMPARE(outcome.codes(), QStringList{"kind-ignored"});
        QVERIFY(outcome.problems[0].severity == text::Severity::Info);
        QCOMPARE(outcome.resources.others.size(), std::size_t{3});
        QVERIFY(outcome.resources.gateways.empty());
    }

    void readsMergedAndAliasedValues()
    {
        const Outcome outcome =
            outcomeOf("apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: Backend\nmetadata: {name: a}\n"
                      "spec:\n  endpoints:\n  - fqdn: &h {hostname: h, port: 80}\n  - fqdn:\n      <<: *h\n      port: "
                      "81\n  - fqdn: *h\n");
        QCOMPARE(outcome.codes(), QStringList());
        const auto& endpoints = outcome.resources.backends.at(0).endpoints;
        QCOMPARE(endpoints.at(1).address.value, std::string("h"));
        QCOMPARE(endpoints.at(1).port.value, std::int64_t{81});
        QCOMPARE(endpoints.at(2).port.value, std::int64_t{80});
    }

    void readsManyDocuments()
    {
        std::string text;
        for (int i = 0; i < 6'000; ++i) {
            const std::string name = "backend-" + std::to_string(i % 5'000);
            text += "apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: Backend\nmetadata:\n  name: " + name
                + "\nspec:\n  endpoints:\n    - fqdn:\n        hostname: " + name
                + ".example.com\n        port: 80\n---\n";
        }
        const Outcome outcome = outcomeOf(text);
        QCOMPARE(outcome.resources.backends.size(), std::size_t{5'000});
        QCOMPARE(outcome.problems.size(), std::size_t{1'000});
        QCOMPARE(outcome.resources.backends.back().meta.name, std::string("backend-999"));
    }
};

QTEST_GUILESS_MAIN(TestResourceReader)
#include "tst_resource_reader.moc"
