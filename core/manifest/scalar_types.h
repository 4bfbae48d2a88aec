// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a plain scalar means to Kubernetes: the core schema as Kubernetes' YAML reader has it, except that
// only true and false (True, TRUE, …) are booleans and not yes, no, on, off.

#include "core/manifest/yaml_tree.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace signalbox::manifest {

enum class ScalarType { String, Integer, Number, Boolean };

/// The type of a scalar node; quoted and block scalars are strings.
ScalarType typeOf(const YamlNode& scalar);

/// "string", "integer", "number", "boolean", "array", "object" or "null": a node's type in messages.
std::string_view typeName(const YamlNode& node);

/// The value of an Integer, or of a Number without a fraction (50.0, 1e3). Beyond 64 bits: the nearest
/// value of 64 bits. Knows 0x, 0o, 0b, a leading 0 for octal, and _ between digits.
std::optional<std::int64_t> integerOf(const YamlNode& scalar);

/// The value of an Integer or Number; nothing for .inf and .nan, which JSON does not have.
std::optional<double> numberOf(const YamlNode& scalar);

std::optional<bool> booleanOf(const YamlNode& scalar);

/// Whether two values are equal as data: layout, comments, quoting style and the order of keys do not count.
bool sameContent(const YamlNode& a, const YamlNode& b);

} // namespace signalbox::manifest
