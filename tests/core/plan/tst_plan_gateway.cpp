// SPDX-License-Identifier: Apache-2.0
// Which Gateway runs, which routes its listeners take, and under which domains.
#include "tests/support/plan_checks.h"
#include "tests/support/resource_builder.h"

#include "core/plan/route_attachment.h"

#include <QtTest>

using namespace signalbox;
using namespace signalbox::tests;

namespace {

using Names = std::vector<std::string>;

plan::Compiled compileFor(const ResourceBuilder& builder, const std::string& gateway)
{
    plan::CompileOptions options;
    options.gateway = gateway;
    return plan::compile(builder.resources, options);
}

/// Two Gateways with one route each.
ResourceBuilder twoGateways()
{
    ResourceBuilder builder;
    builder.services({"a"});
    builder.gateway("one");
    builder.route("r1", {ruleFor("m", {ref("a")})});
    builder.gateway("two");
    builder.route("r2", {ruleFor("m", {ref("a")})});
    return builder;
}

/// "spec: {listeners: [{name: http, allowedRoutes: {namespaces: {from: FROM, selector: …}}}]}"
manifest::YamlNodePtr allowing(const std::string& from, const std::string& label = {})
{
    using Node = manifest::YamlNode;
    const auto scalar = [](const std::string& text) {
        auto node = std::make_shared<Node>();
        node->kind = Node::Kind::Scalar;
        node->scalar = text;
        return node;
    };
    const auto mapping = [](std::vector<std::pair<std::string, manifest::YamlNodePtr>> entries) {
        auto node = std::make_shared<Node>();
        node->kind = Node::Kind::Mapping;
        for (auto& [key, value] : entries) {
            node->entries.push_back({key, {}, value});
        }
        return node;
    };
    const auto labels = mapping({{"matchLabels", mapping({{"team", scalar(label)}})}});
    const auto namespaces = mapping({{"from", scalar(from)}, {"selector", labels}});
    const auto listener = mapping({{"name", scalar("http")}, {"allowedRoutes", mapping({{"namespaces", namespaces}})}});
    auto listeners = std::make_shared<Node>();
    listeners->kind = Node::Kind::Sequence;
    listeners->items.push_back(listener);
    return mapping({{"spec", mapping({{"listeners", listeners}})}});
}

} // namespace

class TestPlanGateway : public QObject
{
    Q_OBJECT

private slots:
    void nothingServable()
    {
        const auto compiled = plan::compile({});
        QVERIFY(compiled.status == plan::CompileStatus::NothingServable);
        QVERIFY(compiled.plan == nullptr);
        QCOMPARE(codesOf(compiled), Names{"gateway-missing"});
    }

    void aGatewayWithoutHttpListenerServesNothing()
    {
        auto builder = withGateway();
        builder.resources.gateways[0].listeners[0].protocol = word("HTTPS");
        const auto compiled = plan::compile(builder.resources);
        QVERIFY(compiled.status == plan::CompileStatus::NothingServable);
        QCOMPARE(codesOf(compiled), Names{"gateway-without-listener"});
    }

    void theOnlyGatewayRunsEvenWithoutRoutes()
    {
        const auto compiled = plan::compile(withGateway().resources);
        QVERIFY(compiled.status == plan::CompileStatus::Ok);
        QCOMPARE(compiled.plan->gatewayNamespace + "/" + compiled.plan->gatewayName, std::string("default/gw"));
        QCOMPARE(domains(*compiled.plan), Names{});
    }

    void theOnlyGatewayWithRoutesRuns()
    {
        ResourceBuilder builder = twoGateways();
        builder.resources.routes.pop_back();
        const auto compiled = plan::compile(builder.resources);
        QVERIFY(compiled.status == plan::CompileStatus::Ok);
        QCOMPARE(compiled.plan->gatewayName, std::string("one"));
    }

    void severalGatewaysAreListed()
    {
        const auto compiled = plan::compile(twoGateways().resources);
        QVERIFY(compiled.status == plan::CompileStatus::SeveralGateways);
        QVERIFY(compiled.plan == nullptr);
        QCOMPARE(compiled.gateways, (Names{"default/one", "default/two"}));
    }

    void aGatewayCanBeChosen_data()
    {
        QTest::addColumn<QString>("typed");
        QTest::newRow("name") << "two";
        QTest::newRow("with namespace") << "default/two";
    }

    void aGatewayCanBeChosen()
    {
        QFETCH(QString, typed);
        const auto compiled = compileFor(twoGateways(), typed.toStdString());
        QVERIFY(compiled.status == plan::CompileStatus::Ok);
        QCOMPARE(compiled.plan->gatewayName, std::string("two"));
        QCOMPARE(routeNames(*compiled.plan).front(), std::string("httproute/default/r2/rule/0/match/0/*"));
    }

