// SPDX-License-Identifier: Apache-2.0
#include "app/signalboxctl/check_command.h"
#include "app/signalboxctl/exit_code.h"
#include "app/signalboxctl/run_command.h"
#include "app/signalboxctl/terminal.h"
#include "core/workspace/workspace.h"

#include <CLI/CLI.hpp>
#include <malloc.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>

namespace signalbox::app {
namespace {

constexpr const char* kInputHelp =
    "YAML or JSON files, folders, guides (.md, .txt), - for standard input, or example:weighted-split, "
    "example:provider-fallback";

/// Bodies of a megabyte would go back to the system after each request and be faulted in again for the next.
void keepLargeBlocks()
{
#ifdef __GLIBC__
    ::mallopt(M_MMAP_THRESHOLD, 64 * 1024 * 1024);
    ::mallopt(M_TRIM_THRESHOLD, 64 * 1024 * 1024);
#endif
}

void addRun(CLI::App& program, RunOptions& options, int& code)
{
    CLI::App* verb = program.add_subcommand("run", "Serve the manifests on this computer, as the gateway would");
    verb->description(
        "Example: signalboxctl run example:weighted-split --bind qwen-primary=http://127.0.0.1:11434\n\n"
        "Compiles the manifests and answers on localhost as the gateway would. Backends that are not bound answer as "
        "a\n"
        "refused connection. Prints a line per finished request. Ctrl+C lets running requests end (5 s at most).");
    verb->add_option("FILE", options.inputs, kInputHelp)->required();
    verb->add_option("--listen", options.listen,
            "ADDRESS:PORT of the Gateway's first HTTP listener (default 127.0.0.1:8080 and [::1]:8080; port 0: a free "
            "one), or "
            "NAME=ADDRESS:PORT of another listener")
        ->allow_extra_args(false);
    verb->add_option("--gateway", options.gateway, "NAMESPACE/NAME, when several Gateways have routes");
    verb->add_option("--bind", options.binds,
            "BACKEND=TARGET, repeated for several endpoints; TARGET is a base URL (http://127.0.0.1:11434) or manifest")
        ->allow_extra_args(false);
    verb->add_option("--seed", options.seed, "Seed of every random choice (default random, printed)");
    verb->add_option("--workers", options.workers, "Worker threads, each with its own balancer state (default 1)")
        ->check(CLI::Range(1, 256));
    verb->add_flag("--json", options.json, "One JSON object a line");
    verb->add_flag("--listen-anyone", options.listenAnyone, "Allow an address that other computers can reach");
    verb->callback([&options, &code] { code = run(options); });
}

/// Puts the number of a level in the place of its word; returns what is wrong, as CLI11 wants it.
std::string readLevel(std::string& word)
{
    static const std::vector<std::string> levels{"error", "warning", "info"}; // in the order of text::Severity
    const auto found = std::find(levels.begin(), levels.end(), CLI::detail::to_lower(word));
    if (found != levels.end()) {
        word = std::to_string(found - levels.begin());
        return {};
    }
    const std::string near = workspace::nearestWord(word, levels);
    return "'" + word + "' is none of error, warning, info" + (near.empty() ? "" : "; did you mean " + near + "?");
}

void addCheck(CLI::App& program, CheckOptions& options, int& code)
{
    CLI::App* verb = program.add_subcommand("check", "Say what is wrong with the manifests");
    verb->description(
        "Example: signalboxctl check manifests/ --level info\n\n"
        "Prints what reading and compiling the manifests finds. Exit code 1 when something is at or above the level.");
    verb->add_option("FILE", options.inputs, kInputHelp)->required();
    verb->add_option("--gateway", options.gateway, "NAMESPACE/NAME, when several Gateways have routes");
    verb->add_option("--level", options.level, "error, warning or info (default warning)")
        ->transform(CLI::Validator(readLevel, {}));
    verb->add_flag("--json", options.json, "{\"findings\":[…]}");
    verb->callback([&options, &code] { code = check(options); });
}

void addVersion(CLI::App& program, bool& json)
{
    CLI::App* verb = program.add_subcommand("version", "Say what this is and whose rules it follows");
    verb->description("Example: signalboxctl version --json");
    verb->add_flag("--json", json, "One JSON object");
    verb->callback([&json] {
        if (json) {
            writeOut(nlohmann::ordered_json{{"version", SIGNALBOX_VERSION},
                         {"semantics", {{"ai_gateway", "1.1.0"}, {"envoy_gateway", "1.8.1"}, {"envoy", "1.38"}}}}
                         .dump()
                + "\n");
        } else {
            writeOut("signalboxctl " SIGNALBOX_VERSION
                     " (rules of Envoy AI Gateway 1.1.0, Envoy Gateway 1.8.1, Envoy 1.38)\n");
        }
    });
}

std::vector<std::string> optionNames(const CLI::App& app)
{
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options()) {
        for (const std::string& name : option->get_lnames()) {
            names.push_back("--" + name);
        }
    }
    return names;
}

std::string orNearest(std::string message, const std::string& near)
{
    return message + (near.empty() ? "" : "; did you mean " + near + "?");
}

/// What is wrong, by the first word that no verb or option knows.
std::string usageText(const CLI::App& program, const CLI::ParseError& error, const std::vector<std::string>& words)
{
    std::vector<std::string> verbs;
    for (const CLI::App* verb : program.get_subcommands({})) {
        verbs.push_back(verb->get_name());
    }
    const CLI::App* chosen = nullptr;
    for (const std::string& word : words) {
        if (word.starts_with("--")) {
            const auto known = optionNames(chosen != nullptr ? *chosen : program);
            const std::string name = word.substr(0, word.find('='));
            if (std::find(known.begin(), known.end(), name) == known.end()) {
                return orNearest(error.what(), workspace::nearestWord(name, known));
            }
        } else if (chosen == nullptr) {
            if (std::find(verbs.begin(), verbs.end(), word) == verbs.end()) {
                return orNearest("there is no verb '" + word + "'", workspace::nearestWord(word, verbs));
            }
            chosen = program.get_subcommand(word);
        }
    }
    return error.what();
}

int usageError(const CLI::App& program, const CLI::ParseError& error, const std::vector<std::string>& words)
{
    say(usageText(program, error, words));
    const CLI::App* verb = nullptr;
    for (const CLI::App* parsed : program.get_subcommands()) {
        verb = parsed;
    }
    say(verb != nullptr ? "see: signalboxctl " + verb->get_name() + " --help"
                        : std::string("see: signalboxctl --help"));
    return kUsage;
}

} // namespace
} // namespace signalbox::app

int main(int argc, char** argv)
{
    using namespace signalbox::app;
    keepLargeBlocks();
    CLI::App program("Example: signalboxctl run example:weighted-split\n\n"
                     "Runs Envoy AI Gateway manifests on this computer with the gateway's own routing decisions.",
        "signalboxctl");
    program.set_version_flag("--version", std::string("signalboxctl " SIGNALBOX_VERSION));
    program.require_subcommand(1);
    program.get_formatter()->column_width(34);

    RunOptions runOptions;
    CheckOptions checkOptions;
    bool versionJson = false;
    int code = kFine;
    addRun(program, runOptions, code);
    addCheck(program, checkOptions, code);
    addVersion(program, versionJson);

    std::vector<std::string> words(argv + 1, argv + argc);
    try {
        program.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        std::cout << program.help();
    } catch (const CLI::CallForVersion&) {
        std::cout << program.version() << '\n';
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) {
            return program.exit(error);
        }
        return usageError(program, error, words);
    }
    return code;
}
