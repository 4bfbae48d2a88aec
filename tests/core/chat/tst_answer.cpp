// SPDX-License-Identifier: Apache-2.0
#include <QtTest> // first: moc fails on <concepts> as the first standard header

#include "core/chat/answer.h"

using namespace signalbox;
using namespace signalbox::chat;
using plan::ApiSchema;
using Kind = AnswerTreatment::Kind;

namespace {

AnswerTreatment treat(const QByteArray& body, std::uint16_t status = 200, const char* type = "application/json",
    const char* encoding = "", Endpoint endpoint = Endpoint::ChatCompletions, AnswerFacts* facts = nullptr)
{
    AnswerFacts ignored;
    const ApiSchema schema = endpoint == Endpoint::Messages || endpoint == Endpoint::MessagesCountTokens
        ? ApiSchema::Anthropic
        : endpoint == Endpoint::Rerank ? ApiSchema::Cohere
                                       : ApiSchema::OpenAI;
    // An exact copy, so that a sanitizer sees every read behind the end.
    const std::vector<char> exact(body.begin(), body.end());
    return treatAnswer(
        endpoint, schema, status, type, encoding, {exact.data(), exact.size()}, facts != nullptr ? *facts : ignored);
}

} // namespace

class TestAnswer : public QObject
{
    Q_OBJECT

private slots:
    void successes_data()
    {
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<bool>("passes");
        const auto row = [](const char* name, const char* body, bool passes) {
            QTest::newRow(name) << QByteArray(body) << passes;
        };
        row("ai-up-empty-200", "", true);
        row("ai-up-spaces-200", " {\n \"model\" : \"x\" ,\t\"choices\":[ ] , \"extra\": 1e5 }\n\n", true);
        row("ai-up-chunked", "{\"model\":\"m\",\"choices\":[]}", true);
        row("ai-up-body-too-long", "{}", true);
        row("null", "null", true);
        row("ai-up-html-200", "<html>hi</html>", false);
        row("ai-up-broken-200", "{\"model\":", false);
        row("ai-up-usage-strange", "{\"model\":\"m\",\"usage\":\"none\"}", false);
        row("ai-sse-not-asked", "data: {\"id\":\"s\"}\n\n", false);
        row("array", "[]", false);
        row("white space alone", " \n", false);
        // Verdicts of the gateway's own decoder.
        row("something behind the value", "{\"a\":1} trailing", true);
        row("another value", "{\"a\":1}{", true);
        row("trailing comma", "{\"a\":1,}", false);
        row("NaN", "{\"x\":NaN}", false);
        row("a huge number nobody reads", "{\"x\":1e400}", true);
        row("an escape nobody reads", "{\"x\":\"\\q\"}", true);
        row("a wrong escape", "{\"model\":\"\\q\"}", false);
        row("invalid UTF-8", "{\"model\":\"\xff\"}", true);
        row("model of the wrong type", "{\"model\":1}", false);
        row("tokens with a point", "{\"usage\":{\"prompt_tokens\":1.5}}", false);
        row("usage null", "{\"usage\":null}", true);
        row("created as text", "{\"created\":\"1\"}", false);
        row("created null", "{\"created\":null}", false);
        row("created with a point", "{\"created\":1.9}", true);
        row("content as list", "{\"choices\":[{\"message\":{\"content\":[\"a\"]}}]}", false);
        row("arguments as object", "{\"choices\":[{\"message\":{\"tool_calls\":[{\"function\":{\"arguments\":{}}}]}}]}",
            false);
        row("members of others", "{\"choices\":[{\"message\":{\"reasoning\":1,\"refusal\":1}}]}", true);
        row("null everywhere", "{\"id\":null,\"choices\":[null,{\"message\":null,\"logprobs\":null}]}", true);
    }

    void successes()
    {
        QFETCH(QByteArray, body);
        QFETCH(bool, passes);
        for (const std::uint16_t status : {std::uint16_t{200}, std::uint16_t{201}}) {
            const AnswerTreatment treatment = treat(body, status, "text/html");
            QVERIFY(treatment.kind == (passes ? Kind::Pass : Kind::Fail));
            QVERIFY(treatment.body.empty());
        }
    }

