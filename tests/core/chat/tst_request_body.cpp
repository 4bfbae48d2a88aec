// SPDX-License-Identifier: Apache-2.0
#include <QtTest> // first: moc fails on <concepts> as the first standard header

#include "core/chat/request_body.h"

using namespace signalbox::chat;

namespace {

QByteArray bytes(std::string_view text)
{
    return {text.data(), static_cast<qsizetype>(text.size())};
}

std::string_view view(const QByteArray& bytes)
{
    return {bytes.constData(), static_cast<std::size_t>(bytes.size())};
}

/// A copy whose end is the end of its allocation, so that a sanitizer sees every read behind it.
std::variant<ParsedRequest, RequestRefusal> parseExactly(
    Endpoint endpoint, std::string_view type, const QByteArray& body)
{
    const std::vector<char> exact(body.begin(), body.end());
    auto outcome = parseRequest(endpoint, type, {exact.data(), exact.size()});
    if (auto* request = std::get_if<ParsedRequest>(&outcome)) {
        request->m_ownedModel = request->model();
        request->m_modelView = {};
    }
    return outcome;
}

void verdictRows(
    Endpoint endpoint, std::initializer_list<const char*> taken, std::initializer_list<const char*> refused)
{
    for (const char* body : taken) {
        QTest::newRow(body) << endpoint << bytes(body) << true;
    }
    for (const char* body : refused) {
        QTest::newRow(body) << endpoint << bytes(body) << false;
    }
}

} // namespace

class TestRequestBody : public QObject
{
    Q_OBJECT

private slots:
    void routes_data()
    {
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QByteArray>("model");
        QTest::newRow("ai-body-missing-model")
            << bytes(R"({"messages": [{"role": "user", "content": "Hi"}]})") << bytes("");
        QTest::newRow("ai-body-model-case") << bytes(R"({"Model": "plain", "messages": []})") << bytes("");
        QTest::newRow("ai-body-model-empty") << bytes(R"({"model": "", "messages": []})") << bytes("");
        QTest::newRow("ai-body-model-null") << bytes(R"({"model": null, "messages": []})") << bytes("");
        QTest::newRow("ai-body-null-body") << bytes("null") << bytes("");
        QTest::newRow("ai-body-duplicate-model")
            << bytes(R"({"model":"alias","messages":[],"model":"plain"})") << bytes("plain");
        QTest::newRow("ai-body-escaped-key") << bytes(R"({"\u006dodel":"alias","messages":[]})") << bytes("alias");
        QTest::newRow("ai-body-escaped-model") << bytes(R"({"model":"\u0061lias","messages":[]})") << bytes("alias");
        QTest::newRow("ai-body-nested-model")
            << bytes(R"({"metadata":{"model":"other"},"model":"alias"})") << bytes("alias");
        QTest::newRow("null changes nothing") << bytes(R"({"model":"a","model":null})") << bytes("a");
        QTest::newRow("surrogates") << bytes(R"({"model":"\ud83d\ude00"})") << bytes("\xf0\x9f\x98\x80");
        QTest::newRow("lone surrogates") << bytes(R"({"model":"\udc00x\ud800"})") << bytes("\xef\xbf\xbdx\xef\xbf\xbd");
        QTest::newRow("all escapes") << bytes("{\"model\":\"\\/\\b\\f\\n\\r\\t\\\"\\\\\"}") << bytes("/\b\f\n\r\t\"\\");
        QTest::newRow("invalid UTF-8") << bytes("{\"model\":\"\xff\xfe\"}") << bytes("\xff\xfe");
    }

    void routes()
    {
        QFETCH(QByteArray, body);
        QFETCH(QByteArray, model);
        const auto outcome = parseExactly(Endpoint::ChatCompletions, "text/plain", body);
        QVERIFY(std::holds_alternative<ParsedRequest>(outcome));
        QCOMPARE(bytes(std::get<ParsedRequest>(outcome).model()), model);
        QVERIFY(std::get<ParsedRequest>(outcome).hasBody);
    }

