// SPDX-License-Identifier: Apache-2.0
// One cluster, weighted clusters or a direct response (envoy-routing 1.3 to 1.5, ai-gateway 3.8).
#include "tests/support/plan_checks.h"
#include "tests/support/resource_builder.h"

#include <QtTest>

using namespace signalbox;
using namespace signalbox::tests;

namespace {

using Names = std::vector<std::string>;
using Action = plan::Route::Action;

ResourceBuilder withServices()
{
    auto builder = withGateway();
    builder.services({"a", "b", "c"});
    builder.service("ip1", {ip("10.0.0.1", 8080)});
    builder.service("ip2", {ip("10.0.0.2", 8080)});
    return builder;
}

plan::Compiled compileRule(ResourceBuilder builder, std::vector<manifest::BackendRef> refs)
{
    builder.route("r", {ruleFor("m", std::move(refs))});
    return plan::compile(builder.resources);
}

/// "NAME weight" of every entry of a weighted route; the invalid one is "-".
Names weightedOf(const plan::Plan& plan, const plan::Route& route)
{
    Names names;
    for (const auto& entry : route.weighted) {
        const std::string name = entry.cluster == plan::kNone ? "-" : plan.clusters.at(entry.cluster).name;
        names.push_back(name + " " + std::to_string(entry.weight));
    }
    return names;
}

/// "REGION weight priority model" of every locality.
Names localitiesOf(const plan::Plan& plan, const plan::Cluster& cluster)
{
    Names names;
    for (const plan::Locality& locality : cluster.localities) {
        names.push_back(locality.region.substr(locality.region.rfind('/') + 1) + " " + std::to_string(locality.weight)
            + " P" + std::to_string(locality.priority) + " " + plan.profiles.at(locality.profile).name);
    }
    return names;
}

constexpr const char* kCluster = "httproute/default/r/rule/0";

} // namespace

class TestPlanClusters : public QObject
{
    Q_OBJECT

private slots:
    void weightZeroIsDroppedAndKeepsItsIndex()
    {
        const auto compiled = compileRule(withServices(), {ref("a", 0), ref("b", 3), ref("c")});
        const plan::Cluster& cluster = clusterOf(*compiled.plan, "r");
        QCOMPARE(cluster.name, std::string(kCluster));
        QCOMPARE(cluster.localities[0].region, std::string(kCluster) + "/backend/1");
        QCOMPARE(localitiesOf(*compiled.plan, cluster), (Names{"1 3 P0 b", "2 1 P0 c"}));
        QCOMPARE(compiled.plan->profiles[0].refIndex, 1U);
    }

    void nothingUsable_data()
    {
        QTest::addColumn<QStringList>("refs");
        QTest::addColumn<int>("weight");
        QTest::addColumn<int>("status");
        QTest::newRow("no refs") << QStringList{} << 1 << 500;
        QTest::newRow("all zero") << QStringList{"a", "b"} << 0 << 500;
        QTest::newRow("missing") << QStringList{"gone"} << 1 << 500;
        QTest::newRow("no endpoints") << QStringList{"empty"} << 1 << 503;
        QTest::newRow("missing and no endpoints") << QStringList{"gone", "empty"} << 1 << 500;
    }

    void nothingUsable()
    {
        QFETCH(QStringList, refs);
        QFETCH(int, weight);
        QFETCH(int, status);
        auto builder = withServices();
        builder.serviceBackend("gone");
        builder.service("empty", {});
        std::vector<manifest::BackendRef> list;
        for (const QString& name : refs) {
            list.push_back(ref(name.toStdString(), weight));
        }
        const auto compiled = compileRule(builder, list);
        const plan::Route& route = routeOf(*compiled.plan, "r");
        QVERIFY(route.action == Action::DirectResponse);
        QCOMPARE(int{route.directStatus}, status);
        QVERIFY(compiled.plan->clusters.empty());
    }

