// SPDX-License-Identifier: Apache-2.0
// The two users' guides, the built-in examples and the conformance manifests, read as they are.
#include "core/manifest/resource_reader.h"

#include <QtTest>

using namespace signalbox;
using namespace signalbox::manifest;

namespace {

struct Opened {
    LoadedDocuments loaded;
    Resources resources;
    text::Diagnostics problems;

    int count(text::Severity severity, std::string_view code = {}) const
    {
        return static_cast<int>(std::count_if(problems.begin(), problems.end(), [&](const text::Diagnostic& problem) {
            return problem.severity == severity && (code.empty() || problem.code == code);
        }));
    }

    std::string errorsAndWarnings() const
    {
        std::string text;
        for (const text::Diagnostic& problem : problems) {
            text += problem.severity != text::Severity::Info ? toText(problem) + '\n' : "";
        }
        return text;
    }
};

Opened opened(const std::string& input)
{
    SystemFiles files;
    Opened result;
    result.loaded = loadInputs({input}, files, SIGNALBOX_EXAMPLES);
    result.problems = result.loaded.diagnostics;
    result.resources = readResources(result.loaded.documents, result.problems);
    return result;
}

int lineOf(const text::Diagnostic& problem)
{
    return static_cast<int>(problem.place.source->positionAt(problem.place.span.begin).line);
}

const text::Diagnostic* find(const Opened& guide, text::Severity severity, std::string_view code)
{
    const auto found = std::find_if(guide.problems.begin(), guide.problems.end(),
        [&](const text::Diagnostic& problem) { return problem.severity == severity && problem.code == code; });
    return found != guide.problems.end() ? &*found : nullptr;
}

QByteArray contentOf(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

class TestGuides : public QObject
{
    Q_OBJECT

private slots:
    void readsGuideA()
    {
        const Opened guide = opened(SIGNALBOX_TEST_DATA "/guides/guide-a.txt");
        QVERIFY(!guide.loaded.unreadable);
        QCOMPARE(guide.loaded.documents.size(), std::size_t{22});
        QCOMPARE(QString::fromStdString(guide.errorsAndWarnings()), QString());
        const Resources& all = guide.resources;
        QCOMPARE(all.gatewayClasses.size(), std::size_t{1});
        QCOMPARE(all.gateways.size(), std::size_t{1});
        QCOMPARE(all.routes.size(), std::size_t{2});
        QCOMPARE(all.serviceBackends.size(), std::size_t{4});
        QCOMPARE(all.backends.size(), std::size_t{4});
        QCOMPARE(all.trafficPolicies.size(), std::size_t{1});
        QCOMPARE(all.clientPolicies.size(), std::size_t{1});
        QCOMPARE(all.inferenceServices.size(), std::size_t{4});
        QCOMPARE(all.others.size(), std::size_t{1});
        QCOMPARE(all.others[0].kind, std::string("EnvoyProxy"));
        QCOMPARE(all.clientPolicies[0].bufferLimit->value, std::int64_t{50} * 1024 * 1024);
        QCOMPARE(guide.count(text::Severity::Info, "api-deprecated"), 7);
    }

    void notesEqualDuplicatesInGuideA()
    {
        const Opened guide = opened(SIGNALBOX_TEST_DATA "/guides/guide-a.txt");
        QCOMPARE(guide.count(text::Severity::Info, "object-replaced"), 3);
        QList<int> lines;
        for (const text::Diagnostic& problem : guide.problems) {
            if (problem.code == "object-replaced") {
                lines << lineOf(problem);
            }
        }
        QCOMPARE(lines, (QList<int>{465, 559, 585}));
        // The last one wins: the primary backend is the one of ticket 2.
        const auto& backends = guide.resources.backends;
        QCOMPARE(backends[2].meta.name, std::string("envoy-ai-gateway-qwen-primary"));
        QCOMPARE(guide.loaded.sources[0]->positionAt(backends[2].meta.nameSpan.begin).line, 585U);
    }

    void placesFieldsOfGuideA()
    {
        const Opened guide = opened(SIGNALBOX_TEST_DATA "/guides/guide-a.txt");
        const AIGatewayRoute& route = guide.resources.routes[0];
        const text::SourceText& source = *route.meta.source;
        QCOMPARE(route.rules.size(), std::size_t{1});
        const BackendRef& secondary = route.rules[0].backendRefs[1];
        QCOMPARE(secondary.weight->value, std::int64_t{30});
        QCOMPARE(source.text().substr(secondary.weight->span.begin, secondary.weight->span.length()),
            std::string_view("30"));
        QVERIFY((source.positionAt(secondary.weight->span.begin) == text::Position{301, 19}));
        QCOMPARE(secondary.modelNameOverride->value, std::string("qwen2.5:0.5b"));
        const RetrySpec& retry = *guide.resources.trafficPolicies[0].settings.retry;
        QCOMPARE(retry.numAttemptsPerPriority->value, std::int64_t{1});
        QCOMPARE(retry.numRetries->value, std::int64_t{5});
        QCOMPARE(retry.httpStatusCodes->size(), std::size_t{7});
        QCOMPARE(retry.triggers->size(), std::size_t{2});
        QVERIFY(retry.perRetryTimeout->value == std::chrono::seconds(30));
        QVERIFY(retry.baseInterval->value == std::chrono::milliseconds(100));
        const InferenceService& service = guide.resources.inferenceServices[0];
        QVERIFY(service.runsOllama);
        QCOMPARE(service.pulledModels, std::vector<std::string>{"qwen2.5:0.5b"});
        QStringList names;
        for (const Document& document : guide.loaded.documents) {
            names << QString::fromStdString(document.fileName);
        }
        QCOMPARE(names.count("gateway-setup.yaml"), 4);
        QCOMPARE(names.count("model-virtualization.yaml"), 7);
        QCOMPARE(names.count("provider-fallback.yaml"), 6);
        QVERIFY(!names.contains(""));
    }

    void dropsOnlyThePolicyOfGuideB()
    {
        const Opened guide = opened(SIGNALBOX_TEST_DATA "/guides/guide-b.txt");
        QVERIFY(!guide.loaded.unreadable);
        QCOMPARE(guide.loaded.documents.size(), std::size_t{20});
        QCOMPARE(guide.count(text::Severity::Error), 1);
        QCOMPARE(guide.count(text::Severity::Warning), 0);
        const text::Diagnostic* refused = find(guide, text::Severity::Error, "object-refused");
        QVERIFY(refused != nullptr);
        QCOMPARE(lineOf(*refused), 644);
        QCOMPARE(refused->place.source->positionAt(refused->place.span.begin).column, 14U);
        QCOMPARE(QString::fromStdString(refused->message),
            QString("BackendTrafficPolicy default/envoy-ai-gateway-fallback-policy is refused: spec: Invalid value: "
                    "this policy "
                    "can only have a targetRefs[*].group of gateway.networking.k8s.io."));
        QVERIFY(guide.resources.trafficPolicies.empty());
        QCOMPARE(guide.resources.routes.size(), std::size_t{2});
        QCOMPARE(guide.resources.serviceBackends.size(), std::size_t{5});
        QCOMPARE(guide.resources.backends.size(), std::size_t{5});
    }

    void readsTheExamples_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<int>("documents");
        QTest::addColumn<int>("services");
        QTest::newRow("weighted split") << "weighted-split" << 14 << 3;
        QTest::newRow("provider fallback") << "provider-fallback" << 12 << 2;
    }

    void readsTheExamples()
    {
        QFETCH(QString, name);
        QFETCH(int, documents);
        QFETCH(int, services);
        const Opened example = opened("example:" + name.toStdString());
        QCOMPARE(QString::fromStdString(example.errorsAndWarnings()), QString());
        QCOMPARE(static_cast<int>(example.loaded.documents.size()), documents);
        QCOMPARE(static_cast<int>(example.resources.inferenceServices.size()), services);
        QCOMPARE(example.resources.routes.size(), std::size_t{1});
        QCOMPARE(example.resources.gateways.size(), std::size_t{1});
    }

    void examplesAreTheGuidesOwnBytes()
    {
        const QByteArray guide = contentOf(SIGNALBOX_TEST_DATA "/guides/guide-a.txt");
        int files = 0;
        QDirIterator entry(SIGNALBOX_EXAMPLES, {"*.yaml"}, QDir::Files, QDirIterator::Subdirectories);
        for (; entry.hasNext(); ++files) {
            const QByteArray content = contentOf(entry.next());
            const QByteArray fence = "**File: `" + entry.fileName().toUtf8() + "`**\n```yaml\n" + content + "```\n";
            QVERIFY2(guide.contains(fence), qPrintable(entry.fileName()));
        }
        QCOMPARE(files, 9);
    }

    void readsTheConformanceManifests_data()
    {
        QTest::addColumn<QString>("path");
        const QFileInfoList files =
            QDir(SIGNALBOX_CONFORMANCE "/manifests").entryInfoList({"*.yaml"}, QDir::Files, QDir::Name);
        for (const QFileInfo& file : files) {
            QTest::newRow(qPrintable(file.fileName())) << file.filePath();
        }
    }

    void readsTheConformanceManifests()
    {
        QFETCH(QString, path);
        const Opened manifest = opened(path.toStdString());
        QVERIFY(!manifest.loaded.unreadable);
        QVERIFY(!manifest.loaded.documents.empty());
        // guide-b.yaml is guide B as printed: its policy is the one object that a cluster refuses.
        if (path.endsWith("/guide-b.yaml")) {
            QCOMPARE(manifest.count(text::Severity::Error), 1);
            QVERIFY(manifest.resources.trafficPolicies.empty());
        } else {
            QCOMPARE(QString::fromStdString(manifest.errorsAndWarnings()), QString());
        }
    }
};

QTEST_GUILESS_MAIN(TestGuides)
#include "tst_guides.moc"