    void refusals_data()
    {
        QTest::addColumn<Endpoint>("endpoint");
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QByteArray>("start");
        QTest::newRow("ai-body-array") << Endpoint::ChatCompletions << bytes(R"([{"model":"plain"}])")
                                       << bytes("malformed request: failed to parse JSON for /v1/chat/completions: ");
        QTest::newRow("ai-body-bad-role")
            << Endpoint::ChatCompletions
            << bytes(R"({"model": "plain", "messages": [{"role":"wizard","content":"x"}]})")
            << bytes("malformed request: failed to parse JSON for /v1/chat/completions: ");
        QTest::newRow("ai-body-max-tokens-float")
            << Endpoint::ChatCompletions << bytes(R"({"model":"plain","messages":[],"max_tokens":1.5})")
            << bytes("malformed request: failed to parse JSON for /v1/chat/completions: ");
        QTest::newRow("ai-body-messages-string")
            << Endpoint::ChatCompletions << bytes(R"({"model": "plain", "messages": "hi"})")
            << bytes("malformed request: failed to parse JSON for /v1/chat/completions: ");
        QTest::newRow("ai-body-model-number")
            << Endpoint::ChatCompletions << bytes(R"({"model": 7, "messages": []})")
            << bytes("malformed request: failed to parse JSON for /v1/chat/completions: ");
        QTest::newRow("ai-body-not-json")
            << Endpoint::ChatCompletions << bytes("hello")
            << bytes("malformed request: failed to parse JSON for /v1/chat/completions: ");
        QTest::newRow("ai-body-truncated")
            << Endpoint::ChatCompletions << bytes(R"({"model": "plain", "messages": [)")
            << bytes("malformed request: failed to parse JSON for /v1/chat/completions: ");
        QTest::newRow("ai-body-two-values")
            << Endpoint::ChatCompletions << bytes(R"({"model":"plain","messages":[]} {"model":"alias"})")
            << bytes("malformed request: failed to parse JSON for /v1/chat/completions: ");
        QTest::newRow("ai-body-gzip-request")
            << Endpoint::ChatCompletions << bytes("\x1f\x8b\x08\x00")
            << bytes("malformed request: failed to parse JSON for /v1/chat/completions: ");
        QTest::newRow("ai-ep-embeddings-bad") << Endpoint::Embeddings << bytes(R"({"input":{"a":1},"model":"alias"})")
                                              << bytes("malformed request: failed to parse JSON for /v1/embeddings: ");
        QTest::newRow("ai-ep-messages-bad") << Endpoint::Messages << bytes("{\"model\":")
                                            << bytes("malformed request: failed to parse JSON for /v1/messages: ");
        QTest::newRow("ai-ep-messages-no-model") << Endpoint::Messages << bytes(R"({"max_tokens":16,"messages":[]})")
                                                 << bytes("invalid request body: model field is required");
        QTest::newRow("count tokens without model")
            << Endpoint::MessagesCountTokens << bytes("null") << bytes("invalid request body: model field is required");
        QTest::newRow("tokenize without model")
            << Endpoint::Tokenize << bytes("{}")
            << bytes("malformed request: invalid tokenize request: model is required");
        QTest::newRow("tokenize with both")
            << Endpoint::Tokenize << bytes(R"({"model":"m","messages":[],"prompt":"x"})")
            << bytes("malformed request: failed to parse JSON for /tokenize: tokenize request must have either");
        QTest::newRow("rerank") << Endpoint::Rerank << bytes("[]")
                                << bytes("malformed request: failed to parse JSON for /v2/rerank: ");
        QTest::newRow("input tokens")
            << Endpoint::ResponsesInputTokens << bytes("[]")
            << bytes("malformed request: failed to parse JSON for /v1/responses/input_tokens: ");
        QTest::newRow("JSON where a form is wanted")
            << Endpoint::AudioTranscriptions << bytes("{}")
            << bytes("malformed request: expected multipart/form-data content type for /v1/audio/transcriptions");
    }

