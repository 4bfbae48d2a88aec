// SPDX-License-Identifier: Apache-2.0
// Values of routes and listeners: time-outs, faults, costs, ClientTrafficPolicy (envoy-routing 1.9, 7, 13).
#include "tests/support/plan_checks.h"
#include "tests/support/resource_builder.h"

#include <QtTest>

using namespace signalbox;
using namespace signalbox::tests;
using namespace std::chrono_literals;

namespace {

using Names = std::vector<std::string>;

ResourceBuilder oneRule()
{
    auto builder = withGateway();
    builder.services({"a"});
    builder.route("r", {ruleFor("m", {ref("a")})});
    return builder;
}

manifest::ClientTrafficPolicy& addClientPolicy(ResourceBuilder& builder, std::string name, manifest::ObjectRef on)
{
    manifest::ClientTrafficPolicy policy;
    policy.meta = meta("ClientTrafficPolicy", std::move(name));
    policy.targetRefs.push_back(std::move(on));
    return builder.resources.clientPolicies.emplace_back(std::move(policy));
}

} // namespace

class TestPlanRoutes : public QObject
{
    Q_OBJECT

private slots:
    void timeouts_data()
    {
        QTest::addColumn<int>("request"); // milliseconds, -1: absent
        QTest::addColumn<int>("backendRequest");
        QTest::addColumn<int>("timeout");
        QTest::addColumn<int>("idle");
        const int hour = 3'600'000;
        QTest::newRow("default") << -1 << -1 << 60'000 << hour;
        QTest::newRow("request") << 500 << -1 << 500 << hour;
        QTest::newRow("backendRequest alone") << -1 << 300 << 300 << hour;
        QTest::newRow("backendRequest replaces") << 900 << 300 << 300 << hour;
        QTest::newRow("off") << 0 << -1 << 0 << 0;
        QTest::newRow("off by backendRequest") << 500 << 0 << 0 << 0;
        QTest::newRow("long") << 2 * hour << -1 << 2 * hour << 2 * hour;
    }

    void timeouts()
    {
        QFETCH(int, request);
        QFETCH(int, backendRequest);
        QFETCH(int, timeout);
        QFETCH(int, idle);
        auto builder = oneRule();
        auto& rule = builder.resources.routes[0].rules[0];
        if (request >= 0) {
            rule.requestTimeout = lasting(std::chrono::milliseconds(request));
        }
        if (backendRequest >= 0) {
            rule.backendRequestTimeout = lasting(std::chrono::milliseconds(backendRequest));
        }
        const auto compiled = plan::compile(builder.resources);
        const plan::Route& route = routeOf(*compiled.plan, "r");
        QVERIFY(route.timeout == std::chrono::milliseconds(timeout));
        QVERIFY(route.idleTimeout == std::chrono::milliseconds(idle));
        QVERIFY(route.maxStreamDuration == 0s && route.perTryIdleTimeout == 0s);
    }

    void streamTimeouts()
    {
        auto builder = oneRule();
        builder.resources.routes[0].rules[0].streamIdleTimeout = lasting(300ms);
        auto& settings = builder.policy("p", target("HTTPRoute", "r")).settings;
        settings.streamIdleTimeout = lasting(7s);
        settings.maxStreamDuration = lasting(8s);
        addClientPolicy(builder, "c", target("Gateway", "gw")).streamIdleTimeout = lasting(9s);
        const auto compiled = plan::compile(builder.resources);
        const plan::Route& route = routeOf(*compiled.plan, "r");
        QVERIFY(route.perTryIdleTimeout == 300ms);
        QVERIFY(!route.retry); // an empty retry policy in Envoy: nothing is retried
        QVERIFY(route.idleTimeout == 7s && route.maxStreamDuration == 8s);
        QVERIFY(compiled.plan->listeners[0].streamIdleTimeout == 9s);
        builder.resources.trafficPolicies.clear();
        QVERIFY(routeOf(*plan::compile(builder.resources).plan, "r").idleTimeout == 9s);
    }

    void routesKnowTheirRule()
    {
        auto builder = oneRule();
        manifest::AIGatewayRoute& route = builder.resources.routes[0];
        route.rules[0].span = {10, 20};
        route.rules[0].name = word("first");
        const auto compiled = plan::compile(builder.resources);
        const plan::Route& made = routeOf(*compiled.plan, "r");
        QCOMPARE(made.routeName, std::string("default/r"));
        QCOMPARE(made.ruleName, std::string("first"));
        QVERIFY(made.place.span == (text::Span{10, 20}));
        QVERIFY(made.retrySource.empty());
    }

