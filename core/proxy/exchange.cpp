// SPDX-License-Identifier: Apache-2.0
#include "core/proxy/exchange.h"

#include "core/http/chunked.h"
#include "core/proxy/answer_head.h"
#include "core/proxy/worker.h"

#include <charconv>

namespace signalbox::proxy {
namespace {

constexpr std::size_t kMaxUnsent = 256 * 1024; ///< to the client, before the backend is read no further
constexpr std::size_t kLargestModelName = 256;

/// The host of a Host header in lower case, without its port.
std::string hostName(std::string_view host)
{
    const std::size_t bracket = host.rfind(']');
    const std::size_t colon = host.rfind(':');
    if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
        host = host.substr(0, colon);
    }
    std::string name(host);
    for (char& c : name) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    }
    return name;
}

std::int8_t grpcStatus(std::string_view text)
{
    if (text.empty()) {
        return -1;
    }
    int status = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
    return error == std::errc() && end == text.data() + text.size() && status >= 0 && status <= 16
        ? static_cast<std::int8_t>(status)
        : std::int8_t{-1};
}

} // namespace

Exchange::Exchange(Worker& worker, DownstreamConnection& client) : m_worker(worker), m_client(client) {}

Exchange::~Exchange()
{
    dropAttempt();
}

void Exchange::start(
    std::shared_ptr<RunningState> state, const plan::VirtualHost& virtualHost, const ReceivedRequest& received)
{
    m_active = true;
    m_state = std::move(state);
    m_received = received;
    m_connectedAttempts = 0;
    m_previousHost.clear();
    m_attempts.clear();
    m_status = 0;
    m_streaming = m_headPending = m_draining = false;
    m_facts = {};
    m_bytesOut = 0;
    m_firstByte = base::kNever;
    route(virtualHost);
}

void Exchange::route(const plan::VirtualHost& virtualHost)
{
    m_parsed = {};
    const auto endpoint = chat::endpointForPath(m_received.path);
    if (!endpoint) {
        replyLocal(404, "text/plain", "unsupported path: " + std::string(m_received.pathAndQuery));
        return;
    }
    m_parsed.endpoint = *endpoint;
    if (*endpoint == chat::Endpoint::Models || *endpoint == chat::Endpoint::AnthropicModels) {
        replyLocal(200, "application/json", chat::modelList(m_state->plan(), *endpoint, hostName(m_headers.host())));
        return;
    }
    if (m_received.hasBody) {
        auto parsed = chat::parseRequest(*endpoint, m_headers.contentType(), m_received.body);
        if (const auto* refusal = std::get_if<chat::RequestRefusal>(&parsed)) {
            if (refusal->status == 400) {
                replyLocal(400, "application/json", chat::errorEnvelope("BadRequest", 400, refusal->message), true);
            } else {
                replyLocal(refusal->status, {}, {});
            }
            return;
        }
        m_parsed = std::move(std::get<chat::ParsedRequest>(parsed));
        m_headers.setModel(m_parsed.model(), m_received.pathAndQuery);
    }
    const plan::Route* route = dispatch::matchRoute(m_state->plan(), virtualHost, m_headers.list());
    if (route == nullptr) {
        replyLocal(404, {}, {});
        return;
    }
    if (!m_received.hasBody && route->action == plan::Route::Action::Forward) {
        // The processor never saw a body, so its upstream phase does not know the path (ai-gateway 3.3).
        replyLocal(404, "text/plain", "unsupported path: " + std::string(m_received.pathAndQuery));
        return;
    }
    begin(*route);
}

void Exchange::begin(const plan::Route& route)
{
    std::uint32_t index = route.cluster;
    if (!route.weighted.empty()) {
        index = dispatch::Request::drawCluster(route, m_state->worker().clusterRandom());
        if (index == plan::kNone) {
            replyLocal(route.invalidStatus, {}, {});
            return;
        }
    }
    dispatch::Cluster* cluster = index == plan::kNone ? nullptr : &m_state->worker().cluster(index);
    m_clusterIndex = index;
    m_request.emplace(route, cluster,
        dispatch::Request::Streams{&m_state->worker().backoffRandom(), &m_state->worker().clusterRandom()},
        m_received.received);
    perform(m_request->start(m_worker.now()));
}

