// SPDX-License-Identifier: Apache-2.0
#include "core/workspace/workspace.h"

#include <algorithm>
#include <charconv>
#include <numeric>

namespace signalbox::workspace {
namespace {

using proxy::Binding;

std::string targetText(const Binding& binding)
{
    switch (binding.kind) {
    case Binding::Kind::Manifest:
        return "manifest";
    case Binding::Kind::Url:
        return "http://" + binding.host + ":" + std::to_string(binding.port);
    case Binding::Kind::None:
        break;
    }
    return "simulated";
}

std::optional<std::uint16_t> readPort(std::string_view text)
{
    unsigned port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size() || port > 65535) {
        return std::nullopt;
    }
    return static_cast<std::uint16_t>(port);
}

/// Splits "host:port" (or "[v6]:port"); the port may be absent.
bool splitAuthority(std::string_view text, std::string& host, std::string_view& port)
{
    if (text.starts_with('[')) {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos || (close + 1 < text.size() && text[close + 1] != ':')) {
            return false;
        }
        host = text.substr(1, close - 1);
        port = close + 1 < text.size() ? text.substr(close + 2) : std::string_view{};
        return true;
    }
    const std::size_t colon = text.rfind(':');
    host = text.substr(0, colon);
    port = colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
    return !host.empty();
}

std::variant<Binding, BindProblem> readTarget(const std::string& backend, std::string_view target)
{
    Binding binding;
    if (target == "simulated") {
        return binding;
    }
    if (target == "manifest") {
        binding.kind = Binding::Kind::Manifest;
        return binding;
    }
    const std::string whole(target);
    if (target.find(',') != std::string_view::npos) {
        return BindProblem{"--bind " + backend + ": options behind a comma (" + whole.substr(whole.find(','))
            + ") are not offered yet"};
    }
    if (target.starts_with("https://")) {
        return BindProblem{"--bind " + backend + ": https targets are not offered yet; use an http:// URL"};
    }
    if (!target.starts_with("http://")) {
        return BindProblem{"--bind " + backend + ": '" + whole
            + "' is no target; use simulated, manifest or a base URL such as http://127.0.0.1:11434"};
    }
    target.remove_prefix(std::string_view("http://").size());
    if (target.ends_with('/')) {
        target.remove_suffix(1);
    }
    if (target.find('/') != std::string_view::npos) {
        return BindProblem{
            "--bind " + backend + ": " + whole + " has a path; the path comes from the manifest (schema.prefix)"};
    }
    if (target.find_first_of("?#@\\ ") != std::string_view::npos) {
        return BindProblem{
            "--bind " + backend + ": " + whole + " is more than a base URL; the form is http://HOST:PORT"};
    }
    std::string_view portText;
    if (!splitAuthority(target, binding.host, portText)) {
        return BindProblem{"--bind " + backend + ": " + whole + " names no host"};
    }
    const auto port = portText.empty() ? std::optional<std::uint16_t>(80) : readPort(portText);
    if (!port || *port == 0) {
        return BindProblem{"--bind " + backend + ": '" + std::string(portText) + "' is no port (1 to 65535)"};
    }
    binding.kind = Binding::Kind::Url;
    binding.port = *port;
    binding.address = base::parseAddress(binding.host, *port);
    return binding;
}

std::vector<std::string> backendNames(const plan::Plan& plan)
{
    std::vector<std::string> names;
    for (const plan::Backend& backend : plan.backends) {
        names.push_back(backend.shortName);
        names.push_back(backend.name);
    }
    return names;
}

std::string joined(const std::vector<std::string>& words)
{
    std::string text;
    for (const std::string& word : words) {
        text += (text.empty() ? "" : ", ") + word;
    }
    return text;
}

