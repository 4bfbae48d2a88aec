// SPDX-License-Identifier: Apache-2.0
// The digest of envoy-routing, section 12: what the gateway hands to Envoy for the two guides.
#include "tests/support/plan_checks.h"
#include "tests/support/resource_builder.h"

#include <QtTest>

using namespace signalbox;
using namespace signalbox::tests;
using namespace std::chrono_literals;

namespace {

constexpr const char* kGateway = "envoy-ai-gateway-basic";
constexpr const char* kFallback = "envoy-ai-gateway-fallback";
constexpr const char* kVirtual = "envoy-ai-gateway-virtualization";

std::string hostOf(const std::string& model)
{
    return "qwen-" + model + "-predictor-00001.default.svc.cluster.local";
}

manifest::RetrySpec retryOf(std::int64_t retries, const std::vector<std::int64_t>& codes)
{
    manifest::RetrySpec retry;
    retry.numRetries = number(retries);
    retry.baseInterval = lasting(100ms);
    retry.maxInterval = lasting(10s);
    retry.perRetryTimeout = lasting(30s);
    retry.hasRetryOn = true;
    retry.httpStatusCodes = numbers(codes);
    retry.triggers = words({"connect-failure", "retriable-status-codes"});
    return retry;
}

/// What both guides have: the Gateway, three models behind one name.
ResourceBuilder virtualization(const std::vector<std::string>& models)
{
    ResourceBuilder builder;
    builder.gateway(kGateway);
    manifest::ClientTrafficPolicy client;
    client.meta = meta("ClientTrafficPolicy", "client-buffer-limit");
    client.targetRefs.push_back(target("Gateway", kGateway));
    client.bufferLimit = number(52428800);
    builder.resources.clientPolicies.push_back(client);
    for (const std::string& model : models) {
        builder.service("envoy-ai-gateway-qwen-" + model, {fqdn(hostOf(model))});
    }
    builder.route(kVirtual,
        {ruleFor("virtual-qwen-model",
            {refAs("envoy-ai-gateway-qwen-primary", "qwen2.5:1.5b", 50),
                refAs("envoy-ai-gateway-qwen-secondary", "qwen2.5:0.5b", 30),
                refAs("envoy-ai-gateway-qwen-tertiary", "qwen2.5:0.5b", 20)})});
    return builder;
}

ResourceBuilder guideA()
{
    ResourceBuilder builder = virtualization({"primary", "secondary", "tertiary", "fallback"});
    builder.route(kFallback,
        {ruleFor("qwen-with-fallback",
            {refAs("envoy-ai-gateway-qwen-primary", "qwen2.5:1.5b", {}, 0),
                refAs("envoy-ai-gateway-qwen-fallback", "qwen2.5:0.5b", {}, 1)})});
    auto retry = retryOf(5, {500, 502, 503, 504, 404, 401, 403});
    retry.numAttemptsPerPriority = number(1);
    builder.policy("envoy-ai-gateway-fallback-policy", target("HTTPRoute", kFallback)).settings.retry = retry;
    return builder;
}

/// Guide B; `corrected`: with the policy's target repaired, else as an API server leaves it (dropped).
ResourceBuilder guideB(bool corrected)
{
    ResourceBuilder builder = virtualization({"primary", "secondary", "tertiary"});
    builder.route(kFallback,
        {ruleFor("qwen-with-fallback",
            {refAs("envoy-ai-gateway-qwen-primary", "qwen2.5:1.5b", {}, 0),
                refAs("envoy-ai-gateway-qwen-secondary", "qwen2.5:0.5b", {}, 1)})});
    if (corrected) {
        builder.policy("envoy-ai-gateway-fallback-policy", target("Gateway", kGateway)).settings.retry =
            retryOf(3, {500, 502, 503, 504, 404});
    }
    return builder;
}

std::string describe(const plan::Plan& plan, const plan::Locality& locality)
{
    std::string text =
        locality.region + " " + std::to_string(locality.weight) + " P" + std::to_string(locality.priority);
    for (const std::uint32_t endpoint : locality.endpoints) {
        text += " " + plan.endpoints.at(endpoint).key() + "=" + plan.endpoints.at(endpoint).rewriteHost;
    }
    return text + " " + plan.profiles.at(locality.profile).modelNameOverride;
}

std::vector<std::string> localities(const plan::Plan& plan, std::uint32_t cluster)
{
    std::vector<std::string> lines;
    for (const plan::Locality& locality : plan.clusters.at(cluster).localities) {
        lines.push_back(describe(plan, locality));
    }
    return lines;
}

} // namespace