    void otherEndpoints()
    {
        const auto kind = [](Endpoint endpoint, const char* body) {
            return treat(body, 200, "application/json", "", endpoint).kind;
        };
        QVERIFY(kind(Endpoint::Completions, "{} ") == Kind::Pass);
        QVERIFY(kind(Endpoint::Completions, "{} x") == Kind::Fail); // this one reads to the end
        QVERIFY(kind(Endpoint::Embeddings, "{\"data\":[{\"embedding\":[0.1,-2e-3]},{\"embedding\":\"AAA\"}]}")
            == Kind::Pass);
        QVERIFY(kind(Endpoint::Embeddings, "{\"data\":[{\"embedding\":1}]}") == Kind::Fail);
        QVERIFY(kind(Endpoint::AudioSpeech, "ID3\x04") == Kind::Pass);
        QVERIFY(kind(Endpoint::AudioTranscriptions, "{\"text\":\"hi\"}") == Kind::Pass);
        QVERIFY(kind(Endpoint::Responses, "{\"id\":\"r\",\"object\":\"response\",\"model\":\"m\",\"output\":[]}")
            == Kind::Pass);
        QVERIFY(kind(Endpoint::Responses, "{\"output\":[{\"type\":\"x\"}]}") == Kind::Fail);
        QVERIFY(kind(Endpoint::ImagesGenerations, "null") == Kind::Fail);
        QVERIFY(kind(Endpoint::Tokenize, "{\"count\":1.5}") == Kind::Fail);
        QVERIFY(kind(Endpoint::MessagesCountTokens, "{\"input_tokens\":3}") == Kind::Pass);
        QVERIFY(kind(Endpoint::Messages, "{\"content\":[{\"type\":\"text\",\"text\":\"hey\"}],\"usage\":{}}")
            == Kind::Pass);
        QVERIFY(kind(Endpoint::Messages, "{\"content\":[{}],\"usage\":{}}") == Kind::Fail);
        QVERIFY(kind(Endpoint::Messages, "{}") == Kind::Fail); // the gateway crashes without usage
    }

    void facts()
    {
        AnswerFacts facts;
        treat(
            "{\"model\":\"zipped\",\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":7,\"total_"
            "tokens\":12,"
            "\"prompt_tokens_details\":{\"cached_tokens\":3},\"completion_tokens_details\":{\"reasoning_tokens\":2}}}",
            200, "application/json", "", Endpoint::ChatCompletions, &facts);
        QCOMPARE(facts.model, std::string("zipped"));
        QCOMPARE(facts.usage.input, std::int64_t{5});
        QCOMPARE(facts.usage.output, std::int64_t{7});
        QCOMPARE(facts.usage.total, std::int64_t{12});
        QCOMPARE(facts.usage.cachedInput, std::int64_t{3});
        QCOMPARE(facts.usage.reasoning, std::int64_t{2});
        QVERIFY(facts.usage.known());

        treat("{\"model\":\"c\",\"usage\":{\"input_tokens\":3,\"output_tokens\":4,\"cache_read_input_tokens\":2,"
              "\"cache_creation_input_tokens\":1}}",
            200, "application/json", "", Endpoint::Messages, &facts);
        QCOMPARE(facts.usage.input, std::int64_t{6});
        QCOMPARE(facts.usage.total, std::int64_t{10});

        treat("{\"choices\":[]}", 200, "application/json", "", Endpoint::ChatCompletions, &facts);
        QVERIFY(!facts.usage.known());
        QVERIFY(facts.model.empty());
    }

    void errors_data()
    {
        QTest::addColumn<int>("status");
        QTest::addColumn<QByteArray>("type");
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QByteArray>("expected"); // empty: untouched
        const auto row = [](const char* name, int status, const char* type, const char* body, const char* message) {
            const QByteArray wrapped = "{\"type\":\"error\",\"error\":{\"type\":\"OpenAIBackendError\",\"code\":\""
                + QByteArray::number(status) + "\",\"message\":\"" + message + "\"}}";
            QTest::newRow(name) << status << QByteArray(type) << QByteArray(body)
                                << (message != nullptr ? wrapped : QByteArray());
        };
        row("ai-up-text-500", 500, "text/plain", "backend exploded", "backend exploded");
        row("ai-up-html-502", 502, "text/html", "<html><body>\"Bad\" gateway\n</body></html>\n",
            "<html><body>\\\"Bad\\\" gateway\\n</body></html>\\n");
        row("ai-up-text-unicode", 500, "text/plain", "say \"no\"\n\ttab \\ \xc3\xa9 <b>&",
            "say \\\"no\\\"\\n\\ttab \\\\ \xc3\xa9 <b>&");
        row("ai-up-problem-json", 409, "application/problem+json", "{\"title\":\"no\"}", "{\\\"title\\\":\\\"no\\\"}");
        row("ai-up-untyped-404", 404, "", "not here", "not here");
        row("ai-sse-text-error", 503, "text/plain", "nope", "nope");
        row("a moved page", 302, "text/html", "moved", "moved");
        row("ai-up-json-500", 500, "application/json", "{\"error\":{}}", nullptr);
        row("with a charset", 500, "application/json; charset=utf-8", "not json", nullptr);
        row("ai-up-empty-503", 503, "", "", nullptr);
        row("ai-up-redirect", 302, "", "", nullptr);
    }

