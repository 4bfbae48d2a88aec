// SPDX-License-Identifier: Apache-2.0
// Names of backends and servers (cli.md "Names").
#include "tests/support/plan_checks.h"
#include "tests/support/resource_builder.h"

#include <QtTest>

using namespace signalbox;
using namespace signalbox::tests;

namespace {

using Names = std::vector<std::string>;
using Indices = std::vector<std::uint32_t>;

plan::PlanPtr planOf(const ResourceBuilder& builder)
{
    return plan::compile(builder.resources).plan;
}

Names serverNames(const plan::Plan& plan)
{
    Names names;
    for (const plan::Server& server : plan.servers) {
        names.push_back(server.name);
    }
    return names;
}

void addInferenceService(ResourceBuilder& builder, std::string name, std::string nameSpace, bool runsOllama)
{
    manifest::InferenceService service;
    service.meta = meta("InferenceService", std::move(name), std::move(nameSpace));
    service.runsOllama = runsOllama;
    service.pulledModels = {"qwen2.5:0.5b", "qwen2.5:1.5b"};
    builder.resources.inferenceServices.push_back(std::move(service));
}

} // namespace

class TestPlanNames : public QObject
{
    Q_OBJECT

private slots:
    void shortNames_data()
    {
        QTest::addColumn<QString>("gateway");
        QTest::addColumn<QString>("shortName");
        QTest::newRow("envoy-ai-gateway-qwen-primary") << "envoy-ai-gateway-basic"
                                                       << "qwen-primary";
        QTest::newRow("envoy-ai-gateway-qwen-primary-fb") << "envoy-ai-gateway-basic"
                                                          << "qwen-primary-fb";
        QTest::newRow("envoy-ai-gateway") << "envoy-ai-gateway-basic"
                                          << "gateway";
        QTest::newRow("gpt") << "envoy-ai-gateway-basic"
                             << "gpt";
        QTest::newRow("env-a") << "envoy"
                               << "env-a"; // shares letters, no part
        QTest::newRow("gw-a") << "gw"
                              << "gw-a";
        QTest::newRow("gw-1-a") << "gw-1-b"
                                << "a";
        QTest::newRow("same-name") << "same-name"
                                   << "name";
        QTest::newRow("a-") << "a-b"
                            << "a-"; // never empty
        QTest::newRow("") << "gw"
                          << "";
    }

    void shortNames()
    {
        QFETCH(QString, gateway);
        QFETCH(QString, shortName);
        QCOMPARE(plan::shortName(QTest::currentDataTag(), gateway.toStdString()), shortName.toStdString());
    }

    void serversAreInferenceServices_data()
    {
        QTest::addColumn<QString>("name");
        QTest::newRow("qwen-predictor.default.svc.cluster.local") << "qwen";
        QTest::newRow("qwen-predictor-default.default.svc.cluster.local") << "qwen";
        QTest::newRow("qwen-predictor-00001.default.svc.cluster.local") << "qwen";
        QTest::newRow("qwen-2-predictor-00017") << "qwen-2";
        QTest::newRow("qwen-predictor-canary.default") << "gate-x";
        QTest::newRow("-predictor.default") << "gate-x";
        QTest::newRow("qwen-predictor-.default") << "gate-x";
        QTest::newRow("api.openai.com") << "gate-x";
        QTest::newRow("00001") << "gate-x";
    }

    void serversAreInferenceServices()
    {
        QFETCH(QString, name);
        auto builder = withGateway();
        builder.service("gate-x", {fqdn(QTest::currentDataTag())});
        const auto plan = planOf(builder);
        QCOMPARE(serverNames(*plan), Names{name.toStdString()});
        QCOMPARE(plan->endpoints[0].serverName, name.toStdString());
        QCOMPARE(plan->servers[0].models, Names{});
    }

    void otherServersTakeTheirFirstBackendsShortName()
    {
        ResourceBuilder builder;
        builder.gateway("team-gw");
        builder.service("team-a", {fqdn("one.test"), fqdn("one.test", 81)});
        builder.service("team-b", {fqdn("two.test")});
        builder.service("team-c", {fqdn("two.test")});
        const auto plan = planOf(builder);
        // Two servers of team-a would share a name, so they are known by address.
        QCOMPARE(serverNames(*plan), (Names{"one.test:80", "one.test:81", "b"}));
        QCOMPARE(plan->servers.back().backends, (Indices{1, 2}));
    }

    void sharedNamesGiveWayToAddresses()
    {
        auto builder = withGateway();
        builder.service("v1", {fqdn("qwen-predictor-00001.default.svc")});
        builder.service("v2", {fqdn("qwen-predictor-00002.default.svc")});
        builder.service("alone", {fqdn("alone.test")});
        const auto plan = planOf(builder);
        QCOMPARE(serverNames(*plan),
            (Names{"qwen-predictor-00001.default.svc:80", "qwen-predictor-00002.default.svc:80", "alone"}));
    }

    void modelsComeFromTheInferenceService()
    {
        auto builder = withGateway();
        builder.service("a", {fqdn("qwen-predictor.models.svc.cluster.local")});
        addInferenceService(builder, "qwen", "default", true);
        QCOMPARE(planOf(builder)->servers[0].models, Names{});
        addInferenceService(builder, "qwen", "models", true);
        QCOMPARE(planOf(builder)->servers[0].models, (Names{"qwen2.5:0.5b", "qwen2.5:1.5b"}));
        builder.resources.inferenceServices[1].runsOllama = false;
        QCOMPARE(planOf(builder)->servers[0].models, Names{});
    }

    void aHostOutsideTheClusterMeansTheBackendsNamespace()
    {
        auto builder = withGateway();
        builder.service("a", {fqdn("qwen-predictor.models.example.com")});
        addInferenceService(builder, "qwen", "default", true);
        QCOMPARE(planOf(builder)->servers[0].models.size(), std::size_t{2});
    }

    void backendsAreFound()
    {
        ResourceBuilder builder;
        builder.gateway("team-gw");
        builder.service("team-a", {fqdn("a.test")});
        builder.service("a", {fqdn("b.test")});
        builder.service("team-b", {fqdn("c.test")});
        builder.serviceBackend("team-b", "other");
        const auto plan = planOf(builder);
        QCOMPARE(plan::findBackends(*plan, "team-a"), Indices{0});
        QCOMPARE(plan::findBackends(*plan, "a"), Indices{1}); // the whole name wins over team-a's short one
        QCOMPARE(plan::findBackends(*plan, "b"), (Indices{2, 3}));
        QCOMPARE(plan::findBackends(*plan, "team-b"), (Indices{2, 3}));
        QCOMPARE(plan::findBackends(*plan, "other/team-b"), Indices{3});
        QCOMPARE(plan::findBackends(*plan, "nobody"), Indices{});
    }

    void serversAreFound()
    {
        auto builder = withGateway();
        builder.services({"a", "b"});
        const auto plan = planOf(builder);
        QCOMPARE(plan::findServer(*plan, "b"), 1U);
        QCOMPARE(plan::findServer(*plan, "b.test:80"), 1U);
        QCOMPARE(plan::findServer(*plan, "b.test"), plan::kNone);
    }
};

QTEST_GUILESS_MAIN(TestPlanNames)
#include "tst_plan_names.moc"
