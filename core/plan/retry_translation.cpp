// SPDX-License-Identifier: Apache-2.0
#include "core/plan/retry_translation.h"

#include "core/plan/resource_index.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace signalbox::plan {

namespace {

constexpr std::uint32_t kDefaultRetries = 2;
constexpr std::uint16_t kDefaultStatus = 503;
constexpr int kDefaultIntervalFactor = 10;

constexpr std::array<std::pair<std::string_view, RetryOn>, 13> kTriggers{{
    {"5xx", RetryOn::FiveXx},
    {"gateway-error", RetryOn::GatewayError},
    {"reset", RetryOn::Reset},
    {"reset-before-request", RetryOn::ResetBeforeRequest},
    {"connect-failure", RetryOn::ConnectFailure},
    {"retriable-4xx", RetryOn::Retriable4xx},
    {"refused-stream", RetryOn::RefusedStream},
    {"retriable-status-codes", RetryOn::RetriableStatusCodes},
    {"cancelled", RetryOn::Cancelled},
    {"deadline-exceeded", RetryOn::DeadlineExceeded},
    {"internal", RetryOn::Internal},
    {"resource-exhausted", RetryOn::ResourceExhausted},
    {"unavailable", RetryOn::Unavailable},
}};

constexpr std::uint32_t bit(RetryOn trigger)
{
    return static_cast<std::uint32_t>(trigger);
}

constexpr std::uint32_t kDefaultTriggers = bit(RetryOn::ConnectFailure) | bit(RetryOn::RefusedStream)
    | bit(RetryOn::Unavailable) | bit(RetryOn::Cancelled) | bit(RetryOn::RetriableStatusCodes);

std::uint32_t triggerBits(const std::vector<manifest::Field<std::string>>& names)
{
    std::uint32_t bits = 0;
    for (const auto& name : names) {
        for (const auto& [word, trigger] : kTriggers) {
            bits |= word == name.value ? bit(trigger) : 0U;
        }
    }
    return bits;
}

std::vector<std::uint16_t> statusCodes(const std::vector<manifest::Field<std::int64_t>>& numbers)
{
    std::vector<std::uint16_t> codes;
    for (const auto& number : numbers) {
        codes.push_back(static_cast<std::uint16_t>(std::clamp<std::int64_t>(number.value, 0, 999)));
    }
    std::sort(codes.begin(), codes.end());
    codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
    return codes;
}

void translateTriggers(const manifest::RetrySpec& spec, RetryPolicy& policy)
{
    policy.on = kDefaultTriggers;
    policy.statusCodes = {kDefaultStatus};
    // An empty retryOn object counts as absent; one with triggers alone loses the default code.
    if (!spec.triggers && !spec.httpStatusCodes) {
        return;
    }
    if (spec.triggers && !spec.triggers->empty()) {
        policy.on = triggerBits(*spec.triggers);
    }
    policy.statusCodes = spec.httpStatusCodes ? statusCodes(*spec.httpStatusCodes) : std::vector<std::uint16_t>();
}

void translateBackOff(const manifest::RetrySpec& spec, RetryTranslation& translation)
{
    using Verdict = RetryTranslation::Verdict;
    const base::Duration zero{};
    const auto& base = spec.baseInterval;
    const auto& max = spec.maxInterval;
    if (base && base->value <= zero) {
        translation.verdict = Verdict::Invalid;
        translation.reason = "retry.perRetry.backOff.baseInterval is 0s";
    } else if (max && max->value <= zero) {
        translation.verdict = Verdict::Invalid;
        translation.reason = "retry.perRetry.backOff.maxInterval is 0s";
    } else if (base && max && max->value < base->value) {
        translation.verdict = Verdict::Invalid;
        translation.reason = "retry.perRetry.backOff.maxInterval is less than baseInterval";
    } else if (max && !base) {
        translation.verdict = Verdict::FreezesGateway;
        translation.reason = "retry.perRetry.backOff has a maxInterval and no baseInterval";
    } else if (base) {
        translation.policy.baseInterval = base->value;
        translation.policy.maxInterval = max ? max->value : base->value * kDefaultIntervalFactor;
    }
}

} // namespace

RetryTranslation translateRetry(const manifest::RetrySpec& spec)
{
    RetryTranslation translation;
    RetryPolicy& policy = translation.policy;
    translateTriggers(spec, policy);
    policy.numRetries = spec.numRetries ? toUint32(spec.numRetries->value) : kDefaultRetries;
    policy.attemptsPerPriority = spec.numAttemptsPerPriority ? toUint32(spec.numAttemptsPerPriority->value) : 0;
    policy.perTryTimeout = valueOr(spec.perRetryTimeout, base::Duration{});
    policy.previousHosts = true;
    translateBackOff(spec, translation);
    return translation;
}

} // namespace signalbox::plan
