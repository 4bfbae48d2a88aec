// SPDX-License-Identifier: Apache-2.0
#include <QtTest> // first: moc fails on <concepts> as the first standard header

#include "core/chat/request_body.h"

#include <map>

using namespace signalbox;
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

QByteArray joined(const UpstreamBody& body)
{
    QByteArray out;
    for (const std::string_view piece : body.pieces) {
        out += bytes(piece);
    }
    return out;
}

plan::BackendProfile overriding(std::string model)
{
    plan::BackendProfile profile;
    profile.modelNameOverride = std::move(model);
    return profile;
}

plan::BackendProfile mutating(plan::Mutation mutation, std::string model = {})
{
    plan::BackendProfile profile = overriding(std::move(model));
    profile.body = std::move(mutation);
    return profile;
}

/// The backends that the conformance manifests give these models.
plan::BackendProfile profileFor(std::string_view model)
{
    static const std::map<std::string_view, plan::BackendProfile> kProfiles = {
        {"alias", overriding("real-model:1b")},
        {"longer", overriding("a-much-longer-model-name-than-the-client-used/2026-11")},
        {"quoted", overriding("we\"ird\\name")},
        {"to-unicode", overriding("mod\303\250le-\303\274")},
        {"costly-alias", overriding("cost-real")},
        {"mutate", mutating({{{"max_tokens", "7"}, {"temperature", "0.5"}}, {"stream_options"}}, "real-model:1b")},
        {"typed", mutating({{{"scale", "scale"}, {"tier", "\"flex\""}}, {}})},
        {"dropper", mutating({{}, {"user", "absent"}})},
        {"nester", mutating({{{"a.b", "1"}}, {}})},
        {"values", mutating({{{"num", "42"}}, {"gone"}})},
        {"model-set", mutating({{{"model", "\"from-mutation\""}}, {}}, "from-override")},
        {"object", mutating({{{"o", R"({"a": [1, 2]})"}}, {}})},
    };
    const auto found = kProfiles.find(model);
    return found != kProfiles.end() ? found->second : plan::BackendProfile{};
}

ParsedRequest parsed(const QByteArray& body, Endpoint endpoint = Endpoint::ChatCompletions)
{
    auto outcome = parseRequest(endpoint, "application/json", view(body));
    return std::get<ParsedRequest>(std::move(outcome));
}

} // namespace

