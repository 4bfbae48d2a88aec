// SPDX-License-Identifier: Apache-2.0
#include "core/proxy/request_headers.h"

#include "core/proxy/head_line.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace signalbox::proxy {
namespace {

// Envoy's internal-only headers: taken off every request that comes from outside (ConnectionManagerUtility,
// cleanInternalHeaders), and AI Gateway's own that no backend sees.
constexpr std::array<std::string_view, 24> kStripped{"x-envoy-retry-on", "x-envoy-retry-grpc-on", "x-envoy-max-retries",
    "x-envoy-retriable-status-codes", "x-envoy-retriable-header-names", "x-envoy-upstream-alt-stat-name",
    "x-envoy-upstream-rq-timeout-ms", "x-envoy-upstream-rq-per-try-timeout-ms",
    "x-envoy-upstream-rq-timeout-alt-response", "x-envoy-expected-rq-timeout-ms", "x-envoy-hedge-on-per-try-timeout",
    "x-envoy-force-trace", "x-envoy-ip-tags", "x-envoy-original-url", "x-envoy-original-path", "x-envoy-internal",
    "x-envoy-external-address", "x-envoy-decorator-operation", "x-envoy-downstream-service-cluster",
    "x-envoy-downstream-service-node", "x-ai-eg-upstream-host", "x-request-id", "x-forwarded-proto",
    "proxy-connection"};

constexpr std::size_t kUsualHead = 1024;

bool isStripped(std::string_view name)
{
    return (name.front() == 'x' || name.front() == 'p')
        && std::find(kStripped.begin(), kStripped.end(), name) != kStripped.end();
}

bool isNamedByConnection(std::string_view connection, std::string_view name)
{
    bool named = false;
    http::forEachElement(
        connection, [&](std::string_view element) { named = named || http::equalsIgnoreCase(element, name); });
    return named;
}

} // namespace

std::string_view RequestHeaders::find(std::string_view lowerName) const
{
    for (const auto& header : m_list) {
        if (header.name == lowerName) {
            return header.value;
        }
    }
    return {};
}

void RequestHeaders::reset(const http::RequestHead& head, const char* base, std::string_view peer, base::Random& random)
{
    m_list.clear();
    m_host = m_contentType = m_forwardedHost = {};
    m_hasForwardedHost = m_hasModel = false;
    m_forwardedFor.clear();
    const std::string_view connection = head.find(base, "connection");
    for (const http::Field& field : head.fields) {
        const std::string_view name = head.name(base, field);
        const std::string_view value = head.value(base, field);
        switch (name.size()) {
        case 2:
            if (name == "te" && value != "trailers") {
                continue;
            }
            break;
        case 4:
            if (name == "host") {
                m_host = value;
                continue;
            }
            break;
        case 6:
            if (name == "expect") {
                continue;
            }
            break;
        case 7:
            if (name == "upgrade") {
                continue;
            }
            break;
        case 10:
            if (name == "connection" || name == "keep-alive") {
                continue;
            }
            break;
        case 12:
            if (name == "content-type") {
                m_contentType = value;
            }
            break;
        case 14:
            if (name == "content-length") {
                continue;
            }
            break;
        case 15:
            if (name == "x-forwarded-for") {
                m_forwardedFor.append(m_forwardedFor.empty() ? "" : ",").append(value);
                continue;
            }
            break;
        case 16:
            if (name == "x-forwarded-host") {
                m_forwardedHost = value;
                m_hasForwardedHost = true;
                continue;
            }
            break;
        case 17:
            if (name == "transfer-encoding") {
                continue;
            }
            break;
        default:
            break;
        }
        if (isStripped(name) || (!connection.empty() && name != "te" && isNamedByConnection(connection, name))) {
            continue;
        }
        add(name, value);
    }
    m_forwardedFor.append(m_forwardedFor.empty() ? "" : ",").append(peer);
    base::writeUuid(random, m_requestId);
    char second[36];
    base::writeUuid(random, second);
    std::memcpy(m_internalId, m_requestId, 36);
    m_internalId[36] = '-';
    std::memcpy(m_internalId + 37, second, 36);
    add("x-forwarded-for", m_forwardedFor);
    add("x-forwarded-proto", "http");
    add("x-envoy-external-address", std::string_view(m_forwardedFor).substr(m_forwardedFor.size() - peer.size()));
    add("x-request-id", {m_requestId, 36});
}

