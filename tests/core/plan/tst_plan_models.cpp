// SPDX-License-Identifier: Apache-2.0
// The model list (ai-gateway 3.7).
#include "tests/support/plan_checks.h"
#include "tests/support/resource_builder.h"

#include "core/plan/models.h"

#include <QtTest>

using namespace signalbox;
using namespace signalbox::tests;

namespace {

std::vector<std::string> namesOf(const plan::Plan& plan)
{
    std::vector<std::string> names;
    for (const plan::Model& listed : plan.models) {
        names.push_back(listed.name);
    }
    return names;
}

} // namespace

class TestPlanModels : public QObject
{
    Q_OBJECT

private slots:
    void exactMatchesAreListedInOrderWithDuplicates()
    {
        auto builder = withGateway();
        builder.services({"a"});
        auto two = rule({model("m-two"), header("x-team", "blue")}, {ref("a")});
        two.matches.push_back({{header("x-ai-eg-model", "m-three")}, {}}); // without type: exact
        builder.route("z", {ruleFor("last", {ref("a")})});
        builder.route("b",
            {ruleFor("m-one", {}), two, ruleFor("m-one", {ref("a")}),
                rule({expression("x-ai-eg-model", "m-.*")}, {ref("a")}),
                rule({header("X-AI-EG-Model", "other-case")}, {ref("a")})});
        const auto compiled = plan::compile(builder.resources);
        QCOMPARE(namesOf(*compiled.plan), (std::vector<std::string>{"m-one", "m-two", "m-three", "m-one", "last"}));
    }

    void ownerTimeAndHosts()
    {
        auto builder = withGateway();
        auto owned = ruleFor("m", {});
        owned.modelsOwnedBy = word("Team One");
        owned.modelsCreatedAt = word("2025-05-21T01:02:03Z");
        builder.route("r", {owned, ruleFor("n", {})}).hostnames = words({"A.example.com"});
        const auto compiled = plan::compile(builder.resources);
        const plan::Model& first = compiled.plan->models.at(0);
        QCOMPARE(first.ownedBy, std::string("Team One"));
        QCOMPARE(first.createdUnixSeconds, std::int64_t{1747789323});
        QCOMPARE(first.hostnames, std::vector<std::string>{"a.example.com"});
        const plan::Model& second = compiled.plan->models.at(1);
        QCOMPARE(second.ownedBy, std::string("Envoy AI Gateway"));
        QCOMPARE(second.createdUnixSeconds, std::int64_t{-62135596800});
    }

    void routesThatAreNotAcceptedAreListedStill()
    {
        auto builder = withGateway();
        builder.route("r", {ruleFor("m", {ref("nobody")})});
        const auto compiled = plan::compile(builder.resources);
        QCOMPARE(namesOf(*compiled.plan), std::vector<std::string>{"m"});
        QCOMPARE(domains(*compiled.plan), std::vector<std::string>{});
    }

    void routesOfOtherGatewaysAreNot()
    {
        auto builder = withGateway();
        builder.route("r", {ruleFor("m", {})});
        builder.route("s", {ruleFor("n", {})}).parentRefs[0].name = field("other");
        QCOMPARE(namesOf(*plan::compile(builder.resources).plan), std::vector<std::string>{"m"});
    }

    void momentsAreRead_data()
    {
        QTest::addColumn<bool>("valid");
        QTest::addColumn<qint64>("seconds");
        const auto row = [](const char* text, bool valid, qint64 seconds) { QTest::newRow(text) << valid << seconds; };
        row("1970-01-01T00:00:00Z", true, 0);
        row("0001-01-01T00:00:00Z", true, -62135596800);
        row("2024-02-29T12:00:00.999Z", true, 1709208000);
        row("2024-01-01T02:30:00+02:30", true, 1704067200);
        row("2023-12-31T19:00:00-05:00", true, 1704067200);
        row("2024-01-01t00:00:00z", true, 1704067200);
        row("2023-02-29T00:00:00Z", false, 0);
        row("2024-01-01", false, 0);
        row("2024-01-01T00:00:00", false, 0);
        row("2024-01-01T00:00:00.Z", false, 0);
        row("2024-01-01T24:00:00Z", false, 0);
        row("2024-01-01T00:00:00Zx", false, 0);
        row("+024-01-01T00:00:00Z", false, 0);
        row("2024-1-01T00:00:00Z", false, 0);
        row("", false, 0);
    }

    void momentsAreRead()
    {
        QFETCH(bool, valid);
        QFETCH(qint64, seconds);
        const auto read = plan::unixSeconds(QTest::currentDataTag());
        QCOMPARE(read.has_value(), valid);
        QCOMPARE(qint64{read.value_or(0)}, seconds);
    }
};

QTEST_GUILESS_MAIN(TestPlanModels)
#include "tst_plan_models.moc"
