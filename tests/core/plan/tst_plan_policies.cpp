// SPDX-License-Identifier: Apache-2.0
// Where BackendTrafficPolicies attach, which one holds, and how two are merged (envoy-routing 5).
#include "tests/support/plan_checks.h"
#include "tests/support/resource_builder.h"

#include "core/plan/settings_merge.h"

#include <QtTest>

using namespace signalbox;
using namespace signalbox::tests;
using namespace std::chrono_literals;

namespace {

using Names = std::vector<std::string>;

manifest::TrafficSettings retries(std::int64_t count)
{
    manifest::TrafficSettings settings;
    settings.retry.emplace().numRetries = number(count);
    return settings;
}

manifest::BackendTrafficPolicy& addPolicy(
    ResourceBuilder& builder, std::string name, std::int64_t count, manifest::ObjectRef on)
{
    auto& policy = builder.policy(std::move(name), std::move(on));
    policy.settings = retries(count);
    return policy;
}

/// A route "r" with rules "one" and "two" on a Gateway with listeners "http" and "more".
ResourceBuilder twoRules()
{
    auto builder = withGateway();
    builder.services({"a"});
    builder.resources.gateways[0].listeners.push_back(ResourceBuilder::listener("more", 81));
    builder.route("r", {ruleFor("m", {ref("a")}), ruleFor("n", {ref("a")})});
    builder.resources.routes[0].rules[0].name = word("one");
    builder.resources.routes[0].rules[1].name = word("two");
    return builder;
}

/// numRetries of a rule on a listener; -1 without retries.
int retriesOf(const plan::Plan& plan, std::size_t listener, std::size_t ruleIndex)
{
    const auto& retry = plan.routes.at(plan.listeners.at(listener).virtualHosts.at(0).routes.at(ruleIndex)).retry;
    return retry ? int(retry->numRetries) : -1;
}

} // namespace

class TestPlanPolicies : public QObject
{
    Q_OBJECT

private slots:
    void theMostSpecificTargetWins()
    {
        auto builder = twoRules();
        addPolicy(builder, "gateway", 1, target("Gateway", "gw"));
        QCOMPARE(retriesOf(*plan::compile(builder.resources).plan, 0, 0), 1);
        addPolicy(builder, "listener", 2, target("Gateway", "gw", "more"));
        auto compiled = plan::compile(builder.resources);
        QCOMPARE(retriesOf(*compiled.plan, 0, 0), 1);
        QCOMPARE(retriesOf(*compiled.plan, 1, 0), 2);
        addPolicy(builder, "rule", 4, target("HTTPRoute", "r", "two"));
        compiled = plan::compile(builder.resources);
        QCOMPARE(retriesOf(*compiled.plan, 1, 0), 2);
        QCOMPARE(retriesOf(*compiled.plan, 1, 1), 4);
        QCOMPARE(codesOf(compiled), Names{});
        addPolicy(builder, "route", 3, target("HTTPRoute", "r"));
        compiled = plan::compile(builder.resources);
        QCOMPARE(retriesOf(*compiled.plan, 0, 0), 3);
        QCOMPARE(retriesOf(*compiled.plan, 0, 1), 4);
        QCOMPARE(codesOf(compiled), (Names{"policy-without-effect", "policy-without-effect"}));
    }

    void aPolicyOfTheRouteReplacesThatOfTheGatewayWhole()
    {
        auto builder = twoRules();
        addPolicy(builder, "gateway", 1, target("Gateway", "gw"));
        builder.policy("route", target("HTTPRoute", "r")).settings.connectTimeout = lasting(5s);
        const auto compiled = plan::compile(builder.resources);
        QCOMPARE(retriesOf(*compiled.plan, 0, 0), -1);
        QVERIFY(clusterOf(*compiled.plan, "r").connectTimeout == 5s);
    }

    void mergeTypeKeepsWhatTheParentSays_data()
    {
        QTest::addColumn<QString>("mergeType");
        QTest::newRow("strategic") << "StrategicMerge";
        QTest::newRow("json") << "JSONMerge";
    }