    void faults()
    {
        auto builder = oneRule();
        auto& settings = builder.policy("p", target("Gateway", "gw")).settings;
        settings.faultAbort.emplace().httpStatus = number(418);
        auto compiled = plan::compile(builder.resources);
        QCOMPARE(routeOf(*compiled.plan, "r").fault->abortStatus, 418U);
        QCOMPARE(routeOf(*compiled.plan, "r").fault->abortPerMillion, 1'000'000U);
        QCOMPARE(routeOf(*compiled.plan, "r").fault->delayPerMillion, 0U);
        QVERIFY(routeOf(*compiled.plan, "r", 1).fault.has_value()); // the 404 route too
        auto& changed = builder.resources.trafficPolicies[0].settings;
        changed.faultAbort->percentage = field(12.34567);
        changed.faultDelay = lasting(2s);
        changed.faultDelayPercentage = field(0.5);
        compiled = plan::compile(builder.resources);
        const plan::FaultInjection fault = *routeOf(*compiled.plan, "r").fault;
        QCOMPARE(fault.abortPerMillion, 123'457U);
        QVERIFY(fault.delay == 2s);
        QCOMPARE(fault.delayPerMillion, 5'000U);
        changed.faultAbort->percentage = field(1e300);
        QCOMPARE(routeOf(*plan::compile(builder.resources).plan, "r").fault->abortPerMillion, 1'000'000U);
    }

    void costsAnywhereCountForEveryRoute()
    {
        auto builder = oneRule();
        builder.route("costly", {ruleFor("n", {ref("a")})});
        QVERIFY(!routeOf(*plan::compile(builder.resources).plan, "r").countsUsage);
        manifest::LlmRequestCost cost;
        cost.metadataKey = field("k");
        cost.type = field("TotalToken");
        builder.resources.routes[1].llmRequestCosts.push_back(cost);
        QVERIFY(routeOf(*plan::compile(builder.resources).plan, "r").countsUsage);
        QVERIFY(routeOf(*plan::compile(builder.resources).plan, "costly").countsUsage);
        builder.resources.routes[1].parentRefs[0].name = field("elsewhere");
        QVERIFY(!routeOf(*plan::compile(builder.resources).plan, "r").countsUsage);
    }

    void costsOfTheGatewayConfigCountToo()
    {
        auto builder = oneRule();
        builder.resources.gateways[0].meta.annotations = {{"aigateway.envoyproxy.io/gateway-config", "cfg"}};
        QCOMPARE(codesOf(plan::compile(builder.resources)), Names{"gateway-config-missing"});
        manifest::GatewayConfig config;
        config.meta = meta("GatewayConfig", "cfg");
        builder.resources.gatewayConfigs.push_back(config);
        QVERIFY(!routeOf(*plan::compile(builder.resources).plan, "r").countsUsage);
        builder.resources.gatewayConfigs[0].globalLlmRequestCosts.emplace_back();
        const auto compiled = plan::compile(builder.resources);
        QVERIFY(routeOf(*compiled.plan, "r").countsUsage);
        QCOMPARE(codesOf(compiled), Names{});
    }

    void clientPoliciesSetListeners()
    {
        auto builder = oneRule();
        builder.resources.gateways[0].listeners.push_back(ResourceBuilder::listener("more", 81));
        addClientPolicy(builder, "all", target("Gateway", "gw")).bufferLimit = number(52428800);
        auto& one = addClientPolicy(builder, "one", target("Gateway", "gw", "more"));
        one.enableEnvoyHeaders = true;
        const auto compiled = plan::compile(builder.resources);
        QCOMPARE(compiled.plan->listeners[0].bufferLimit, std::uint64_t{52428800});
        QVERIFY(!compiled.plan->listeners[0].envoyHeaders);
        QCOMPARE(compiled.plan->listeners[1].bufferLimit, std::uint64_t{32768}); // the narrower one replaces
        QVERIFY(compiled.plan->listeners[1].envoyHeaders);
        QCOMPARE(codesOf(compiled), Names{});
    }

    void clientPoliciesWithoutTargetAreReported()
    {
        auto builder = oneRule();
        addClientPolicy(builder, "a", target("Gateway", "gw")).bufferLimit = number(1);
        addClientPolicy(builder, "b", target("Gateway", "gw")).bufferLimit = number(2);
        addClientPolicy(builder, "c", target("Gateway", "none"));
        addClientPolicy(builder, "d", target("Gateway", "gw", "none"));
        const auto compiled = plan::compile(builder.resources);
        QCOMPARE(codesOf(compiled), (Names{"policy-conflict", "policy-target-missing", "policy-target-missing"}));
        QCOMPARE(compiled.plan->listeners[0].bufferLimit, std::uint64_t{1});
    }
};

QTEST_GUILESS_MAIN(TestPlanRoutes)
#include "tst_plan_routes.moc"
