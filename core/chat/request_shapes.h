// SPDX-License-Identifier: Apache-2.0
#pragma once

// What each endpoint's request must look like: the typed structs of the gateway's internal/apischema as tables.

#include "core/chat/endpoints.h"
#include "core/chat/json_shape.h"

namespace signalbox::chat {

/// The shape of a JSON endpoint's body. `json` decides where the endpoint has two forms (tokenize). Endpoints without
/// a JSON body give a shape that takes anything.
const Shape& requestShape(Endpoint endpoint, std::string_view json);

namespace shapes {

extern const Shape kChatRequest;
extern const Shape kChatMessages;
extern const Shape kChatTools;
extern const Shape kMessagesRequest;
extern const Shape kCountTokensRequest;
extern const Shape kResponsesRequest;

} // namespace shapes

} // namespace signalbox::chat
