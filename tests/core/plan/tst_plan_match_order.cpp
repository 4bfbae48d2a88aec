// SPDX-License-Identifier: Apache-2.0
// The order in which routes are tried (ai-gateway 3.5).
#include "tests/support/plan_checks.h"
#include "tests/support/resource_builder.h"

#include <QtTest>

using namespace signalbox;
using namespace signalbox::tests;

namespace {

using Names = std::vector<std::string>;

std::string name(const std::string& route, int ruleIndex, int match = 0)
{
    return "httproute/default/" + route + "/rule/" + std::to_string(ruleIndex) + "/match/" + std::to_string(match)
        + "/*";
}

} // namespace

class TestPlanMatchOrder : public QObject
{
    Q_OBJECT

private slots:
    void moreHeadersThenMoreExactOnesThenOrder()
    {
        auto builder = withGateway();
        builder.services({"a"});
        builder.route("r",
            {rule({expression("x-ai-eg-model", "team-.*")}, {ref("a")}), ruleFor("team-red", {ref("a")}),
                ruleFor("team-red", {ref("a")}), rule({model("m"), expression("x-team", "gr.*")}, {ref("a")}),
                rule({model("m"), header("X-Team", "blue")}, {ref("a")}),
                rule({header("x-tenant", "acme")}, {ref("a")})});
        const auto compiled = plan::compile(builder.resources);
        QCOMPARE(routeNames(*compiled.plan),
            (Names{name("r", 4), name("r", 3), name("r", 1), name("r", 2), name("r", 5), name("r", 0), name("r", 6)}));
        QCOMPARE(routeOf(*compiled.plan, "r", 4).headers[1].name, std::string("x-team"));
    }

    void everyMatchIsARoute()
    {
        auto builder = withGateway();
        builder.services({"a"});
        auto either = ruleFor("either-a", {ref("a")});
        either.matches.push_back({{model("either-b")}, {}});
        builder.route("r", {either});
        const auto compiled = plan::compile(builder.resources);
        QCOMPARE(routeNames(*compiled.plan), (Names{name("r", 0, 0), name("r", 0, 1), name("r", 1)}));
        QCOMPARE(compiled.plan->clusters.size(), std::size_t{1});
    }

    void routesTieByNamespaceAndName()
    {
        auto builder = withGateway();
        builder.services({"a"});
        builder.route("second", {ruleFor("m", {ref("a")})});
        builder.route("first", {ruleFor("m", {ref("a")})});
        QCOMPARE(routeNames(*plan::compile(builder.resources).plan),
            (Names{name("first", 0), name("second", 0), name("first", 1), name("second", 1)}));
    }

    void aCatchAllStandsBeforeItsOwn404AndBehindThatOfEarlierRoutes()
    {
        auto builder = withGateway();
        builder.services({"a"});
        builder.route("a", {rule({}, {ref("a")})});
        builder.route("b", {rule({}, {ref("a")})});
        const auto compiled = plan::compile(builder.resources);
        QCOMPARE(routeNames(*compiled.plan), (Names{name("a", 0), name("a", 1), name("b", 0), name("b", 1)}));
        QVERIFY(routeOf(*compiled.plan, "a", 1).action == plan::Route::Action::NotFound);
        QCOMPARE(routeOf(*compiled.plan, "a", 1).ruleName, std::string("route-not-found"));
    }

    void anExpressionHoldsTheWholeText()
    {
        auto builder = withGateway();
        builder.services({"a"});
        builder.route("r", {rule({expression("x-ai-eg-model", "team-.*")}, {ref("a")})});
        const auto compiled = plan::compile(builder.resources);
        const plan::HeaderMatch& match = routeOf(*compiled.plan, "r").headers.at(0);
        QVERIFY(match.regex != nullptr);
        QVERIFY(re2::RE2::FullMatch("team-red", *match.regex));
        QVERIFY(!re2::RE2::FullMatch("my team-red", *match.regex));
    }

    void aBadExpressionRemovesItsWholeRule()
    {
        auto builder = withGateway();
        builder.services({"a"});
        auto bad = ruleFor("fine", {ref("a")});
        bad.matches.push_back({{expression("x-ai-eg-model", "(")}, {}});
        builder.route("r", {bad, ruleFor("next", {ref("a")})});
        const auto compiled = plan::compile(builder.resources);
        QCOMPARE(routeNames(*compiled.plan), (Names{name("r", 1), name("r", 2)}));
        QCOMPARE(codesOf(compiled), Names{"regex-invalid"});
        QCOMPARE(compiled.plan->models.size(), std::size_t{2}); // the list does not know
    }
};

QTEST_GUILESS_MAIN(TestPlanMatchOrder)
#include "tst_plan_match_order.moc"