    void aMissingBackendTakesItsShareOfWeightedClusters()
    {
        auto builder = withServices();
        builder.serviceBackend("gone");
        const auto compiled = compileRule(builder, {ref("gone", 2), ref("a", 3)});
        const plan::Route& route = routeOf(*compiled.plan, "r");
        QVERIFY(route.action == Action::Forward);
        QCOMPARE(route.cluster, plan::kNone);
        QCOMPARE(weightedOf(*compiled.plan, route), (Names{"- 2", std::string(kCluster) + "/backend/1 3"}));
        QCOMPARE(int{route.invalidStatus}, 500);
        QCOMPARE(codesOf(compiled), Names{"backend-missing"});
    }

    void aBackendWithoutEndpointsMakesTheLostShare503()
    {
        auto builder = withServices();
        builder.service("empty", {});
        const auto compiled = compileRule(builder, {ref("a"), ref("empty")});
        QCOMPARE(int{routeOf(*compiled.plan, "r").invalidStatus}, 503);
    }

    void aMissingAIServiceBackendTakesTheWholeRouteOut()
    {
        auto builder = withServices();
        builder.route("other", {ruleFor("o", {ref("a")})});
        const auto compiled = compileRule(builder, {ref("a"), ref("nobody", 0)});
        QCOMPARE(routeNames(*compiled.plan),
            (Names{"httproute/default/other/rule/0/match/0/*", "httproute/default/other/rule/1/match/0/*"}));
        QCOMPARE(codesOf(compiled), Names{"service-backend-missing"});
        QVERIFY(compiled.diagnostics[0].severity == text::Severity::Error);
    }

    void hostNamesBesideAddressesAreWeightedClusters()
    {
        auto builder = withServices();
        const auto compiled = compileRule(builder, {refAs("a", "named"), refAs("ip1", "numbered", 1, 1)});
        const plan::Plan& plan = *compiled.plan;
        const plan::Route& route = routeOf(plan, "r");
        QCOMPARE(weightedOf(plan, route),
            (Names{std::string(kCluster) + "/backend/0 1", std::string(kCluster) + "/backend/1 1"}));
        // Each cluster has the identity of its own ref.
        QCOMPARE(localitiesOf(plan, plan.clusters[0]), Names{"0 1 P0 a"});
        QCOMPARE(localitiesOf(plan, plan.clusters[1]), Names{"1 1 P0 ip1"});
        QVERIFY(plan.clusters[0].resolvesNames && !plan.clusters[1].resolvesNames);
        QCOMPARE(codesOf(compiled), Names{"weighted-clusters-no-failover"});
    }

    void aPriorityStaysInsideAClusterOfOne()
    {
        const auto compiled = compileRule(withServices(), {ref("ip1"), ref("a", 1, 1)});
        QCOMPARE(localitiesOf(*compiled.plan, compiled.plan->clusters.at(1)), Names{"1 1 P1 a"});
    }

    void addressesShareTheIdentityOfTheFirstRef()
    {
        const auto compiled = compileRule(withServices(), {refAs("ip1", "one"), refAs("ip2", "two", 1, 1)});
        const plan::Cluster& cluster = clusterOf(*compiled.plan, "r");
        QVERIFY(!cluster.resolvesNames);
        QCOMPARE(localitiesOf(*compiled.plan, cluster), (Names{"0 1 P0 ip1", "1 1 P0 ip1"}));
        QCOMPARE(codesOf(compiled), Names{"ip-backends-share-identity"});
    }

    void evenOfAFirstRefWithoutWeight()
    {
        const auto compiled = compileRule(withServices(), {ref("ip1", 0), ref("ip2")});
        QCOMPARE(localitiesOf(*compiled.plan, clusterOf(*compiled.plan, "r")), Names{"1 1 P0 ip1"});
        QCOMPARE(codesOf(compiled), Names{"ip-backends-share-identity"});
    }

    void oneAddressAloneIsFine()
    {
        const auto compiled = compileRule(withServices(), {ref("ip1")});
        QCOMPARE(codesOf(compiled), Names{});
        const plan::Endpoint& endpoint = compiled.plan->endpoints.at(3);
        QVERIFY(endpoint.address == base::parseAddress("10.0.0.1", 8080));
        QCOMPARE(endpoint.rewriteHost, std::string());
    }

