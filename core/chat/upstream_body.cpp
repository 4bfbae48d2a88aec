// SPDX-License-Identifier: Apache-2.0
#include "core/chat/json_edit.h"
#include "core/chat/multipart.h"
#include "core/chat/request_body.h"

namespace signalbox::chat {

namespace {

using text::Span;

constexpr std::string_view kUsage = R"({"include_usage":true})";

/// Bytes that take the place of `at` in the body; inserts have an empty span.
struct Edit {
    Span at;
    boost::container::small_vector<std::string_view, 5> with;
};

/// The client's object: its bytes and what stands between its braces. A `null` body counts as {}.
struct Object {
    std::string_view text;
    Span inside;

    bool empty() const
    {
        return text.substr(inside.begin, inside.length()).find_first_not_of(" \t\r\n") == std::string_view::npos;
    }
};

Object objectOf(const ParsedRequest& request, std::string_view body)
{
    if (request.objectBody.begin == 0) {
        return {"{}", {1, 1}};
    }
    return {body, request.objectBody};
}

bool forcesUsage(const ParsedRequest& request, bool forceUsage)
{
    return forceUsage && request.endpoint == Endpoint::ChatCompletions && request.stream && !request.includeUsage;
}

bool isForm(const ParsedRequest& request)
{
    return request.endpoint == Endpoint::AudioTranscriptions || request.endpoint == Endpoint::AudioTranslations;
}

/// Azure has the chat model in its path only.
bool overridesModel(const ParsedRequest& request, const plan::BackendProfile& profile)
{
    return !profile.modelNameOverride.empty()
        && !(profile.schema == plan::ApiSchema::AzureOpenAI && request.endpoint == Endpoint::ChatCompletions);
}

Edit usageEdit(const ParsedRequest& request, const Object& object)
{
    const Span options = request.streamOptionsValue;
    if (options.length() == 0) {
        return {{object.inside.end, object.inside.end}, {object.empty() ? "" : ",", R"("stream_options":)", kUsage}};
    }
    if (request.includeUsageValue.length() != 0) {
        return {request.includeUsageValue, {"true"}};
    }
    if (object.text[options.begin] != '{') {
        return {options, {kUsage}};
    }
    const std::size_t brace = options.end - 1;
    const std::string_view inside = object.text.substr(options.begin + 1, options.length() - 2);
    const bool empty = inside.find_first_not_of(" \t\r\n") == std::string_view::npos;
    return {{brace, brace}, {empty ? "" : ",", R"("include_usage":true)"}};
}

/// `first`: nothing else is in the object before it.
Edit modelEdit(const ParsedRequest& request, const Object& object, std::string_view value, bool first)
{
    if (request.firstModelValue.length() != 0) {
        return {request.firstModelValue, {value}};
    }
    return {{object.inside.end, object.inside.end}, {first ? "" : ",", R"("model":)", value}};
}

void splice(UpstreamBody& out, const Object& object, boost::container::small_vector<Edit, 2>& edits)
{
    if (edits.size() == 2 && edits[1].at.begin < edits[0].at.begin) {
        std::swap(edits[0], edits[1]);
    }
    bool appends = false;
    for (const Edit& edit : edits) {
        appends = appends || edit.at.begin == object.inside.end;
    }
    // Where sjson appends, it loses the white space around the object.
    std::size_t at = appends ? object.inside.begin - 1 : 0;
    const auto add = [&](std::string_view piece) {
        if (!piece.empty()) {
            out.pieces.push_back(piece);
        }
    };
    for (const Edit& edit : edits) {
        add(object.text.substr(at, edit.at.begin - at));
        for (const std::string_view piece : edit.with) {
            add(piece);
        }
        at = edit.at.end;
    }
    const std::size_t end = appends ? object.inside.end + 1 : object.text.size();
    add(object.text.substr(at, end - at));
}

void mutate(UpstreamBody& out, const plan::Mutation& mutation)
{
    std::string body;
    body.reserve(out.size() + 64);
    for (const std::string_view piece : out.pieces) {
        body.append(piece);
    }
    for (const std::string& path : mutation.remove) {
        body = removeMember(body, path);
    }
    for (const auto& [path, value] : mutation.set) {
        body = setMember(body, path, mutationValue(value));
    }
    out.owned = std::make_unique<std::string>(std::move(body));
    out.pieces.assign(1, *out.owned);
}

/// False when the form cannot be read to its end: then it goes out as it is.
bool rewriteForm(UpstreamBody& out, std::string_view body, std::string_view model, std::string_view contentType,
    std::string_view boundary)
{
    auto form = rewriteFormModel(body, multipartBoundary(contentType), model, boundary);
    if (!form) {
        return false;
    }
    out.owned = std::make_unique<std::string>(std::move(*form));
    out.pieces.push_back(*out.owned);
    out.contentType = "multipart/form-data; boundary=";
    out.contentType.append(boundary);
    return true;
}

} // namespace

std::size_t UpstreamBody::size() const
{
    std::size_t sum = 0;
    for (const std::string_view piece : pieces) {
        sum += piece.size();
    }
    return sum;
}

UpstreamBody makeUpstreamBody(const ParsedRequest& request, std::string_view body, const plan::BackendProfile& profile,
    bool isRetry, bool forceUsage, std::string_view contentType, std::string_view boundary)
{
    UpstreamBody out;
    if (!request.hasBody) {
        return out;
    }
    const bool overrides = overridesModel(request, profile);
    const bool usage = forcesUsage(request, forceUsage);
    out.replaced = isRetry || usage || overrides || !profile.body.empty();
    if (isForm(request)) {
        if (!overrides || !rewriteForm(out, body, profile.modelNameOverride, contentType, boundary)) {
            out.pieces.push_back(body);
        }
    } else if (usage || overrides) {
        const Object object = objectOf(request, body);
        boost::container::small_vector<Edit, 2> edits;
        if (usage) {
            edits.push_back(usageEdit(request, object));
        }
        if (overrides) {
            out.owned = std::make_unique<std::string>(stringMember(profile.modelNameOverride));
            const bool first = object.empty() && !(usage && request.streamOptionsValue.length() == 0);
            edits.push_back(modelEdit(request, object, *out.owned, first));
        }
        splice(out, object, edits);
    } else {
        out.pieces.push_back(body);
    }
    if (!profile.body.empty()) {
        mutate(out, profile.body);
    }
    return out;
}

} // namespace signalbox::chat
