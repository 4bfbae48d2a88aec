// SPDX-License-Identifier: Apache-2.0
// What a policy's fields become in a cluster, and when two clusters are the same (envoy-routing 1.7, 6.1, 7, 13, 14).
#include "tests/support/plan_checks.h"
#include "tests/support/resource_builder.h"

#include "core/plan/cluster_settings.h"

#include <QtTest>

#include <functional>

using namespace signalbox;
using namespace signalbox::tests;
using namespace std::chrono_literals;

namespace {

using Names = std::vector<std::string>;
using Change = std::function<void(ResourceBuilder&)>;

plan::Cluster settled(const manifest::TrafficSettings& settings)
{
    plan::Cluster cluster;
    plan::applySettings(settings, "*", cluster);
    return cluster;
}

/// A rule with two backends and a policy, after a change.
std::string fingerprintAfter(const Change& change)
{
    auto builder = withGateway();
    builder.services({"a", "b", "c"});
    builder.route("r", {ruleFor("m", {ref("a"), ref("b")})});
    builder.policy("p", target("HTTPRoute", "r"));
    change(builder);
    return clusterOf(*plan::compile(builder.resources).plan, "r").fingerprint;
}

manifest::TrafficSettings& settingsOf(ResourceBuilder& builder)
{
    return builder.resources.trafficPolicies.front().settings;
}

manifest::RouteRule& ruleOf(ResourceBuilder& builder)
{
    return builder.resources.routes.front().rules.front();
}

} // namespace

class TestPlanClusterSettings : public QObject
{
    Q_OBJECT

private slots:
    void anEmptyPassiveBlockHasEnvoyGatewaysDefaults()
    {
        manifest::TrafficSettings settings;
        QVERIFY(!settled(settings).outlier);
        settings.passiveHealth.emplace();
        const auto outlier = settled(settings).outlier;
        QVERIFY(outlier.has_value());
        QCOMPARE(outlier->consecutive5xx, 5U);
        QVERIFY(!outlier->consecutiveGatewayErrors && !outlier->failurePercentageThreshold);
        QVERIFY(outlier->interval == 3s && outlier->baseEjectionTime == 30s);
        QCOMPARE(outlier->maxEjectionPercent, 10U);
        QCOMPARE(outlier->consecutiveLocalOriginFailures, 5U);
        QVERIFY(!outlier->splitLocalOrigin && !outlier->alwaysEjectOne);
    }

    void passiveFieldsAreTaken()
    {
        manifest::TrafficSettings settings;
        auto& passive = settings.passiveHealth.emplace();
        passive.consecutive5XxErrors = number(3);
        passive.consecutiveGatewayErrors = number(2);
        passive.splitExternalLocalOriginErrors = flag(true);
        passive.consecutiveLocalOriginFailures = number(4);
        passive.interval = lasting(500ms);
        passive.baseEjectionTime = lasting(60s);
        passive.maxEjectionPercent = number(0); // not passed on
        passive.failurePercentageThreshold = number(70);
        passive.alwaysEjectOneEndpoint = flag(true);
        const auto outlier = settled(settings).outlier;
        QCOMPARE(outlier->consecutive5xx, 3U);
        QCOMPARE(outlier->consecutiveGatewayErrors.value_or(0), 2U);
        QVERIFY(outlier->splitLocalOrigin && outlier->alwaysEjectOne);
        QCOMPARE(outlier->consecutiveLocalOriginFailures, 4U);
        QVERIFY(outlier->interval == 500ms && outlier->baseEjectionTime == 60s);
        QCOMPARE(outlier->maxEjectionPercent, 10U);
        QCOMPARE(outlier->failurePercentageThreshold.value_or(0), 70U);
        passive.maxEjectionPercent = number(100);
        QCOMPARE(settled(settings).outlier->maxEjectionPercent, 100U);
    }

