// SPDX-License-Identifier: Apache-2.0
#include <QtTest> // first: moc fails on <concepts> as the first standard header

#include "core/chat/answer.h"

using namespace signalbox;
using namespace signalbox::chat;
using plan::ApiSchema;

namespace {

plan::Model model(
    std::string name, std::int64_t created, std::vector<std::string> hostnames = {}, std::string owner = "O")
{
    plan::Model model;
    model.name = std::move(name);
    model.createdUnixSeconds = created;
    model.hostnames = std::move(hostnames);
    model.ownedBy = std::move(owner);
    return model;
}

/// The ids of a model list for this host.
QString ids(const plan::Plan& plan, std::string_view host)
{
    QStringList out;
    for (const auto& entry :
        QString::fromStdString(modelList(plan, Endpoint::Models, host)).split("\"id\":\"").mid(1)) {
        out += entry.section('"', 0, 0);
    }
    return out.join(' ');
}

} // namespace

class TestLocalReplies : public QObject
{
    Q_OBJECT

private slots:
    void envelopes()
    {
        QCOMPARE(errorEnvelope("BadRequest", 400, "malformed request: multipart body not supported for this endpoint"),
            std::string(
                "{\"type\":\"error\",\"error\":{\"type\":\"BadRequest\",\"code\":\"400\",\"message\":\"malformed "
                "request: multipart body not supported for this endpoint\"}}"));
        // ai-auth-own-key-missing
        QCOMPARE(errorEnvelope("Unauthorized", 401, "missing upstream credential"),
            std::string(
                "{\"type\":\"error\",\"error\":{\"type\":\"Unauthorized\",\"code\":\"401\",\"message\":\"missing "
                "upstream credential\"}}"));
        QVERIFY(errorEnvelope("T", 400, "a \"b\"\n").ends_with("\"message\":\"a \\\"b\\\"\\n\"}}"));
    }

    // ai-up-close, ai-retry-timeout-after-503
    void wrappedTexts()
    {
        QCOMPARE(wrappedLocalReply(Endpoint::ChatCompletions, ApiSchema::OpenAI, 503,
                     "upstream connect error or disconnect/reset before headers. reset reason: connection termination"),
            std::string("{\"type\":\"error\",\"error\":{\"type\":\"OpenAIBackendError\",\"code\":\"503\",\"message\":"
                        "\"upstream "
                        "connect error or disconnect/reset before headers. reset reason: connection termination\"}}"));
        QCOMPARE(wrappedLocalReply(Endpoint::Messages, ApiSchema::Anthropic, 504, "upstream request timeout"),
            std::string("{\"error\":{\"message\":\"upstream request timeout\",\"type\":\"internal_server_error\"},"
                        "\"request_id\":\"\",\"type\":\"error\"}"));
        QCOMPARE(wrappedLocalReply(Endpoint::Rerank, ApiSchema::Cohere, 504, "x"), std::string("{\"message\":\"x\"}"));
        QVERIFY(!wrapsErrors(Endpoint::Completions));
        QVERIFY(!wrapsErrors(Endpoint::MessagesCountTokens));
        QCOMPARE(wrappedLocalReply(Endpoint::Completions, ApiSchema::OpenAI, 504, "x"), std::string("x"));
    }

    // ai-ep-models, ai-ep-models-anthropic, ai-ep-models-empty
    void modelLists()
    {
        plan::Plan plan;
        QCOMPARE(modelList(plan, Endpoint::Models, "localhost"), std::string(R"({"data":[],"object":"list"})"));
        QCOMPARE(
            modelList(plan, Endpoint::AnthropicModels, "localhost"), std::string(R"({"data":[],"has_more":false})"));
        plan.models = {model("m-one", 1747789323, {}, "Team One"), model("m-two", 1704067200, {}, "Envoy AI Gateway"),
            model("m-one", -62135596800, {}, "Envoy AI Gateway")};
        QCOMPARE(modelList(plan, Endpoint::Models, "localhost"),
            std::string(R"({"data":[{"id":"m-one","created":1747789323,"object":"model","owned_by":"Team One"},)"
                        R"({"id":"m-two","created":1704067200,"object":"model","owned_by":"Envoy AI Gateway"},)"
                        R"({"id":"m-one","created":-62135596800,"object":"model","owned_by":"Envoy AI Gateway"}],)"
                        R"("object":"list"})"));
        QCOMPARE(modelList(plan, Endpoint::AnthropicModels, "localhost"),
            std::string(
                R"({"data":[{"id":"m-one","type":"model","display_name":"m-one","created_at":"2025-05-21T01:02:03Z"},)"
                R"({"id":"m-two","type":"model","display_name":"m-two","created_at":"2024-01-01T00:00:00Z"},)"
                R"({"id":"m-one","type":"model","display_name":"m-one","created_at":"0001-01-01T00:00:00Z"}],)"
                R"("first_id":"m-one","has_more":false,"last_id":"m-one"})"));
    }

    // ai-host-models-a; hosts that no route names see the models of routes without hostnames.
    void modelsOfAHost()
    {
        plan::Plan plan;
        plan.models = {model("free", 0), model("a", 0, {"a.example.com"}), model("wild", 0, {"*.example.com", "b.org"}),
            model("deep", 0, {"*.x.example.com"})};
        QCOMPARE(ids(plan, "a.example.com"), QString("a free"));
        QCOMPARE(ids(plan, "c.example.com"), QString("wild free"));
        QCOMPARE(ids(plan, "b.org"), QString("wild free"));
        QCOMPARE(ids(plan, "c.x.example.com"), QString("deep free"));
        QCOMPARE(ids(plan, "c.y.example.com"), QString("free")); // a wildcard is one label
        QCOMPARE(ids(plan, "example.com"), QString("free"));
        QCOMPARE(ids(plan, "evilexample.com"), QString("free"));
        QCOMPARE(ids(plan, ""), QString("free a wild deep"));
    }
};

QTEST_GUILESS_MAIN(TestLocalReplies)
#include "tst_local_replies.moc"