void RequestHeaders::setModel(std::string_view model, std::string_view originalPath)
{
    const auto isOurs = [](const dispatch::HeaderView& header) {
        return header.name.starts_with("x-ai-eg-")
            && (header.name == "x-ai-eg-model" || header.name == "x-ai-eg-original-path"
                || header.name == "x-ai-eg-internal-req-id");
    };
    m_list.erase(std::remove_if(m_list.begin(), m_list.end(), isOurs), m_list.end());
    add("x-ai-eg-model", model);
    add("x-ai-eg-original-path", originalPath);
    add("x-ai-eg-internal-req-id", {m_internalId, sizeof m_internalId});
    m_hasModel = true;
}

CredentialCheck checkCredential(const RequestHeaders& headers, const plan::BackendProfile& profile)
{
    if (!profile.credential) {
        return CredentialCheck::Ok;
    }
    const plan::Credential& credential = *profile.credential;
    if (credential.unusable) {
        return CredentialCheck::Unusable;
    }
    if (!credential.overrideHeader.empty() && !headers.find(credential.overrideHeader).empty()) {
        return CredentialCheck::Ok;
    }
    if (!credential.overrideHeader.empty() && !credential.fallbackToConfigured) {
        return CredentialCheck::Missing;
    }
    return credential.key.empty() ? CredentialCheck::Unusable : CredentialCheck::Ok;
}

/// The list of one attempt: a copy that mutations and keys are applied to.
class AttemptHeaders
{
public:
    AttemptHeaders(const RequestHeaders& headers, const AttemptTarget& target)
        : m_headers(headers),
          m_target(target),
          m_list(headers.m_list)
    {
        addForwardedHost();
        if (!target.contentType.empty()) {
            set("content-type", target.contentType);
        }
        const plan::BackendProfile& profile = *target.profile;
        for (const std::string& name : profile.headers.remove) {
            remove(name);
        }
        for (const auto& [name, value] : profile.headers.set) {
            set(name, value);
        }
        if (profile.credential) {
            addCredential(*profile.credential);
        }
    }

    void write(std::string& out) const
    {
        for (const auto& header : m_list) {
            appendLine(out, header.name, header.value);
        }
    }

private:
    /// Envoy appends the host it replaces; the processor then restores the client's own headers on every second
    /// attempt (ai-gateway 4.3, measured).
    void addForwardedHost()
    {
        const std::uint32_t attempt = m_target.connectedAttempts;
        if (m_target.rewriteHost.empty()) {
            if (m_headers.m_hasForwardedHost) {
                m_list.push_back({"x-forwarded-host", m_headers.m_forwardedHost});
            }
            return;
        }
        if (attempt == 0) {
            if (m_headers.m_hasForwardedHost) {
                m_owned.append(m_headers.m_forwardedHost).append(",").append(m_headers.m_host);
                m_list.push_back({"x-forwarded-host", m_owned});
            } else {
                m_list.push_back({"x-forwarded-host", m_headers.m_host});
            }
        } else if (m_headers.m_hasForwardedHost) {
            m_list.push_back({"x-forwarded-host", m_headers.m_forwardedHost});
        } else if (attempt % 2 == 0) {
            m_list.push_back({"x-forwarded-host", m_target.previousHost});
        }
    }

    void addCredential(const plan::Credential& credential)
    {
        std::string_view key = credential.key;
        if (!credential.overrideHeader.empty()) {
            const std::string_view own = m_headers.find(credential.overrideHeader);
            if (!own.empty()) {
                key = own;
                remove(credential.overrideHeader);
            }
        }
        m_key.append(credential.prefix).append(key);
        set(credential.header, m_key);
    }

    void remove(std::string_view name)
    {
        m_list.erase(
            std::remove_if(m_list.begin(), m_list.end(), [&](const auto& header) { return header.name == name; }),
            m_list.end());
    }

    void set(std::string_view name, std::string_view value)
    {
        remove(name);
        m_list.push_back({name, value});
    }

    const RequestHeaders& m_headers;
    const AttemptTarget& m_target;
    RequestHeaders::List m_list;
    std::string m_owned;
    std::string m_key;
};

void writeRequestHead(
    std::string& out, std::string_view method, const RequestHeaders& headers, const AttemptTarget& target)
{
    out.reserve(kUsualHead);
    out.append(method).append(" ").append(target.path).append(" HTTP/1.1\r\n");
    appendLine(out, "host", target.rewriteHost.empty() ? headers.host() : target.rewriteHost);
    AttemptHeaders(headers, target).write(out);
    if (target.chunked) {
        out.append("transfer-encoding: chunked\r\n");
    } else if (target.hasLength) {
        char digits[24];
        const auto end = std::to_chars(digits, digits + sizeof digits, target.length).ptr;
        appendLine(out, "content-length", {digits, static_cast<std::size_t>(end - digits)});
    }
    out.append("\r\n");
}

} // namespace signalbox::proxy