void Exchange::perform(const dispatch::Action& action)
{
    using Kind = dispatch::Action::Kind;
    if (action.cancelAttempt) {
        dropAttempt();
    }
    switch (action.kind) {
    case Kind::None:
    case Kind::Forward:
    case Kind::Wait:
        watchDeadline();
        break;
    case Kind::Try:
        watchDeadline();
        startAttempt(*action.host);
        break;
    case Kind::Reply:
        dropAttempt();
        replyMachine(action.reply);
        break;
    case Kind::Cut:
        dropAttempt();
        cut();
        break;
    }
}

void Exchange::watchDeadline()
{
    const base::Instant deadline = m_request->deadline();
    if (deadline != base::kNever && (!isArmed() || deadline < due())) {
        m_worker.arm(*this, deadline);
    }
}

void Exchange::onTimer(base::Instant now)
{
    if (!m_active || !m_request) {
        return;
    }
    if (now < m_request->deadline()) { // it had moved on
        watchDeadline();
        return;
    }
    perform(m_request->onDeadline(now));
}

// ---- attempts --------------------------------------------------------------------------------------

void Exchange::startAttempt(dispatch::Host& host)
{
    const dispatch::Cluster& cluster = m_state->worker().cluster(m_clusterIndex); // indices in terms of this plan
    m_profile = &m_state->plan().profiles[cluster.definition().localities[host.locality].profile];
    m_endpoint = &m_state->plan().endpoints[host.endpoint];
    m_pool = &m_worker.pool(*m_state, m_clusterIndex, host);
    m_attempts.push_back({m_pool->address().value_or(host.address), base::kNever});
    const plan::BackendProfile& backend = *m_profile;
    const auto credential = checkCredential(m_headers, backend);
    const std::string_view model =
        backend.modelNameOverride.empty() ? m_parsed.model() : std::string_view(backend.modelNameOverride);
    auto path = chat::upstreamPath(m_parsed.endpoint, backend, model);
    if (credential == CredentialCheck::Missing) {
        replyLocal(401, "application/json", chat::errorEnvelope("Unauthorized", 401, "missing upstream credential"));
        return;
    }
    if (credential == CredentialCheck::Unusable || !path) {
        replyLocal(500, {}, {});
        return;
    }
    m_attemptPath = std::move(*path);
    m_waiting = true;
    m_pool->acquire(*this);
}

void Exchange::onPoolReady(UpstreamConnection& connection)
{
    m_waiting = false;
    m_upstream = &connection;
    m_request->onConnected(m_worker.now());
    watchDeadline();
    sendAttempt(connection);
}

void Exchange::sendAttempt(UpstreamConnection& connection)
{
    const plan::BackendProfile& backend = *m_profile;
    char boundary[72];
    std::string_view boundaryText;
    if (m_parsed.endpoint == chat::Endpoint::AudioTranscriptions
        || m_parsed.endpoint == chat::Endpoint::AudioTranslations) {
        char uuids[2][36];
        base::writeUuid(m_worker.idRandom(), uuids[0]);
        base::writeUuid(m_worker.idRandom(), uuids[1]);
        std::size_t size = 0;
        for (const char c : std::string_view(uuids[0], sizeof uuids)) {
            if (c != '-' && size < 60) {
                boundary[size++] = c;
            }
        }
        boundaryText = {boundary, size};
    }
    m_body = chat::makeUpstreamBody(m_parsed, m_received.body, backend, m_connectedAttempts > 0,
        m_request->route().countsUsage, m_headers.contentType(), boundaryText);
    AttemptTarget target;
    target.path = m_attemptPath;
    target.rewriteHost = m_endpoint->rewriteHost;
    target.connectedAttempts = m_connectedAttempts;
    target.previousHost = m_previousHost;
    target.profile = &backend;
    target.contentType = m_body.contentType;
    target.chunked = m_received.chunked && !m_body.replaced;
    target.hasLength = !target.chunked;
    target.length = m_body.size();
    m_requestHead.clear();
    writeRequestHead(m_requestHead, m_received.method, m_headers, target);
    ++m_connectedAttempts;
    m_previousHost = target.rewriteHost.empty() ? m_headers.host() : target.rewriteHost;

    boost::container::small_vector<std::string_view, 8> pieces{m_requestHead};
    if (target.chunked) {
        const std::size_t size = http::writeChunkSize(m_chunkLine, static_cast<std::size_t>(target.length));
        pieces.push_back({m_chunkLine, size});
    }
    pieces.insert(pieces.end(), m_body.pieces.begin(), m_body.pieces.end());
    if (target.chunked) {
        pieces.push_back("\r\n0\r\n\r\n");
    }
    connection.carry(*this, pieces, m_client.isHeadRequest());
}

