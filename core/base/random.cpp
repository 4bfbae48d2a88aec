// SPDX-License-Identifier: Apache-2.0
#include "core/base/random.h"

#include <random>

namespace signalbox::base {
namespace {

std::uint64_t splitMix(std::uint64_t& state)
{
    std::uint64_t z = (state += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

/// The two hexadecimal digits of every byte.
constexpr std::array<char, 512> hexPairs()
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::array<char, 512> pairs{};
    for (std::size_t byte = 0; byte < 256; ++byte) {
        pairs[2 * byte] = digits[byte >> 4];
        pairs[2 * byte + 1] = digits[byte & 0xf];
    }
    return pairs;
}

constexpr std::uint64_t rotateLeft(std::uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

} // namespace

Random::Random(std::uint64_t seed)
{
    for (auto& word : m_state) {
        word = splitMix(seed);
    }
}

Random Random::stream(std::uint64_t runSeed, std::string_view name)
{
    std::uint64_t hash = 0xcbf29ce484222325U; // FNV-1a over the name
    for (const char c : name) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    }
    return Random(splitMix(runSeed) ^ hash);
}

std::uint64_t Random::next()
{
    const std::uint64_t result = rotateLeft(m_state[1] * 5, 7) * 9;
    const std::uint64_t t = m_state[1] << 17;
    m_state[2] ^= m_state[0];
    m_state[3] ^= m_state[1];
    m_state[1] ^= m_state[2];
    m_state[0] ^= m_state[3];
    m_state[2] ^= t;
    m_state[3] = rotateLeft(m_state[3], 45);
    return result;
}

std::uint64_t Random::below(std::uint64_t bound)
{
    return bound == 0 ? 0 : next() % bound;
}

double Random::unit()
{
    return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

std::uint64_t systemSeed()
{
    std::random_device device;
    return (std::uint64_t{device()} << 32) | device();
}

void writeUuid(Random& random, char (&out)[36])
{
    static constexpr std::array<char, 512> kHex = hexPairs();
    std::uint64_t high = random.next();
    std::uint64_t low = random.next();
    high = (high & ~0xf000U) | 0x4000U;                      // version 4
    low = (low & 0x3fffffffffffffffU) | 0x8000000000000000U; // variant 10
    std::size_t at = 0;
    for (unsigned byte = 0; byte < 16; ++byte) {
        if (byte == 4 || byte == 6 || byte == 8 || byte == 10) {
            out[at++] = '-';
        }
        const std::uint64_t word = byte < 8 ? high : low;
        const std::size_t pair = 2 * ((word >> (56 - 8 * (byte % 8))) & 0xff);
        out[at++] = kHex[pair];
        out[at++] = kHex[pair + 1];
    }
}

} // namespace signalbox::base