    void refusals()
    {
        QFETCH(Endpoint, endpoint);
        QFETCH(QByteArray, body);
        QFETCH(QByteArray, start);
        const auto outcome = parseExactly(endpoint, "application/json", body);
        QVERIFY(std::holds_alternative<RequestRefusal>(outcome));
        QCOMPARE(std::get<RequestRefusal>(outcome).status, std::uint16_t{400});
        QCOMPARE(bytes(std::get<RequestRefusal>(outcome).message).left(start.size()), start);
    }

    // ai-ep-speech-bad, ai-body-multipart
    void otherRefusals()
    {
        const auto speech = parseExactly(Endpoint::AudioSpeech, "application/json", "{\"model\":");
        QCOMPARE(std::get<RequestRefusal>(speech).status, std::uint16_t{500});
        QVERIFY(std::get<RequestRefusal>(speech).message.empty());
        const auto form = parseExactly(Endpoint::ChatCompletions, "Multipart/Form-Data; boundary=b", "--b--");
        QCOMPARE(std::get<RequestRefusal>(form).message,
            std::string("malformed request: multipart body not supported for this endpoint"));
        const auto broken = parseExactly(Endpoint::ChatCompletions, "", "{\"model\":\"m\",}");
        QCOMPARE(std::get<RequestRefusal>(broken).message,
            std::string(
                "malformed request: failed to parse JSON for /v1/chat/completions: expected a string at byte 13"));
    }

