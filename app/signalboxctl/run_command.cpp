// SPDX-License-Identifier: Apache-2.0
#include "app/signalboxctl/run_command.h"

#include "app/signalboxctl/exit_code.h"
#include "app/signalboxctl/port_owner.h"
#include "app/signalboxctl/problems.h"
#include "app/signalboxctl/terminal.h"
#include "core/base/random.h"
#include "core/proxy/proxy_server.h"
#include "core/telemetry/record_json.h"
#include "core/workspace/workspace.h"

#include <nlohmann/json.hpp>

#include <csignal>
#include <ctime>
#include <iostream>
#include <map>

namespace signalbox::app {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kRows = 100'000;
constexpr auto kDrainLimit = 5s;
constexpr auto kPrintInterval = 100ms;
constexpr std::uint16_t kDefaultPort = 8080;

/// Signals that end the run are taken by sigtimedwait() in the main thread only.
sigset_t blockSignals()
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    return set;
}

int waitForSignal(const sigset_t& set, std::chrono::milliseconds most)
{
    timespec time{};
    time.tv_sec = most.count() / 1000;
    time.tv_nsec = (most.count() % 1000) * 1'000'000;
    return sigtimedwait(&set, nullptr, &time);
}

struct Listening {
    proxy::ListenAddress wanted;
    bool optional = false; ///< a machine without IPv6 has no [::1]
};

/// What --listen means for the plan's listeners, or the usage error in it.
std::variant<std::vector<Listening>, std::string> listenAddresses(const RunOptions& options, const plan::Plan& plan)
{
    std::vector<Listening> result;
    std::map<std::uint16_t, bool> covered;
    const std::uint16_t firstPort = plan.listeners.front().port;
    for (const std::string& word : options.listen) {
        const std::size_t equals = word.find('=');
        std::uint16_t port = firstPort;
        if (equals != std::string::npos) {
            const std::string name = word.substr(0, equals);
            const auto listener = std::find_if(
                plan.listeners.begin(), plan.listeners.end(), [&](const auto& l) { return l.name == name; });
            if (listener == plan.listeners.end()) {
                std::vector<std::string> names;
                for (const auto& known : plan.listeners) {
                    names.push_back(known.name);
                }
                const std::string near = workspace::nearestWord(name, names);
                return "--listen " + word + ": the Gateway has no HTTP listener '" + name + "'"
                    + (near.empty() ? "" : "; did you mean " + near + "?");
            }
            port = listener->port;
        }
        const auto address = workspace::readAddress(equals == std::string::npos ? word : word.substr(equals + 1));
        if (!address) {
            return "--listen " + word + ": the form is ADDRESS:PORT, for example 127.0.0.1:8080";
        }
        if (!workspace::isLoopback(*address) && !options.listenAnyone) {
            return "--listen " + word
                + ": other computers could reach this address; add --listen-anyone if that is wanted";
        }
        covered[port] = true;
        result.push_back({{*address, port}, false});
    }
    if (!covered.contains(firstPort)) {
        // Both, because people type `localhost`.
        result.push_back({{*base::parseAddress("127.0.0.1", kDefaultPort), firstPort}, false});
        result.push_back({{*base::parseAddress("::1", kDefaultPort), firstPort}, true});
        covered[firstPort] = true;
    }
    for (const plan::Listener& listener : plan.listeners) {
        if (!covered.contains(listener.port)) {
            say("listener '" + listener.name + "' (port " + std::to_string(listener.port)
                + ") is not served; give it an address with --listen " + listener.name + "=127.0.0.1:PORT");
            covered[listener.port] = false;
        }
    }
    return result;
}

int reportListenError(const base::Error& error, const base::SocketAddress& address)
{
    std::string message = error.message;
    if (error.code == "port-busy") {
        const std::string owner = portOwner(address.port);
        message =
            base::addressText(address) + " is used by another program" + (owner.empty() ? "" : " (" + owner + ")");
    }
    say(message + ". To take a free port: --listen 127.0.0.1:0");
    return kEnvironment;
}

nlohmann::ordered_json readyEvent(
    const std::string& url, std::uint64_t seed, const plan::Plan& plan, const proxy::Bindings& bindings)
{
    auto servers = nlohmann::ordered_json::array();
    for (const plan::Server& server : plan.servers) {
        const plan::Endpoint& endpoint = plan.endpoints[server.endpoint];
        const proxy::Binding& binding = bindings.of(endpoint.key());
        nlohmann::ordered_json entry;
        entry["name"] = server.name;
        entry["endpoint"] = endpoint.key();
        entry["url"] = nullptr;
        if (binding.kind == proxy::Binding::Kind::Url) {
            entry["url"] = "http://" + binding.host + ":" + std::to_string(binding.port);
        } else if (binding.kind == proxy::Binding::Kind::Manifest) {
            entry["url"] = "http://" + endpoint.key();
        }
        entry["models"] = server.models;
        auto& backends = entry["backends"] = nlohmann::ordered_json::array();
        for (const std::uint32_t backend : server.backends) {
            backends.push_back(plan.backends[backend].nameSpace + "/" + plan.backends[backend].name);
        }
        servers.push_back(std::move(entry));
    }
    return {{"event", "ready"}, {"url", url}, {"seed", seed}, {"servers", std::move(servers)}};
}

