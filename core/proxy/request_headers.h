// SPDX-License-Identifier: Apache-2.0
#pragma once

// The headers of one request on its way: what the listener makes of the client's (Envoy's sanitising and AI Gateway's
// additions), and what each attempt makes of those (mutations, keys, Host; ai-gateway 3.3, 4.3, 4.4, 4.6).

#include "core/base/random.h"
#include "core/dispatch/route_table.h"
#include "core/http/head.h"
#include "core/plan/plan.h"

#include <boost/container/small_vector.hpp>

#include <string>
#include <string_view>

namespace signalbox::proxy {

/// Views point into the client's head and into this object; both outlive the request.
class RequestHeaders
{
public:
    using List = boost::container::small_vector<dispatch::HeaderView, 32>;

    RequestHeaders() = default;
    RequestHeaders(const RequestHeaders&) = delete;
    RequestHeaders& operator=(const RequestHeaders&) = delete;

    /// Reads the client's head: drops hop-by-hop and Envoy's control headers, adds x-forwarded-for, x-forwarded-proto,
    /// x-envoy-external-address and a new x-request-id.
    void reset(const http::RequestHead& head, const char* base, std::string_view peer, base::Random& random);

    /// AI Gateway's additions once the body is read: x-ai-eg-model, x-ai-eg-original-path, x-ai-eg-internal-req-id.
    void setModel(std::string_view model, std::string_view originalPath);

    /// For matching: every header but Host, names in lower case.
    const List& list() const { return m_list; }
    std::string_view host() const { return m_host; }
    void setHost(std::string_view host) { m_host = host; }
    std::string_view contentType() const { return m_contentType; }
    std::string_view find(std::string_view lowerName) const;

private:
    void add(std::string_view name, std::string_view value) { m_list.push_back({name, value}); }

    friend class AttemptHeaders;

    List m_list;
    std::string_view m_host;
    std::string_view m_contentType;
    std::string_view m_forwardedHost; ///< the client's own x-forwarded-host
    bool m_hasForwardedHost = false;
    std::string m_forwardedFor;
    char m_requestId[36] = {};
    char m_internalId[73] = {};
    bool m_hasModel = false;
};

/// What an attempt changes.
struct AttemptTarget {
    std::string_view path;
    std::string_view rewriteHost;        ///< empty: the client's Host stays
    std::uint32_t connectedAttempts = 0; ///< attempts before this one that had reached a connection
    std::string_view previousHost;       ///< Host of the last of those
    const plan::BackendProfile* profile = nullptr;
    std::string_view contentType; ///< not empty: replaces the client's
    bool chunked = false;         ///< the client's chunked body goes on as it is
    bool hasLength = false;
    std::uint64_t length = 0;
};

enum class CredentialCheck { Ok, Missing, Unusable };

/// Whether the profile's credential can be had for this request (missing: the gateway answers 401).
CredentialCheck checkCredential(const RequestHeaders& headers, const plan::BackendProfile& profile);

/// Writes the complete head of an attempt behind `out`.
void writeRequestHead(
    std::string& out, std::string_view method, const RequestHeaders& headers, const AttemptTarget& target);

} // namespace signalbox::proxy