    void mergeTypeKeepsWhatTheParentSays()
    {
        QFETCH(QString, mergeType);
        auto builder = twoRules();
        auto& parent = addPolicy(builder, "gateway", 1, target("Gateway", "gw"));
        parent.settings.retry->httpStatusCodes = numbers({500});
        auto& own = addPolicy(builder, "route", 3, target("HTTPRoute", "r"));
        own.mergeType = word(mergeType.toStdString());
        own.settings.connectTimeout = lasting(5s);
        const auto compiled = plan::compile(builder.resources);
        const plan::Route& route = routeOf(*compiled.plan, "r");
        QCOMPARE(route.retry->numRetries, 3U);
        QCOMPARE(route.retry->statusCodes, std::vector<std::uint16_t>{500});
        QCOMPARE(route.retrySource, std::string("BackendTrafficPolicy default/route"));
        QVERIFY(clusterOf(*compiled.plan, "r").connectTimeout == 5s);
        QCOMPARE(codesOf(compiled), Names{});
    }

    void theNearestParentIsMerged()
    {
        auto builder = twoRules();
        addPolicy(builder, "gateway", 1, target("Gateway", "gw"));
        addPolicy(builder, "listener", 2, target("Gateway", "gw", "more"));
        builder.policy("route", target("HTTPRoute", "r", "one")).mergeType = word("StrategicMerge");
        const auto compiled = plan::compile(builder.resources);
        QCOMPARE(retriesOf(*compiled.plan, 0, 0), 1);
        QCOMPARE(retriesOf(*compiled.plan, 1, 0), 2);
        QCOMPARE(routeOf(*compiled.plan, "r").retrySource, std::string("BackendTrafficPolicy default/gateway"));
    }

    void mergingWithoutParentIsThePolicyItself()
    {
        auto builder = twoRules();
        addPolicy(builder, "route", 3, target("HTTPRoute", "r")).mergeType = word("StrategicMerge");
        QCOMPARE(retriesOf(*plan::compile(builder.resources).plan, 0, 0), 3);
    }

    void mergedSettingsAreCheckedTogether()
    {
        auto builder = twoRules();
        addPolicy(builder, "gateway", 1, target("Gateway", "gw")).settings.retry->baseInterval = lasting(1s);
        auto& own = addPolicy(builder, "route", 3, target("HTTPRoute", "r"));
        own.mergeType = word("StrategicMerge");
        own.settings.retry->maxInterval = lasting(100ms); // fine alone it is not, under 1 s it is invalid
        QCOMPARE(codesOf(plan::compile(builder.resources)), Names{"policy-invalid"});
    }

    void everyFieldIsMerged()
    {
        manifest::TrafficSettings parent;
        parent.circuitBreaker.emplace().maxConnections = number(1);
        parent.passiveHealth.emplace().interval = lasting(1s);
        parent.activeHealth.emplace().httpPath = word("/a");
        parent.faultAbort.emplace().httpStatus = number(500);
        parent.dnsRefreshRate = lasting(1s);
        parent.endpointOverride = true;
        manifest::TrafficSettings own;
        own.circuitBreaker.emplace().maxPendingRequests = number(2);
        own.passiveHealth.emplace().baseEjectionTime = lasting(2s);
        own.activeHealth.emplace().httpHostname = word("h");
        own.faultAbort.emplace().percentage = field(50.0);
        own.dnsRefreshRate = lasting(2s);
        const auto merged = plan::mergeSettings(own, parent);
        QCOMPARE(merged.circuitBreaker->maxConnections->value, std::int64_t{1});
        QCOMPARE(merged.circuitBreaker->maxPendingRequests->value, std::int64_t{2});
        QVERIFY(merged.passiveHealth->interval->value == 1s && merged.passiveHealth->baseEjectionTime->value == 2s);
        QVERIFY(merged.activeHealth->httpPath && merged.activeHealth->httpHostname);
        QVERIFY(merged.faultAbort->httpStatus && merged.faultAbort->percentage);
        QVERIFY(merged.dnsRefreshRate->value == 2s);
        QVERIFY(merged.endpointOverride);
        QVERIFY(!merged.retry);
    }

    void theFirstNameWinsAConflict()
    {
        auto builder = twoRules();
        addPolicy(builder, "b", 2, target("HTTPRoute", "r"));
        addPolicy(builder, "a", 1, target("HTTPRoute", "r"));
        const auto compiled = plan::compile(builder.resources);
        QCOMPARE(retriesOf(*compiled.plan, 0, 0), 1);
        QCOMPARE(codesOf(compiled), Names{"policy-conflict"});
    }

