// SPDX-License-Identifier: Apache-2.0
#include "core/chat/json_edit.h"

#include <QtTest>

using namespace signalbox::chat;

class TestJsonEdit : public QObject
{
    Q_OBJECT

private slots:
    // What tidwall/sjson makes of these.
    void sets_data()
    {
        QTest::addColumn<QString>("json");
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("expected");
        QTest::newRow("absent") << "{}"
                                << "z"
                                << R"({"z":9})";
        QTest::newRow("space around is lost") << " {} "
                                              << "z"
                                              << R"({"z":9})";
        QTest::newRow("space inside stays") << "{ }"
                                            << "z"
                                            << R"({ "z":9})";
        QTest::newRow("behind others") << R"({"a":1 })"
                                       << "z"
                                       << R"({"a":1 ,"z":9})";
        QTest::newRow("in place") << R"(  {"a":1} )"
                                  << "a"
                                  << R"(  {"a":9} )";
        QTest::newRow("the first of two") << R"({"a":1,"a":2})"
                                          << "a"
                                          << R"({"a":9,"a":2})";
        QTest::newRow("escaped name") << R"({"\u0061":1})"
                                      << "a"
                                      << R"({"\u0061":9})";
        QTest::newRow("not a nested one") << R"({"x":{"a":1}})"
                                          << "a"
                                          << R"({"x":{"a":1},"a":9})";
        QTest::newRow("nested") << R"({"a":{"b":1}})"
                                << "a.b"
                                << R"({"a":{"b":9}})";
        QTest::newRow("nested, made") << R"({"x":1})"
                                      << "a.b.c"
                                      << R"({"x":1,"a":{"b":{"c":9}}})";
        QTest::newRow("a scalar gives way") << R"({"a":1})"
                                            << "a.b"
                                            << R"({"a":{"b":9}})";
        QTest::newRow("null gives way") << "null"
                                        << "a"
                                        << R"({"a":9})";
        QTest::newRow("element") << R"({"b":[1,2]})"
                                 << "b.1"
                                 << R"({"b":[1,9]})";
        QTest::newRow("inside an element") << R"({"b":[1,{"c":3}]})"
                                           << "b.1.c"
                                           << R"({"b":[1,{"c":9}]})";
        QTest::newRow("far element") << R"({"b":[1, 2]})"
                                     << "b.4"
                                     << R"({"b":[1,2,null,null,9]})";
        QTest::newRow("new list") << "{}"
                                  << "b.2.c"
                                  << R"({"b":[null,null,{"c":9}]})";
        QTest::newRow("behind the last") << R"({"b":[1, 2]})"
                                         << "b.-1"
                                         << R"({"b":[1, 2,9]})";
        QTest::newRow("dot in a name") << R"({"a":{"b":1},"a.b":2})"
                                       << "a\\.b"
                                       << R"({"a":{"b":1},"a.b":9})";
        QTest::newRow("a number as name") << R"({"a":{}})"
                                          << "a.:0"
                                          << R"({"a":{"0":9}})";
        QTest::newRow("list without index") << "[1]"
                                            << "a"
                                            << "[1]";
        QTest::newRow("wildcard") << R"({"a":1})"
                                  << "*"
                                  << R"({"a":1})";
        QTest::newRow("huge index") << "{}"
                                    << "b.99999999"
                                    << R"({"b":{"99999999":9}})";
        QTest::newRow("empty path") << R"({"a":1})"
                                    << ""
                                    << R"({"a":1})";
    }

    void sets()
    {
        QFETCH(QString, json);
        QFETCH(QString, path);
        QFETCH(QString, expected);
        QCOMPARE(QString::fromStdString(setMember(json.toStdString(), path.toStdString(), "9")), expected);
    }