void Exchange::onPoolFailure(dispatch::Failure failure)
{
    m_waiting = false;
    perform(m_request->onFailure(failure, m_worker.now()));
}

void Exchange::dropAttempt()
{
    if (m_waiting) {
        m_waiting = false;
        m_pool->cancel(*this);
    }
    if (UpstreamConnection* upstream = std::exchange(m_upstream, nullptr); upstream != nullptr) {
        upstream->detach();
    }
}

// ---- answers ---------------------------------------------------------------------------------------

void Exchange::onAnswerHead(const http::ResponseHead& head, const char* base)
{
    const base::Instant now = m_worker.now();
    m_attempts.back().firstByte = now;
    dispatch::ResponseHead facts;
    facts.status = head.status;
    facts.grpcStatus = grpcStatus(head.find(base, "grpc-status"));
    facts.rateLimited = head.has(base, "x-envoy-ratelimited");
    const dispatch::Action action = m_request->onHeaders(facts, now);
    m_worker.watchCluster(*m_request->cluster());
    if (action.kind == dispatch::Action::Kind::Forward) {
        beginAnswer(head, base);
        watchDeadline();
    } else {
        dropAttempt();
        perform(action);
    }
}

void Exchange::beginAnswer(const http::ResponseHead& head, const char* base)
{
    m_status = head.status;
    m_streaming = m_parsed.stream && head.status == 200 && !m_client.isHeadRequest();
    m_answerHead.clear();
    m_collected = {};
    if (m_streaming) {
        m_watcher = {};
        m_batch.clear();
        m_batchSize = 0;
        writeAnswerHead(m_answerHead, head, base, {AnswerBody::Framing::Chunked, 0}, false,
            m_client.closesAfterAnswer(), m_worker.date());
        m_headPending = true;
        m_request->onHeadSent();
    } else {
        m_answer = head;
        m_answerHead.assign(base, head.length);
        m_upstream->collectBody(m_client.bufferLimit());
    }
}

void Exchange::onAnswerBody(std::string_view bytes)
{
    if (m_streaming) {
        m_request->onActivity(m_worker.now());
        m_watcher.feed(bytes);
        m_batch.push_back(bytes);
        m_batchSize += bytes.size();
        m_bytesOut += bytes.size();
        return;
    }
    if (m_upstream->isTooLarge()) {
        dropAttempt();
        m_request->onComplete(m_worker.now());
        replyLocal(500, "text/plain", "Internal Server Error");
        return;
    }
    m_collected = bytes;
}

void Exchange::onAnswerFlush()
{
    flush(false);
    if (m_client.unsentBytes() > kMaxUnsent && m_upstream != nullptr) {
        m_upstream->pauseAnswer(true);
    }
}

