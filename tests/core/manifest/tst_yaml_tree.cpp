// SPDX-License-Identifier: Apache-2.0
#include "core/manifest/input.h"
#include "core/manifest/yaml_tree.h"

#include <QtTest>

using namespace signalbox;
using namespace signalbox::manifest;

namespace {

text::SourceTextPtr sourceOf(std::string text)
{
    return std::make_shared<const text::SourceText>("t.yaml", std::move(text));
}

YamlNodePtr read(const text::SourceTextPtr& source, text::Diagnostics& problems)
{
    return readYaml(source, {0, source->text().size()}, problems);
}

std::string bytesAt(const text::SourceTextPtr& source, text::Span span)
{
    return std::string(source->text().substr(span.begin, span.length()));
}

std::string contentOf(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll().toStdString() : std::string();
}

/// Walks a tree and checks that every span holds exactly its value.
class SpanCheck
{
public:
    explicit SpanCheck(text::SourceTextPtr source) : m_source(std::move(source)) {}

    void check(const YamlNode& node, std::size_t column = 0, bool inSequence = false, bool inFlow = false)
    {
        if (!failure.empty()) {
            return;
        }
        expect(node.span.begin <= node.span.end && node.span.end <= m_source->text().size(), node, "span in the text");
        const std::string bytes = bytesAt(m_source, node.span);
        if (bytes.starts_with('*')) {
            return; // an alias: its children stand elsewhere
        }
        if (node.kind == YamlNode::Kind::Scalar) {
            checkScalar(
                node, inFlow ? "{k: " : std::string(column, ' ') + (inSequence ? "- " : "k: "), inFlow ? "}" : "");
        } else if (node.kind == YamlNode::Kind::Null) {
            expect(bytes.empty() || bytes == "~" || bytes == "null", node, "null literal");
        }
        std::size_t from = node.span.begin;
        const std::size_t own = m_source->positionAt(node.span.begin).column - 1;
        const bool flow = inFlow || bytes.starts_with('{') || bytes.starts_with('[');
        for (const YamlNodePtr& item : node.items) {
            checkChild(node, item->span, from);
            check(*item, own, true, flow);
            from = item->span.end;
        }
        for (const YamlNode::Entry& entry : node.entries) {
            checkChild(node, entry.keySpan, from);
            checkKey(entry, node);
            checkChild(node, entry.value->span, entry.keySpan.end);
            check(*entry.value, own, false, flow);
            from = entry.value->span.end;
        }
    }

    std::string failure;
    int scalars = 0;

private:
    void expect(bool holds, const YamlNode& node, const std::string& what)
    {
        if (!holds && failure.empty()) {
            const text::Position position = m_source->positionAt(node.span.begin);
            failure = m_source->name() + ':' + std::to_string(position.line) + ':' + std::to_string(position.column)
                + ' ' + what + " [" + bytesAt(m_source, node.span) + "]";
        }
    }

    void checkScalar(const YamlNode& node, const std::string& before, const std::string& behind)
    {
        ++scalars;
        const std::string upToIt = before + bytesAt(m_source, node.span);
        const auto again = sourceOf(upToIt + behind);
        text::Diagnostics problems;
        const YamlNodePtr tree = read(again, problems);
        expect(tree != nullptr, node, "re-parses");
        if (!tree) {
            return;
        }
        const YamlNode* value = tree->kind == YamlNode::Kind::Sequence ? tree->items.front().get() : tree->find("k");
        expect(value != nullptr && value->scalar == node.scalar, node, "the same scalar");
        expect(value != nullptr && value->span.end == upToIt.size(), node, "to the end of the span");
    }

    void checkKey(const YamlNode::Entry& entry, const YamlNode& node)
    {
        const auto again = sourceOf(bytesAt(m_source, entry.keySpan) + ": 1");
        text::Diagnostics problems;
        const YamlNodePtr tree = read(again, problems);
        expect(tree != nullptr && tree->entries.size() == 1 && tree->entries[0].key == entry.key, node,
            "key " + entry.key);
    }

    void checkChild(const YamlNode& node, text::Span child, std::size_t from)
    {
        expect(child.begin >= from && child.end <= node.span.end, node, "holds its children in order");
    }

    text::SourceTextPtr m_source;
};

} // namespace

class TestYamlTree : public QObject
{
    Q_OBJECT

private slots:
    void spansHoldTheirValues_data()
    {
        QTest::addColumn<QString>("path");
        for (const char* folder : {SIGNALBOX_TEST_DATA "/manifests", SIGNALBOX_CONFORMANCE "/manifests"}) {
            const QFileInfoList files = QDir(folder).entryInfoList({"*.yaml", "*.json"}, QDir::Files, QDir::Name);
            for (const QFileInfo& file : files) {
                QTest::newRow(qPrintable(file.fileName())) << file.filePath();
            }
        }
    }

