// SPDX-License-Identifier: Apache-2.0
#include <QtTest> // first: moc fails on <concepts> as the first standard header

#include "core/telemetry/recorder.h"

#include <thread>

using namespace signalbox;
using namespace signalbox::telemetry;
using namespace std::chrono_literals;
using dispatch::AttemptOutcome;

namespace {

plan::PlanPtr twoServers()
{
    auto plan = std::make_shared<plan::Plan>();
    plan->servers = {{"a", 0, {}, {}}, {"b", 1, {}, {}}};
    return plan;
}

AttemptRecord attempt(
    std::uint32_t endpoint, AttemptOutcome outcome, std::uint16_t status, base::Duration start, base::Duration end)
{
    AttemptRecord attempt;
    attempt.endpoint = endpoint;
    attempt.outcome = outcome;
    attempt.status = status;
    attempt.start = start;
    attempt.end = end;
    return attempt;
}

std::unique_ptr<RequestRecord> request(std::uint16_t status, decltype(RequestRecord::attempts) attempts = {})
{
    auto record = std::make_unique<RequestRecord>();
    record->plan = twoServers();
    record->status = status;
    record->complete = true;
    record->total = 10ms;
    record->attempts = std::move(attempts);
    return record;
}

std::vector<std::uint64_t> idsOf(const std::vector<RecordPtr>& rows)
{
    std::vector<std::uint64_t> ids;
    for (const RecordPtr& row : rows) {
        ids.push_back(row->id);
    }
    return ids;
}

} // namespace

class TestRecorder : public QObject
{
    Q_OBJECT

private slots:
    void rowsHaveRisingIds()
    {
        Recorder recorder(3);
        QVERIFY(recorder.rowsAfter(0).empty());
        for (std::uint64_t id = 1; id <= 5; ++id) {
            QCOMPARE(recorder.add(request(200)), id);
        }
        QVERIFY((idsOf(recorder.rowsAfter(0)) == std::vector<std::uint64_t>{3, 4, 5})); // the older ones are gone
        QVERIFY((idsOf(recorder.rowsAfter(4)) == std::vector<std::uint64_t>{5}));
        QVERIFY((idsOf(recorder.rowsAfter(2, 2)) == std::vector<std::uint64_t>{3, 4}));
        QVERIFY(recorder.rowsAfter(5).empty());
        QVERIFY(recorder.rowsAfter(99).empty());
        QVERIFY(recorder.rowsAfter(0, 0).empty());
        QCOMPARE(recorder.snapshot().lastId, std::uint64_t{5});
        QCOMPARE(recorder.snapshot().totals.requests, std::uint64_t{5}); // sums lose nothing
    }

    void sums()
    {
        Recorder recorder(10);
        auto retried = request(
            200, {attempt(0, AttemptOutcome::Status, 503, 0ms, 2ms), attempt(1, AttemptOutcome::Ok, 200, 5ms, 10ms)});
        retried->attempts[1].firstByte = 8ms;
        retried->bytesIn = 100;
        retried->bytesOut = 200;
        retried->tokensIn = 5;
        retried->tokensOut = 7;
        recorder.add(std::move(retried));
        recorder.add(request(503, {attempt(0, AttemptOutcome::Refused, 0, 0ms, 1ms)}));
        auto broken = request(200, {attempt(1, AttemptOutcome::Closed, 200, 0ms, 1ms)});
        broken->complete = false;
        recorder.add(std::move(broken));
        recorder.add(request(0, {attempt(1, AttemptOutcome::Cancelled, 0, 0ms, 1ms)}));
        recorder.add(request(503, {attempt(plan::kNone, AttemptOutcome::NoHost, 0, 0ms, 0ms)}));

        const Snapshot snapshot = recorder.snapshot();
        QCOMPARE(snapshot.totals.requests, std::uint64_t{5});
        QCOMPARE(snapshot.totals.failed, std::uint64_t{4});
        QCOMPARE(snapshot.totals.retries, std::uint64_t{1});
        QCOMPARE(snapshot.totals.bytesIn, std::uint64_t{100});
        QCOMPARE(snapshot.totals.bytesOut, std::uint64_t{200});
        QCOMPARE(snapshot.totals.tokensIn, std::uint64_t{5});
        QCOMPARE(snapshot.totals.tokensOut, std::uint64_t{7});
        QCOMPARE(snapshot.totals.total.count(), std::uint64_t{4});
        QCOMPARE(snapshot.servers.size(), std::size_t{2});
        const ServerTotals& a = snapshot.servers.at("a");
        QCOMPARE(a.attempts, std::uint64_t{2});
        QCOMPARE(a.firstAttempts, std::uint64_t{2});
        QCOMPARE(a.failures, std::uint64_t{2});
        QCOMPARE(a.answers, std::uint64_t{0});
        const ServerTotals& b = snapshot.servers.at("b");
        QCOMPARE(b.attempts, std::uint64_t{3});
        QCOMPARE(b.firstAttempts, std::uint64_t{2});
        QCOMPARE(b.failures, std::uint64_t{2});
        QCOMPARE(b.answers, std::uint64_t{2});
        QCOMPARE(b.firstByte.count(), std::uint64_t{1});
        QVERIFY(b.firstByte.quantile(1) == 3ms); // counted from the attempt's own start
    }

    void manyThreads()
    {
        Recorder recorder(64);
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&recorder] {
                for (int n = 0; n < 500; ++n) {
                    recorder.add(request(200, {attempt(0, AttemptOutcome::Ok, 200, 0ms, 1ms)}));
                    recorder.rowsAfter(0, 4);
                    recorder.snapshot();
                }
            });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
        QCOMPARE(recorder.snapshot().totals.requests, std::uint64_t{2000});
        QCOMPARE(recorder.snapshot().servers.at("a").answers, std::uint64_t{2000});
        QCOMPARE(recorder.rowsAfter(0).size(), std::size_t{64});
    }
};

QTEST_GUILESS_MAIN(TestRecorder)
#include "tst_recorder.moc"
