// SPDX-License-Identifier: Apache-2.0
#include "core/proxy/health_probes.h"

#include "core/http/head.h"
#include "core/proxy/connection.h"
#include "core/proxy/worker.h"

#include <algorithm>

namespace signalbox::proxy {
namespace {

using dispatch::CheckResult;

class Probe final : public Connection, private TimerWheel::Timer
{
public:
    Probe(Worker& worker, const plan::ActiveHealthCheck& check, HealthProbes::Done done)
        : Connection(Socket(worker.context())),
          m_check(check),
          m_done(std::move(done))
    {}

    void start(Worker& worker, const base::SocketAddress& address)
    {
        const auto endpoint = toEndpoint(address);
        boost::system::error_code error;
        socket().open(endpoint.protocol(), error);
        prepare();
        worker.arm(*this, worker.now() + m_check.timeout);
        socket().async_connect(endpoint, [self = boost::intrusive_ptr(this)](const boost::system::error_code& failed) {
            if (failed) {
                self->finish(CheckResult::NoAnswer);
            } else if (self->m_check.type == plan::ActiveHealthCheck::Type::Tcp) {
                self->finish(CheckResult::Success);
            } else {
                self->ask();
            }
        });
    }

private:
    void ask()
    {
        send(m_check.method + " " + m_check.path + " HTTP/1.1\r\nhost: " + m_check.host
            + "\r\nuser-agent: Envoy/HC\r\nconnection: close\r\n\r\n");
        startReading();
    }

    void onInput() override
    {
        http::ResponseHead head;
        const auto status = m_parser.parseResponse(input().data(), input().size(), head);
        if (status == http::ParseStatus::Incomplete) {
            return;
        }
        const auto& expected = m_check.expectedStatuses;
        const bool good = status == http::ParseStatus::Complete
            && std::find(expected.begin(), expected.end(), head.status) != expected.end();
        finish(good ? CheckResult::Success : CheckResult::UnexpectedStatus);
    }

    void onEnd(bool) override { finish(CheckResult::NoAnswer); }

    void onTimer(base::Instant) override
    {
        const boost::intrusive_ptr<Probe> self(this);
        finish(CheckResult::NoAnswer);
    }

    void finish(CheckResult result)
    {
        cancel();
        close();
        if (auto done = std::exchange(m_done, nullptr); done) {
            done(result);
        }
    }

    plan::ActiveHealthCheck m_check;
    HealthProbes::Done m_done;
    http::HeadParser m_parser;
};

} // namespace

void HealthProbes::probe(const base::SocketAddress& address, const plan::ActiveHealthCheck& check, Done done)
{
    const boost::intrusive_ptr<Probe> probe(new Probe(m_worker, check, std::move(done)));
    probe->start(m_worker, address);
}

} // namespace signalbox::proxy
