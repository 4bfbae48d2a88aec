// SPDX-License-Identifier: Apache-2.0
#pragma once

// Names to addresses with their TTLs, by c-ares as Envoy (envoy-routing 1.8), on a thread of its own that starts with
// the first question. Names below "invalid" never resolve (RFC 6761).

#include "core/dispatch/cluster.h"

#include <functional>
#include <memory>
#include <string>

namespace signalbox::proxy {

class NameResolver
{
public:
    using Answer = std::function<void(dispatch::Resolution)>;

    NameResolver();
    ~NameResolver();
    NameResolver(const NameResolver&) = delete;
    NameResolver& operator=(const NameResolver&) = delete;

    /// Asks for `name`; `answer` is called once, on the resolver's thread (or before this returns when no question is
    /// needed). Any thread.
    void resolve(const std::string& name, plan::DnsFamily family, Answer answer);

private:
    class Thread;
    std::unique_ptr<Thread> m_thread;
};

} // namespace signalbox::proxy