    // Verdicts of the gateway's own decoder.
    void verdicts_data()
    {
        QTest::addColumn<Endpoint>("endpoint");
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<bool>("taken");
        verdictRows(Endpoint::ChatCompletions,
            {R"({"x":"\q"})", R"({"x":"\u12"})", R"({"x":1e400})", R"({"x":{"a":1,"a":2}})", R"( {"x":-0} )",
                R"({"max_tokens":-3})", R"({"max_tokens":9223372036854775807})", R"({"max_tokens":null})",
                R"({"temperature":1e-400})", R"({"frequency_penalty":1})", R"({"stop":["a",1]})", R"({"stop":null})",
                R"({"stream":null})", R"({"stream_options":null})", R"({"logit_bias":{"1":null}})", R"({"metadata":5})",
                R"({"tools":[null]})", R"({"tools":[{"function":{"cache_control":5}}]})", R"({"tool_choice":{}})",
                R"({"response_format":null})",
                R"({"response_format":{"type":"json_schema","json_schema":{"schema":5}}})", R"({"guided_json":"\q"})",
                R"({"prediction":{}})", R"({"thinking":{"type":"disabled"}})", R"({"messages":null})",
                R"({"messages":[{"content":"x","role":"user"}]})", R"({"messages":[{"role":"user","role":"x"}]})",
                R"({"messages":[{"\u0072ole":"us\u0065r"}]})",
                R"({"messages":[{"role":"user","content":[{"type":"image_url"}]}]})",
                R"({"messages":[{"role":"user","content":null},{"role":"developer","content":"x"}]})",
                R"({"messages":[{"role":"system","content":[null]}]})", R"({"messages":[{"role":"system"}]})",
                R"({"messages":[{"role":"assistant","content":{"type":"text"}}]})",
                R"({"messages":[{"role":"assistant","content":[{"type":"wizard"}]}]})",
                R"({"messages":[{"role":"tool","content":"x","cache_control":1}]})"},
            {"", " ", "\xef\xbb\xbf{}", "1", "\"x\"", "true", "{}{}", "nullx", "{,}", "{\"a\" 1}", "{a:1}", "{\"a\"}",
                "\xc2\xa0{}", R"({"x":01})", R"({"x":1.})", R"({"x":.5})", R"({"x":+1})", R"({"x":1e})", R"({"x":-})",
                R"({"x":NaN})", R"({"x":tru})", R"({"x":[1,]})", R"({"x":[}})", R"({"x":{]})", R"({"x":[1 2]})",
                R"({"\q":1})", R"({"model":"\q"})", R"({"model":"\u12"})", R"({"user":1})", R"({"max_tokens":1.0})",
                R"({"max_tokens":1e2})", R"({"max_tokens":9223372036854775808})", R"({"max_tokens":"5"})",
                R"({"temperature":1e400})", R"({"temperature":"hot"})", R"({"frequency_penalty":1e39})",
                R"({"stream":"yes"})", R"({"stream":1})", R"({"stop":1})", R"({"stop":[[1]]})",
                R"({"stream_options":[]})", R"({"stream_options":{"include_usage":1}})", R"({"logit_bias":{"1":1.5}})",
                R"({"tools":{}})", R"({"tools":[{"function":{"parameters":{"a":1e400}}}]})", R"({"tool_choice":1})",
                R"({"response_format":{}})", R"({"response_format":{"type":"x"}})", R"({"thinking":{"type":"x"}})",
                R"({"prediction":{"content":null}})", R"({"messages":[null]})", R"({"messages":[1]})",
                R"({"messages":[{}]})", R"({"messages":[{"role":null}]})", R"({"messages":[{"Role":"user"}]})",
                R"({"messages":[{"role":"function","content":"x"}]})", R"({"messages":[{"role":"x","role":"user"}]})",
                R"({"messages":[{"role":"user","role":1}]})", R"({"messages":[{"role":"user","content":1}]})",
                R"({"messages":[{"role":"user","content":"\q"}]})",
                R"({"messages":[{"role":"user","content":[null]}]})",
                R"({"messages":[{"role":"user","content":[{"type":"refusal"}]}]})",
                R"({"messages":[{"role":"user","content":[{"type":"text","text":1}]}]})",
                R"({"messages":[{"role":"system","content":null}]})",
                R"({"messages":[{"role":"system","content":{}}]})",
                R"({"messages":[{"role":"tool","tool_call_id":1}]})",
                R"({"messages":[{"role":"assistant","tool_calls":[{"function":{"arguments":{}}}]}]})",
                R"({"messages":[{"role":"wizard"}],"messages":[]})"});
        verdictRows(Endpoint::Completions,
            {R"({"prompt":["a",null]})", R"({"prompt":[[1],[null]]})", R"({"prompt":[1,2]})", R"({"prompt":[ ]})",
                R"({"stop":5})"},
            {R"({"prompt":null})", R"({"prompt":["a",1]})", R"({"prompt":[null]})", R"({"prompt":[1.5]})",
                R"({"prompt":{}})", R"({"stop":"\q"})"});
        verdictRows(Endpoint::Embeddings,
            {R"({"input":""})", R"({"input":[{"content":"x"}]})", R"({"input":{"content":["a"]}})",
                R"({"messages":[]})", R"({})", R"({"input":[[1]]})"},
            {R"({"input":null})", R"({"input":{"content":""}})", R"({"input":{"content":[ ]}})", R"({"input":{}})",
                R"({"input":[{"content":"x"},null]})", R"({"input":"x","messages":[]})", R"({"input":[1.5]})"});
        verdictRows(Endpoint::Tokenize,
            {R"({"model":"m","messages":null})", R"({"model":"m","prompt":"x","tools":1})",
                R"({"model":"m","messages":[],"continue_final_message":true,"add_generation_prompt":false})"},
            {R"({"model":"m","messages":[],"tools":1})", R"({"model":"m","prompt":["x"]})",
                R"({"model":"m","messages":[],"continue_final_message":true})"});
        verdictRows(Endpoint::Messages,
            {R"({"model":"m","max_tokens":1.5})", R"({"model":"m","messages":[null,{"role":"x","content":null}]})",
                R"({"model":"m","messages":[{"content":[{"type":"wizard","x":1}]}]})",
                R"({"model":"m","system":[{"text":"x","cache_control":null}]})",
                R"({"model":"m","tools":[{},{"type":null}]})", R"({"model":"m","thinking":{"type":"x"}})",
                R"({"model":"m","tools":[{"type":"x","name":1}]})",
                R"({"model":"m","messages":[{"content":[{"type":"tool_use","input":{"a":[1]}}]}]})"},
            {R"({"model":"m","messages":[{"content":1}]})", R"({"model":"m","messages":[{"content":[{}]}]})",
                R"({"model":"m","messages":[{"content":[{"type":"image","source":null}]}]})",
                R"({"model":"m","system":1})", R"({"model":"m","system":[{"cache_control":{}}]})",
                R"({"model":"m","tools":[{"name":1}]})", R"({"model":"m","thinking":{}})",
                R"({"model":"m","tool_choice":"auto"})", R"({"model":"m","container":{"a":1e400}})",
                R"({"model":"m","messages":[{"content":[{"type":"tool_use","input":{"a":1e400}}]}]})"});
        verdictRows(Endpoint::Responses,
            {R"({"input":[{"role":"user","content":"x"}]})", R"({"input":null})", R"({"tools":[1,{"type":"x"}]})",
                R"({"input":[{"role":"assistant","content":[{"type":"output_text","text":"x"}]}]})",
                R"({"input":[{"type":"function_call_output","output":"x"}]})",
                R"({"text":{"format":{"type":"text"}}})"},
            {R"({"input":1})", R"({"input":["a"]})", R"({"input":[{"type":"wizard"}]})", R"({"text":{"format":null}})",
                R"({"metadata":{"a":1}})", R"({"tool_choice":{"type":"x"}})", R"({"input":[{"role":1,"content":1}]})"});
        verdictRows(Endpoint::Rerank, {R"({"documents":["a"]})"}, {R"({"documents":[{"text":"x"}]})"});
        verdictRows(Endpoint::ImagesGenerations, {R"({"n":1})"}, {R"({"n":1.5})"});
    }