    void selectorsTakeLabels()
    {
        auto builder = twoRules();
        builder.resources.routes[0].meta.labels = {{"team", "blue"}, {"tier", "1"}};
        builder.route("other", {ruleFor("o", {ref("a")})});
        auto& policy = addPolicy(builder, "p", 5, target("HTTPRoute", "r"));
        policy.targetRefs.clear();
        policy.targetSelectors.push_back({{}, field("HTTPRoute"), {{"team", "blue"}}});
        auto compiled = plan::compile(builder.resources);
        QCOMPARE(routeOf(*compiled.plan, "r").retry->numRetries, 5U);
        QVERIFY(!routeOf(*compiled.plan, "other").retry);
        QCOMPARE(codesOf(compiled), Names{});

        builder.resources.trafficPolicies[0].targetSelectors[0].matchLabels = {{"team", "red"}};
        compiled = plan::compile(builder.resources);
        QVERIFY(!routeOf(*compiled.plan, "r").retry);
        QCOMPARE(codesOf(compiled), Names{"policy-target-missing"});

        builder.resources.gateways[0].meta.labels = {{"team", "red"}};
        builder.resources.trafficPolicies[0].targetSelectors[0].kind = field("Gateway");
        QCOMPARE(routeOf(*plan::compile(builder.resources).plan, "other").retry->numRetries, 5U);
    }

    void missingTargets_data()
    {
        QTest::addColumn<QString>("kind");
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("section");
        QTest::addColumn<bool>("missing");
        QTest::newRow("route") << "HTTPRoute"
                               << "none"
                               << "" << true;
        QTest::newRow("rule") << "HTTPRoute"
                              << "r"
                              << "three" << true;
        QTest::newRow("the 404 rule") << "HTTPRoute"
                                      << "r"
                                      << "route-not-found" << false;
        QTest::newRow("gateway") << "Gateway"
                                 << "none"
                                 << "" << true;
        QTest::newRow("listener") << "Gateway"
                                  << "gw"
                                  << "https" << true;
        QTest::newRow("other kind") << "GRPCRoute"
                                    << "g"
                                    << "" << true;
        QTest::newRow("plain HTTPRoute") << "HTTPRoute"
                                         << "plain"
                                         << "" << false;
    }

    void missingTargets()
    {
        QFETCH(QString, kind);
        QFETCH(QString, name);
        QFETCH(QString, section);
        QFETCH(bool, missing);
        auto builder = twoRules();
        builder.resources.others.push_back(meta("HTTPRoute", "plain"));
        addPolicy(builder, "p", 1, target(kind.toStdString(), name.toStdString()));
        if (!section.isEmpty()) {
            builder.resources.trafficPolicies[0].targetRefs[0].sectionName = word(section.toStdString());
        }
        const auto compiled = plan::compile(builder.resources);
        QCOMPARE(codesOf(compiled).size(), missing ? std::size_t{1} : std::size_t{0});
        QCOMPARE(retriesOf(*compiled.plan, 0, 0), -1);
    }

    void policiesHoldInTheirNamespaceOnly()
    {
        auto builder = twoRules();
        addPolicy(builder, "p", 1, target("HTTPRoute", "r")).meta.nameSpace = "other";
        const auto compiled = plan::compile(builder.resources);
        QCOMPARE(retriesOf(*compiled.plan, 0, 0), -1);
        QCOMPARE(codesOf(compiled), Names{"policy-target-missing"});
    }

    void fieldsWithoutEffectAreReported()
    {
        auto builder = twoRules();
        auto& settings = builder.policy("p", target("HTTPRoute", "r")).settings;
        settings.requestTimeout = lasting(1s);
        settings.responseOverride = true;
        settings.loadBalancerType = word("BackendUtilization");
        const auto compiled = plan::compile(builder.resources);
        QCOMPARE(codesOf(compiled),
            (Names{"balancer-not-simulated", "policy-timeout-ignored", "response-override-ignored"}));
        QVERIFY(routeOf(*compiled.plan, "r").timeout == 60s);
    }
};

QTEST_GUILESS_MAIN(TestPlanPolicies)
#include "tst_plan_policies.moc"
