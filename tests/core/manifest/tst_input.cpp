// SPDX-License-Identifier: Apache-2.0
#include "core/manifest/guide.h"
#include "core/manifest/input.h"

#include <QtTest>

using namespace signalbox;
using namespace signalbox::manifest;

namespace {

/// Files in memory that counts how often each is read. A path that others begin with is a folder.
class MemoryFiles final : public FileAccess
{
public:
    std::map<std::string, std::string> files;
    std::map<std::string, int> reads;

    base::Result<std::string> read(const std::string& path) override
    {
        ++reads[path];
        const auto found = files.find(path);
        return found != files.end() ? base::Result<std::string>(found->second)
                                    : base::Result<std::string>(base::Error{"file-missing", "no " + path});
    }

    base::Result<std::vector<std::string>> list(const std::string& path) override
    {
        std::vector<std::string> names;
        for (const auto& file : files) {
            if (file.first.starts_with(path + "/")) {
                const std::string rest = file.first.substr(path.size() + 1);
                names.insert(names.begin(), rest.substr(0, rest.find('/')));
            }
        }
        return names.empty()
            ? base::Result<std::vector<std::string>>(base::Error{"folder-missing", "no folder " + path})
            : base::Result<std::vector<std::string>>(std::move(names));
    }
};

std::string object(const std::string& name)
{
    return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\n";
}

QString namesOf(const LoadedDocuments& loaded)
{
    std::string names;
    for (const Document& document : loaded.documents) {
        const YamlNode* metadata = document.tree ? document.tree->find("metadata") : nullptr;
        const YamlNode* name = metadata != nullptr ? metadata->find("name") : nullptr;
        names += (names.empty() ? "" : " ") + (name != nullptr ? name->scalar : "?");
    }
    return QString::fromStdString(names);
}

QString codesOf(const LoadedDocuments& loaded)
{
    std::string codes;
    for (const text::Diagnostic& diagnostic : loaded.diagnostics) {
        codes += (codes.empty() ? "" : " ") + diagnostic.code;
    }
    return QString::fromStdString(codes);
}

LoadedDocuments loadedText(const std::string& name, const std::string& content)
{
    LoadedDocuments loaded;
    loadText(std::make_shared<const text::SourceText>(name, content), loaded);
    return loaded;
}

} // namespace

class TestInput : public QObject
{
    Q_OBJECT

private slots:
    void splitsDocuments_data()
    {
        QTest::addColumn<QByteArray>("yaml");
        QTest::addColumn<QStringList>("documents");
        QTest::newRow("none") << QByteArray() << QStringList();
        QTest::newRow("comments only") << QByteArray("# a\n\n---\n# b\n") << QStringList();
        QTest::newRow("one") << QByteArray("a: 1\n") << QStringList{"a: 1\n"};
        QTest::newRow("two") << QByteArray("a: 1\n---\nb: 2") << QStringList{"a: 1\n", "b: 2"};
        QTest::newRow("leading marker") << QByteArray("# c\n---\na: 1\n") << QStringList{"a: 1\n"};
        QTest::newRow("end marker") << QByteArray("a: 1\n...\n---\nb: 2\n...\n") << QStringList{"a: 1\n", "b: 2\n"};
        QTest::newRow("content on the marker")
            << QByteArray("--- {a: 1}\n--- # c\nb: 2\n") << QStringList{" {a: 1}\n", "b: 2\n"};
        QTest::newRow("directive") << QByteArray("%YAML 1.2\n---\na: 1\n") << QStringList{"a: 1\n"};
        QTest::newRow("not a marker") << QByteArray("a: ---\n----: 1\n---x: 2\n ---\n")
                                      << QStringList{"a: ---\n----: 1\n---x: 2\n ---\n"};
        QTest::newRow("in a block scalar")
            << QByteArray("a: |\n  ---\n  x\n---\nb: 1\n") << QStringList{"a: |\n  ---\n  x\n", "b: 1\n"};
        QTest::newRow("CR LF") << QByteArray("a: 1\r\n---\r\nb: 2\r\n") << QStringList{"a: 1\r\n", "b: 2\r\n"};
        QTest::newRow("lone CR") << QByteArray("a: 1\r---\rb: 2") << QStringList{"a: 1\r", "b: 2"};
        QTest::newRow("byte-order mark") << QByteArray("\xEF\xBB\xBF---\na: 1\n") << QStringList{"a: 1\n"};
        QTest::newRow("comments stay") << QByteArray("a: 1\n# end\n---\n# head\nb: 2\n")
                                       << QStringList{"a: 1\n# end\n", "# head\nb: 2\n"};
    }

