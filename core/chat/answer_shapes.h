// SPDX-License-Identifier: Apache-2.0
#pragma once

// What each endpoint's successful answer must look like: the typed structs that the gateway decodes it into.

#include "core/chat/endpoints.h"
#include "core/chat/json_shape.h"

namespace signalbox::chat {

/// Null: the endpoint's answers are not read (audio).
const Shape* answerShape(Endpoint endpoint);

/// One event of any stream, held to as little as its facts need.
const Shape& eventShape();

} // namespace signalbox::chat