/// Sends what a read of a stream brought as one chunk.
void Exchange::flush(bool end)
{
    boost::container::small_vector<std::string_view, 12> pieces;
    char line[18];
    if (m_headPending) {
        pieces.push_back(m_answerHead);
        m_headPending = false;
    }
    if (m_batchSize > 0) {
        pieces.push_back({line, http::writeChunkSize(line, m_batchSize)});
        pieces.insert(pieces.end(), m_batch.begin(), m_batch.end());
        pieces.push_back(end ? "\r\n0\r\n\r\n" : "\r\n");
        if (m_firstByte == base::kNever) {
            m_firstByte = m_worker.now();
        }
    } else if (end) {
        pieces.push_back("0\r\n\r\n");
    }
    if (!pieces.empty()) {
        m_client.send(pieces, Connection::Unsent::Copy);
    }
    m_batch.clear();
    m_batchSize = 0;
}

void Exchange::onAnswerEnd()
{
    UpstreamConnection* upstream = std::exchange(m_upstream, nullptr);
    m_request->onComplete(m_worker.now());
    if (m_streaming) {
        flush(true);
        m_facts = m_watcher.facts();
        finish(true);
        return;
    }
    sendCollected();
    if (m_active && m_client.unsentBytes() > 0) {
        upstream->takeAnswer(m_heldBuffer, m_heldText);
        m_draining = true;
    } else if (m_active) {
        finish(true);
    }
}

/// Treats and sends a collected answer; ends the exchange itself only when the answer is replaced by a local reply.
void Exchange::sendCollected()
{
    const char* base = m_answerHead.data();
    auto treatment = chat::treatAnswer(m_parsed.endpoint, m_profile->schema, m_status,
        m_answer.find(base, "content-type"), m_answer.find(base, "content-encoding"), m_collected, m_facts);
    if (treatment.kind == chat::AnswerTreatment::Kind::Fail) {
        replyLocal(500, {}, {});
        return;
    }
    const bool replaced = treatment.kind == chat::AnswerTreatment::Kind::Replace;
    if (replaced) {
        m_replacement = std::move(treatment.body);
        m_collected = m_replacement;
    }
    AnswerBody body{AnswerBody::Framing::Length, m_collected.size()};
    if (m_client.isHeadRequest()) {
        body.length = m_answer.contentLength;
    } else if (m_status == 204 || m_status == 304) {
        body.framing = AnswerBody::Framing::None;
    } else if (!replaced && m_answer.framing != http::Framing::Length) {
        body.framing = AnswerBody::Framing::Chunked;
    }
    std::string& head = m_requestHead; // no attempt uses it any more
    head.clear();
    writeAnswerHead(head, m_answer, base, body, replaced, m_client.closesAfterAnswer(), m_worker.date());
    boost::container::small_vector<std::string_view, 5> pieces;
    char line[18];
    if (body.framing == AnswerBody::Framing::Chunked) {
        if (!m_collected.empty()) {
            head.append(line, http::writeChunkSize(line, m_collected.size()));
        }
        pieces = {head, m_collected, m_collected.empty() ? "0\r\n\r\n" : "\r\n0\r\n\r\n"};
    } else {
        pieces = {head, m_collected};
    }
    m_bytesOut = m_collected.size();
    m_firstByte = m_worker.now();
    m_client.send(pieces, Connection::Unsent::Refer);
}

void Exchange::onAnswerFailure(dispatch::Failure failure)
{
    m_upstream = nullptr;
    if (m_streaming) {
        flush(false);
    }
    const dispatch::Action action = m_request->onFailure(failure, m_worker.now());
    m_worker.watchCluster(*m_request->cluster());
    perform(action);
}

void Exchange::onClientDrained()
{
    if (m_draining) {
        m_draining = false;
        m_heldBuffer = {};
        std::string().swap(m_heldText);
        finish(true);
    } else if (m_upstream != nullptr && m_streaming) {
        m_upstream->pauseAnswer(false);
    }
}

void Exchange::onClientGone()
{
    if (!m_active) {
        return;
    }
    if (m_request && !m_draining) {
        m_request->onClientGone(m_worker.now());
    }
    dropAttempt();
    cancel();
    m_active = false;
    m_draining = false;
    record(false);
    m_request.reset();
    m_state.reset();
}

