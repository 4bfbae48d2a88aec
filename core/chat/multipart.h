// SPDX-License-Identifier: Apache-2.0
#pragma once

// multipart/form-data as Go's mime and mime/multipart read and write it: what the audio endpoints need
// (ai-gateway 3.1). Not carried over: parameter continuations (RFC 2231) and parts in quoted-printable.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace signalbox::chat {

/// The boundary of a multipart content type; empty: the header cannot be read or has none.
std::string multipartBoundary(std::string_view contentType);

struct FormPart {
    std::vector<std::pair<std::string, std::string>> headers; ///< canonical names, in the text's order
    std::string name;                                         ///< the form field, empty when the part is none
    std::string_view content;                                 ///< a view into the form
};

/// Reads the parts of a form one after the other.
class FormReader
{
public:
    /// `form` must outlive the reader and the parts.
    FormReader(std::string_view form, std::string_view boundary);

    enum class Step { Part, End, Broken };
    Step next(FormPart& part);

private:
    Step delimiter(std::string_view line);
    bool readHeaders(FormPart& part);
    bool readContent(FormPart& part);

    std::string_view m_rest;
    std::string m_dashBoundary; ///< "--boundary"
    std::string_view m_newline = "\r\n";
    bool m_started = false;
};

/// The form again with every field `model` replaced, between new boundaries; nothing when the form is broken.
std::optional<std::string> rewriteFormModel(
    std::string_view form, std::string_view oldBoundary, std::string_view model, std::string_view newBoundary);

} // namespace signalbox::chat
