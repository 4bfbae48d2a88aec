// SPDX-License-Identifier: Apache-2.0
#include <QtTest> // first: Qt 6.4's moc cannot read <compare> before other standard headers

#include "core/dispatch/route_table.h"

using namespace signalbox;
using namespace signalbox::dispatch;

namespace {

using Headers = std::vector<HeaderView>;

plan::HeaderMatch exact(const char* name, const char* value)
{
    return {name, value, nullptr};
}

plan::HeaderMatch expression(const char* name, const char* value)
{
    return {name, value, std::make_shared<const re2::RE2>(value)};
}

plan::Route routeOf(const char* name, std::vector<plan::HeaderMatch> headers)
{
    plan::Route route;
    route.name = name;
    route.headers = std::move(headers);
    return route;
}

} // namespace

class TestRouteTable : public QObject
{
    Q_OBJECT

private slots:
    void virtualHosts_data()
    {
        QTest::addColumn<QString>("host");
        QTest::addColumn<QString>("domain");
        QTest::newRow("exact") << "api.example.com"
                               << "api.example.com";
        QTest::newRow("port") << "api.example.com:8080"
                              << "api.example.com";
        QTest::newRow("case") << "API.Example.COM"
                              << "api.example.com";
        QTest::newRow("wildcard") << "other.example.com"
                                  << "*.example.com";
        QTest::newRow("longest wildcard") << "x.eu.example.com:1"
                                          << "*.eu.example.com";
        QTest::newRow("deeper") << "a.b.example.com"
                                << "*.example.com";
        QTest::newRow("bare suffix") << "example.com"
                                     << "*";
        QTest::newRow("dot only") << ".example.com"
                                  << "*";
        QTest::newRow("other") << "localhost:8080"
                               << "*";
        QTest::newRow("IPv6 with port") << "[::1]:8080"
                                        << "[::1]";
        QTest::newRow("IPv6") << "[::1]"
                              << "[::1]";
        QTest::newRow("empty") << ""
                               << "*";
        QTest::newRow("colon") << ":"
                               << "*";
    }

    void virtualHosts()
    {
        QFETCH(QString, host);
        QFETCH(QString, domain);
        plan::Listener listener;
        for (const char* name : {"*", "*.example.com", "*.eu.example.com", "api.example.com", "[::1]"}) {
            listener.virtualHosts.push_back({name, {}});
        }
        const std::string text = host.toStdString();
        const plan::VirtualHost* found = findVirtualHost(listener, text);
        QVERIFY(found);
        QCOMPARE(found->domain, domain.toStdString());
    }

    void noVirtualHost()
    {
        plan::Listener listener;
        QVERIFY(!findVirtualHost(listener, "a"));
        listener.virtualHosts.push_back({"*.example.com", {}});
        QVERIFY(!findVirtualHost(listener, "a"));
        QVERIFY(findVirtualHost(listener, "a.example.com"));
    }

    void routes_data()
    {
        QTest::addColumn<Headers>("headers");
        QTest::addColumn<QString>("route");
        QTest::newRow("model") << Headers{{"x-ai-eg-model", "m"}} << "m";
        QTest::newRow("first match wins") << Headers{{"tenant", "t"}, {"x-ai-eg-model", "m"}} << "m+t";
        QTest::newRow("value is case sensitive") << Headers{{"x-ai-eg-model", "M"}} << "rest";
        QTest::newRow("whole expression") << Headers{{"x-ai-eg-model", "gpt-4o"}} << "gpt";
        QTest::newRow("part of an expression") << Headers{{"x-ai-eg-model", "my-gpt-4o"}} << "rest";
        QTest::newRow("repeated") << Headers{{"tag", "a"}, {"x-ai-eg-model", "n"}, {"tag", "b"}} << "tags";
        QTest::newRow("repeated the other way") << Headers{{"tag", "b"}, {"tag", "a"}} << "rest";
        QTest::newRow("repeated thrice") << Headers{{"tag", "a"}, {"tag", "b"}, {"tag", "c"}} << "rest";
        QTest::newRow("repeated for an expression")
            << Headers{{"x-ai-eg-model", "gpt-1"}, {"x-ai-eg-model", "gpt-2"}} << "gpt";
        QTest::newRow("empty value") << Headers{{"flag", ""}} << "flag";
        QTest::newRow("nothing") << Headers{} << "rest";
    }

    void routes()
    {
        QFETCH(Headers, headers);
        QFETCH(QString, route);
        plan::Plan plan;
        plan.routes = {routeOf("m+t", {exact("x-ai-eg-model", "m"), exact("tenant", "t")}),
            routeOf("m", {exact("x-ai-eg-model", "m")}), routeOf("gpt", {expression("x-ai-eg-model", "gpt-.*")}),
            routeOf("tags", {exact("tag", "a,b")}), routeOf("flag", {exact("flag", "")}), routeOf("rest", {}),
            routeOf("never", {})};
        const plan::VirtualHost host{"*", {0, 1, 2, 3, 4, 5, 6}};
        const plan::Route* found = matchRoute(plan, host, headers);
        QVERIFY(found);
        QCOMPARE(found->name, route.toStdString());
    }

    void noRoute()
    {
        plan::Plan plan;
        plan.routes = {routeOf("m", {exact("x-ai-eg-model", "m")})};
        QVERIFY(!matchRoute(plan, {"*", {0}}, {}));
        QVERIFY(!matchRoute(plan, {"*", {}}, {}));
    }
};

QTEST_GUILESS_MAIN(TestRouteTable)
#include "tst_route_table.moc"