// ---- the gateway's own answers ---------------------------------------------------------------------

void Exchange::replyMachine(const dispatch::LocalReply& reply)
{
    if (m_request->route().action == plan::Route::Action::NotFound) {
        replyLocal(404, "text/plain", chat::kNoRouteText);
    } else if (reply.inErrorForm && chat::wrapsErrors(m_parsed.endpoint)) {
        const plan::ApiSchema schema = m_profile != nullptr ? m_profile->schema : plan::ApiSchema::OpenAI;
        replyLocal(reply.status, "application/json",
            chat::wrappedLocalReply(m_parsed.endpoint, schema, reply.status, reply.text));
    } else {
        replyLocal(reply.status, reply.text.empty() ? std::string_view{} : "text/plain", reply.text);
    }
}

void Exchange::replyLocal(std::uint16_t status, std::string_view contentType, std::string_view body, bool close)
{
    dropAttempt();
    if (close) {
        m_client.closeAfterAnswer();
    }
    m_status = status;
    m_bytesOut = m_client.isHeadRequest() ? 0 : body.size();
    std::string head;
    writeLocalHead(head, status, contentType, body.size(), m_client.closesAfterAnswer(), m_worker.date());
    const std::string_view pieces[] = {head, m_client.isHeadRequest() ? std::string_view{} : body};
    m_firstByte = m_worker.now();
    m_client.send(pieces, Connection::Unsent::Copy);
    finish(true);
}

void Exchange::cut()
{
    m_facts = m_watcher.facts();
    finish(false);
}

void Exchange::finish(bool complete)
{
    cancel();
    m_active = false;
    record(complete);
    m_request.reset();
    m_profile = nullptr;
    m_state.reset();
    m_client.onExchangeDone(!complete);
}

void Exchange::record(bool complete)
{
    auto record = std::make_shared<telemetry::RequestRecord>();
    const base::Instant now = m_worker.now();
    record->plan = m_state->worker().planPtr();
    record->time = m_received.time;
    record->model = m_parsed.model().substr(0, kLargestModelName);
    if (m_request) {
        record->route = static_cast<std::uint32_t>(&m_request->route() - m_state->plan().routes.data());
    }
    record->status = m_status;
    record->streamed = m_streaming;
    record->complete = complete;
    record->bytesIn = m_received.body.size();
    record->bytesOut = m_bytesOut;
    record->first = m_firstByte == base::kNever ? base::Duration(-1) : m_firstByte - m_received.received;
    record->total = now - m_received.received;
    record->tokensIn = m_facts.usage.input;
    record->tokensOut = m_facts.usage.output;
    if (m_request) {
        const auto& trace = m_request->trace();
        record->attempts.reserve(trace.size());
        for (std::size_t i = 0; i < trace.size(); ++i) {
            telemetry::AttemptRecord attempt;
            attempt.endpoint = trace[i].endpoint;
            attempt.profile = trace[i].profile;
            attempt.priority = trace[i].priority;
            attempt.outcome = trace[i].outcome;
            attempt.decision = trace[i].decision;
            attempt.trigger = trace[i].trigger;
            attempt.status = trace[i].status;
            attempt.picks = trace[i].picks;
            attempt.start = trace[i].started - m_received.received;
            attempt.end = (trace[i].ended == base::kNever ? now : trace[i].ended) - m_received.received;
            attempt.backoff = trace[i].backoff;
            attempt.backoffBound = trace[i].backoffBound;
            if (i < m_attempts.size()) {
                attempt.address = m_attempts[i].address;
                if (m_attempts[i].firstByte != base::kNever) {
                    attempt.firstByte = m_attempts[i].firstByte - m_received.received;
                }
            }
            record->attempts.push_back(attempt);
        }
    }
    m_worker.recorder().add(std::move(record));
}

} // namespace signalbox::proxy
