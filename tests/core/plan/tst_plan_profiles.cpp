// SPDX-License-Identifier: Apache-2.0
// What is done to an attempt for a backend: schema, mutations, credential (ai-gateway 2.5, 4.4 to 4.6).
#include "tests/support/plan_checks.h"
#include "tests/support/resource_builder.h"

#include "core/plan/backend_profile.h"

#include <QtTest>

using namespace signalbox;
using namespace signalbox::tests;

namespace {

using Names = std::vector<std::string>;
using Pairs = std::vector<std::pair<std::string, std::string>>;

manifest::Mutation mutation(const Pairs& set, const Names& remove)
{
    manifest::Mutation made;
    for (const auto& [name, value] : set) {
        made.set.push_back({field(name), field(value)});
    }
    made.remove = words(remove);
    return made;
}

ResourceBuilder oneBackend()
{
    auto builder = withGateway();
    builder.services({"a"});
    builder.route("r", {ruleFor("m", {refAs("a", "real")})});
    return builder;
}

const plan::BackendProfile profileOf(const ResourceBuilder& builder)
{
    return plan::compile(builder.resources).plan->profiles.at(0);
}

} // namespace

class TestPlanProfiles : public QObject
{
    Q_OBJECT

private slots:
    void namesAndOverride()
    {
        const plan::BackendProfile profile = profileOf(oneBackend());
        QCOMPARE(profile.name, std::string("a"));
        QCOMPARE(profile.nameSpace, std::string("default"));
        QCOMPARE(profile.shortName, std::string("a"));
        QCOMPARE(profile.modelNameOverride, std::string("real"));
        QVERIFY(!profile.credential && profile.headers.empty() && profile.body.empty());
    }

    void prefixes_data()
    {
        QTest::addColumn<QString>("prefix");
        QTest::newRow("") << "v1";
        QTest::newRow("/") << "";
        QTest::newRow("//") << "";
        QTest::newRow("v2") << "v2";
        QTest::newRow("/v1beta/openai") << "v1beta/openai";
        QTest::newRow("/v2/") << "v2";
    }

    void prefixes()
    {
        QFETCH(QString, prefix);
        auto builder = oneBackend();
        QCOMPARE(profileOf(builder).prefix, std::string("v1"));
        builder.resources.serviceBackends[0].schemaPrefix = word(QTest::currentDataTag());
        QCOMPARE(profileOf(builder).prefix, prefix.toStdString());
    }

    void schemas_data()
    {
        QTest::addColumn<int>("schema");
        using plan::ApiSchema;
        QTest::newRow("OpenAI") << int(ApiSchema::OpenAI);
        QTest::newRow("Cohere") << int(ApiSchema::Cohere);
        QTest::newRow("AWSBedrock") << int(ApiSchema::AwsBedrock);
        QTest::newRow("AzureOpenAI") << int(ApiSchema::AzureOpenAI);
        QTest::newRow("GCPVertexAI") << int(ApiSchema::GcpVertexAI);
        QTest::newRow("GCPAnthropic") << int(ApiSchema::GcpAnthropic);
        QTest::newRow("Anthropic") << int(ApiSchema::Anthropic);
        QTest::newRow("AWSAnthropic") << int(ApiSchema::AwsAnthropic);
    }

    void schemas()
    {
        QFETCH(int, schema);
        auto builder = oneBackend();
        builder.resources.serviceBackends[0].schemaName = word(QTest::currentDataTag());
        builder.resources.serviceBackends[0].schemaVersion = word("2025-01-01");
        QCOMPARE(int(profileOf(builder).schema), schema);
        QCOMPARE(profileOf(builder).version, std::string("2025-01-01"));
    }

    void headerMutationsAreUnitedAndTheRouteWins()
    {
        const auto merged = plan::mergeMutations(mutation({{"x-b", "route"}, {"X-New", "n"}}, {"X-Gone", "x-route"}),
            mutation({{"X-A", "a"}, {"X-B", "backend"}}, {"x-gone", "x-old"}), true);
        QCOMPARE(merged.set, (Pairs{{"x-a", "a"}, {"x-b", "route"}, {"x-new", "n"}}));
        QCOMPARE(merged.remove, (Names{"x-gone", "x-old", "x-route"}));
    }

    void reservedHeadersAreLeftOut()
    {
        const auto merged = plan::mergeMutations(
            mutation({{":path", "/"}, {"X-AI-EG-model", "m"}, {"x-envoy-original-path", "/"}, {"x-request-id", "1"}},
                {"x-ai-eg-internal-req-id", "accept"}),
            std::nullopt, true);
        QCOMPARE(merged.set, (Pairs{{"x-request-id", "1"}}));
        QCOMPARE(merged.remove, Names{"accept"});
    }

