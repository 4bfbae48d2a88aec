// SPDX-License-Identifier: Apache-2.0
#include "core/base/duration_text.h"

#include <array>
#include <utility>

namespace signalbox::base {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::pair<std::string_view, Duration>, 4> kUnits{{{"ms", 1ms}, {"h", 1h}, {"m", 1min}, {"s", 1s}}};

} // namespace

std::optional<Duration> parseDuration(std::string_view text)
{
    Duration total{};
    int groups = 0;
    while (!text.empty()) {
        std::int64_t number = 0;
        std::size_t digits = 0;
        while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
            if (digits == 5) {
                return std::nullopt;
            }
            number = number * 10 + (text[digits++] - '0');
        }
        text.remove_prefix(digits);
        bool known = false;
        for (const auto& [name, unit] : kUnits) {
            if (digits > 0 && text.starts_with(name)) {
                total += number * unit;
                text.remove_prefix(name.size());
                known = true;
                break;
            }
        }
        if (!known || ++groups > 4) {
            return std::nullopt;
        }
    }
    return groups > 0 ? std::optional(total) : std::nullopt;
}

std::string durationText(Duration duration)
{
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
    if (left <= 0) {
        return "0s";
    }
    std::string text;
    for (const auto& [size, unit] : {std::pair{3'600'000, "h"}, {60'000, "m"}, {1'000, "s"}, {1, "ms"}}) {
        if (left >= size) {
            text += std::to_string(left / size) + unit;
            left %= size;
        }
    }
    return text;
}

} // namespace signalbox::base