    void anUnknownGatewayListsWhatThereIs()
    {
        const auto compiled = compileFor(twoGateways(), "three");
        QVERIFY(compiled.status == plan::CompileStatus::UnknownGateway);
        QCOMPARE(compiled.gateways, (Names{"default/one", "default/two"}));
    }

    void aNameInTwoNamespacesIsAmbiguous()
    {
        ResourceBuilder builder;
        builder.gateway("gw", "x");
        builder.gateway("gw", "y");
        QVERIFY(compileFor(builder, "gw").status == plan::CompileStatus::SeveralGateways);
        QVERIFY(compileFor(builder, "y/gw").status == plan::CompileStatus::Ok);
    }

    void parentRefsHaveDefaults()
    {
        auto builder = withGateway();
        builder.services({"a"});
        auto& route = builder.route("r", {ruleFor("m", {ref("a")})});
        route.parentRefs[0].group.reset();
        route.parentRefs[0].kind.reset();
        QCOMPARE(domains(*plan::compile(builder.resources).plan), Names{"*"});
        builder.resources.routes[0].parentRefs[0].kind = word("ListenerSet");
        QCOMPARE(domains(*plan::compile(builder.resources).plan), Names{});
    }

    void danglingParentsAreReported()
    {
        auto builder = withGateway();
        builder.services({"a"});
        builder.route("gone", {ruleFor("m", {ref("a")})}).parentRefs[0].name = field("other");
        builder.route("nowhere", {ruleFor("m", {ref("a")})}).parentRefs.clear();
        builder.route("section", {ruleFor("m", {ref("a")})}).parentRefs[0].sectionName = word("https");
        builder.route("served", {ruleFor("m", {ref("a")})});
        const auto compiled = plan::compile(builder.resources);
        QCOMPARE(codesOf(compiled), (Names{"gateway-missing", "listener-missing", "route-without-gateway"}));
        QCOMPARE(routeNames(*compiled.plan).size(), std::size_t{2});
    }

    void sectionNameAndPortSelectListeners()
    {
        auto builder = withGateway();
        builder.services({"a"});
        builder.resources.gateways[0].listeners.push_back(ResourceBuilder::listener("second", 8080));
        builder.route("by-name", {ruleFor("m", {ref("a")})}).parentRefs[0].sectionName = word("http");
        builder.route("by-port", {ruleFor("m", {ref("a")})}).parentRefs[0].port = number(8080);
        builder.route("everywhere", {ruleFor("m", {ref("a")})});
        const auto compiled = plan::compile(builder.resources);
        const plan::Plan& plan = *compiled.plan;
        QCOMPARE(plan.listeners.size(), std::size_t{2});
        QCOMPARE(routeNames(plan, "*", 0).at(0), std::string("httproute/default/by-name/rule/0/match/0/*"));
        QCOMPARE(routeNames(plan, "*", 0).size(), std::size_t{4});
        QCOMPARE(routeNames(plan, "*", 1).at(0), std::string("httproute/default/by-port/rule/0/match/0/*"));
        QCOMPARE(plan.clusters.size(), std::size_t{3}); // one per rule, not per listener
    }

    void hostnamesIntersect_data()
    {
        QTest::addColumn<QStringList>("route");
        QTest::addColumn<QString>("listener");
        QTest::addColumn<QStringList>("domains");
        const auto row = [](const char* name, QStringList route, const char* listener, QStringList domains) {
            QTest::newRow(name) << route << QString(listener) << domains;
        };
        row("none and none", {}, "", {"*"});
        row("none and listener", {}, "a.test", {"a.test"});
        row("route alone, sorted", {"b.test", "a.test"}, "", {"a.test", "b.test"});
        row("equal", {"a.test"}, "a.test", {"a.test"});
        row("different", {"a.test"}, "b.test", {});
        row("listener covers", {"x.a.test", "b.test"}, "*.a.test", {"x.a.test"});
        row("several labels", {"x.y.a.test"}, "*.a.test", {"x.y.a.test"});
        row("not itself", {"a.test"}, "*.a.test", {});
        row("route covers", {"*.a.test"}, "x.a.test", {"x.a.test"});
        row("narrower listener", {"*.test"}, "*.a.test", {"*.a.test"});
        row("narrower route", {"*.a.test"}, "*.test", {"*.a.test"});
        row("no label border", {"*.ba.test"}, "*.a.test", {});
    }