    void bodyMutationsKeepTheirPaths()
    {
        const auto merged = plan::mergeMutations(mutation({{"Model", "1"}, {"a.b", "2"}}, {"x-ai-eg-y"}),
            mutation({{"model", "3"}, {"a.b", "4"}}, {}), false);
        QCOMPARE(merged.set, (Pairs{{"model", "3"}, {"a.b", "2"}, {"Model", "1"}}));
        QCOMPARE(merged.remove, Names{"x-ai-eg-y"});
    }

    void mutationsOfBothLevelsReachTheProfile()
    {
        auto builder = oneBackend();
        builder.resources.routes[0].rules[0].backendRefs[0].bodyMutation = mutation({{"temperature", "1"}}, {});
        builder.resources.serviceBackends[0].bodyMutation = mutation({}, {"user"});
        builder.resources.serviceBackends[0].headerMutation = mutation({{"x", "y"}}, {});
        const plan::BackendProfile profile = profileOf(builder);
        QCOMPARE(profile.body.set.size(), std::size_t{1});
        QCOMPARE(profile.body.remove, Names{"user"});
        QCOMPARE(profile.headers.set, (Pairs{{"x", "y"}}));
    }

    void keys_data()
    {
        QTest::addColumn<QString>("header");
        QTest::addColumn<QString>("prefix");
        QTest::addColumn<QString>("overrideHeader");
        QTest::newRow("APIKey") << "authorization"
                                << "Bearer "
                                << "x-aigw-api-key";
        QTest::newRow("AzureAPIKey") << "api-key"
                                     << ""
                                     << "x-aigw-azure-api-key";
        QTest::newRow("AnthropicAPIKey") << "x-api-key"
                                         << ""
                                         << "x-aigw-anthropic-api-key";
    }

    void keys()
    {
        QFETCH(QString, header);
        QFETCH(QString, prefix);
        QFETCH(QString, overrideHeader);
        auto builder = oneBackend();
        builder.secret("s", " sk-1\n");
        auto& policy = builder.security("p", QTest::currentDataTag(), "a", "s");
        plan::Credential credential = *profileOf(builder).credential;
        QCOMPARE(credential.header, header.toStdString());
        QCOMPARE(credential.prefix, prefix.toStdString());
        QCOMPARE(credential.key, std::string("sk-1"));
        QVERIFY(!credential.unusable && credential.overrideHeader.empty() && credential.fallbackToConfigured);
        policy.overrideFallbackToConfigured = flag(false);
        credential = *profileOf(builder).credential;
        QCOMPARE(credential.overrideHeader, overrideHeader.toStdString());
        QVERIFY(!credential.fallbackToConfigured);
    }

    void aHeaderOfTheRequestMayBringTheKey()
    {
        auto builder = oneBackend();
        builder.secret("s", "k");
        builder.security("p", "APIKey", "a", "s").overrideHeader = word("X-My-Key");
        const plan::BackendProfile profile = profileOf(builder);
        QCOMPARE(profile.credential->overrideHeader, std::string("x-my-key"));
        QVERIFY(profile.credential->fallbackToConfigured);
        QCOMPARE(profile.headers.remove, Names{"x-my-key"}); // and does not reach the upstream
    }

    void unusableCredentials_data()
    {
        QTest::addColumn<QString>("type");
        QTest::addColumn<QString>("secret");
        QTest::addColumn<int>("policies");
        QTest::addColumn<QString>("code");
        QTest::newRow("no secret") << "APIKey"
                                   << "other" << 1 << "secret-missing";
        QTest::newRow("no key in it") << "APIKey"
                                      << "empty" << 1 << "secret-missing";
        QTest::newRow("two policies") << "APIKey"
                                      << "s" << 2 << "credential-conflict";
        QTest::newRow("cloud") << "AWSCredentials"
                               << "s" << 1 << "credential-not-simulated";
    }

    void unusableCredentials()
    {
        QFETCH(QString, type);
        QFETCH(QString, secret);
        QFETCH(int, policies);
        QFETCH(QString, code);
        auto builder = oneBackend();
        builder.secret("s", "k");
        builder.secret("empty", "");
        builder.resources.secrets[1].data.clear();
        for (int i = 0; i < policies; ++i) {
            builder.security("p" + std::to_string(i), type.toStdString(), "a", secret.toStdString());
        }
        const auto compiled = plan::compile(builder.resources);
        QVERIFY(compiled.plan->profiles.at(0).credential->unusable);
        QCOMPARE(codesOf(compiled), Names{code.toStdString()});
    }

    void policiesOfOtherBackendsAndNamespacesDoNotCount()
    {
        auto builder = oneBackend();
        builder.security("p", "APIKey", "b", "s");
        builder.security("q", "APIKey", "a", "s").meta.nameSpace = "other";
        QVERIFY(!profileOf(builder).credential);
    }
};

QTEST_GUILESS_MAIN(TestPlanProfiles)
#include "tst_plan_profiles.moc"
