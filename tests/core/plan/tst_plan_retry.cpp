// SPDX-License-Identifier: Apache-2.0
// BackendTrafficPolicy.spec.retry to Envoy's retry policy (envoy-routing 3.1).
#include "tests/support/plan_checks.h"
#include "tests/support/resource_builder.h"

#include "core/plan/retry_translation.h"

#include <QtTest>

using namespace signalbox;
using namespace signalbox::tests;
using namespace std::chrono_literals;
using plan::RetryOn;
using plan::RetryTranslation;

namespace {

using Names = std::vector<std::string>;
using Codes = std::vector<std::uint16_t>;

std::uint32_t bits(std::initializer_list<RetryOn> triggers)
{
    std::uint32_t all = 0;
    for (const RetryOn trigger : triggers) {
        all |= static_cast<std::uint32_t>(trigger);
    }
    return all;
}

const std::uint32_t kDefaults = bits({RetryOn::ConnectFailure, RetryOn::RefusedStream, RetryOn::Unavailable,
    RetryOn::Cancelled, RetryOn::RetriableStatusCodes});

manifest::RetrySpec backOff(std::optional<base::Duration> base, std::optional<base::Duration> max)
{
    manifest::RetrySpec spec;
    if (base) {
        spec.baseInterval = lasting(*base);
    }
    if (max) {
        spec.maxInterval = lasting(*max);
    }
    return spec;
}

/// A Gateway with a policy of that back-off on route "covered", and a route "free" without one.
plan::Compiled compileWith(const manifest::RetrySpec& spec, bool coversGateway = false)
{
    auto builder = withGateway();
    builder.services({"a"});
    builder.route("covered", {ruleFor("m", {ref("a")})});
    builder.route("free", {ruleFor("n", {ref("a")})});
    builder.policy("p", coversGateway ? target("Gateway", "gw") : target("HTTPRoute", "covered")).settings.retry = spec;
    return plan::compile(builder.resources);
}

} // namespace

class TestPlanRetry : public QObject
{
    Q_OBJECT

private slots:
    void anEmptyBlockHasDefaults()
    {
        const auto translated = plan::translateRetry({});
        QVERIFY(translated.verdict == RetryTranslation::Verdict::Ok);
        QCOMPARE(translated.policy.on, kDefaults);
        QCOMPARE(translated.policy.statusCodes, Codes{503});
        QCOMPARE(translated.policy.numRetries, 2U);
        QCOMPARE(translated.policy.attemptsPerPriority, 0U);
        QVERIFY(translated.policy.perTryTimeout == 0s);
        QVERIFY(translated.policy.baseInterval == 25ms && translated.policy.maxInterval == 250ms);
        QVERIFY(translated.policy.previousHosts);
    }

    void triggersWithoutCodesLoseTheDefaultCode()
    {
        manifest::RetrySpec spec;
        spec.hasRetryOn = true;
        spec.triggers = words({"retriable-status-codes"});
        const auto translated = plan::translateRetry(spec);
        QCOMPARE(translated.policy.on, bits({RetryOn::RetriableStatusCodes}));
        QCOMPARE(translated.policy.statusCodes, Codes{});
    }

    void codesWithoutTriggersKeepTheDefaultTriggers()
    {
        manifest::RetrySpec spec;
        spec.hasRetryOn = true;
        spec.httpStatusCodes = numbers({504, 429, 504});
        const auto translated = plan::translateRetry(spec);
        QCOMPARE(translated.policy.on, kDefaults);
        QCOMPARE(translated.policy.statusCodes, (Codes{429, 504}));
    }

    void anEmptyRetryOnCountsAsAbsent()
    {
        manifest::RetrySpec spec;
        spec.hasRetryOn = true;
        QCOMPARE(plan::translateRetry(spec).policy.statusCodes, Codes{503});
        spec.triggers = words({}); // but an empty list does not
        QCOMPARE(plan::translateRetry(spec).policy.statusCodes, Codes{});
        QCOMPARE(plan::translateRetry(spec).policy.on, kDefaults);
    }

    void everyTriggerIsKnown()
    {
        const std::vector<std::pair<std::string, RetryOn>> all{{"5xx", RetryOn::FiveXx},
            {"gateway-error", RetryOn::GatewayError}, {"reset", RetryOn::Reset},
            {"reset-before-request", RetryOn::ResetBeforeRequest}, {"connect-failure", RetryOn::ConnectFailure},
            {"retriable-4xx", RetryOn::Retriable4xx}, {"refused-stream", RetryOn::RefusedStream},
            {"retriable-status-codes", RetryOn::RetriableStatusCodes}, {"cancelled", RetryOn::Cancelled},
            {"deadline-exceeded", RetryOn::DeadlineExceeded}, {"internal", RetryOn::Internal},
            {"resource-exhausted", RetryOn::ResourceExhausted}, {"unavailable", RetryOn::Unavailable}};
        for (const auto& [text, trigger] : all) {
            manifest::RetrySpec spec;
            spec.triggers = words({text, text});
            QCOMPARE(plan::translateRetry(spec).policy.on, bits({trigger}));
        }
    }