    void hostnamesIntersect()
    {
        QFETCH(QStringList, route);
        QFETCH(QString, listener);
        QFETCH(QStringList, domains);
        Names names;
        for (const QString& name : route) {
            names.push_back(name.toStdString());
        }
        QStringList found;
        for (const std::string& domain : plan::intersectHostnames(names, listener.toStdString(), {})) {
            found.append(QString::fromStdString(domain));
        }
        QCOMPARE(found, domains);
    }

    void aDomainIsMadePerHostname()
    {
        auto builder = withGateway();
        builder.services({"a"});
        builder.route("for-a", {ruleFor("m", {ref("a")})}).hostnames = words({"A.Example.com", "b.example.com"});
        builder.route("for-all", {ruleFor("m", {ref("a")})});
        builder.route("too", {ruleFor("n", {ref("a")})}).hostnames = words({"a.example.com"});
        const auto compiled = plan::compile(builder.resources);
        const plan::Plan& plan = *compiled.plan;
        QCOMPARE(domains(plan), (Names{"*", "a.example.com", "b.example.com"}));
        QCOMPARE(routeNames(plan, "a.example.com"),
            (Names{"httproute/default/for-a/rule/0/match/0/a_example_com",
                "httproute/default/too/rule/0/match/0/a_example_com",
                "httproute/default/for-a/rule/1/match/0/a_example_com",
                "httproute/default/too/rule/1/match/0/a_example_com"}));
        QCOMPARE(routeNames(plan, "*").size(), std::size_t{2});
    }

    void listenersOnOnePortKeepTheirOwnNames()
    {
        auto builder = withGateway();
        builder.services({"a"});
        builder.resources.gateways[0].listeners.push_back(ResourceBuilder::listener("own", 80, "a.test"));
        builder.route("r", {ruleFor("m", {ref("a")})}).hostnames = words({"a.test", "b.test"});
        const auto compiled = plan::compile(builder.resources);
        const plan::Plan& plan = *compiled.plan;
        QCOMPARE(domains(plan, 0), Names{"b.test"});
        QCOMPARE(domains(plan, 1), Names{"a.test"});
        QCOMPARE(plan.listeners[1].hostname, std::string("a.test"));
    }

    void aRouteThatNoHostnameFitsIsReported()
    {
        auto builder = withGateway();
        builder.services({"a"});
        builder.resources.gateways[0].listeners[0].hostname = word("a.test");
        builder.route("r", {ruleFor("m", {ref("a")})}).hostnames = words({"b.test"});
        QCOMPARE(codesOf(plan::compile(builder.resources)), Names{"route-hostname-mismatch"});
    }

    void otherNamespacesNeedPermission_data()
    {
        QTest::addColumn<QString>("from");
        QTest::addColumn<QString>("label");
        QTest::addColumn<bool>("served");
        QTest::newRow("default") << ""
                                 << "" << false;
        QTest::newRow("same") << "Same"
                              << "" << false;
        QTest::newRow("all") << "All"
                             << "" << true;
        QTest::newRow("none") << "None"
                              << "" << false;
        QTest::newRow("label fits") << "Selector"
                                    << "blue" << true;
        QTest::newRow("label differs") << "Selector"
                                       << "red" << false;
    }

    void otherNamespacesNeedPermission()
    {
        QFETCH(QString, from);
        QFETCH(QString, label);
        QFETCH(bool, served);
        auto builder = withGateway();
        builder.resources.gateways[0].meta.tree = allowing(from.toStdString(), label.toStdString());
        builder.resources.others.push_back(meta("Namespace", "team"));
        builder.resources.others.back().labels = {{"team", "blue"}};
        builder.route("r", {ruleFor("m", {})}, "team").parentRefs[0].nameSpace = word("default");
        const auto compiled = plan::compile(builder.resources);
        QCOMPARE(domains(*compiled.plan).size(), served ? std::size_t{1} : std::size_t{0});
        QCOMPARE(codesOf(compiled), served ? Names{} : Names{"route-not-allowed"});
        QCOMPARE(compiled.plan->models.size(), std::size_t{1}); // listed either way
    }

    void otherProtocolsAreReported()
    {
        auto builder = withGateway();
        builder.resources.gateways[0].listeners.push_back(ResourceBuilder::listener("tls", 443));
        builder.resources.gateways[0].listeners.back().protocol = word("HTTPS");
        const auto compiled = plan::compile(builder.resources);
        QCOMPARE(compiled.plan->listeners.size(), std::size_t{1});
        QCOMPARE(codesOf(compiled), Names{"listener-not-served"});
    }
};

QTEST_GUILESS_MAIN(TestPlanGateway)
#include "tst_plan_gateway.moc"
