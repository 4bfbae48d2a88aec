// SPDX-License-Identifier: Apache-2.0
#include <QtTest> // first: moc fails on <concepts> as the first standard header

#include "core/chat/answer.h"

using namespace signalbox::chat;

namespace {

EventStreamWatcher watch(const QByteArray& stream, qsizetype piece)
{
    EventStreamWatcher watcher;
    for (qsizetype at = 0; at < stream.size(); at += piece) {
        const QByteArray part = stream.mid(at, piece);
        watcher.feed({part.constData(), static_cast<std::size_t>(part.size())});
    }
    return watcher;
}

void compare(
    const EventStreamWatcher& watcher, const char* model, std::int64_t input, std::int64_t output, std::int64_t total)
{
    QCOMPARE(watcher.facts().model, std::string(model));
    QCOMPARE(watcher.facts().usage.input, input);
    QCOMPARE(watcher.facts().usage.output, output);
    QCOMPARE(watcher.facts().usage.total, total);
}

} // namespace

class TestEventStream : public QObject
{
    Q_OBJECT

private slots:
    // ai-cost-stream-none, cut everywhere
    void openAi()
    {
        const QByteArray stream =
            "data: "
            "{\"id\":\"s\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":"
            "{\"content\":\"w0\"},\"finish_reason\":null}],\"usage\":null}\n\n"
            "data: {\"model\":\"\\u006d2\",\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2,"
            "\"total_tokens\":5,\"prompt_tokens_details\":{\"cached_tokens\":1},\"completion_tokens_details\":"
            "{\"reasoning_tokens\":4}}}\n\ndata: [DONE]\n\n";
        for (qsizetype piece = 1; piece <= stream.size(); ++piece) {
            const EventStreamWatcher watcher = watch(stream, piece);
            compare(watcher, "m2", 3, 2, 5);
            QCOMPARE(watcher.facts().usage.cachedInput, std::int64_t{1});
            QCOMPARE(watcher.facts().usage.reasoning, std::int64_t{4});
            QCOMPARE(watcher.events(), std::uint64_t{2});
            QVERIFY(watcher.sawDone());
        }
    }

    // ai-sse-after-done: comments, other fields, CR LF, no space, data behind [DONE], no JSON
    void oddLines()
    {
        const EventStreamWatcher watcher =
            watch(": hello\n\nevent: x\ndata: {\"a\":1}\n\ndata:{\"model\":\"q\"}\r\n\r\nid: 5\nretry: 10\n\ndata: "
                  "[DONE]\r\n\n"
                  "data: {\"late\":true}\n\ndata: not json\n\ndata: {\"model\":\"x\"} {}\n\n",
                7);
        compare(watcher, "q", -1, -1, -1);
        QCOMPARE(watcher.events(), std::uint64_t{5});
        QVERIFY(watcher.sawDone());
    }

    // ai-ep-messages-stream, and what anthropic_anthropic makes of the counts
    void anthropic()
    {
        const QByteArray start =
            "event: message_start\ndata: "
            "{\"type\":\"message_start\",\"message\":{\"model\":\"c\",\"usage\":{\"input_tokens\":3,"
            "\"cache_read_input_tokens\":10,\"cache_creation_input_tokens\":5,\"output_tokens\":1}}}\n\n";
        compare(watch(start, 5), "c", 18, 1, 19);
        const QByteArray delta = start + "data: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":9}}\n\n";
        compare(watch(delta, 5), "c", 18, 9, 27);
        const QByteArray more = delta
            + "data: {\"type\":\"message_delta\",\"usage\":{\"input_tokens\":4,\"cache_creation_input_tokens\":6,"
              "\"output_tokens\":11}}\n\ndata: {\"type\":\"message_stop\"}\n\n";
        compare(watch(more, 5), "c", 20, 11, 31);
        QCOMPARE(watch(more, 5).facts().usage.cachedInput, std::int64_t{10});
    }

    void responses()
    {
        const QByteArray stream =
            "data: {\"type\":\"response.created\",\"response\":{\"model\":\"r\",\"usage\":null}}\n\n"
            "data: {\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":1,"
            "\"output_tokens\":2,\"total_tokens\":3,\"input_tokens_details\":{\"cached_tokens\":1}}}}\n\n";
        compare(watch(stream, 3), "r", 1, 2, 3);
    }

    void anUnfinishedLineCountsForNothing()
    {
        const EventStreamWatcher watcher = watch("data: {\"model\":\"m\"}", 100);
        QCOMPARE(watcher.events(), std::uint64_t{0});
        QVERIFY(watcher.facts().model.empty());
    }

    void longLinesAreSkipped()
    {
        const QByteArray stream =
            "data: {\"model\":\"long\",\"x\":\"" + QByteArray(3 << 20, 'x') + "\"}\n\ndata: {\"model\":\"m\"}\n\n";
        for (const qsizetype piece : {qsizetype{4096}, stream.size()}) {
            const EventStreamWatcher watcher = watch(stream, piece);
            QCOMPARE(watcher.facts().model, std::string("m"));
            QCOMPARE(watcher.events(), std::uint64_t{1});
        }
    }
};

QTEST_GUILESS_MAIN(TestEventStream)
#include "tst_event_stream.moc"