    void splitsDocuments()
    {
        QFETCH(QByteArray, yaml);
        QFETCH(QStringList, documents);
        QStringList found;
        for (const text::Span span :
            splitDocuments(std::string_view(yaml.constData(), static_cast<std::size_t>(yaml.size())))) {
            found << QString::fromUtf8(
                yaml.mid(static_cast<qsizetype>(span.begin), static_cast<qsizetype>(span.length())));
        }
        QCOMPARE(found, documents);
    }

    void readsFilesFoldersAndStandardInput()
    {
        MemoryFiles files;
        files.files = {{"d/b.yml", object("b")}, {"d/a.yaml", object("a")},
            {"d/c.json", "{\"kind\": \"X\", \"metadata\": {\"name\": \"c\"}}"}, {"d/x.signalbox.yaml", object("x")},
            {"d/notes.md", "no"}, {"d/sub/e.yaml", object("e")}, {"f.yaml", object("f") + "---\n" + object("g")},
            {"-", object("in")}};
        const LoadedDocuments loaded = loadInputs({"d", "-", "f.yaml"}, files, "ex");
        QCOMPARE(namesOf(loaded), QString("a b c in f g"));
        QCOMPARE(codesOf(loaded), QString());
        QVERIFY(!loaded.unreadable);
        QCOMPARE(loaded.sources.size(), std::size_t{5});
        QCOMPARE(loaded.sources[0]->name(), std::string("d/a.yaml"));
        QCOMPARE(loaded.sources[3]->name(), std::string("-"));
    }

    void readsEveryFileOnce()
    {
        MemoryFiles files;
        files.files = {{"d/a.yaml", object("a")}, {"-", object("in")}};
        const LoadedDocuments loaded = loadInputs({"d/a.yaml", "d", "./d//a.yaml", "-", "-"}, files, "ex");
        QCOMPARE(namesOf(loaded), QString("a in"));
        for (const auto& [path, count] : files.reads) {
            QVERIFY2(count == 1, path.c_str());
        }
    }

    void reportsEveryInputThatCannotBeRead()
    {
        MemoryFiles files;
        files.files = {{"empty/readme.md", ""}, {"bin.yaml", std::string("a\0b", 3)},
            {"latin.yaml", "\xFF\xFE\xFD\xFC abc"}, {"bad.yaml", "a: [1\n---\n" + object("good") + "---\nb: 'x\n"},
            {"w.signalbox.yaml", "x"}, {"w.yaml", "apiVersion: signalbox/v1alpha1\nkind: Workspace\n"},
            {"ex/one/a.yaml", object("a")}, {"ex/two/b.yaml", object("b")}};
        const LoadedDocuments loaded =
            loadInputs({"empty", "missing.yaml", "bin.yaml", "latin.yaml", "bad.yaml", "w.signalbox.yaml", "w.yaml",
                           "example:three", "example:../ex/one"},
                files, "ex");
        QCOMPARE(codesOf(loaded),
            QString("folder-empty file-missing file-binary file-binary yaml-invalid yaml-invalid workspace-unsupported "
                    "workspace-unsupported example-unknown example-unknown"));
        QVERIFY(loaded.unreadable);
        QCOMPARE(namesOf(loaded), QString("? good ?"));
        QVERIFY(loaded.diagnostics[8].message.find("example:one, example:two") != std::string::npos);
        for (const text::Diagnostic& diagnostic : loaded.diagnostics) {
            QVERIFY(diagnostic.severity == text::Severity::Error);
        }
    }

    void refusesHugeFiles()
    {
        MemoryFiles files;
        files.files = {{"huge.yaml", std::string(kMaxInputBytes + 1, ' ')}};
        const LoadedDocuments loaded = loadInputs({"huge.yaml"}, files, "ex");
        QCOMPARE(codesOf(loaded), QString("file-too-large"));
        QVERIFY(loaded.unreadable);
        QVERIFY(loaded.sources.empty());
    }