    void errors()
    {
        QFETCH(int, status);
        QFETCH(QByteArray, type);
        QFETCH(QByteArray, body);
        QFETCH(QByteArray, expected);
        const AnswerTreatment treatment = treat(body, static_cast<std::uint16_t>(status), type.constData());
        QVERIFY(treatment.kind == (expected.isEmpty() ? Kind::Pass : Kind::Replace));
        QCOMPARE(QByteArray::fromStdString(treatment.body), expected);
    }

    void errorsOfOtherTranslators()
    {
        // ai-ep-messages-text-error
        QCOMPARE(treat("busy", 503, "text/plain", "", Endpoint::Messages).body,
            std::string("{\"error\":{\"message\":\"busy\",\"type\":\"service_unavailable_error\"},\"request_id\":\"\","
                        "\"type\":\"error\"}"));
        QVERIFY(treat("busy", 503, "text/plain", "", Endpoint::Completions).kind == Kind::Pass);
        QVERIFY(treat("busy", 503, "text/plain", "", Endpoint::MessagesCountTokens).kind == Kind::Pass);
        QVERIFY(treat("busy", 503, "", "", Endpoint::Rerank).kind == Kind::Pass);
        QCOMPARE(treat("busy", 503, "text/plain", "", Endpoint::Rerank).body, std::string("{\"message\":\"busy\"}"));
    }

    // ai-up-gzip, ai-up-gzip-error
    void contentEncodings()
    {
        AnswerFacts facts;
        const QByteArray ok = QByteArray::fromBase64(kOk);
        QVERIFY(treat(ok, 200, "application/json", "gzip", Endpoint::ChatCompletions, &facts).kind == Kind::Pass);
        QCOMPARE(facts.model, std::string("zipped"));
        QCOMPARE(facts.usage.total, std::int64_t{3});
        QVERIFY(treat(ok + ok, 200, "application/json", "gzip", Endpoint::ChatCompletions, &facts).kind == Kind::Pass);
        const QByteArray error = QByteArray::fromBase64(kError);
        QVERIFY(treat(error, 500, "application/json", "gzip").kind == Kind::Pass);
        QCOMPARE(treat(error, 500, "text/plain", "gzip").body,
            std::string("{\"type\":\"error\",\"error\":{\"type\":\"OpenAIBackendError\",\"code\":\"500\",\"message\":"
                        "\"{\\\"error\\\":{\\\"message\\\":\\\"zipped\\\"}}\"}}"));
        QVERIFY(treat("{}", 200, "application/json", "gzip").kind == Kind::Fail); // falsely declared
        QVERIFY(treat("{}", 500, "application/json", "gzip").kind == Kind::Fail);
        QVERIFY(treat(ok, 200, "application/json", "deflate").kind == Kind::Fail); // read as it is
        QVERIFY(treat("{}", 200, "application/json", "zstd").kind == Kind::Pass);
        QVERIFY(treat("", 200, "application/json", "gzip").kind == Kind::Pass);
        QVERIFY(treat(ok.left(ok.size() / 2), 200, "application/json", "gzip").kind == Kind::Fail);
        QVERIFY(treat(error.left(20), 500, "text/plain", "gzip").kind == Kind::Fail);

        const QByteArray compressed = QByteArray::fromBase64(kBrotli);
        QVERIFY(treat(compressed, 200, "application/json", "br", Endpoint::ChatCompletions, &facts).kind == Kind::Pass);
        QCOMPARE(facts.model, std::string("brotlied"));
        QVERIFY(treat("{}", 200, "application/json", "br").kind == Kind::Fail);
    }

    void decodedTextIsBounded()
    {
        QVERIFY(treat(QByteArray::fromBase64(kBomb), 200, "application/json", "br").kind == Kind::Fail);
    }

private:
    static constexpr const char* kOk =
        "H4sIAAAAAAACAz3KMQ6AIBAF0bv8mkbtuIoxhsBGicBuZG0k3l0q2jfTkDlQgsUbRSjAwJ8cPVXYdTN4qjsItkFuzqK78kWlt6l/"
        "HRJp5DJ0NlBWlwYs3/cDFvVyLmIAAAA=";
    static constexpr const char* kBrotli = "jwmAeyJtb2RlbCI6ImJyb3RsaWVkIn0D";
    /// {"x":"xxx…"} of 65 MiB, in br.
    static constexpr const char* kBomb =
        "z///fwCkRXTw9hQKhwViwrP3//z//wdAAiAOC0D3/p////8ASADEYQHo3v/z//8fAAmAOCwA3fv/PACAACAl0leSHBZA4PsHAg==";
    static constexpr const char* kError = "H4sIAAAAAAACA6tWSi0qyi9SsqpWyk0tLk5MT1WyUqrKLChITVGqrQUAHigidR4AAAA=";
};

QTEST_GUILESS_MAIN(TestAnswer)
#include "tst_answer.moc"
