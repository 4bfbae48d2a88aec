// SPDX-License-Identifier: Apache-2.0
// link: http

// However an answer's head is cut into reads, verdict and fields are those of the whole.

#include "tests/fuzz/head_pieces.h"

namespace {

using namespace signalbox::http;

void describe(std::string& text, const ResponseHead& head, const char*)
{
    text += std::to_string(head.status) + " " + std::to_string(static_cast<int>(responseFraming(head, false)))
        + std::to_string(static_cast<int>(responseFraming(head, true)));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    signalbox::fuzz::checkHead<ResponseHead>({data, size}, &HeadParser::parseResponse, &describe);
    return 0;
}