    void removes_data()
    {
        QTest::addColumn<QString>("json");
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("expected");
        QTest::newRow("only") << R"({"a":1})"
                              << "a"
                              << "{}";
        QTest::newRow("first") << R"({ "a":1 , "b":2})"
                               << "a"
                               << R"({ "b":2})";
        QTest::newRow("last") << R"({"b":2 , "a":1 })"
                              << "a"
                              << R"({"b":2  })";
        QTest::newRow("middle") << R"({"x":"q","a":1,"y":2})"
                                << "a"
                                << R"({"x":"q","y":2})";
        QTest::newRow("the first of two") << R"({"a":1,"a":2})"
                                          << "a"
                                          << R"({"a":2})";
        QTest::newRow("nested") << R"({"a":{"c":1,"d":2},"b":3})"
                                << "a.c"
                                << R"({"a":{"d":2},"b":3})";
        QTest::newRow("element") << R"({"b":[1,2,3]})"
                                 << "b.1"
                                 << R"({"b":[1,3]})";
        QTest::newRow("last element") << R"({"b":[1,2,3]})"
                                      << "b.-1"
                                      << R"({"b":[1,2]})";
        QTest::newRow("absent") << R"({"a":1})"
                                << "z"
                                << R"({"a":1})";
        QTest::newRow("absent below") << R"({"a":1})"
                                      << "a.c"
                                      << R"({"a":1})";
        QTest::newRow("punctuation in strings") << "{\"k{,\\\"\":\"x,y\\\"{\",\"a\":2}"
                                                << "a"
                                                << "{\"k{,\\\"\":\"x,y\\\"{\"}";
        QTest::newRow("null") << "null"
                              << "a"
                              << "null";
    }

    void removes()
    {
        QFETCH(QString, json);
        QFETCH(QString, path);
        QFETCH(QString, expected);
        QCOMPARE(QString::fromStdString(removeMember(json.toStdString(), path.toStdString())), expected);
    }

    void mutationValues_data()
    {
        QTest::addColumn<QString>("value");
        QTest::addColumn<QString>("expected");
        for (const char* raw :
            {"0.5", "42", "-1", "1e5", "+5", "true", "false", "null", "\"flex\"", "{}", "[1, 2]", " 5 "}) {
            QTest::newRow(raw) << raw << raw;
        }
        QTest::newRow("word") << "scale"
                              << "\"scale\"";
        QTest::newRow("empty") << ""
                               << "\"\"";
        QTest::newRow("not quite a number") << "1.5x"
                                            << "\"1.5x\"";
        QTest::newRow("unit") << "5s"
                              << "\"5s\"";
        QTest::newRow("True") << "True"
                              << "\"True\"";
        QTest::newRow("quotes") << "say \"no\""
                                << "\"say \\\"no\\\"\"";
    }

    void mutationValues()
    {
        QFETCH(QString, value);
        QFETCH(QString, expected);
        QCOMPARE(QString::fromStdString(mutationValue(value.toStdString())), expected);
    }

    void strings()
    {
        QCOMPARE(quoted("say \"no\"\n\ttab \\ \xc3\xa9 <b>&\r"),
            std::string("\"say \\\"no\\\"\\n\\ttab \\\\ \xc3\xa9 <b>&\\r\""));
        QCOMPARE(
            quoted(std::string_view("\0\b\f\x1f\x7f\xff", 6)), std::string("\"\\u0000\\u0008\\u000c\\u001f\x7f\xff\""));
        QCOMPARE(stringMember("a<b\x7f"), std::string("\"a<b\x7f\""));
        QCOMPARE(stringMember("a<b\""), std::string("\"a\\u003cb\\\"\""));
        QCOMPARE(stringMember("mod\xc3\xa8le &"), std::string("\"mod\xc3\xa8le \\u0026\""));
        QCOMPARE(stringMember("\b\f\x01\xff\xc0\x80\xed\xa0\x80"),
            std::string("\"\\b\\f\\u0001\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\""));
        QCOMPARE(stringMember("\xe2\x80\xa8\xf0\x9f\x98\x80"), std::string("\"\\u2028\xf0\x9f\x98\x80\""));
    }

    void textThatIsNoJsonIsSafe()
    {
        for (const char* text :
            {"", "{", "{\"a\"", "{\"a\":", "[", "[1,", "--b", "{\"a\":1}}", "\"", "{\"a\":{\"b\""}) {
            for (const char* path : {"a", "a.b", "0", "a.-1", "..", "a\\"}) {
                setMember(text, path, "1");
                removeMember(text, path);
            }
        }
    }
};

QTEST_GUILESS_MAIN(TestJsonEdit)
#include "tst_json_edit.moc"