    void anEmptyActiveBlockHasDefaults()
    {
        manifest::TrafficSettings settings;
        settings.activeHealth.emplace();
        const auto check = settled(settings).activeCheck;
        QVERIFY(check.has_value());
        QVERIFY(check->type == plan::ActiveHealthCheck::Type::Http);
        QVERIFY(check->timeout == 1s && check->interval == 3s);
        QCOMPARE(check->unhealthyThreshold, 3U);
        QCOMPARE(check->healthyThreshold, 1U);
        QCOMPARE(check->host, std::string("*"));
        QCOMPARE(check->expectedStatuses, std::vector<std::uint16_t>{200});
    }

    void activeFieldsAreTaken()
    {
        manifest::TrafficSettings settings;
        auto& active = settings.activeHealth.emplace();
        active.type = word("HTTP");
        active.httpPath = word("/health");
        active.httpMethod = word("head");
        active.httpHostname = word("check.test");
        active.expectedStatuses = numbers({204, 200, 204});
        const auto check = settled(settings).activeCheck;
        QCOMPARE(check->path, std::string("/health"));
        QCOMPARE(check->method, std::string("HEAD"));
        QCOMPARE(check->host, std::string("check.test"));
        QCOMPARE(check->expectedStatuses, (std::vector<std::uint16_t>{200, 204}));
        active.type = word("TCP");
        QVERIFY(settled(settings).activeCheck->type == plan::ActiveHealthCheck::Type::Tcp);
    }

    void checksGoToTheRoutesDomain()
    {
        auto builder = withGateway();
        builder.services({"a"});
        builder.route("r", {ruleFor("m", {ref("a")})}).hostnames = words({"b.test", "a.test"});
        builder.policy("p", target("HTTPRoute", "r")).settings.activeHealth.emplace();
        QCOMPARE(clusterOf(*plan::compile(builder.resources).plan, "r").activeCheck->host, std::string("a.test"));
    }

    void grpcChecksAreRefused()
    {
        auto builder = withGateway();
        builder.services({"a"});
        builder.route("r", {ruleFor("m", {ref("a")})});
        builder.policy("p", target("HTTPRoute", "r")).settings.activeHealth.emplace().type = word("GRPC");
        const auto compiled = plan::compile(builder.resources);
        QCOMPARE(int{routeOf(*compiled.plan, "r").directStatus}, 503);
        QVERIFY(routeOf(*compiled.plan, "r").action == plan::Route::Action::DirectResponse);
        QCOMPARE(codesOf(compiled), Names{"health-check-refused"});
    }

    void circuitBreakers()
    {
        manifest::TrafficSettings settings;
        auto& breaker = settings.circuitBreaker.emplace();
        QCOMPARE(settled(settings).breakers.maxRetries, 1024U);
        breaker.maxConnections = number(1);
        breaker.maxPendingRequests = number(0);
        breaker.maxParallelRequests = number(2);
        breaker.maxParallelRetries = number(3);
        breaker.maxRequestsPerConnection = number(4);
        breaker.perEndpointMaxConnections = number(5);
        const plan::CircuitBreakers made = settled(settings).breakers;
        QCOMPARE(made.maxConnections, 1U);
        QCOMPARE(made.maxPendingRequests, 0U);
        QCOMPARE(made.maxRequests, 2U);
        QCOMPARE(made.maxRetries, 3U);
        QCOMPARE(made.maxRequestsPerConnection.value_or(0), 4U);
        QCOMPARE(made.perHostMaxConnections.value_or(0), 5U);
        QVERIFY(!made.retryBudget);
        breaker.retryBudgetPercent = number(25);
        QCOMPARE(settled(settings).breakers.retryBudget->percent, 25.0);
        QCOMPARE(settled(settings).breakers.retryBudget->minConcurrency, 3U);
        breaker.retryBudgetMinConcurrency = number(2);
        QCOMPARE(settled(settings).breakers.retryBudget->minConcurrency, 2U);
    }

    void balancers_data()
    {
        QTest::addColumn<QString>("type");
        QTest::addColumn<int>("balancer");
        QTest::addColumn<bool>("weights");
        QTest::addColumn<bool>("slowStart");
        using plan::LoadBalancer;
        QTest::newRow("least") << "LeastRequest" << int(LoadBalancer::LeastRequest) << true << true;
        QTest::newRow("round") << "RoundRobin" << int(LoadBalancer::RoundRobin) << true << true;
        QTest::newRow("random") << "Random" << int(LoadBalancer::Random) << true << false;
        QTest::newRow("hash") << "ConsistentHash" << int(LoadBalancer::ConsistentHash) << false << false;
        QTest::newRow("utilization") << "BackendUtilization" << int(LoadBalancer::RoundRobin) << false << true;
    }

