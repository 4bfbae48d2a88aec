// SPDX-License-Identifier: Apache-2.0
#include "core/http/path.h"

#include <QtTest>

using namespace signalbox::http;

class TestPath : public QObject
{
    Q_OBJECT

private slots:
    void normalizes_data()
    {
        QTest::addColumn<QString>("target");
        QTest::addColumn<int>("kind");
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("query");
        using Kind = NormalizedTarget::Kind;
        const auto row = [](const char* target, Kind kind, const char* path, const char* query) {
            QTest::newRow(target) << target << static_cast<int>(kind) << path << query;
        };
        row("/v1/models", Kind::Path, "/v1/models", "");
        row("/v1/models?limit=1&a=/../", Kind::Path, "/v1/models", "?limit=1&a=/../");
        row("//v1//models", Kind::Path, "/v1/models", "");
        row("/v1/x/../chat/completions", Kind::Path, "/v1/chat/completions", "");
        row("/a/./b/", Kind::Path, "/a/b/", "");
        row("/../..", Kind::Path, "/", "");
        row("/v1/%6dodels", Kind::Path, "/v1/models", "");
        row("/v1/a%20b", Kind::Path, "/v1/a%20b", "");
        row("/v1/chat%2Fcompletions", Kind::Redirect, "/v1/chat/completions", "");
        row("/v1/chat%2fcompletions?x", Kind::Redirect, "/v1/chat/completions", "?x");
        row("/a//../b", Kind::Path, "/a/b", "");
        row("//..//b/..", Kind::Path, "/", "");
        row("/a%2F..%5c%2e%2E/b", Kind::Redirect, "/b", "");
        row("/%%34%31", Kind::Path, "/%2541", "");
        row("/%4%31%", Kind::Path, "/%2541%", "");
        row("/%25%34%31", Kind::Path, "/%2541", "");
        row("/v1/%", Kind::Path, "/v1/%", "");
        row("/v1/models#part", Kind::Refused, "/v1/models#part", "");
        row("v1", Kind::Refused, "v1", "");
        row("http://a.example.com:80/v1/models?x", Kind::Path, "/v1/models", "?x");
        row("http://a.example.com", Kind::Path, "/", "");
    }

    void normalizes()
    {
        QFETCH(QString, target);
        QFETCH(int, kind);
        QFETCH(QString, path);
        QFETCH(QString, query);
        const auto result = normalizeTarget(target.toStdString());
        QCOMPARE(static_cast<int>(result.kind), kind);
        QCOMPARE(QString::fromStdString(result.path), path);
        if (result.kind != NormalizedTarget::Kind::Refused) {
            QCOMPARE(QString::fromStdString(result.query), query);
        }
        if (isNormalTarget(target.toStdString())) { // the short cut agrees with the long way
            QCOMPARE(path + query, target);
        }
    }

    void takesTheHostOfAnAbsoluteTarget()
    {
        QCOMPARE(normalizeTarget("http://a.example.com:81/x").authority, std::string("a.example.com:81"));
        QVERIFY(normalizeTarget("/x").authority.empty());
    }
};

QTEST_GUILESS_MAIN(TestPath)
#include "tst_path.moc"