/// The one backend that a typed name means, or why there is none.
std::variant<std::uint32_t, BindProblem> oneBackend(const plan::Plan& plan, const std::string& typed)
{
    const auto found = plan::findBackends(plan, typed);
    if (found.size() == 1) {
        return found.front();
    }
    std::vector<std::string> full;
    for (const std::uint32_t index : found) {
        full.push_back(plan.backends[index].nameSpace + "/" + plan.backends[index].name);
    }
    if (!found.empty()) {
        return BindProblem{"--bind " + typed + ": the name fits several backends: " + joined(full)};
    }
    const std::string near = nearestWord(typed, backendNames(plan));
    std::vector<std::string> all;
    for (const plan::Backend& backend : plan.backends) {
        all.push_back(backend.shortName);
    }
    return BindProblem{"--bind " + typed + ": no such backend"
        + (near.empty() ? "; there are " + joined(all) : "; did you mean " + near + "?")};
}

} // namespace

std::variant<proxy::Bindings, BindProblem> readBindings(const std::vector<std::string>& words, const plan::Plan& plan)
{
    proxy::Bindings bindings;
    std::vector<std::size_t> used(plan.backends.size(), 0);
    for (const std::string& word : words) {
        const std::size_t equals = word.find('=');
        if (equals == std::string::npos || equals == 0) {
            return BindProblem{"--bind " + word + ": the form is BACKEND=TARGET"};
        }
        const std::string typed = word.substr(0, equals);
        const auto backend = oneBackend(plan, typed);
        if (const auto* problem = std::get_if<BindProblem>(&backend)) {
            return *problem;
        }
        auto target = readTarget(typed, std::string_view(word).substr(equals + 1));
        if (const auto* problem = std::get_if<BindProblem>(&target)) {
            return *problem;
        }
        const std::uint32_t index = std::get<std::uint32_t>(backend);
        const auto& endpoints = plan.backends[index].endpoints;
        const std::size_t position = used[index]++;
        if (position >= endpoints.size()) {
            return BindProblem{"--bind " + typed + ": its Backend has " + std::to_string(endpoints.size())
                + (endpoints.size() == 1 ? " endpoint" : " endpoints") + ", this is bind number "
                + std::to_string(position + 1)};
        }
        const std::string key = plan.endpoints[endpoints[position]].key();
        const Binding& binding = std::get<Binding>(target);
        const auto [existing, isNew] = bindings.byEndpoint.emplace(key, binding);
        if (!isNew && !(existing->second == binding)) {
            return BindProblem{"--bind " + typed + ": its endpoint " + key + " is already bound to "
                + targetText(existing->second) + "; one endpoint has one target"};
        }
    }
    return bindings;
}

std::optional<base::SocketAddress> readAddress(std::string_view text)
{
    std::string host;
    std::string_view portText;
    if (text.starts_with(':')) {
        host = "127.0.0.1";
        portText = text.substr(1);
    } else if (!splitAuthority(text, host, portText)) {
        return std::nullopt;
    }
    const auto port = readPort(portText);
    if (!port || portText.empty()) {
        return std::nullopt;
    }
    return base::parseAddress(host == "localhost" ? "127.0.0.1" : host, *port);
}

bool isLoopback(const base::SocketAddress& address)
{
    if (!address.isV6) {
        return address.bytes[0] == 127;
    }
    const auto zeros = std::count(address.bytes.begin(), address.bytes.end() - 1, 0);
    return zeros == 15 && address.bytes.back() == 1;
}

std::string nearestWord(std::string_view typed, const std::vector<std::string>& candidates)
{
    std::string nearest;
    std::size_t best = typed.size() / 3 + 2;
    for (const std::string& candidate : candidates) {
        std::vector<std::size_t> row(candidate.size() + 1); // Levenshtein distance, one row
        std::iota(row.begin(), row.end(), std::size_t{0});
        for (std::size_t i = 0; i < typed.size(); ++i) {
            std::size_t diagonal = std::exchange(row[0], i + 1);
            for (std::size_t j = 0; j < candidate.size(); ++j) {
                const std::size_t change = diagonal + (typed[i] == candidate[j] ? 0 : 1);
                diagonal = row[j + 1];
                row[j + 1] = std::min({change, row[j + 1] + 1, row[j] + 1});
            }
        }
        if (row.back() < best && row.back() < candidate.size()) {
            best = row.back();
            nearest = candidate;
        }
    }
    return nearest;
}

} // namespace signalbox::workspace
