// SPDX-License-Identifier: Apache-2.0
#include <QtTest> // first: moc fails on <concepts> as the first standard header

#include "core/chat/endpoints.h"

using namespace signalbox;
using namespace signalbox::chat;
using plan::ApiSchema;

namespace {

plan::BackendProfile profileOf(ApiSchema schema, std::string prefix = "v1", std::string version = {})
{
    plan::BackendProfile profile;
    profile.schema = schema;
    profile.prefix = std::move(prefix);
    profile.version = std::move(version);
    return profile;
}

} // namespace

class TestEndpoints : public QObject
{
    Q_OBJECT

private slots:
    void knowsItsPathsExactly()
    {
        QVERIFY(endpointForPath("/v1/chat/completions") == Endpoint::ChatCompletions);
        QVERIFY(endpointForPath("/v1/responses/input_tokens") == Endpoint::ResponsesInputTokens);
        QVERIFY(endpointForPath("/anthropic/v1/messages") == Endpoint::Messages);
        QVERIFY(endpointForPath("/anthropic/v1/models") == Endpoint::AnthropicModels);
        QVERIFY(endpointForPath("/cohere/v2/rerank") == Endpoint::Rerank);
        QVERIFY(endpointForPath("/tokenize") == Endpoint::Tokenize);
        for (const char* path : {"", "/", "/v1/messages", "/v1/chat/completions/", "/V1/chat/completions",
                 "/v1/models/plain", "/api/chat", "/v1/chat/completions?x=1"}) {
            QVERIFY(!endpointForPath(path));
        }
    }

    void upstreamPaths_data()
    {
        QTest::addColumn<Endpoint>("endpoint");
        QTest::addColumn<ApiSchema>("schema");
        QTest::addColumn<QString>("prefix");
        QTest::addColumn<QString>("version");
        QTest::addColumn<QString>("expected"); // empty: no translator
        const auto row = [](const char* name, Endpoint endpoint, ApiSchema schema, const char* prefix,
                             const char* version, const char* expected) {
            QTest::newRow(name) << endpoint << schema << prefix << version << expected;
        };
        row("chat", Endpoint::ChatCompletions, ApiSchema::OpenAI, "v1", "", "/v1/chat/completions");
        row("ai-ep-prefix", Endpoint::ChatCompletions, ApiSchema::OpenAI, "v1beta/openai", "",
            "/v1beta/openai/chat/completions");
        row("ai-ep-prefix-root", Endpoint::ChatCompletions, ApiSchema::OpenAI, "", "", "/chat/completions");
        row("an unclean prefix", Endpoint::ChatCompletions, ApiSchema::OpenAI, "a//./b/../c", "",
            "/a/c/chat/completions");
        row("a prefix that climbs", Endpoint::ChatCompletions, ApiSchema::OpenAI, "../../x", "", "/x/chat/completions");
        row("completions", Endpoint::Completions, ApiSchema::OpenAI, "v1", "", "/v1/completions");
        row("input tokens", Endpoint::ResponsesInputTokens, ApiSchema::OpenAI, "v1", "", "/v1/responses/input_tokens");
        row("images", Endpoint::ImagesGenerations, ApiSchema::OpenAI, "v1", "", "/v1/images/generations");
        row("transcriptions", Endpoint::AudioTranscriptions, ApiSchema::OpenAI, "v1", "", "/v1/audio/transcriptions");
        row("tokenize ignores the prefix", Endpoint::Tokenize, ApiSchema::OpenAI, "x", "", "/tokenize");
        row("ai-ep-azure", Endpoint::ChatCompletions, ApiSchema::AzureOpenAI, "v1", "2025-01-01-preview",
            "/openai/deployments/gpt/chat/completions?api-version=2025-01-01-preview");
        row("Azure embeddings", Endpoint::Embeddings, ApiSchema::AzureOpenAI, "v1", "V",
            "/openai/deployments/gpt/embeddings?api-version=V");
        row("Azure responses", Endpoint::Responses, ApiSchema::AzureOpenAI, "v1", "V",
            "/openai/responses?api-version=V");
        row("Azure input tokens", Endpoint::ResponsesInputTokens, ApiSchema::AzureOpenAI, "v1", "V",
            "/openai/responses/input_tokens?api-version=V");
        row("Azure completions", Endpoint::Completions, ApiSchema::AzureOpenAI, "v1", "V", "");
        row("ai-ep-messages", Endpoint::Messages, ApiSchema::Anthropic, "v1", "", "/v1/messages");
        row("messages at the root", Endpoint::Messages, ApiSchema::Anthropic, "", "", "/messages");
        row("ai-ep-count-tokens", Endpoint::MessagesCountTokens, ApiSchema::Anthropic, "x", "",
            "/v1/messages/count_tokens");
        row("ai-ep-chat-to-claude", Endpoint::ChatCompletions, ApiSchema::Anthropic, "v1", "", "");
        row("messages to OpenAI", Endpoint::Messages, ApiSchema::OpenAI, "v1", "", "");
        row("rerank", Endpoint::Rerank, ApiSchema::Cohere, "v1", "v2", "/v2/rerank");
        row("rerank to OpenAI", Endpoint::Rerank, ApiSchema::OpenAI, "v1", "", "");
        row("chat to Bedrock", Endpoint::ChatCompletions, ApiSchema::AwsBedrock, "v1", "", "");
    }

    void upstreamPaths()
    {
        QFETCH(Endpoint, endpoint);
        QFETCH(ApiSchema, schema);
        QFETCH(QString, prefix);
        QFETCH(QString, version);
        QFETCH(QString, expected);
        const auto path = upstreamPath(endpoint, profileOf(schema, prefix.toStdString(), version.toStdString()), "gpt");
        QCOMPARE(QString::fromStdString(path.value_or("")), expected);
    }
};

QTEST_GUILESS_MAIN(TestEndpoints)
#include "tst_endpoints.moc"
