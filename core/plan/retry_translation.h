// SPDX-License-Identifier: Apache-2.0
#pragma once

// BackendTrafficPolicy.spec.retry to Envoy's retry policy (envoy-routing 3.1).

#include "core/manifest/resources.h"
#include "core/plan/plan.h"

#include <string>

namespace signalbox::plan {

struct RetryTranslation {
    enum class Verdict {
        Ok,
        Invalid,        ///< the policy is not accepted: routes that it covers answer 500
        FreezesGateway, ///< accepted, but Envoy Gateway refuses its own output and publishes nothing
    };
    Verdict verdict = Verdict::Ok;
    RetryPolicy policy;
    std::string reason; ///< what is wrong, for a message; empty when Ok
};

RetryTranslation translateRetry(const manifest::RetrySpec& spec);

} // namespace signalbox::plan