    void balancers()
    {
        QFETCH(QString, type);
        QFETCH(int, balancer);
        QFETCH(bool, weights);
        QFETCH(bool, slowStart);
        manifest::TrafficSettings settings;
        settings.loadBalancerType = word(type.toStdString());
        settings.slowStartWindow = lasting(10s);
        QCOMPARE(int(settled(settings).balancer), balancer);
        QCOMPARE(settled(settings).localityWeights, weights);
        QCOMPARE(settled(settings).slowStartWindow == 10s, slowStart);
        settings.endpointOverride = true;
        QCOMPARE(settled(settings).localityWeights, false);
    }

    void hashingKeepsWeightsWithWeightedZones()
    {
        manifest::TrafficSettings settings;
        settings.loadBalancerType = word("ConsistentHash");
        settings.weightedZones = true;
        QVERIFY(settled(settings).localityWeights);
    }

    void namesAndConnections()
    {
        manifest::TrafficSettings settings;
        settings.dnsRefreshRate = lasting(5s);
        settings.respectDnsTtl = flag(false);
        settings.dnsLookupFamily = word("IPv4");
        settings.panicThreshold = number(0);
        settings.connectTimeout = lasting(600ms);
        settings.connectionIdleTimeout = lasting(2min);
        settings.maxConnectionDuration = lasting(3min);
        settings.bufferLimit = number(1000);
        const plan::Cluster cluster = settled(settings);
        QVERIFY(cluster.dnsRefreshRate == 5s && !cluster.respectDnsTtl);
        QVERIFY(cluster.dnsFamily == plan::DnsFamily::V4Only);
        QCOMPARE(cluster.panicThreshold, 0U);
        QVERIFY(cluster.connectTimeout == 600ms);
        QVERIFY(cluster.upstreamIdleTimeout == 2min && cluster.maxConnectionDuration == 3min);
        QCOMPARE(cluster.perConnectionBufferLimit, 1000U);
    }

    void lookupFamilies_data()
    {
        QTest::addColumn<int>("family");
        using plan::DnsFamily;
        QTest::newRow("IPv4") << int(DnsFamily::V4Only);
        QTest::newRow("IPv6") << int(DnsFamily::V6Only);
        QTest::newRow("IPv4Preferred") << int(DnsFamily::V4Preferred);
        QTest::newRow("IPv6Preferred") << int(DnsFamily::V6Preferred);
        QTest::newRow("IPv4AndIPv6") << int(DnsFamily::All);
    }

    void lookupFamilies()
    {
        QFETCH(int, family);
        manifest::TrafficSettings settings;
        settings.dnsLookupFamily = word(QTest::currentDataTag());
        QCOMPARE(int(settled(settings).dnsFamily), family);
    }

    void changesOfTheClusterChangeItsFingerprint_data()
    {
        QTest::addColumn<int>("index");
        const std::vector<const char*> names{"weight", "priority", "another backend", "another address", "hostname",
            "one more", "connect", "balancer", "breaker", "per host", "budget", "budget share", "outlier",
            "outlier field", "check", "check field", "dns", "panic", "buffer", "idle"};
        for (std::size_t i = 0; i < names.size(); ++i) {
            QTest::newRow(names[i]) << int(i);
        }
    }

