// SPDX-License-Identifier: Apache-2.0
// link: http

// However a request's head is cut into reads, verdict and fields are those of the whole.

#include "tests/fuzz/head_pieces.h"

namespace {

using namespace signalbox::http;

void describe(std::string& text, const RequestHead& head, const char* base)
{
    text.append(head.method(base)).append(" ").append(head.targetText(base)).append("\n");
    text += std::to_string(head.expectsContinue) + std::to_string(head.expectsOther) + std::to_string(head.upgrade);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    signalbox::fuzz::checkHead<RequestHead>({data, size}, &HeadParser::parseRequest, &describe);
    return 0;
}
