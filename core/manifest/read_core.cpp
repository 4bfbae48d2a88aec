// SPDX-License-Identifier: Apache-2.0
// Secret and KServe's InferenceService.
#include "core/manifest/kind_readers.h"

#include <algorithm>
#include <cctype>

namespace signalbox::manifest {

namespace {

int base64Value(char c)
{
    constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const std::size_t at = kAlphabet.find(c);
    return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

// RFC 4648 with padding; line breaks inside are skipped, as Go does.
std::optional<std::string> decodeBase64(std::string_view text)
{
    std::string digits(text);
    std::erase_if(digits, [](char c) { return c == '\n' || c == '\r'; });
    if (digits.size() % 4 != 0) {
        return std::nullopt;
    }
    const std::size_t padding = digits.ends_with("==") ? 2 : digits.ends_with('=') ? 1 : 0;
    digits.resize(digits.size() - padding);
    std::string bytes;
    unsigned bits = 0;
    int count = 0;
    for (const char c : digits) {
        const int value = base64Value(c);
        if (value < 0) {
            return std::nullopt;
        }
        bits = (bits << 6U | static_cast<unsigned>(value)) & 0xFFFFU;
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes += static_cast<char>(static_cast<unsigned char>(bits >> static_cast<unsigned>(count)));
        }
    }
    return bytes;
}

void readEncoded(FieldReader& root, Secret& secret)
{
    for (auto& [key, encoded] : root.stringMap("data")) {
        if (auto bytes = decodeBase64(encoded)) {
            secret.data[key] = std::move(*bytes);
        } else {
            const YamlNode* value = root.node().find("data")->find(key);
            root.refuse(value->span, "Invalid value: the value of \"" + key + "\" is not base64", "data");
        }
    }
}

bool isBlank(char c)
{
    return c == ' ' || c == '\t';
}

bool containsOllama(std::string image)
{
    std::transform(
        image.begin(), image.end(), image.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return image.find("ollama") != std::string::npos;
}

// The next word of a shell command, without quotes; empty at the end of the command.
std::string_view nextWord(std::string_view& command)
{
    constexpr std::string_view kEnds = " \t\r\n;&|()<>`";
    command.remove_prefix(std::min(command.find_first_not_of(" \t"), command.size()));
    if (command.starts_with('"') || command.starts_with('\'')) {
        const std::size_t close = command.find(command.front(), 1);
        const std::string_view word = command.substr(1, close == std::string_view::npos ? close : close - 1);
        command.remove_prefix(close == std::string_view::npos ? command.size() : close + 1);
        return word;
    }
    const std::string_view word = command.substr(0, command.find_first_of(kEnds));
    command.remove_prefix(word.size());
    return word.substr(0, word.find_first_of("\"'"));
}

// The models of every "ollama pull MODEL" in a shell command.
void findPulls(std::string_view command, std::vector<std::string>& models)
{
    constexpr std::string_view kProgram = "ollama";
    for (std::size_t at = command.find(kProgram); at != std::string_view::npos; at = command.find(kProgram, at + 1)) {
        std::string_view rest = command.substr(at + kProgram.size());
        if (rest.empty() || !isBlank(rest.front()) || nextWord(rest) != "pull") {
            continue;
        }
        std::string_view model = nextWord(rest);
        while (model.starts_with('-')) {
            model = nextWord(rest);
        }
        const bool known =
            model.empty() || model.starts_with('$') || std::find(models.begin(), models.end(), model) != models.end();
        if (!known) {
            models.emplace_back(model);
        }
    }
}

void readContainer(FieldReader& container, InferenceService& service)
{
    container.allowUnknown();
    const Optional<std::string> image = container.string("image");
    service.runsOllama = service.runsOllama || (image && containsOllama(image->value));
    // ["ollama", "pull", "m"] and ["sh", "-c", "ollama pull m"] are the same to the reader of a command line.
    std::string command;
    for (const std::string_view field : {"command", "args"}) {
        for (const Field<std::string>& word : container.strings(field)) {
            command += word.value + ' ';
        }
    }
    findPulls(command, service.pulledModels);
}

} // namespace

Secret readSecret(FieldReader& root, const ObjectMeta&)
{
    Secret secret;
    readEncoded(root, secret);
    for (auto& [key, value] : root.stringMap("stringData")) {
        secret.data[key] = std::move(value);
    }
    root.string("type");
    root.boolean("immutable");
    return secret;
}

InferenceService readInferenceService(FieldReader& root, const ObjectMeta&)
{
    InferenceService service;
    root.object("spec", [&](FieldReader& spec) {
        const auto readPredictor = [&](FieldReader& predictor) {
            predictor.each("containers", {}, [&](FieldReader& container) { readContainer(container, service); });
            // A pod's fields and one per serving runtime: too many to tell a slip from a legal field.
            predictor.allowUnknown();
        };
        spec.object("predictor", readPredictor, Presence::Required);
        spec.known({"canary", "explainer", "transformer"});
    });
    return service;
}

} // namespace signalbox::manifest
