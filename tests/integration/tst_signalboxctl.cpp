// SPDX-License-Identifier: Apache-2.0
// The program as its users and their scripts meet it: exit codes, texts, signals.
#include "tests/support/program.h"
#include "tests/support/running_proxy.h"

#include <QFile>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QtTest>

using namespace signalbox;
using namespace signalbox::test;
using namespace std::chrono_literals;

namespace {

const QString kGuideA = SIGNALBOX_TEST_DATA "/guides/guide-a.txt";
const QString kGuideB = SIGNALBOX_TEST_DATA "/guides/guide-b.txt";
const QString kAnyPort = "127.0.0.1:0";

QString manifests(const char* name)
{
    return QString(SIGNALBOX_CONFORMANCE "/manifests/") + name;
}

void write(const QString& path, const QByteArray& content)
{
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(content);
}

QString bind(const char* name, const ScriptedBackend& backend)
{
    return QString(name) + "=" + QString::fromStdString(backend.url());
}

} // namespace

class TestSignalboxctl : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        QVERIFY(m_folder.isValid());
        const QByteArray gateway = QByteArray::fromStdString(manifestText({{"m", {{"a"}}, {}, {}}}));
        write(path("good.yaml"), gateway);
        write(path("broken.yaml"), "a: b\n  c: [1\n");
        write(path("binary.yaml"), QByteArray("\x7f\x45\x4c\x46\x00\x01\xff\xfe", 8).repeated(500));
        write(path("nothing.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n");
        write(path("empty.yaml"), "");
        write(path("wrong.yaml"),
            gateway + "---\n" + QByteArray::fromStdString(manifestText({{"n", {{"b"}}, "{numRetries: -1}", {}}})));
        QByteArray second = gateway;
        second.replace("name: gw", "name: other").replace("name: m,", "name: m2,");
        write(path("several.yaml"), gateway + "---\n" + second);
        write(path("shared.yaml"),
            QByteArray::fromStdString(manifestText({{"m", {{"a"}, {"b"}}, {}, {}}}))
                .replace("b.upstream.test", "a.upstream.test"));
        QVERIFY(QDir(m_folder.path()).mkdir("folder"));
    }

    void saysItsVersion()
    {
        Program option({"--version"});
        QCOMPARE(option.exitCode(), 0);
        QVERIFY(option.output().startsWith("signalboxctl "));
        Program verb({"version"});
        QCOMPARE(verb.exitCode(), 0);
        QVERIFY(verb.output().contains("Envoy AI Gateway"));
        Program json({"version", "--json"});
        QCOMPARE(json.json().value("semantics").toObject().value("ai_gateway").toString(), QString("1.1.0"));
        QCOMPARE(json.exitCode(), 0);
        for (const QStringList& help : {QStringList{"--help"}, QStringList{"run", "--help"},
                 QStringList{"check", "--help"}, QStringList{"version", "--help"}}) {
            Program program(help);
            QCOMPARE(program.exitCode(), 0);
            QVERIFY(program.output().startsWith("Example: signalboxctl "));
        }
    }

    /// `check` and `run` end in the same way for what cannot be served.
    void endsWithCodes_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("text");
        const auto both = [this](const char* name, const QString& file, int code, const QString& text) {
            QTest::addRow("check: %s", name) << QStringList{"check", file} << code << text;
            QTest::addRow("run: %s", name) << QStringList{"run", file, "--listen", kAnyPort} << code << text;
        };
        QTest::newRow("check: fine") << QStringList{"check", "good.yaml"} << 0 << "No problems in 1 file";
        QTest::newRow("check: two files")
            << QStringList{"check", manifests("gateway.yaml"), manifests("ai-bodies.yaml")} << 0
            << "No problems in 2 files";
        QTest::newRow("check: example") << QStringList{"check", "example:weighted-split"} << 0 << "No problems in";
        QTest::newRow("check: findings") << QStringList{"check", "wrong.yaml"} << 1 << "wrong.yaml:";
        QTest::newRow("check: guide B") << QStringList{"check", kGuideB} << 1 << ":644:14: error: BackendTrafficPolicy";
        both("broken YAML", "broken.yaml", 3, "broken.yaml:2:4: error: ");
        both("binary file", "binary.yaml", 3, "binary.yaml:1:1: error: ");
        both("missing file", "missing.yaml", 3, "\"missing.yaml\"");
        both("empty folder", "folder", 3, "\"folder\"");
        both("empty file", "empty.yaml", 3, "empty.yaml");
        both("no Gateway", "nothing.yaml", 3, "nothing to serve");
        both("unknown example", "example:weighted-spilt", 3, "example:weighted-split");
        both("several Gateways", "several.yaml", 2, "--gateway default/other");
        QTest::newRow("unknown Gateway") << QStringList{"run", "good.yaml", "--gateway", "nope"} << 2
                                         << "--gateway default/gw";
        QTest::newRow("chosen Gateway") << QStringList{"check", "several.yaml", "--level", "error", "--gateway",
            "default/other"} << 0 << "";
        QTest::newRow("no verb") << QStringList{} << 2 << "--help";
        QTest::newRow("mistyped verb") << QStringList{"chek", "good.yaml"} << 2 << "'chek'; did you mean check?";
        QTest::newRow("unknown verb") << QStringList{"frobnicate"} << 2 << "'frobnicate'";
        QTest::newRow("mistyped option") << QStringList{"check", "--levle", "info", "good.yaml"} << 2
                                         << "did you mean --level?";
        QTest::newRow("mistyped value") << QStringList{"check", "--level", "eror", "good.yaml"} << 2
                                        << "did you mean error?";
        QTest::newRow("unknown value") << QStringList{"check", "--level", "7", "good.yaml"} << 2
                                       << "error, warning, info";
        QTest::newRow("no file") << QStringList{"run"} << 2 << "FILE";
        QTest::newRow("no number") << QStringList{"run", "good.yaml", "--seed", "x"} << 2 << "--seed";
        const auto refusesBind = [](const char* name, const QStringList& binds, const QString& text,
                                     const QString& file = "good.yaml") {
            QStringList arguments{"run", file, "--listen", kAnyPort};
            for (const QString& bind : binds) {
                arguments << "--bind" << bind;
            }
            QTest::newRow(name) << arguments << 2 << text;
        };
        refusesBind(
            "bind: mistyped backend", {"qwen-primry=http://127.0.0.1:9"}, "did you mean qwen-primary?", kGuideA);
        refusesBind("bind: unknown backend", {"zzzzzz=http://127.0.0.1:9"}, "no such backend");
        refusesBind("bind: no target", {"a"}, "BACKEND=TARGET");
        refusesBind("bind: no backend", {"=http://127.0.0.1:9"}, "BACKEND=TARGET");
        refusesBind("bind: empty target", {"a="}, "no target");
        refusesBind("bind: path", {"a=http://127.0.0.1:9/v1"}, "has a path");
        refusesBind("bind: query", {"a=http://127.0.0.1:9?x=1"}, "--bind a");
        refusesBind("bind: user", {"a=http://me@127.0.0.1:9"}, "--bind a");
        refusesBind("bind: other scheme", {"a=ftp://127.0.0.1"}, "no target");
        refusesBind("bind: https", {"a=https://127.0.0.1"}, "https");
        refusesBind("bind: port", {"a=http://127.0.0.1:99999"}, "no port");
        refusesBind("bind: port 0", {"a=http://127.0.0.1:0"}, "no port");
        refusesBind("bind: no host", {"a=http://:80"}, "no host");
        refusesBind("bind: once too often", {"a=http://127.0.0.1:8", "a=http://127.0.0.1:9"}, "1 endpoint");
        refusesBind("bind: two targets for one endpoint", {"a=http://127.0.0.1:8", "b=http://127.0.0.1:9"},
            "already bound to http://127.0.0.1:8", "shared.yaml");
        QTest::newRow("listen: form") << QStringList{"run", "good.yaml", "--listen", "nonsense"} << 2 << "ADDRESS:PORT";
        QTest::newRow("listen: port") << QStringList{"run", "good.yaml", "--listen", "127.0.0.1:70000"} << 2
                                      << "ADDRESS:PORT";
        QTest::newRow("listen: mistyped listener")
            << QStringList{"run", "good.yaml", "--listen", "htp=127.0.0.1:0"} << 2 << "did you mean http?";
        QTest::newRow("listen: everyone")
            << QStringList{"run", "good.yaml", "--listen", "0.0.0.0:0"} << 2 << "--listen-anyone";
        QTest::newRow("listen: everyone by IPv6")
            << QStringList{"run", "good.yaml", "--listen", "[::]:0"} << 2 << "--listen-anyone";
        QTest::newRow("listen: not ours") << QStringList{"run", "good.yaml", "--listen", "203.0.113.1:0",
            "--listen-anyone"} << 4 << "cannot listen on 203.0.113.1:0";
    }

    void endsWithCodes()
    {
        QFETCH(QStringList, arguments);
        QFETCH(int, code);
        QFETCH(QString, text);
        Program program(arguments, {}, m_folder.path());
        const int ended = program.exitCode();
        const QString said = program.output() + program.messages();
        QVERIFY2(ended == code && said.contains(text), qPrintable(QString("exit %1: %2").arg(ended).arg(said)));
    }

    /// What could not be read has its own findings; that nothing is left to serve is no news then.
    void findsOnlyCauses()
    {
        Program program({"check", "--json", "broken.yaml"}, {}, m_folder.path());
        QCOMPARE(program.exitCode(), 3);
        const QJsonArray findings = program.json().value("findings").toArray();
        QCOMPARE(findings.size(), 1);
        const QJsonObject finding = findings.first().toObject();
        QCOMPARE(finding.value("code").toString(), QString("yaml-invalid"));
        QCOMPARE(finding.value("level").toString(), QString("error"));
        QCOMPARE(finding.value("file").toString(), QString("broken.yaml"));
        QCOMPARE(finding.value("line").toInt(), 2);
        QCOMPARE(finding.value("column").toInt(), 4);
        QVERIFY(finding.contains("message") && finding.contains("end_line") && finding.contains("end_column"));
    }

    void readsStandardInput()
    {
        Program check({"check", "-"}, "a: b\n  c: [1\n");
        QCOMPARE(check.exitCode(), 3);
        QVERIFY(check.output().contains(":2:4: error: "));
        QFile guide(kGuideA);
        QVERIFY(guide.open(QIODevice::ReadOnly));
        ScriptedBackend backend(answers("primary"));
        Program run({"run", "-", "--listen", kAnyPort, "--bind", bind("qwen-primary", backend)}, guide.readAll());
        const std::uint16_t port = run.readyPort();
        QVERIFY(port != 0);
        QCOMPARE(contentOf(askOnce(port, chatRequest("qwen-with-fallback"))), std::string("primary"));
    }

    void namesWhoHoldsAPort()
    {
        ScriptedBackend holder(answers("holder"));
        Program program({"run", kGuideA, "--listen", "127.0.0.1:" + QString::number(holder.port())});
        QCOMPARE(program.exitCode(), 4);
        const QByteArray said = program.messages();
        QVERIFY2(said.contains("process " + QByteArray::number(QCoreApplication::applicationPid())), said.constData());
        QVERIFY(said.contains("--listen 127.0.0.1:0"));
    }

    void servesTheGuide()
    {
        ScriptedBackend primary(answers("primary"));
        ScriptedBackend secondary(answers("secondary"));
        ScriptedBackend tertiary(answers("tertiary"));
        Program program({"run", kGuideA, "--listen", kAnyPort, "--seed", "5", "--bind", bind("qwen-primary", primary),
            "--bind", bind("default/envoy-ai-gateway-qwen-secondary", secondary), "--bind",
            bind("envoy-ai-gateway-qwen-tertiary", tertiary)});
        const std::uint16_t port = program.readyPort();
        QVERIFY(port != 0);
        std::map<std::string, int> counts;
        for (int i = 0; i < 20; ++i) {
            ++counts[contentOf(askOnce(port, chatRequest("virtual-qwen-model")))];
        }
        QCOMPARE(counts["primary"] + counts["secondary"] + counts["tertiary"], 20);
        QVERIFY(std::abs(counts["primary"] - 10) <= 1);
        for (int i = 0; i < 20; ++i) {
            const QByteArray line = program.line();
            QVERIFY2(line.contains(" 200 virtual-qwen-model ") && line.contains(": qwen-"), line.constData());
        }
        const QByteArray said = program.messages();
        QVERIFY(said.contains("seed 5"));
        QVERIFY(said.contains("qwen-fallback") && said.contains("is not bound"));
        program.signal(SIGTERM);
        QCOMPARE(program.exitCode(), 0);
    }

    void printsJson()
    {
        ScriptedBackend fallback([](Visit& visit) { visit.socket.send(answerOf(completionBody("fallback"))); });
        Program program(
            {"run", kGuideA, "--json", "--listen", kAnyPort, "--seed", "5", "--bind", bind("qwen-fallback", fallback)});
        const QJsonObject ready = program.json();
        QCOMPARE(ready.value("event").toString(), QString("ready"));
        QCOMPARE(ready.value("seed").toInt(), 5);
        const QString url = ready.value("url").toString();
        QVERIFY(url.startsWith("http://127.0.0.1:"));
        const QJsonArray servers = ready.value("servers").toArray();
        QCOMPARE(servers.size(), 4);
        for (const QJsonValue& server : servers) {
            for (const char* key : {"name", "url", "models", "backends"}) {
                QVERIFY2(server.toObject().contains(key), key);
            }
        }
        const auto port = static_cast<std::uint16_t>(url.mid(url.lastIndexOf(':') + 1).toUShort());
        QCOMPARE(askOnce(port, chatRequest("qwen-with-fallback")).status(), 200);
        QCOMPARE(askOnce(port, chatRequest("unknown")).status(), 404);

        const QJsonObject request = program.json();
        for (const char* key : {"event", "id", "time", "model", "route", "rule", "attempts", "status", "bytes_in",
                 "bytes_out", "first_ms", "total_ms", "tokens"}) {
            QVERIFY2(request.contains(key), key);
        }
        QCOMPARE(request.value("event").toString(), QString("request"));
        QCOMPARE(request.value("id").toInt(), 1);
        QCOMPARE(request.value("model").toString(), QString("qwen-with-fallback"));
        QCOMPARE(request.value("route").toString(), QString("default/envoy-ai-gateway-fallback"));
        QCOMPARE(request.value("status").toInt(), 200);
        QCOMPARE(request.value("bytes_in").toInt(), static_cast<int>(chatBody("qwen-with-fallback").size()));
        QCOMPARE(request.value("tokens").toObject().value("input").toInt(), 3);
        QCOMPARE(request.value("tokens").toObject().value("output").toInt(), 5);
        const QJsonArray attempts = request.value("attempts").toArray();
        QCOMPARE(attempts.size(), 2);
        for (const QJsonValue& attempt : attempts) {
            for (const char* key : {"backend", "name", "endpoint", "address", "priority", "model", "outcome", "reason",
                     "status", "start_ms", "end_ms"}) {
                QVERIFY2(attempt.toObject().contains(key), key);
            }
        }
        QCOMPARE(attempts[0].toObject().value("outcome").toString(), QString("refused"));
        QCOMPARE(attempts[0].toObject().value("name").toString(), QString("qwen-primary"));
        QCOMPARE(attempts[1].toObject().value("outcome").toString(), QString("ok"));
        QCOMPARE(attempts[1].toObject().value("address").toString(), QString("127.0.0.1:%1").arg(fallback.port()));
        QCOMPARE(attempts[1].toObject().value("priority").toInt(), 1);
        QCOMPARE(attempts[1].toObject().value("model").toString(), QString("qwen2.5:0.5b"));

        const QJsonObject unknown = program.json();
        QCOMPARE(unknown.value("id").toInt(), 2);
        QCOMPARE(unknown.value("status").toInt(), 404);
        program.signal(SIGINT);
        QCOMPARE(program.exitCode(), 130);
    }

    // ---- signals

    void drainsOnSignals_data()
    {
        QTest::addColumn<int>("number");
        QTest::addColumn<int>("code");
        QTest::newRow("SIGTERM") << SIGTERM << 0;
        QTest::newRow("SIGINT") << SIGINT << 130;
    }

    /// The running request ends and is printed; nobody else gets in.
    void drainsOnSignals()
    {
        QFETCH(int, number);
        QFETCH(int, code);
        Gate gate;
        ScriptedBackend slow([&](Visit& visit) {
            gate.wait();
            visit.socket.send(answerOf(completionBody("slow")));
        });
        Program program({"run", "good.yaml", "--listen", kAnyPort, "--bind", bind("a", slow)}, {}, m_folder.path());
        const std::uint16_t port = program.readyPort();
        QVERIFY(port != 0);
        RawClient client(port);
        client.send(chatRequest("m"));
        QVERIFY(slow.waitForRequests(1));
        program.signal(number);
        QVERIFY(waitUntilRefused(port));
        QVERIFY(program.isRunning());
        gate.open();
        const Message answer = client.answer();
        QCOMPARE(contentOf(answer), std::string("slow"));
        QVERIFY(answer.closes());
        client.socket().close();
        QCOMPARE(program.exitCode(), code);
        QVERIFY2(program.output().contains(" 200 m "), "the last request is not printed");
    }

    void secondInterruptStopsAtOnce()
    {
        ScriptedBackend hanging([](Visit& visit) { visit.socket.readToEnd(); });
        Program program({"run", "good.yaml", "--listen", kAnyPort, "--bind", bind("a", hanging)}, {}, m_folder.path());
        const std::uint16_t port = program.readyPort();
        RawClient client(port);
        client.send(chatRequest("m"));
        QVERIFY(hanging.waitForRequests(1));
        program.signal(SIGINT);
        QVERIFY(waitUntilRefused(port));
        QVERIFY(program.isRunning());
        program.signal(SIGINT);
        QCOMPARE(program.exitCode(), 130);
        QVERIFY(client.isEnded());
    }

    void listensForEveryoneWhenAllowed()
    {
        ScriptedBackend backend(answers("a"));
        Program program({"run", "good.yaml", "--listen", "0.0.0.0:0", "--listen-anyone", "--workers", "2", "--bind",
                            bind("a", backend)},
            {}, m_folder.path());
        const std::uint16_t port = program.readyPort();
        QVERIFY(port != 0);
        QCOMPARE(contentOf(askOnce(port, chatRequest("m"))), std::string("a"));
    }

private:
    QString path(const char* name) const { return m_folder.filePath(name); }

    QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(TestSignalboxctl)
#include "tst_signalboxctl.moc"