    void readsExamples()
    {
        MemoryFiles files;
        files.files = {{"ex/one/a.yaml", object("a")}};
        QCOMPARE(namesOf(loadInputs({"example:one"}, files, "ex")), QString("a"));
        QCOMPARE(codesOf(loadInputs({"example:one"}, files, "elsewhere")), QString("example-unknown"));
    }

    void warnsAboutAFileWithoutDocuments()
    {
        const LoadedDocuments loaded = loadedText("a.yaml", "# nothing\n---\n");
        QCOMPARE(codesOf(loaded), QString("no-documents"));
        QVERIFY(!loaded.unreadable);
        QCOMPARE(codesOf(loadedText("a.md", "Nothing.\n```yaml\nreplicas: 2\n```\n")), QString("no-documents"));
    }

    void expandsLists()
    {
        const LoadedDocuments loaded = loadedText("l.yaml",
            "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: A\n  metadata: {name: a}\n- kind: BList\n  "
            "items:\n  - {kind: B, metadata: {name: b}}\n");
        QCOMPARE(namesOf(loaded), QString("a b"));
        const Document& first = loaded.documents.front();
        QCOMPARE(first.source->positionAt(first.span.begin).line, 4U);
    }

    void findsFences_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QStringList>("fences"); // "NAME|content"
        QTest::newRow("plain") << QByteArray("```yaml\na: 1\n```\n") << QStringList{"|a: 1\n"};
        QTest::newRow("tildes, longer, yml")
            << QByteArray("~~~~ yml title=x\n~~~\na\n~~~~\n") << QStringList{"|~~~\na\n"};
        QTest::newRow("upper case") << QByteArray("```YAML\na\n```") << QStringList{"|a\n"};
        QTest::newRow("unclosed") << QByteArray("```yaml\na: 1\n") << QStringList{"|a: 1\n"};
        QTest::newRow("indented") << QByteArray("1. x\n   ```yaml\n   a: 1\n   ```\n") << QStringList{"|   a: 1\n"};
        QTest::newRow("inside another fence")
            << QByteArray("````md\n```yaml\na\n```\n````\n```yaml\nb\n```\n") << QStringList{"|b\n"};
        QTest::newRow("other language") << QByteArray("```bash\na\n```\n```yamlish\nb\n```\n") << QStringList();
        QTest::newRow("not a fence") << QByteArray("``yaml\na\n``\n```a`b\nx\n") << QStringList();
        QTest::newRow("bold name") << QByteArray("**File: `a.yaml`**\n\n```yaml\na\n```\n```yaml\nb\n```\n")
                                   << QStringList{"a.yaml|a\n", "|b\n"};
        QTest::newRow("bold name, other forms")
            << QByteArray("**File:** `a.yaml`\n```yaml\na\n```\n**file**: b.yml (new)\n```yaml\nb\n```\n")
            << QStringList{"a.yaml|a\n", "b.yml|b\n"};
        QTest::newRow("cat in a shell fence")
            << QByteArray("```bash\ncat > c.yaml\n```\n```yaml\nc\n```\n") << QStringList{"c.yaml|c\n"};
        QTest::newRow("cat in prose") << QByteArray("Use `cat > c.yaml`:\n```yaml\nc\n```\n")
                                      << QStringList{"c.yaml|c\n"};
        QTest::newRow("here-document") << QByteArray(
            "```bash\ncat > c.yaml <<EOF\nkind: X\nEOF\n```\n```yaml\nc\n```\n")
                                       << QStringList{"|c\n"};
        QTest::newRow("name of another fence")
            << QByteArray("**File: x.sh**\n```bash\nls\n```\n```yaml\na\n```\n") << QStringList{"|a\n"};
        QTest::newRow("name before a heading")
            << QByteArray("**File: a.yaml**\n## Next\n```yaml\na\n```\n") << QStringList{"|a\n"};
    }

    void findsFences()
    {
        QFETCH(QByteArray, text);
        QFETCH(QStringList, fences);
        QStringList found;
        for (const Fence& fence :
            findFences(std::string_view(text.constData(), static_cast<std::size_t>(text.size())))) {
            found << QString::fromStdString(fence.fileName) + '|'
                    + QString::fromUtf8(text.mid(
                        static_cast<qsizetype>(fence.span.begin), static_cast<qsizetype>(fence.span.length())));
        }
        QCOMPARE(found, fences);
    }

    void readsGuidesWhereTheyStand()
    {
        const std::string guide =
            "# Gr\xC3\xBC\xC3\x9F"
            "e\n\n1. First\n\n   **File: a.yaml**\n   ```yaml\n   # one\n   kind: A\n   metadata:\n     name: a\n"
            "     text: |\n       x\n       ---\n   ---\n   kind: B\n   metadata: {name: b}\n   "
            "```\n\n```yaml\nreplicas: 2\n```\n";
        const LoadedDocuments loaded = loadedText("g.md", guide);
        QCOMPARE(namesOf(loaded), QString("a b"));
        QCOMPARE(loaded.documents[0].fileName, std::string("a.yaml"));
        QCOMPARE(loaded.documents[1].fileName, std::string("a.yaml"));
        QCOMPARE(loaded.documents[0].tree->find("metadata")->find("text")->scalar, std::string("x\n---\n"));
        const text::Position position =
            loaded.sources[0]->positionAt(loaded.documents[1].tree->find("kind")->span.begin);
        QCOMPARE(position.line, 15U);
        QCOMPARE(position.column, 10U);
    }

    void reportsOnlyBrokenFencesThatAreManifests()
    {
        const LoadedDocuments loaded =
            loadedText("g.txt", "```yaml\n{{ template }}: [\n```\n```yaml\nkind: A\nmetadata: [\n```\n");
        QCOMPARE(codesOf(loaded), QString("yaml-invalid"));
        QVERIFY(loaded.unreadable);
        QCOMPARE(loaded.diagnostics[0].place.source->positionAt(loaded.diagnostics[0].place.span.begin).line, 7U);
    }

    void knowsAGuideByItsNameOrText_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<bool>("guide");
        QTest::newRow("md") << "a.MD" << QByteArray("x") << true;
        QTest::newRow("markdown") << "a.markdown" << QByteArray("x") << true;
        QTest::newRow("txt") << "a.txt" << QByteArray("kind: X") << true;
        QTest::newRow("stdin, manifest") << "-" << QByteArray("kind: X\n") << false;
        QTest::newRow("stdin, guide") << "-" << QByteArray("# T\nDo this:\n```yaml\nkind: X\n```\n") << true;
        QTest::newRow("fence in a block scalar")
            << "a.yaml" << QByteArray("kind: ConfigMap\ndata:\n  a: |\n    ```yaml\n    x\n    ```\n") << false;
        QTest::newRow("fence in JSON") << "a.json" << QByteArray("{\"a\": \"```\"}") << false;
        QTest::newRow("prose without fence") << "-" << QByteArray("Note: x\n") << false;
    }

    void knowsAGuideByItsNameOrText()
    {
        QFETCH(QString, name);
        QFETCH(QByteArray, text);
        QFETCH(bool, guide);
        QCOMPARE(isGuide(name.toStdString(), text.toStdString()), guide);
    }

    void readsTheFileSystem()
    {
        QTemporaryDir folder;
        const auto write = [&](const char* name, const QByteArray& content) {
            QFile file(folder.filePath(name));
            QVERIFY(file.open(QIODevice::WriteOnly));
            file.write(content);
        };
        write("b.yaml", QByteArray::fromStdString(object("b")));
        write("a.yml", QByteArray::fromStdString(object("a")) + QByteArray(200'000, '#'));
        SystemFiles files;
        const std::string path = folder.path().toStdString();
        QCOMPARE(namesOf(loadInputs({path}, files, "")), QString("a b"));
        QCOMPARE(namesOf(loadInputs({path + "/a.yml"}, files, "")), QString("a"));
        QCOMPARE(codesOf(loadInputs({path + "/none"}, files, "")), QString("file-missing"));
        QCOMPARE(files.list(path + "/none").error().code, std::string("folder-missing"));
        QCOMPARE(files.read(path).error().code, std::string("file-unreadable"));
    }
};

QTEST_GUILESS_MAIN(TestInput)
#include "tst_input.moc"