    void verdicts()
    {
        QFETCH(Endpoint, endpoint);
        QFETCH(QByteArray, body);
        QFETCH(bool, taken);
        const auto outcome = parseExactly(endpoint, "", body);
        const auto* refusal = std::get_if<RequestRefusal>(&outcome);
        QVERIFY2((refusal == nullptr) == taken, refusal != nullptr ? refusal->message.c_str() : "accepted");
    }

    void nesting()
    {
        const auto nested = [](int depth) {
            return QByteArray("{\"model\":\"m\",\"x\":") + QByteArray("[").repeated(depth)
                + QByteArray("]").repeated(depth) + "}";
        };
        for (const int depth : {1, 63, 64, 65, 2000, 4096}) {
            QVERIFY(std::holds_alternative<ParsedRequest>(parseExactly(Endpoint::ChatCompletions, "", nested(depth))));
        }
        for (const int depth : {4097, 1'000'000}) {
            QVERIFY(std::holds_alternative<RequestRefusal>(parseExactly(Endpoint::ChatCompletions, "", nested(depth))));
        }
        const QByteArray mixed =
            "{\"x\":" + QByteArray("[{\"a\":").repeated(1000) + "1" + QByteArray("}]").repeated(1000) + "}";
        QVERIFY(std::holds_alternative<ParsedRequest>(parseExactly(Endpoint::ChatCompletions, "", mixed)));
        QVERIFY(std::holds_alternative<RequestRefusal>(
            parseExactly(Endpoint::ChatCompletions, "", QByteArray(mixed).replace("1}]}]", "1]}}]"))));
    }

    void everyCutIsRefused()
    {
        const QByteArray whole =
            R"({"model":"m\u0061","messages":[{"role":"user","content":[{"type":"text","text":"h\n"}]}],)"
            R"("temperature":-1.5e+2,"stream":true,"x":{"y":[null,false,{}]}})";
        QVERIFY(std::holds_alternative<ParsedRequest>(parseExactly(Endpoint::ChatCompletions, "", whole)));
        for (qsizetype length = 0; length < whole.size(); ++length) {
            QVERIFY(std::holds_alternative<RequestRefusal>(
                parseExactly(Endpoint::ChatCompletions, "", whole.left(length))));
        }
    }