    void zeroIsAValueOfItsOwn()
    {
        manifest::RetrySpec spec;
        spec.numRetries = number(0);
        spec.numAttemptsPerPriority = number(0);
        spec.perRetryTimeout = lasting(0s);
        const auto translated = plan::translateRetry(spec);
        QCOMPARE(translated.policy.numRetries, 0U);
        QCOMPARE(translated.policy.attemptsPerPriority, 0U);
        QVERIFY(translated.policy.perTryTimeout == 0s);
    }

    void backOffs_data()
    {
        QTest::addColumn<int>("base"); // milliseconds, -1: absent
        QTest::addColumn<int>("max");
        QTest::addColumn<QString>("verdict");
        QTest::addColumn<int>("resultingMax");
        QTest::newRow("both") << 100 << 10000 << "ok" << 10000;
        QTest::newRow("equal") << 100 << 100 << "ok" << 100;
        QTest::newRow("base alone") << 100 << -1 << "ok" << 1000;
        QTest::newRow("max alone") << -1 << 100 << "freezes" << 0;
        QTest::newRow("base zero") << 0 << 100 << "invalid" << 0;
        QTest::newRow("max zero") << 100 << 0 << "invalid" << 0;
        QTest::newRow("max zero alone") << -1 << 0 << "invalid" << 0;
        QTest::newRow("max below base") << 100 << 50 << "invalid" << 0;
    }

    void backOffs()
    {
        QFETCH(int, base);
        QFETCH(int, max);
        QFETCH(QString, verdict);
        QFETCH(int, resultingMax);
        const auto duration = [](int ms) {
            return ms < 0 ? std::nullopt : std::optional<base::Duration>(std::chrono::milliseconds(ms));
        };
        const auto translated = plan::translateRetry(backOff(duration(base), duration(max)));
        const QString found = translated.verdict == RetryTranslation::Verdict::Ok ? "ok"
            : translated.verdict == RetryTranslation::Verdict::Invalid            ? "invalid"
                                                                                  : "freezes";
        QCOMPARE(found, verdict);
        QCOMPARE(translated.reason.empty(), verdict == "ok");
        if (verdict == "ok") {
            QVERIFY(translated.policy.maxInterval == std::chrono::milliseconds(resultingMax));
        }
    }

    void anInvalidPolicyAnswers500OnWhatItCovers()
    {
        const auto compiled = compileWith(backOff(100ms, 50ms));
        QVERIFY(compiled.status == plan::CompileStatus::Ok);
        QCOMPARE(codesOf(compiled), Names{"policy-invalid"});
        for (const std::uint32_t rule : {0U, 1U}) { // the 404 route is covered too
            const plan::Route& route = routeOf(*compiled.plan, "covered", rule);
            QVERIFY(route.action == plan::Route::Action::DirectResponse);
            QCOMPARE(int{route.directStatus}, 500);
            QVERIFY(!route.retry);
        }
        QVERIFY(routeOf(*compiled.plan, "free").action == plan::Route::Action::Forward);
    }

    void aMaxIntervalAloneFreezesTheGateway()
    {
        const auto compiled = compileWith(backOff({}, 50ms));
        QVERIFY(compiled.status == plan::CompileStatus::NothingServable);
        QVERIFY(compiled.plan == nullptr);
        QCOMPARE(codesOf(compiled), Names{"policy-freezes-gateway"});
        QVERIFY(compiled.diagnostics[0].severity == text::Severity::Error);
    }

    void unlessItCoversNoForwardingRoute()
    {
        auto builder = withGateway();
        builder.route("r", {ruleFor("m", {})});
        builder.policy("p", target("Gateway", "gw")).settings.retry = backOff({}, 50ms);
        QVERIFY(plan::compile(builder.resources).status == plan::CompileStatus::Ok);
    }

    void theRouteSaysWhereItsRetriesComeFrom()
    {
        const auto compiled = compileWith({}, true);
        QCOMPARE(routeOf(*compiled.plan, "free").retrySource, std::string("BackendTrafficPolicy default/p"));
        QVERIFY(routeOf(*compiled.plan, "covered").retry.has_value());
        QVERIFY(!routeOf(*compiled.plan, "covered", 1).retry.has_value());
    }
};

QTEST_GUILESS_MAIN(TestPlanRetry)
#include "tst_plan_retry.moc"