class TestPlanGuides : public QObject
{
    Q_OBJECT

private slots:
    void guideAHasTwoClusters()
    {
        const auto compiled = plan::compile(guideA().resources);
        QVERIFY(compiled.status == plan::CompileStatus::Ok);
        QCOMPARE(codesOf(compiled), std::vector<std::string>{});
        const plan::Plan& plan = *compiled.plan;
        QCOMPARE(plan.clusters.size(), std::size_t{2});
        const std::string split = std::string("httproute/default/") + kVirtual + "/rule/0";
        const std::string tiers = std::string("httproute/default/") + kFallback + "/rule/0";
        QCOMPARE(clusterOf(plan, kVirtual).name, split);
        QCOMPARE(localities(plan, routeOf(plan, kVirtual).cluster),
            (std::vector<std::string>{
                split + "/backend/0 50 P0 " + hostOf("primary") + ":80=" + hostOf("primary") + " qwen2.5:1.5b",
                split + "/backend/1 30 P0 " + hostOf("secondary") + ":80=" + hostOf("secondary") + " qwen2.5:0.5b",
                split + "/backend/2 20 P0 " + hostOf("tertiary") + ":80=" + hostOf("tertiary") + " qwen2.5:0.5b",
            }));
        QCOMPARE(clusterOf(plan, kFallback).name, tiers);
        QCOMPARE(localities(plan, routeOf(plan, kFallback).cluster),
            (std::vector<std::string>{
                tiers + "/backend/0 1 P0 " + hostOf("primary") + ":80=" + hostOf("primary") + " qwen2.5:1.5b",
                tiers + "/backend/1 1 P1 " + hostOf("fallback") + ":80=" + hostOf("fallback") + " qwen2.5:0.5b",
            }));
    }

    void guideAClustersHaveEnvoyGatewaysDefaults()
    {
        const auto compiled = plan::compile(guideA().resources);
        for (const plan::Cluster& cluster : compiled.plan->clusters) {
            QVERIFY(cluster.resolvesNames);
            QVERIFY(cluster.connectTimeout == 10s);
            QCOMPARE(cluster.perConnectionBufferLimit, 32768U);
            QCOMPARE(cluster.breakers.maxConnections, 1024U);
            QCOMPARE(cluster.breakers.maxPendingRequests, 1024U);
            QCOMPARE(cluster.breakers.maxRequests, 1024U);
            QCOMPARE(cluster.breakers.maxRetries, 1024U);
            QVERIFY(!cluster.breakers.retryBudget && !cluster.breakers.maxRequestsPerConnection);
            QVERIFY(cluster.dnsRefreshRate == 30s);
            QVERIFY(cluster.respectDnsTtl);
            QVERIFY(cluster.dnsFamily == plan::DnsFamily::V4Preferred);
            QVERIFY(cluster.balancer == plan::LoadBalancer::LeastRequest);
            QVERIFY(cluster.localityWeights);
            QVERIFY(!cluster.outlier && !cluster.activeCheck);
            QCOMPARE(cluster.panicThreshold, 50U);
            QVERIFY(cluster.upstreamIdleTimeout == 1h);
        }
    }

    void guideAHasFourRoutesInMatchOrder()
    {
        const auto compiled = plan::compile(guideA().resources);
        const plan::Plan& plan = *compiled.plan;
        QCOMPARE(domains(plan), std::vector<std::string>{"*"});
        const std::string fallback = std::string("httproute/default/") + kFallback;
        const std::string split = std::string("httproute/default/") + kVirtual;
        QCOMPARE(routeNames(plan),
            (std::vector<std::string>{fallback + "/rule/0/match/0/*", split + "/rule/0/match/0/*",
                fallback + "/rule/1/match/0/*", split + "/rule/1/match/0/*"}));
        const plan::Route& first = routeOf(plan, kFallback);
        QCOMPARE(first.headers.size(), std::size_t{1});
        QCOMPARE(first.headers[0].name, std::string("x-ai-eg-model"));
        QCOMPARE(first.headers[0].value, std::string("qwen-with-fallback"));
        QVERIFY(first.timeout == 60s && first.idleTimeout == 1h);
        QVERIFY(first.action == plan::Route::Action::Forward);
        QVERIFY(routeOf(plan, kFallback, 1).action == plan::Route::Action::NotFound);
        QCOMPARE(plan.listeners[0].bufferLimit, std::uint64_t{52428800});
        QVERIFY(plan.listeners[0].streamIdleTimeout == 5min);
    }

