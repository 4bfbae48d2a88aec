// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one way to fail: a value or an Error. Member names are those of std::expected, which may
// replace this type once the compilers of the floor (GCC 12, Clang 14) have it.

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace signalbox::base {

/// An expected failure. `code` is stable and what tests compare ("file-unreadable"); `message` is a
/// sentence for people that says what was found and what was expected.
struct Error {
    std::string code;
    std::string message;
};

template<typename T, typename E = Error>
class [[nodiscard]] Result
{
public:
    Result(T value) : m_state(std::in_place_index<0>, std::move(value)) {} // NOLINT(google-explicit-constructor)
    Result(E error) : m_state(std::in_place_index<1>, std::move(error)) {} // NOLINT(google-explicit-constructor)

    bool has_value() const { return m_state.index() == 0; }
    explicit operator bool() const { return has_value(); }

    T& value() &
    {
        assert(has_value());
        return *std::get_if<0>(&m_state);
    }
    const T& value() const&
    {
        assert(has_value());
        return *std::get_if<0>(&m_state);
    }
    T&& value() &&
    {
        assert(has_value());
        return std::move(*std::get_if<0>(&m_state));
    }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    const E& error() const&
    {
        assert(!has_value());
        return *std::get_if<1>(&m_state);
    }

private:
    std::variant<T, E> m_state;
};

} // namespace signalbox::base
