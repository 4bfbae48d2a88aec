// SPDX-License-Identifier: Apache-2.0

// A chat request of 2 KB: reading it for its model, and writing another model into it for the backend.

#include "core/chat/request_body.h"

#include <benchmark/benchmark.h>

#include <string>

namespace {

using namespace signalbox;

/// A conversation of a few messages with tools, as clients send them; the model stands last, so that all is read.
std::string chatBody(std::size_t size)
{
    std::string body =
        R"({"temperature":0.7,"max_tokens":256,"stream":true,"tools":[{"type":"function","function":{"name":"weather",)"
        R"("parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}],"messages":[)"
        R"({"role":"system","content":"You are a helpful assistant."})";
    const std::string end = R"(],"model":"virtual-qwen-model"})";
    while (body.size() + end.size() + 200 < size) {
        body += R"(,{"role":"user","content":"A line with a \"quoted\" word, a \u00e9 and a line end.\n)"
            + std::string(100, 'x') + R"("})";
    }
    body += R"(,{"role":"user","content":")" + std::string(size - body.size() - end.size() - 31, 'y') + R"("})";
    return body + end;
}

plan::BackendProfile overridingProfile()
{
    plan::BackendProfile profile;
    profile.modelNameOverride = "qwen2.5:0.5b";
    return profile;
}

void parse(benchmark::State& state)
{
    const std::string body = chatBody(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) {
        const auto parsed = chat::parseRequest(chat::Endpoint::ChatCompletions, "application/json", body);
        benchmark::DoNotOptimize(parsed.index());
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(body.size()));
}

void parseAndSplice(benchmark::State& state)
{
    const std::string body = chatBody(static_cast<std::size_t>(state.range(0)));
    const plan::BackendProfile profile = overridingProfile();
    for (auto _ : state) {
        const auto parsed = chat::parseRequest(chat::Endpoint::ChatCompletions, "application/json", body);
        const auto* request = std::get_if<chat::ParsedRequest>(&parsed);
        if (!request) {
            state.SkipWithError("refused");
            break;
        }
        const auto upstream = chat::makeUpstreamBody(*request, body, profile, false, true, "application/json", {});
        benchmark::DoNotOptimize(upstream.size());
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(body.size()));
}

BENCHMARK(parse)->Arg(2048);
BENCHMARK(parseAndSplice)->Arg(2048)->Arg(1 << 20);

} // namespace