void sayUnbound(const plan::Plan& plan, const proxy::Bindings& bindings)
{
    for (const plan::Server& server : plan.servers) {
        const std::string key = plan.endpoints[server.endpoint].key();
        if (bindings.of(key).kind == proxy::Binding::Kind::None) {
            say(server.name + " (" + key + ") is not bound: connections to it are refused; bind it with --bind "
                + (server.backends.empty() ? server.name : plan.backends[server.backends.front()].shortName)
                + "=http://127.0.0.1:PORT");
        }
    }
}

/// Prints each finished request once.
class RequestPrinter
{
public:
    RequestPrinter(const telemetry::Recorder& recorder, bool json) : m_recorder(recorder), m_json(json) {}

    /// False when nobody reads the output any more.
    bool print()
    {
        std::string lines;
        for (const telemetry::RecordPtr& record :
            m_discarded ? std::vector<telemetry::RecordPtr>{} : m_recorder.rowsAfter(m_last)) {
            m_last = record->id;
            lines += (m_json ? telemetry::toJson(*record) : telemetry::toText(*record)) + "\n";
        }
        return lines.empty() || writeOut(lines);
    }

private:
    const telemetry::Recorder& m_recorder;
    bool m_json;
    bool m_discarded = isOutputDiscarded();
    std::uint64_t m_last = 0;
};

/// Prints until a signal comes; its number, or 0 when nobody reads the output any more.
int printUntilSignal(RequestPrinter& printer, const sigset_t& signals)
{
    for (;;) {
        const int signal = waitForSignal(signals, kPrintInterval);
        if (!printer.print()) {
            return 0;
        }
        if (signal > 0) {
            return signal;
        }
    }
}

/// Ends running requests; the exit code for the signal that asked for it.
int drain(proxy::ProxyServer& server, int signal, const sigset_t& signals)
{
    const auto end = std::chrono::steady_clock::now() + kDrainLimit;
    bool drained = server.drain(0ms);
    while (!drained && std::chrono::steady_clock::now() < end) {
        drained = server.drain(50ms);
        if (waitForSignal(signals, 0ms) == SIGINT) {
            return kInterrupted;
        }
    }
    return signal == SIGINT ? kInterrupted : kFine;
}

} // namespace

int run(const RunOptions& options)
{
    const sigset_t signals = blockSignals();
    manifest::SystemFiles files;
    const workspace::Analysis analysis = workspace::analyse(options.inputs, files, examplesFolder(), {options.gateway});
    sayProblems(analysis.diagnostics, text::Severity::Warning);
    if (const auto code = exitCodeOf(analysis); code) {
        return *code;
    }
    const plan::PlanPtr plan = analysis.compiled.plan;
    auto read = workspace::readBindings(options.binds, *plan);
    if (const auto* problem = std::get_if<workspace::BindProblem>(&read)) {
        say(problem->message);
        return kUsage;
    }
    const auto bindings = std::make_shared<const proxy::Bindings>(std::move(std::get<proxy::Bindings>(read)));
    const auto addresses = listenAddresses(options, *plan);
    if (const auto* problem = std::get_if<std::string>(&addresses)) {
        say(*problem);
        return kUsage;
    }

    const std::uint64_t seed = options.seed.value_or(base::systemSeed());
    telemetry::Recorder recorder(kRows);
    proxy::ProxyServer server({options.workers, seed}, recorder);
    std::string url;
    for (const Listening& listening : std::get<std::vector<Listening>>(addresses)) {
        const auto bound = server.listen(listening.wanted);
        if (bound) {
            url = !url.empty() ? url : "http://" + base::addressText(*bound);
        } else if (!listening.optional || bound.error().code == "port-busy") {
            return reportListenError(bound.error(), listening.wanted.address);
        }
    }
    sayUnbound(*plan, *bindings);
    server.start(plan, bindings);
    if (options.json) {
        writeOut(readyEvent(url, seed, *plan, *bindings).dump() + "\n");
    } else {
        say("seed " + std::to_string(seed));
        writeOut("ready " + url + "\n");
    }
    RequestPrinter printer(recorder, options.json);
    const int signal = printUntilSignal(printer, signals);
    const int code = drain(server, signal, signals);
    printer.print();
    return code;
}

} // namespace signalbox::app