    void zonesMakeAClusterPerRef()
    {
        for (const bool weightedZones : {true, false}) {
            auto builder = withServices();
            auto& settings = builder.policy("p", target("HTTPRoute", "r")).settings;
            (weightedZones ? settings.weightedZones : settings.preferLocalZone) = true;
            QCOMPARE(routeOf(*compileRule(builder, {ref("a"), ref("b")}).plan, "r").weighted.size(), std::size_t{2});
            QCOMPARE(routeOf(*compileRule(builder, {ref("a")}).plan, "r").weighted.size(), std::size_t{0});
        }
    }

    void priorities_data()
    {
        QTest::addColumn<bool>("fallback");
        QTest::addColumn<int>("written");
        QTest::addColumn<QString>("backend");
        QTest::addColumn<int>("priority");
        QTest::newRow("none") << false << -1 << "a" << 0;
        QTest::newRow("written") << false << 2 << "a" << 2;
        QTest::newRow("fallback flag") << true << -1 << "a" << 1;
        QTest::newRow("written wins") << true << 2 << "a" << 2;
        QTest::newRow("a written 0 wins too") << true << 0 << "a" << 0;
        QTest::newRow("address") << false << 2 << "ip1" << 0;
        QTest::newRow("address with flag") << true << 2 << "ip1" << 1;
    }

    void priorities()
    {
        QFETCH(bool, fallback);
        QFETCH(int, written);
        QFETCH(QString, backend);
        QFETCH(int, priority);
        auto builder = withServices();
        for (manifest::Backend& candidate : builder.resources.backends) {
            candidate.fallback = flag(fallback);
        }
        auto source = ref(backend.toStdString());
        if (written >= 0) {
            source.priority = number(written);
        }
        const auto compiled = compileRule(builder, {source});
        QCOMPARE(int(clusterOf(*compiled.plan, "r").localities.at(0).priority), priority);
    }

    void aGapInPrioritiesIsNoProblem()
    {
        const auto compiled = compileRule(withServices(), {ref("a"), ref("b", 1, 2)});
        QCOMPARE(localitiesOf(*compiled.plan, clusterOf(*compiled.plan, "r")), (Names{"0 1 P0 a", "1 1 P2 b"}));
        QCOMPARE(codesOf(compiled), Names{});
    }

    void referencesToOtherNamespacesNeedGrants()
    {
        auto builder = withServices();
        builder.serviceBackend("far", "other");
        builder.backend("far", {fqdn("far.test")}, "other");
        auto source = ref("far");
        source.nameSpace = word("other");
        QCOMPARE(codesOf(compileRule(builder, {source})), Names{"reference-not-granted"});
        QCOMPARE(domains(*compileRule(builder, {source}).plan), Names{}); // not accepted at all

        manifest::ReferenceGrant grant;
        grant.meta = meta("ReferenceGrant", "g", "other");
        grant.from.push_back({"aigateway.envoyproxy.io", "AIGatewayRoute", "default"});
        grant.to.push_back({"aigateway.envoyproxy.io", "AIServiceBackend", std::nullopt});
        builder.resources.referenceGrants.push_back(grant);
        const auto half = compileRule(builder, {source}); // accepted, but its HTTPRoute may not go on
        QCOMPARE(int{routeOf(*half.plan, "r").directStatus}, 500);

        grant.from[0] = {"gateway.networking.k8s.io", "HTTPRoute", "default"};
        grant.to[0] = {"gateway.envoyproxy.io", "Backend", "far"};
        builder.resources.referenceGrants.push_back(grant);
        const auto full = compileRule(builder, {source});
        QCOMPARE(codesOf(full), Names{});
        QCOMPARE(localitiesOf(*full.plan, clusterOf(*full.plan, "r")), Names{"0 1 P0 far"});
        QCOMPARE(full.plan->profiles[0].nameSpace, std::string("other"));
    }