    void guideARetriesOnItsFallbackRouteOnly()
    {
        const auto compiled = plan::compile(guideA().resources);
        const plan::Plan& plan = *compiled.plan;
        QVERIFY(!routeOf(plan, kVirtual).retry.has_value());
        const plan::Route& route = routeOf(plan, kFallback);
        QVERIFY(route.retry.has_value());
        QCOMPARE(route.retry->on,
            static_cast<std::uint32_t>(plan::RetryOn::ConnectFailure)
                | static_cast<std::uint32_t>(plan::RetryOn::RetriableStatusCodes));
        QCOMPARE(route.retry->statusCodes, (std::vector<std::uint16_t>{401, 403, 404, 500, 502, 503, 504}));
        QCOMPARE(route.retry->numRetries, 5U);
        QCOMPARE(route.retry->attemptsPerPriority, 1U);
        QVERIFY(route.retry->perTryTimeout == 30s);
        QVERIFY(route.retry->baseInterval == 100ms && route.retry->maxInterval == 10s);
        QVERIFY(route.retry->previousHosts);
        QCOMPARE(route.retrySource, std::string("BackendTrafficPolicy default/envoy-ai-gateway-fallback-policy"));
    }

    void guideANamesItsServersAndModels()
    {
        const auto compiled = plan::compile(guideA().resources);
        const plan::Plan& plan = *compiled.plan;
        std::vector<std::string> servers;
        for (const plan::Server& server : plan.servers) {
            servers.push_back(server.name);
        }
        QCOMPARE(
            servers, (std::vector<std::string>{"qwen-primary", "qwen-secondary", "qwen-tertiary", "qwen-fallback"}));
        QCOMPARE(plan.backends[0].shortName, std::string("qwen-primary"));
        QCOMPARE(routeOf(plan, kFallback).shortRouteName, std::string("fallback"));
        QCOMPARE(plan.models.size(), std::size_t{2});
        QCOMPARE(plan.models[0].name, std::string("qwen-with-fallback"));
        QCOMPARE(plan.models[1].name, std::string("virtual-qwen-model"));
    }

    void guideBAsPrintedHasNoRetries()
    {
        const auto compiled = plan::compile(guideB(false).resources);
        for (const plan::Route& route : compiled.plan->routes) {
            QVERIFY(!route.retry.has_value());
        }
        QCOMPARE(clusterOf(*compiled.plan, kFallback).localities[1].priority, 1U);
    }

    void guideBCorrectedRetriesEverywhereInsideThePriority()
    {
        const auto compiled = plan::compile(guideB(true).resources);
        QCOMPARE(codesOf(compiled), std::vector<std::string>{});
        for (const char* name : {kVirtual, kFallback}) {
            const plan::Route& route = routeOf(*compiled.plan, name);
            QVERIFY(route.retry.has_value());
            QCOMPARE(route.retry->numRetries, 3U);
            QCOMPARE(route.retry->attemptsPerPriority, 0U);
            QCOMPARE(route.retry->statusCodes, (std::vector<std::uint16_t>{404, 500, 502, 503, 504}));
            QVERIFY(route.retry->perTryTimeout == 30s && route.retry->previousHosts);
        }
        const plan::Cluster& tiers = clusterOf(*compiled.plan, kFallback);
        QCOMPARE(tiers.localities[0].weight, 1U);
        QCOMPARE(tiers.localities[0].priority, 0U);
        QCOMPARE(tiers.localities[1].weight, 1U);
        QCOMPARE(tiers.localities[1].priority, 1U);
    }

    void theSameManifestsGiveTheSamePlan()
    {
        const auto first = plan::compile(guideA().resources);
        const auto second = plan::compile(guideA().resources);
        QVERIFY(first.diagnostics == second.diagnostics);
        QCOMPARE(routeNames(*first.plan), routeNames(*second.plan));
        QCOMPARE(first.plan->clusters.size(), second.plan->clusters.size());
        for (std::size_t i = 0; i < first.plan->clusters.size(); ++i) {
            QCOMPARE(first.plan->clusters[i].fingerprint, second.plan->clusters[i].fingerprint);
        }
        for (std::size_t i = 0; i < first.plan->routes.size(); ++i) {
            QCOMPARE(first.plan->routes[i].name, second.plan->routes[i].name);
            QCOMPARE(first.plan->routes[i].cluster, second.plan->routes[i].cluster);
        }
    }
};

QTEST_GUILESS_MAIN(TestPlanGuides)
#include "tst_plan_guides.moc"