    void spansHoldTheirValues()
    {
        QFETCH(QString, path);
        const auto source = sourceOf(contentOf(path));
        for (const text::Span span : splitDocuments(source->text())) {
            text::Diagnostics problems;
            const YamlNodePtr tree = readYaml(source, span, problems);
            QVERIFY2(tree, problems.empty() ? "" : problems.front().message.c_str());
            SpanCheck spans(source);
            spans.check(*tree);
            QVERIFY2(spans.failure.empty(), spans.failure.c_str());
            QVERIFY(spans.scalars > 0);
        }
    }

    void findsTheBytesOfAValue_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("bytes"); // of the value of "k"
        QTest::newRow("plain") << QByteArray("k: a b # c") << QByteArray("a b");
        QTest::newRow("plain with hash and colon") << QByteArray("k: a#b:c") << QByteArray("a#b:c");
        QTest::newRow("plain over lines") << QByteArray("k: a\n  b\n\n  c\nz: 1") << QByteArray("a\n  b\n\n  c");
        QTest::newRow("single quoted") << QByteArray("k: 'a''b' # c") << QByteArray("'a''b'");
        QTest::newRow("double quoted") << QByteArray("k: \"a\\\"b\\\\\" # c") << QByteArray("\"a\\\"b\\\\\"");
        QTest::newRow("quoted over lines") << QByteArray("k: \"a\n  b\"\nz: 1") << QByteArray("\"a\n  b\"");
        QTest::newRow("literal, clipped") << QByteArray("k: |\n  a\n\n\nz: 1") << QByteArray("|\n  a\n");
        QTest::newRow("literal, stripped") << QByteArray("k: |-\n  a\n\n\nz: 1") << QByteArray("|-\n  a");
        QTest::newRow("literal, kept") << QByteArray("k: |+\n  a\n\n\nz: 1") << QByteArray("|+\n  a\n\n\n");
        QTest::newRow("literal with a comment") << QByteArray("k: | # c\n  a\nz: 1") << QByteArray("| # c\n  a\n");
        QTest::newRow("literal with hashes")
            << QByteArray("k: |\n  # a\n  b\n# c\nz: 1") << QByteArray("|\n  # a\n  b\n");
        QTest::newRow("literal, CR LF") << QByteArray("k: |\r\n  a\r\nz: 1\r\n") << QByteArray("|\r\n  a\r\n");
        QTest::newRow("literal at the end") << QByteArray("k: |\n  a") << QByteArray("|\n  a");
        QTest::newRow("literal, empty") << QByteArray("k: |\nz: 1") << QByteArray("|");
        QTest::newRow("folded, indented") << QByteArray("k: >2\n   a\n  b\nz: 1") << QByteArray(">2\n   a\n  b\n");
        QTest::newRow("empty quoted") << QByteArray("k: \"\"\nz: 1") << QByteArray("\"\"");
        QTest::newRow("flow sequence") << QByteArray("k: [a, [b], ] # c") << QByteArray("[a, [b], ]");
        QTest::newRow("flow sequence with a comment") << QByteArray("k: [a, # ]\n  ]") << QByteArray("[a, # ]\n  ]");
        QTest::newRow("flow mapping") << QByteArray("k: {a: 1, b: , c}\nz: 1") << QByteArray("{a: 1, b: , c}");
        QTest::newRow("block mapping") << QByteArray("k:\n  a: 1\n  b:\n\nz: 1") << QByteArray("a: 1\n  b:");
        QTest::newRow("block sequence") << QByteArray("k:\n- a\n- b\n\nz: 1") << QByteArray("- a\n- b");
        QTest::newRow("anchor and tag stay outside") << QByteArray("k: &a !!str v\n") << QByteArray("v");
        QTest::newRow("anchor on a line of its own") << QByteArray("k: &a # c\n  x: 1") << QByteArray("x: 1");
        QTest::newRow("tag right before a quote") << QByteArray("k: !\"v\"\n") << QByteArray("\"v\"");
        QTest::newRow("verbatim tag") << QByteArray("k: !<tag:yaml.org,2002:str> v") << QByteArray("v");
        QTest::newRow("behind an explicit key") << QByteArray("? k\n: v\n? z") << QByteArray("v");
        QTest::newRow("behind an absent key with a tag") << QByteArray("! : v\nk: w") << QByteArray("w");
        QTest::newRow("alias") << QByteArray("a: &x 1\nk: *x # c") << QByteArray("*x");
        QTest::newRow("not ASCII") << QByteArray("\xC3\xA4: \xC3\xB6\nk: \xE2\x82\xAC x")
                                   << QByteArray("\xE2\x82\xAC x");
        QTest::newRow("byte-order mark") << QByteArray("\xEF\xBB\xBFk: v") << QByteArray("v");
        QTest::newRow("CR LF") << QByteArray("a: b\r\nk: v\r\nz: 1") << QByteArray("v");
        QTest::newRow("lone CR") << QByteArray("a: b\rk: v\rz: 1") << QByteArray("v");
        QTest::newRow("tilde") << QByteArray("k: ~ # c") << QByteArray("~");
        QTest::newRow("null on its own line") << QByteArray("k:\n  null\nz: 1") << QByteArray("null");
    }

    void findsTheBytesOfAValue()
    {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, bytes);
        const auto source = sourceOf(text.toStdString());
        text::Diagnostics problems;
        const YamlNodePtr tree = read(source, problems);
        QVERIFY(tree);
        const YamlNode* value = tree->find("k");
        QVERIFY(value);
        QCOMPARE(QByteArray::fromStdString(bytesAt(source, value->span)), bytes);
    }

    void placesAbsentValuesBehindTheirColon_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<int>("offset");
        QTest::newRow("last") << QByteArray("k:") << 2;
        QTest::newRow("before another key") << QByteArray("k:\nz: 1") << 2;
        QTest::newRow("before a comment") << QByteArray("k:   # c\n\nz: 1") << 2;
        QTest::newRow("before a key called null") << QByteArray("k:\nnull: 1") << 2;
        QTest::newRow("before a key called ~, quoted key") << QByteArray("\"k\" :\n~: 1") << 5;
        QTest::newRow("before an anchored key") << QByteArray("k:\n&a z: 1") << 2;
        QTest::newRow("anchored") << QByteArray("k: &a\nz: *a") << 5;
        QTest::newRow("tagged") << QByteArray("k: !!str\n\"z\": 1") << 8;
        QTest::newRow("explicit, before what only looks like a colon") << QByteArray("? k\n:x y\n? z") << 3;
        QTest::newRow("in flow") << QByteArray("{k: , null: 1}") << 3;
        QTest::newRow("in flow without a colon") << QByteArray("{k, z: 1}") << 2;
    }

    void placesAbsentValuesBehindTheirColon()
    {
        QFETCH(QByteArray, text);
        QFETCH(int, offset);
        text::Diagnostics problems;
        const YamlNodePtr tree = read(sourceOf(text.toStdString()), problems);
        QVERIFY(tree);
        const auto at = static_cast<std::size_t>(offset);
        QCOMPARE(tree->find("k")->span.begin, at);
        QCOMPARE(tree->find("k")->span.end, at);
    }

    void everyDocumentMayBeginWithAByteOrderMark()
    {
        const auto source = sourceOf("\xEF\xBB\xBF"
                                     "a: b\n---\n\xEF\xBB\xBF"
                                     "k: v\n");
        text::Diagnostics problems;
        const YamlNodePtr tree = readYaml(source, splitDocuments(source->text()).at(1), problems);
        QVERIFY(tree);
        QCOMPARE(bytesAt(source, tree->find("k")->span), std::string("v"));
    }

    void placesAbsentItemsBehindTheirDash()
    {
        const auto source = sourceOf("-\n- null\n-   # c\n- ~\n-");
        text::Diagnostics problems;
        const YamlNodePtr tree = read(source, problems);
        QVERIFY(tree);
        std::string spans;
        for (const YamlNodePtr& item : tree->items) {
            spans += std::to_string(item->span.begin) + '-' + std::to_string(item->span.end) + ' ';
        }
        QCOMPARE(spans, std::string("1-1 4-8 10-10 19-20 22-22 "));
    }

    void tellsStringsFromPlainScalars()
    {
        text::Diagnostics problems;
        const YamlNodePtr tree =
            read(sourceOf("a: 1\nb: \"1\"\nc: '1'\nd: |\n  1\ne: !!str 1\nf: \"\"\n'g': x\nh: !!str\n"), problems);
        QVERIFY(tree);
        std::string quoted;
        for (const YamlNode::Entry& entry : tree->entries) {
            quoted += entry.value->quoted ? entry.key : "";
        }
        QCOMPARE(quoted, std::string("bcdefh"));
        QCOMPARE(tree->find("d")->scalar, std::string("1\n"));
        QVERIFY(tree->find("f")->kind == YamlNode::Kind::Scalar);
    }

    void keepsDuplicatesAndWarns()
    {
        const auto source = sourceOf("a: 1\nb: 2\na: 3\nm: {x: 1, x: 2, x: 3}\n");
        text::Diagnostics problems;
        const YamlNodePtr tree = read(source, problems);
        QVERIFY(tree);
        QCOMPARE(tree->entries.size(), std::size_t{4});
        QCOMPARE(tree->find("a")->scalar, std::string("3"));
        QCOMPARE(problems.size(), std::size_t{3});
        text::sortByPlace(problems);
        QCOMPARE(problems[0].code, std::string("duplicate-key"));
        QVERIFY(problems[0].severity == text::Severity::Warning);
        QCOMPARE(source->positionAt(problems[0].place.span.begin).line, 3U);
    }

    void warnsAboutDuplicatesInLargeMappings()
    {
        std::string text;
        for (int i = 0; i < 50'000; ++i) {
            text += "key" + std::to_string(i) + ": 1\n";
        }
        text::Diagnostics problems;
        QVERIFY(read(sourceOf(text + "key7: 2\n"), problems));
        QCOMPARE(problems.size(), std::size_t{1});
    }

    void sharesWhatAliasesStandFor()
    {
        const auto source =
            sourceOf("base: &b {x: [1, 2]}\nk: *b\nm:\n  <<: *b\n  y: 3\nn:\n  <<: [*b, {z: 4}]\n  x: own\n");
        text::Diagnostics problems;
        const YamlNodePtr tree = read(source, problems);
        QVERIFY(tree);
        QCOMPARE(tree->find("k")->find("x"), tree->find("base")->find("x"));
        QCOMPARE(bytesAt(source, tree->find("k")->span), std::string("*b"));
        QCOMPARE(tree->find("m")->find("x")->items.size(), std::size_t{2});
        QCOMPARE(tree->find("n")->find("x")->scalar, std::string("own"));
        QCOMPARE(tree->find("n")->find("z")->scalar, std::string("4"));
        QCOMPARE(tree->find("n")->find("absent"), nullptr);
    }

    void readsJson()
    {
        const auto source = sourceOf(contentOf(SIGNALBOX_TEST_DATA "/manifests/tabs.json"));
        text::Diagnostics problems;
        const YamlNodePtr tree = read(source, problems);
        QVERIFY2(tree, problems.empty() ? "" : problems.front().message.c_str());
        const YamlNode* data = tree->find("data");
        QCOMPARE(data->find("tab")->scalar, std::string("a\tb/c"));
        QCOMPARE(data->find("emoji")->scalar, std::string("x \xF0\x9F\x98\x80 y"));
        QCOMPARE(bytesAt(source, data->find("emoji")->span), std::string("\"x \\ud83d\\ude00 y\""));
        QCOMPARE(bytesAt(source, data->find("numbers")->span), std::string("[1, -2.5e3, true, null]"));
        const YamlNodePtr escaped = read(sourceOf("{\"a\": \"\\\\ud83d\\\\ude00\"}"), problems);
        QCOMPARE(escaped->find("a")->scalar, std::string("\\ud83d\\ude00"));
    }

    void refuses_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("code");
        QTest::addColumn<int>("line");
        QTest::addColumn<int>("column");
        const QString invalid = "yaml-invalid";
        const QString limit = "yaml-limit";
        QTest::newRow("two values on a line") << QByteArray("a: b: c") << invalid << 1 << 5;
        QTest::newRow("tab as indentation") << QByteArray("a:\n\tb: 1") << invalid << 2 << 3;
        QTest::newRow("open bracket") << QByteArray("a: [b") << invalid << 1 << 6;
        QTest::newRow("open quote") << QByteArray("a: \"b") << invalid << 1 << 6;
        QTest::newRow("open quote before a line break") << QByteArray("a: 'b\n") << invalid << 1 << 4;
        QTest::newRow("open double quote before a line break") << QByteArray("a: \"b\n") << invalid << 1 << 4;
        QTest::newRow("open bracket before a line break") << QByteArray("a: [b\n") << invalid << 2 << 1;
        QTest::newRow("truncated flow") << QByteArray("a: {b: c") << invalid << 1 << 9;
        QTest::newRow("text behind the document") << QByteArray("{a: 1} b") << invalid << 1 << 8;
        QTest::newRow("unknown anchor") << QByteArray("a: *nope") << invalid << 1 << 4;
        QTest::newRow("alias in its own anchor") << QByteArray("&a [*a]") << invalid << 1 << 5;
        QTest::newRow("mapping as key") << QByteArray("? {a: 1}\n: 2") << invalid << 1 << 3;
        QTest::newRow("alias of a mapping as key") << QByteArray("a: &x {b: 1}\n*x : 2") << invalid << 2 << 1;
        QTest::newRow("control character") << QByteArray("a: 1\nb: x\x04y\n") << invalid << 2 << 5;
        QTest::newRow("invalid UTF-8") << QByteArray("a: 1\n\xC3\xA4: x\xFFy\n") << invalid << 2 << 5;
        QTest::newRow("reserved character") << QByteArray("a: @x") << invalid << 1 << 4;
        QTest::newRow("10,000 lists") << QByteArray(10'000, '[') + QByteArray(10'000, ']') << limit << 1 << 101;
        QTest::newRow("10,000 mappings") << QByteArray("{a: ").repeated(10'000) + QByteArray(10'000, '}') << limit << 1
                                         << 401;
        QTest::newRow("10,000 open lists") << QByteArray(10'000, '[') << invalid << 1 << 1;
        QTest::newRow("10,000 open mappings") << QByteArray("{a: ").repeated(10'000) << invalid << 1 << 1;
        QTest::newRow("10,000 dashes") << QByteArray("- ").repeated(10'000) << limit << 1 << 201;
        QTest::newRow("10,000 question marks") << QByteArray("? ").repeated(10'000) << invalid << 1 << 3;
        QTest::newRow("500 anchors on nothing") << QByteArray("&a ").repeated(500) << invalid << 1 << 4;
    }

    void refuses()
    {
        QFETCH(QByteArray, text);
        QFETCH(QString, code);
        QFETCH(int, line);
        QFETCH(int, column);
        const auto source = sourceOf(text.toStdString());
        text::Diagnostics problems;
        QVERIFY(!read(source, problems));
        QCOMPARE(problems.size(), std::size_t{1});
        QVERIFY2(QString::fromStdString(problems[0].code) == code, problems[0].message.c_str());
        const text::Position position = source->positionAt(problems[0].place.span.begin);
        QCOMPARE(static_cast<int>(position.line), line);
        QCOMPARE(static_cast<int>(position.column), column);
    }

    void allowsAHundredLevels()
    {
        text::Diagnostics problems;
        QVERIFY(read(sourceOf(std::string(100, '[') + std::string(100, ']')), problems));
        QVERIFY(!read(sourceOf(std::string(101, '[') + std::string(101, ']')), problems));
    }

    void boundsAliases()
    {
        std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
        for (int i = 1; i < 10; ++i) {
            const std::string of = "*a" + std::to_string(i - 1);
            bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + of;
            for (int j = 1; j < 10; ++j) {
                bomb += ", " + of;
            }
            bomb += "]\n";
        }
        text::Diagnostics problems;
        QVERIFY(!read(sourceOf(bomb), problems));
        QCOMPARE(problems.back().code, std::string("yaml-limit"));

        std::string deep = "a0: &a0 [x]\n";
        for (int i = 1; i < 120; ++i) {
            deep += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
        }
        QVERIFY(!read(sourceOf(deep), problems));
        QCOMPARE(problems.back().code, std::string("yaml-limit"));
    }

    void readsHugeDocuments()
    {
        std::string text = "items:\n";
        for (int i = 0; i < 100'000; ++i) {
            text += "- {name: x" + std::to_string(i) + ", value: ~}\n";
        }
        text::Diagnostics problems;
        const YamlNodePtr tree = read(sourceOf(text), problems);
        QVERIFY(tree);
        QCOMPARE(tree->find("items")->items.size(), std::size_t{100'000});
    }

    void readsEveryPrefixAndEveryLossWithoutHarm()
    {
        const std::string text = contentOf(SIGNALBOX_TEST_DATA "/manifests/scalars.yaml")
            + contentOf(SIGNALBOX_TEST_DATA "/manifests/flow.yaml");
        const auto harmless = [](std::string damaged) {
            const auto source = sourceOf(std::move(damaged));
            text::Diagnostics problems;
            const YamlNodePtr tree = read(source, problems);
            return tree ? tree->span.end <= source->text().size() : !problems.empty();
        };
        for (std::size_t i = 0; i < text.size(); ++i) {
            QVERIFY2(harmless(text.substr(0, i)), std::to_string(i).c_str());
            QVERIFY2(harmless(text.substr(0, i) + text.substr(i + 1)), std::to_string(i).c_str());
        }
    }
};

QTEST_GUILESS_MAIN(TestYamlTree)
#include "tst_yaml_tree.moc"