    void whatRoutingNeeds()
    {
        const QByteArray body =
            R"({"a":1,"model":"m","stream":true,"max_tokens":7,"stream_options":{"include_usage":true}})";
        const auto outcome = parseRequest(Endpoint::ChatCompletions, "", view(body));
        const auto& request = std::get<ParsedRequest>(outcome);
        QVERIFY(request.stream);
        QVERIFY(request.includeUsage);
        QCOMPARE(request.maxTokens, 7U);
        QCOMPARE(view(body).substr(request.firstModelValue.begin, request.firstModelValue.length()),
            std::string_view("\"m\""));
        QCOMPARE(view(body).substr(request.includeUsageValue.begin, request.includeUsageValue.length()),
            std::string_view("true"));
        QCOMPARE(request.objectBody, (signalbox::text::Span{1, view(body).size() - 1}));

        const auto last =
            parseRequest(Endpoint::ChatCompletions, "", R"({"stream":true,"stream":false,"max_completion_tokens":9})");
        QVERIFY(!std::get<ParsedRequest>(last).stream);
        QCOMPARE(std::get<ParsedRequest>(last).maxTokens, 9U);
        const auto speech = parseRequest(Endpoint::AudioSpeech, "", R"({"model":"m","stream_format":"sse"})");
        QVERIFY(std::get<ParsedRequest>(speech).stream);
        const auto embeddings = parseRequest(Endpoint::Embeddings, "", R"({"model":"m","stream":true})");
        QVERIFY(!std::get<ParsedRequest>(embeddings).stream);
    }

    void forms_data()
    {
        QTest::addColumn<Endpoint>("endpoint");
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QByteArray>("expected"); // model, a "+" for a stream; or the refusal
        const QByteArray model = "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n";
        const QByteArray file =
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nX\r\n--bX\r\n";
        const QByteArray end = "--b--\r\n";
        const auto field = [](const QByteArray& name, const QByteArray& value) {
            return "--b\r\nContent-Disposition: form-data; name=" + name + "\r\n\r\n" + value + "\r\n";
        };
        const Endpoint speech = Endpoint::AudioTranscriptions;
        QTest::newRow("whole") << speech << model + file + end << bytes("m");
        QTest::newRow("stream") << speech << model + field("stream", "TRUE") + file + end << bytes("m+");
        QTest::newRow("translations never stream")
            << Endpoint::AudioTranslations << model + field("stream", "true") + file + end << bytes("m");
        QTest::newRow("last model") << speech << model + field("model", "n") + file + end << bytes("n");
        QTest::newRow("line feeds only") << speech << QByteArray(model + file + end).replace("\r\n", "\n")
                                         << bytes("m");
        QTest::newRow("no file") << speech << model + end << bytes("malformed request: missing required field 'file'");
        QTest::newRow("no model") << speech << file + end << bytes("malformed request: missing required field 'model'");
        QTest::newRow("nothing") << speech << bytes("") << bytes("malformed request: missing required field 'model'");
        QTest::newRow("temperature") << speech << model + field("temperature", "x") + file + end
                                     << bytes("malformed request: invalid temperature value");
        QTest::newRow("a float of Go") << speech << model + field("temperature", "-0x1p-2") + file + end << bytes("m");
        QTest::newRow("broken off") << speech
                                    << model
                + file << bytes("malformed request: failed to parse multipart form data: unexpected line or end");
    }

    void forms()
    {
        QFETCH(Endpoint, endpoint);
        QFETCH(QByteArray, body);
        QFETCH(QByteArray, expected);
        const auto outcome = parseExactly(endpoint, "multipart/form-data; boundary=\"b\"", body);
        if (const auto* request = std::get_if<ParsedRequest>(&outcome)) {
            QCOMPARE(bytes(request->model()) + (request->stream ? "+" : ""), expected);
        } else {
            QCOMPARE(bytes(std::get<RequestRefusal>(outcome).message), expected);
        }
    }
};

QTEST_GUILESS_MAIN(TestRequestBody)
#include "tst_request_body.moc"
