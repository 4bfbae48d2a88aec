// SPDX-License-Identifier: Apache-2.0
#pragma once

// The lexical half of reading JSON as the gateway's decoder (bytedance/sonic, case-sensitive, without validation of
// strings) reads it: raw control characters and invalid UTF-8 inside strings pass, numbers, literals and punctuation
// are strict, and what a typed field does not look at is only skipped (ai-gateway 3.2).

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace signalbox::chat {

/// One string token. `raw` lies between the quotes.
struct JsonString {
    std::string_view raw;
    bool escaped = false; ///< `raw` holds backslashes

    /// The text that is meant: `raw`, or its unescaped form written to `storage`. Escapes must be valid.
    std::string_view text(std::string& storage) const;
};

/// A cursor over one text. Every step returns false on the first problem, which problem() and at() then describe; the
/// cursor must not be used afterwards. Never reads outside the text, never recurses; a Scanner allocates nothing.
class JsonScanner
{
public:
    /// Deepest nesting below a value that is skipped, as sonic has it.
    static constexpr int kMaximumDepth = 4096;

    /// How much of a skipped value is looked at.
    enum class Check {
        Syntax, ///< members that nobody reads: escapes may be wrong, numbers of any size
        Values, ///< values that are decoded without a type: escapes are valid, numbers fit a double
    };

    explicit JsonScanner(std::string_view text)
        : m_begin(text.data()),
          m_at(text.data()),
          m_end(text.data() + text.size())
    {}

    /// The byte at the cursor, 0 at the end of the text.
    char peek() const { return m_at != m_end ? *m_at : '\0'; }
    bool atEnd() const { return m_at == m_end; }
    std::size_t at() const { return static_cast<std::size_t>(m_at - m_begin); }
    std::string_view textFrom(std::size_t begin) const { return {m_begin + begin, at() - begin}; }
    const char* problem() const { return m_problem; }

    void skipSpace()
    {
        while (m_at != m_end && (*m_at == ' ' || *m_at == '\n' || *m_at == '\t' || *m_at == '\r')) {
            ++m_at;
        }
    }

    /// Steps over `wanted` if it is next.
    bool take(char wanted)
    {
        if (peek() != wanted || atEnd()) {
            return false;
        }
        ++m_at;
        return true;
    }

    bool fail(const char* problem)
    {
        m_problem = problem;
        return false;
    }

    /// A string token; `checkEscapes` refuses escapes that mean nothing.
    bool string(JsonString& out, bool checkEscapes);
    /// A number token in the exact grammar.
    bool number(std::string_view& out);
    /// null, true or false.
    bool literal(std::string_view word);
    /// Any value with everything in it.
    bool skip(Check check);

    /// The first byte of a member's value: after `"name" :` and white space. The name's escapes are checked.
    bool memberName(JsonString& name, bool checkEscapes);

private:
    bool scalar(Check check);

    const char* m_begin;
    const char* m_at;
    const char* m_end;
    const char* m_problem = "";
};

/// Whether a number token's value is finite as a double (like strconv.ParseFloat: too small gives zero).
bool fitsDouble(std::string_view number, double& value);

/// Undoes escapes; lone surrogates become U+FFFD. `raw` must hold valid escapes only.
std::string unescaped(std::string_view raw);

} // namespace signalbox::chat
