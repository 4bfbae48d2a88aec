// SPDX-License-Identifier: Apache-2.0
#pragma once

// Seeded randomness. The engines and distributions are our own, so that a seed gives the same run
// with every standard library; a stream has a name and a seed derived from the run's seed, so that
// adding a consumer does not disturb the others (the idea of streams: L'Ecuyer et al. 2002).

#include <array>
#include <cstdint>
#include <string_view>

namespace signalbox::base {

/// One stream of random numbers: xoshiro256** (Blackman and Vigna 2018), seeded by SplitMix64.
/// Not thread-safe; copyable (a copy continues the same sequence).
class Random
{
public:
    explicit Random(std::uint64_t seed = 0);

    /// The stream `name` of the run with this seed, for example stream(seed, "worker/0/balancer").
    static Random stream(std::uint64_t runSeed, std::string_view name);

    /// Uniform over all 64-bit values. O(1), no allocation.
    std::uint64_t next();

    /// Uniform in [0, bound) as Envoy draws it: next() % bound (the bias is part of the behaviour).
    /// 0 when bound is 0.
    std::uint64_t below(std::uint64_t bound);

    /// Uniform in [0, 1) with 53 bits.
    double unit();

private:
    std::array<std::uint64_t, 4> m_state;
};

/// A seed taken from the operating system, for runs without --seed.
std::uint64_t systemSeed();

/// A random UUID (RFC 9562 version 4) in its 36-character lower-case form, written to `out`.
void writeUuid(Random& random, char (&out)[36]);

} // namespace signalbox::base