class TestUpstreamBody : public QObject
{
    Q_OBJECT

private slots:
    // Rows with ids are recorded from the real gateway (conformance/cases).
    void firstAttempt_data()
    {
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QByteArray>("expected");
        QTest::newRow("ai-body-bad-utf8")
            << bytes("{\"model\":\"plain\",\"messages\":[{\"role\":\"user\",\"content\":\"\377\376\"}]}")
            << bytes("{\"model\":\"plain\",\"messages\":[{\"role\":\"user\",\"content\":\"\377\376\"}]}");
        QTest::newRow("ai-body-bytes-after")
            << bytes(R"({"model":"plain","messages":[]})") << bytes(R"({"model":"plain","messages":[]})");
        QTest::newRow("ai-body-chunked-plain")
            << bytes(R"({"model": "plain", "messages": []})") << bytes(R"({"model": "plain", "messages": []})");
        QTest::newRow("ai-body-chunked") << bytes(R"({"model": "alias", "messages": []})")
                                         << bytes(R"({"model": "real-model:1b", "messages": []})");
        QTest::newRow("ai-body-content-parts")
            << bytes(
                   R"({"model":"alias","messages":[{"role":"user","content":[{"type":"text","text":"What?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}]})")
            << bytes(
                   R"({"model":"real-model:1b","messages":[{"role":"user","content":[{"type":"text","text":"What?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}]})");
        QTest::newRow("ai-body-control")
            << bytes("{\"model\":\"plain\",\"messages\":[{\"role\":\"user\",\"content\":\"a\nb\"}]}")
            << bytes("{\"model\":\"plain\",\"messages\":[{\"role\":\"user\",\"content\":\"a\nb\"}]}");
        QTest::newRow("ai-body-duplicate-model-2")
            << bytes(R"({"model":"plain","messages":[],"model":"alias"})")
            << bytes(R"({"model":"real-model:1b","messages":[],"model":"alias"})");
        QTest::newRow("ai-body-duplicate-model") << bytes(R"({"model":"alias","messages":[],"model":"plain"})")
                                                 << bytes(R"({"model":"alias","messages":[],"model":"plain"})");
        QTest::newRow("ai-body-escaped-key") << bytes(R"({"\u006dodel":"alias","messages":[]})")
                                             << bytes(R"({"\u006dodel":"real-model:1b","messages":[]})");
        QTest::newRow("ai-body-escaped-model")
            << bytes(R"({"model":"\u0061lias","messages":[]})") << bytes(R"({"model":"real-model:1b","messages":[]})");
        QTest::newRow("ai-body-expect")
            << bytes(R"({"model": "alias", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 50})")
            << bytes(
                   R"({"model": "real-model:1b", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 50})");
        QTest::newRow("ai-body-key-order")
            << bytes(R"({"z":1,"unknown":{"b":2,"a":1},"model":"alias","messages":[],"a":[3,2,1]})")
            << bytes(R"({"z":1,"unknown":{"b":2,"a":1},"model":"real-model:1b","messages":[],"a":[3,2,1]})");
        QTest::newRow("ai-body-longer")
            << bytes(R"({"model":"longer","messages":[]})")
            << bytes(R"({"model":"a-much-longer-model-name-than-the-client-used/2026-11","messages":[]})");
        QTest::newRow("ai-body-nested-model")
            << bytes(R"({"metadata":{"model":"other"},"messages":[],"model":"alias"})")
            << bytes(R"({"metadata":{"model":"other"},"messages":[],"model":"real-model:1b"})");
        QTest::newRow("ai-body-no-messages") << bytes(R"({"model":"alias"})") << bytes(R"({"model":"real-model:1b"})");
        QTest::newRow("ai-body-numbers")
            << bytes(
                   R"({"model":"alias","messages":[],"seed":12345678901234567,"x":1e400,"y":-0.0,"z":1.50,"w":123456789012345678901234567890})")
            << bytes(
                   R"({"model":"real-model:1b","messages":[],"seed":12345678901234567,"x":1e400,"y":-0.0,"z":1.50,"w":123456789012345678901234567890})");
        QTest::newRow("ai-body-plain-bytes")
            << bytes("  { \"model\":\"plain\" ,\"messages\":[ ], \"x\" : \"\\u00e9\" , \"model2\":1 } \n")
            << bytes("  { \"model\":\"plain\" ,\"messages\":[ ], \"x\" : \"\\u00e9\" , \"model2\":1 } \n");
        QTest::newRow("ai-body-quoted") << bytes(R"({"model":"quoted","messages":[]})")
                                        << bytes("{\"model\":\"we\\\"ird\\\\name\",\"messages\":[]}");
        QTest::newRow("ai-body-text-plain")
            << bytes(R"({"model": "alias", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 50})")
            << bytes(
                   R"({"model": "real-model:1b", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 50})");
        QTest::newRow("ai-body-tools")
            << bytes("{\"model\":\"alias\",\"messages\":[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{"
                     "\"id\":\"t1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\": "
                     "1}\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"t1\",\"content\":\"42\"}],\"tools\":[{\"type\":"
                     "\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"object\",\"properties\":{}}}"
                     "}],\"tool_choice\":\"auto\"}")
            << bytes(
                   "{\"model\":\"real-model:1b\",\"messages\":[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":"
                   "[{\"id\":\"t1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\": "
                   "1}\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"t1\",\"content\":\"42\"}],\"tools\":[{\"type\":"
                   "\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"object\",\"properties\":{}}}}]"
                   ",\"tool_choice\":\"auto\"}");
        QTest::newRow("ai-body-unicode-override") << bytes(R"({"model":"to-unicode","messages":[]})")
                                                  << bytes("{\"model\":\"mod\303\250le-\303\274\",\"messages\":[]}");
        QTest::newRow("ai-body-unicode")
            << bytes("{\"messages\":[{\"role\":\"user\",\"content\":\"\303\251\344\270\255\360\237\230\200 "
                     "\\u00e9\\ud83d\\ude00 \\/ \\n\"}],\"model\":\"alias\"}")
            << bytes("{\"messages\":[{\"role\":\"user\",\"content\":\"\303\251\344\270\255\360\237\230\200 "
                     "\\u00e9\\ud83d\\ude00 \\/ \\n\"}],\"model\":\"real-model:1b\"}");
        QTest::newRow("ai-body-whitespace")
            << bytes("\n\t{ \r\n \"messages\" : [ ] ,\n\n   \"model\"\t:\t\"alias\"  ,\"n\" : 1 }\n  ")
            << bytes("\n\t{ \r\n \"messages\" : [ ] ,\n\n   \"model\"\t:\t\"real-model:1b\"  ,\"n\" : 1 }\n  ");
        QTest::newRow("ai-cost-plain") << bytes(R"( {"model": "costly","messages":[]})")
                                       << bytes(R"( {"model": "costly","messages":[]})");
        QTest::newRow("ai-cost-stream-alias")
            << bytes(R"({ "model" : "costly-alias" ,"stream" :true, "messages":[] })")
            << bytes(
                   R"({ "model" : "cost-real" ,"stream" :true, "messages":[] ,"stream_options":{"include_usage":true}})");
        QTest::newRow("ai-cost-stream-empty")
            << bytes(
                   R"({"model": "costly", "stream": true, "stream_options": {}, "messages": [{"role": "user", "content": "Hi"}]})")
            << bytes(
                   R"({"model": "costly", "stream": true, "stream_options": {"include_usage":true}, "messages": [{"role": "user", "content": "Hi"}]})");
        QTest::newRow("ai-cost-stream-false")
            << bytes(
                   R"({"model": "costly", "stream": true, "stream_options": {"include_usage": false}, "messages": [{"role": "user", "content": "Hi"}]})")
            << bytes(
                   R"({"model": "costly", "stream": true, "stream_options": {"include_usage": true}, "messages": [{"role": "user", "content": "Hi"}]})");
        QTest::newRow("ai-cost-stream-none")
            << bytes(R"({"model": "costly", "stream": true, "messages": [{"role": "user", "content": "Hi"}]})")
            << bytes(
                   R"({"model": "costly", "stream": true, "messages": [{"role": "user", "content": "Hi"}],"stream_options":{"include_usage":true}})");
        QTest::newRow("ai-cost-stream-true")
            << bytes(
                   R"({"model": "costly", "stream": true, "stream_options": {"include_usage": true}, "messages": [{"role": "user", "content": "Hi"}]})")
            << bytes(
                   R"({"model": "costly", "stream": true, "stream_options": {"include_usage": true}, "messages": [{"role": "user", "content": "Hi"}]})");
        QTest::newRow("ai-mut-both")
            << bytes(
                   R"({"model":"mutate","messages":[],"max_tokens":50,"stream_options":{"include_usage":true},"stream":true})")
            << bytes(R"({"model":"real-model:1b","messages":[],"max_tokens":7,"stream":true,"temperature":0.5})");
        QTest::newRow("ai-mut-nested") << bytes(R"({"model":"nester","messages":[]})")
                                       << bytes(R"({"model":"nester","messages":[],"a":{"b":1}})");
        QTest::newRow("ai-mut-number") << bytes(R"({"model":"values","gone":{"x":[1,2]},"messages":[],"num":"old"})")
                                       << bytes(R"({"model":"values","messages":[],"num":42})");
        QTest::newRow("ai-mut-overlap")
            << bytes(R"({"model": "overlap", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 50})")
            << bytes(R"({"model": "overlap", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 50})");
        QTest::newRow("ai-mut-remove") << bytes(R"({"model":"dropper", "user":"u1",  "messages":[]})")
                                       << bytes(R"({"model":"dropper",  "messages":[]})");
        QTest::newRow("ai-mut-reserved")
            << bytes(R"({"model": "reserved", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 50})")
            << bytes(R"({"model": "reserved", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 50})");
        QTest::newRow("ai-mut-typed") << bytes(R"({"model":"typed","messages":[],"scale":1})")
                                      << bytes(R"({"model":"typed","messages":[],"scale":"scale","tier":"flex"})");
        QTest::newRow("mutation of model beats the override")
            << bytes(R"({"model":"model-set"})") << bytes(R"({"model":"from-mutation"})");
        QTest::newRow("an object as value")
            << bytes(R"({"model":"object"})") << bytes(R"({"model":"object","o":{"a": [1, 2]}})");
    }

    void firstAttempt()
    {
        QFETCH(QByteArray, body);
        QFETCH(QByteArray, expected);
        const ParsedRequest request = parsed(body);
        const bool costs = request.model().starts_with("costly");
        const plan::BackendProfile profile = profileFor(request.model());
        const UpstreamBody out = makeUpstreamBody(request, view(body), profile, false, costs, "application/json", "");
        QCOMPARE(joined(out), expected);
        QCOMPARE(qsizetype(out.size()), expected.size());
        if (profile.modelNameOverride.empty() && profile.body.empty()) {
            QCOMPARE(out.replaced, body != expected);
        } else {
            QVERIFY(out.replaced);
        }
    }

    // An absent model; what stands around the object is lost where sjson appends.
    void appendedModel_data()
    {
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QByteArray>("expected");
        QTest::newRow("empty") << bytes("{}") << bytes(R"({"model":"x"})");
        QTest::newRow("space inside") << bytes("{ }") << bytes(R"({ "model":"x"})");
        QTest::newRow("null") << bytes("null") << bytes(R"({"model":"x"})");
        QTest::newRow("space around") << bytes(" \n{\"a\":1 } \n") << bytes(R"({"a":1 ,"model":"x"})");
        QTest::newRow("stream") << bytes(R"({"stream":true})")
                                << bytes(R"({"stream":true,"stream_options":{"include_usage":true},"model":"x"})");
        QTest::newRow("null model") << bytes(R"( {"model" : null} )") << bytes(R"( {"model" : "x"} )");
        QTest::newRow("options before the model")
            << bytes(R"({"stream":true,"stream_options":{"a":1 },"model":"m"})")
            << bytes(R"({"stream":true,"stream_options":{"a":1 ,"include_usage":true},"model":"x"})");
        QTest::newRow("options behind the model")
            << bytes(R"({"model":"m","stream":true,"stream_options":null})")
            << bytes(R"({"model":"x","stream":true,"stream_options":{"include_usage":true}})");
        QTest::newRow("escaped names")
            << bytes(R"({"stream":true,"stream_opt\u0069ons":{"include_us\u0061ge":false},"model":"m"})")
            << bytes(R"({"stream":true,"stream_opt\u0069ons":{"include_us\u0061ge":true},"model":"x"})");
    }

    void appendedModel()
    {
        QFETCH(QByteArray, body);
        QFETCH(QByteArray, expected);
        const UpstreamBody out =
            makeUpstreamBody(parsed(body), view(body), overriding("x"), false, true, "application/json", "");
        QCOMPARE(joined(out), expected);
    }

    // ai-retry-chain: every attempt starts from the client's body.
    void retries()
    {
        const QByteArray body =
            bytes(R"({"model": "chain", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 50})");
        const ParsedRequest request = parsed(body);
        QByteArray expected = body;
        expected.replace("chain", "first-real");
        const auto attempt = [&](const plan::BackendProfile& profile, bool isRetry) {
            return makeUpstreamBody(request, view(body), profile, isRetry, false, "application/json", "");
        };
        QCOMPARE(joined(attempt(overriding("first-real"), false)), expected);
        const UpstreamBody second = attempt({}, true);
        QCOMPARE(joined(second), body);
        QVERIFY(second.replaced); // sent again explicitly: with a length, also for a chunked request
        expected = body;
        expected.replace("chain", "third-real-with-a-longer-name");
        QCOMPARE(joined(attempt(overriding("third-real-with-a-longer-name"), true)), expected);
        QVERIFY(!attempt({}, false).replaced);
    }

    // ai-body-model-last-mb
    void aMegabyteIsNotCopied()
    {
        const QByteArray body = "{\"messages\":[{\"role\":\"user\",\"content\":\""
            + QByteArray("0123456789abcdef").repeated(65536) + "\"}],\"model\":\"alias\"}";
        const UpstreamBody out =
            makeUpstreamBody(parsed(body), view(body), profileFor("alias"), false, false, "application/json", "");
        QCOMPARE(out.size(), std::size_t{1048643});
        QCOMPARE(static_cast<const void*>(out.pieces.front().data()), static_cast<const void*>(body.constData()));
        QVERIFY(joined(out).endsWith("\"}],\"model\":\"real-model:1b\"}"));
    }

    void movingKeepsTheViews()
    {
        const QByteArray body = bytes(R"({"model":"alias"})");
        UpstreamBody first =
            makeUpstreamBody(parsed(body), view(body), overriding("y"), false, false, "application/json", "");
        const UpstreamBody second = std::move(first);
        QCOMPARE(joined(second), bytes(R"({"model":"y"})"));
    }

    // ai-ep-azure: the deployment is in the path; other endpoints of Azure have it in the body too.
    void azure()
    {
        plan::BackendProfile profile = overriding("gpt-deploy");
        profile.schema = plan::ApiSchema::AzureOpenAI;
        const QByteArray body = bytes(R"({"model": "azure", "input": "Hi"})");
        const UpstreamBody chat =
            makeUpstreamBody(parsed(body), view(body), profile, false, false, "application/json", "");
        QCOMPARE(joined(chat), body);
        QVERIFY(!chat.replaced);
        const UpstreamBody embeddings = makeUpstreamBody(
            parsed(body, Endpoint::Embeddings), view(body), profile, false, false, "application/json", "");
        QCOMPARE(joined(embeddings), bytes(R"({"model": "gpt-deploy", "input": "Hi"})"));
    }

    void usageIsForcedForChatStreamsOnly()
    {
        const QByteArray body = bytes(R"({"model":"m","stream":true})");
        for (const Endpoint endpoint : {Endpoint::Completions, Endpoint::Messages, Endpoint::Responses}) {
            const UpstreamBody out =
                makeUpstreamBody(parsed(body, endpoint), view(body), {}, false, true, "application/json", "");
            QCOMPARE(joined(out), body);
            QVERIFY(!out.replaced);
        }
    }

    // ai-ep-transcriptions
    void forms()
    {
        const QByteArray type = "multipart/form-data; boundary=b";
        const QByteArray body = "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nalias\r\n"
                                "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n"
                                "Content-Type: audio/wav\r\n\r\nRIFFxxxx\r\n--b--\r\n";
        const std::string boundary(60, 'f');
        const auto outcome = parseRequest(Endpoint::AudioTranscriptions, view(type), view(body));
        const auto& request = std::get<ParsedRequest>(outcome);
        QCOMPARE(bytes(request.model()), QByteArray("alias"));
        const UpstreamBody out =
            makeUpstreamBody(request, view(body), profileFor("alias"), false, false, view(type), boundary);
        QByteArray expected = body;
        expected.replace("--b", "--" + bytes(boundary)).replace("alias", "real-model:1b");
        QCOMPARE(joined(out), expected);
        QCOMPARE(out.contentType, "multipart/form-data; boundary=" + boundary);
        const UpstreamBody plain = makeUpstreamBody(request, view(body), {}, false, false, view(type), boundary);
        QCOMPARE(joined(plain), body);
        QVERIFY(!plain.replaced);
        QVERIFY(plain.contentType.empty());
    }

    void withoutABodyThereIsNothing()
    {
        const UpstreamBody out = makeUpstreamBody({}, "", overriding("x"), true, true, "", "");
        QVERIFY(out.pieces.empty());
        QVERIFY(!out.replaced);
    }
};

QTEST_GUILESS_MAIN(TestUpstreamBody)
#include "tst_upstream_body.moc"