    void badAddresses_data()
    {
        QTest::addColumn<bool>("isIp");
        QTest::addColumn<QString>("address");
        QTest::addColumn<int>("port");
        QTest::newRow("name as ip") << true << "localhost" << 80;
        QTest::newRow("ip as name") << false << "10.1.2.3" << 80;
        QTest::newRow("no port") << false << "a.test" << 0;
        QTest::newRow("large port") << true << "10.1.2.3" << 70000;
    }

    void badAddresses()
    {
        QFETCH(bool, isIp);
        QFETCH(QString, address);
        QFETCH(int, port);
        auto builder = withServices();
        builder.service("bad", {isIp ? ip(address.toStdString(), port) : fqdn(address.toStdString(), port)});
        const auto compiled = compileRule(builder, {ref("bad")});
        QCOMPARE(codesOf(compiled), Names{"backend-address-invalid"});
        QCOMPARE(int{routeOf(*compiled.plan, "r").directStatus}, 500);
    }

    void mixedAddressesInOneBackendAreRefused()
    {
        auto builder = withServices();
        builder.service("mixed", {fqdn("x.test"), ip("10.0.0.9")});
        const auto compiled = compileRule(builder, {ref("mixed"), ref("a")});
        QCOMPARE(codesOf(compiled), Names{"backend-addresses-mixed"});
        QCOMPARE(weightedOf(*compiled.plan, routeOf(*compiled.plan, "r")),
            (Names{"- 1", std::string(kCluster) + "/backend/1 1"}));
    }

    void endpointsAreListedOnce()
    {
        auto builder = withServices();
        builder.service("twin", {fqdn("A.test"), fqdn("a.test", 8081)});
        const auto compiled = compileRule(builder, {ref("a"), ref("twin", 1, 1)});
        const plan::Plan& plan = *compiled.plan;
        QCOMPARE(plan.endpoints.size(), std::size_t{6}); // a, b, c, two addresses, a:8081; unused ones as well
        QCOMPARE(plan.backends.at(5).endpoints, (std::vector<std::uint32_t>{0, 5}));
        QCOMPARE(clusterOf(plan, "r").localities[1].endpoints, (std::vector<std::uint32_t>{0, 5}));
        QCOMPARE(plan.servers[0].backends, (std::vector<std::uint32_t>{0, 5}));
    }

    void aHostnameOfAnEndpointReplacesHost()
    {
        auto builder = withGateway();
        builder.service("a", {ip("10.0.0.1")});
        builder.resources.backends[0].endpoints[0].hostname = word("api.example.com");
        builder.service("b", {ip("10.0.0.1")});
        const auto compiled = compileRule(builder, {ref("a")});
        QCOMPARE(compiled.plan->endpoints[0].rewriteHost, std::string("api.example.com"));
        QCOMPARE(codesOf(compiled), Names{"endpoint-hostname-conflict"});
    }

    void inferencePoolsAreNotSimulated()
    {
        auto pool = ref("pool");
        pool.group = word("inference.networking.k8s.io");
        pool.kind = word("InferencePool");
        const auto compiled = compileRule(withServices(), {pool});
        QCOMPARE(int{routeOf(*compiled.plan, "r").directStatus}, 503);
        QCOMPARE(codesOf(compiled), Names{"inference-pool-not-simulated"});
    }

    void hugeWeightsAndPrioritiesAreCut()
    {
        auto builder = withServices();
        builder.serviceBackend("gone");
        const std::int64_t huge = std::numeric_limits<std::int64_t>::max();
        const auto compiled =
            compileRule(builder, {ref("gone", huge), ref("gone", huge), ref("a", huge, huge), ref("b", -1)});
        QCOMPARE(weightedOf(*compiled.plan, routeOf(*compiled.plan, "r")),
            (Names{"- 4294967295", std::string(kCluster) + "/backend/2 4294967295"}));
    }
};

QTEST_GUILESS_MAIN(TestPlanClusters)
#include "tst_plan_clusters.moc"