    void changesOfTheClusterChangeItsFingerprint()
    {
        QFETCH(int, index);
        const std::vector<Change> changes{
            [](auto& b) { ruleOf(b).backendRefs[0].weight = number(2); },
            [](auto& b) { ruleOf(b).backendRefs[1].priority = number(1); },
            [](auto& b) { ruleOf(b).backendRefs[1].name = field("c"); },
            [](auto& b) { b.resources.backends[0].endpoints[0].port = field(std::int64_t{81}); },
            [](auto& b) { b.resources.backends[0].endpoints[0].hostname = word("x.test"); },
            [](auto& b) { ruleOf(b).backendRefs.push_back(ref("c")); },
            [](auto& b) { settingsOf(b).connectTimeout = lasting(1s); },
            [](auto& b) { settingsOf(b).loadBalancerType = word("Random"); },
            [](auto& b) { settingsOf(b).circuitBreaker.emplace().maxConnections = number(1); },
            [](auto& b) { settingsOf(b).circuitBreaker.emplace().perEndpointMaxConnections = number(0); },
            [](auto& b) { settingsOf(b).circuitBreaker.emplace().retryBudgetPercent = number(20); },
            [](auto& b) { settingsOf(b).circuitBreaker.emplace().retryBudgetPercent = number(21); },
            [](auto& b) { settingsOf(b).passiveHealth.emplace(); },
            [](auto& b) { settingsOf(b).passiveHealth.emplace().interval = lasting(1s); },
            [](auto& b) { settingsOf(b).activeHealth.emplace(); },
            [](auto& b) { settingsOf(b).activeHealth.emplace().httpPath = word("/x"); },
            [](auto& b) { settingsOf(b).respectDnsTtl = flag(false); },
            [](auto& b) { settingsOf(b).panicThreshold = number(0); },
            [](auto& b) { settingsOf(b).bufferLimit = number(1); },
            [](auto& b) { settingsOf(b).connectionIdleTimeout = lasting(1s); },
        };
        const std::string before = fingerprintAfter([](ResourceBuilder&) {});
        const std::string after = fingerprintAfter(changes.at(static_cast<std::size_t>(index)));
        QVERIFY(before != after);
        for (std::size_t other = 0; other < changes.size(); ++other) { // and each in its own way
            QVERIFY(static_cast<int>(other) == index || fingerprintAfter(changes[other]) != after);
        }
    }

    void changesOfTheRouteDoNot_data()
    {
        QTest::addColumn<int>("index");
        const std::vector<const char*> names{"retry", "time-out", "match", "rule name", "stream idle", "fault",
            "override", "mutation", "schema", "Gateway"};
        for (std::size_t i = 0; i < names.size(); ++i) {
            QTest::newRow(names[i]) << int(i);
        }
    }

    void changesOfTheRouteDoNot()
    {
        QFETCH(int, index);
        const std::vector<Change> changes{
            [](auto& b) { settingsOf(b).retry.emplace().numRetries = number(7); },
            [](auto& b) { ruleOf(b).requestTimeout = lasting(1s); },
            [](auto& b) { ruleOf(b).matches[0].headers[0].value = field("other"); },
            [](auto& b) { ruleOf(b).name = word("named"); },
            [](auto& b) { settingsOf(b).streamIdleTimeout = lasting(1s); },
            [](auto& b) { settingsOf(b).faultDelay = lasting(1s); },
            [](auto& b) { ruleOf(b).backendRefs[0].modelNameOverride = word("x"); },
            [](auto& b) { ruleOf(b).backendRefs[0].headerMutation.emplace().remove = words({"x"}); },
            [](auto& b) { b.resources.serviceBackends[0].schemaPrefix = word("v2"); },
            [](auto& b) { b.resources.gateways[0].listeners[0].port = field(std::int64_t{81}); },
        };
        QCOMPARE(
            fingerprintAfter(changes.at(static_cast<std::size_t>(index))), fingerprintAfter([](ResourceBuilder&) {}));
    }

    void otherBackendsMoveIndicesButNotFingerprints()
    {
        const std::string after = fingerprintAfter([](ResourceBuilder& b) {
            manifest::AIServiceBackend more = b.resources.serviceBackends[0];
            more.meta.name = "0";
            more.backendRef->name = field("0");
            b.resources.serviceBackends.insert(b.resources.serviceBackends.begin(), more);
            b.backend("0", {fqdn("first.test")});
        });
        QCOMPARE(after, fingerprintAfter([](ResourceBuilder&) {}));
    }
};

QTEST_GUILESS_MAIN(TestPlanClusterSettings)
#include "tst_plan_cluster_settings.moc"
