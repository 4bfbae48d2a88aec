// SPDX-License-Identifier: Apache-2.0
#include "core/manifest/quantity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace signalbox::manifest {

namespace {

constexpr std::array<std::pair<std::string_view, double>, 15> kSuffixes{{
    {"", 1.0},
    {"n", 1e-9},
    {"u", 1e-6},
    {"m", 1e-3},
    {"k", 1e3},
    {"M", 1e6},
    {"G", 1e9},
    {"T", 1e12},
    {"P", 1e15},
    {"Ki", 1024.0},
    {"Mi", 1048576.0},
    {"Gi", 1073741824.0},
    {"Ti", 1099511627776.0},
    {"Pi", 1125899906842624.0},
    {"Ei", 1152921504606846976.0},
}};

std::optional<double> scaleOf(std::string_view suffix)
{
    for (const auto& [name, scale] : kSuffixes) {
        if (suffix == name) {
            return scale;
        }
    }
    if (suffix == "E") {
        return 1e18;
    }
    if (suffix.size() < 2 || (suffix[0] != 'e' && suffix[0] != 'E')) {
        return std::nullopt;
    }
    const std::string_view digits = suffix.substr(suffix[1] == '+' ? 2 : 1);
    int exponent = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
    const bool whole = error == std::errc() && end == digits.data() + digits.size();
    return whole && std::abs(exponent) <= 18 ? std::optional(std::pow(10.0, exponent)) : std::nullopt;
}

} // namespace

std::optional<std::int64_t> parseQuantity(std::string_view text)
{
    const bool negative = text.starts_with('-');
    const std::string_view magnitude = text.substr(negative || text.starts_with('+') ? 1 : 0);
    const std::size_t behind = std::min(magnitude.find_first_not_of("0123456789."), magnitude.size());
    const std::string_view digits = magnitude.substr(0, behind);
    double value = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed);
    const auto scale = scaleOf(magnitude.substr(behind));
    if (error != std::errc() || end != digits.data() + digits.size() || !scale) {
        return std::nullopt;
    }
    constexpr double kTooLarge = 9223372036854775808.0; // 2^63
    const double whole = std::ceil(value * *scale);
    if (whole >= kTooLarge) {
        return std::nullopt;
    }
    const auto result = static_cast<std::int64_t>(whole);
    return negative ? -result : result;
}

} // namespace signalbox::manifest
