// SPDX-License-Identifier: Apache-2.0
// Every kind of refusal, one row each: the object is dropped alone, with the reason at the right place.
#include "core/manifest/resource_reader.h"

#include <QtTest>

using namespace signalbox;
using namespace signalbox::manifest;

namespace {

constexpr const char* kAi = "apiVersion: aigateway.envoyproxy.io/v1beta1\n";
constexpr const char* kEnvoy = "apiVersion: gateway.envoyproxy.io/v1alpha1\n";
constexpr const char* kGatewayApi = "apiVersion: gateway.networking.k8s.io/v1\n";

QByteArray object(const QByteArray& apiVersion, const QByteArray& kind, const QByteArray& spec)
{
    return apiVersion + "kind: " + kind + "\nmetadata: {name: it}\nspec: " + spec + "\n";
}

QByteArray route(const QByteArray& spec)
{
    return object(kAi, "AIGatewayRoute", spec);
}

QByteArray rule(const QByteArray& fields)
{
    return route("{rules: [{" + fields + "}]}");
}

QByteArray backendRef(const QByteArray& fields)
{
    return rule("backendRefs: [{name: b, " + fields + "}]");
}

QByteArray match(const QByteArray& headers)
{
    return rule("matches: [{headers: [" + headers + "]}]");
}

QByteArray aiBackend(const QByteArray& fields)
{
    return object(kAi, "AIServiceBackend", "{" + fields + "}");
}

QByteArray security(const QByteArray& fields)
{
    return object(kAi, "BackendSecurityPolicy", "{" + fields + "}");
}

QByteArray endpoint(const QByteArray& fields)
{
    return object(kEnvoy, "Backend", "{endpoints: [{" + fields + "}]}");
}

QByteArray policy(const QByteArray& fields)
{
    return object(kEnvoy, "BackendTrafficPolicy",
        "{targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: r}], " + fields + "}");
}

QByteArray gateway(const QByteArray& listeners)
{
    return object(kGatewayApi, "Gateway", "{gatewayClassName: c, listeners: [" + listeners + "]}");
}

QByteArray items(int count, const QByteArray& item)
{
    QByteArray text;
    for (int i = 0; i < count; ++i) {
        text += (i == 0 ? "" : ", ") + QByteArray(item).replace("%", QByteArray::number(i));
    }
    return text;
}

struct Outcome {
    Resources resources;
    text::Diagnostics problems;
    bool readable = false;
};

Outcome outcomeOf(const QByteArray& text)
{
    LoadedDocuments loaded;
    loadText(std::make_shared<const text::SourceText>("t.yaml", text.toStdString()), loaded);
    Outcome outcome;
    outcome.readable = !loaded.unreadable;
    outcome.resources = readResources(loaded.documents, outcome.problems);
    return outcome;
}

std::size_t countOf(const Resources& all)
{
    return all.gatewayClasses.size() + all.gateways.size() + all.routes.size() + all.serviceBackends.size()
        + all.backends.size() + all.trafficPolicies.size() + all.clientPolicies.size() + all.securityPolicies.size()
        + all.gatewayConfigs.size() + all.referenceGrants.size() + all.secrets.size() + all.inferenceServices.size()
        + all.others.size();
}

void row(const char* name, const QByteArray& text, const char* reason, const char* place)
{
    QTest::newRow(name) << text << QString::fromUtf8(reason) << QByteArray(place);
}

void addMetaRows()
{
    row("no kind", "apiVersion: v1\nmetadata: {name: a}\n", "kind: Required value", "apiVersion");
    row("no apiVersion", "kind: Secret\nmetadata: {name: a}\n", "apiVersion: Required value", "kind");
    row("no metadata", "apiVersion: v1\nkind: Secret\n", "metadata: Required value", "apiVersion");
    row("no name", "apiVersion: v1\nkind: Secret\nmetadata: {generateName: a-}\n", "metadata.name: Required value",
        "generateName");
    row("null name", "apiVersion: v1\nkind: Secret\nmetadata: {name: ~}\n", "metadata.name: Required value", "name");
    row("name is a number", "apiVersion: v1\nkind: Secret\nmetadata: {name: 12}\n",
        "metadata.name: Invalid value: must be of type string, not integer", "12");
    row("name in upper case", "apiVersion: v1\nkind: Secret\nmetadata: {name: Ab}\n",
        "metadata.name: Invalid value: \"Ab\": should match a lowercase RFC 1123", "Ab");
    row("bad namespace", "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: a.b}\n",
        "metadata.namespace: Invalid value: \"a.b\"", "a.b");
    row("label is a boolean", "apiVersion: v1\nkind: Secret\nmetadata: {name: a, labels: {x: true}}\n",
        "metadata.labels.x: Invalid value: must be of type string, not boolean", "true");
    row("a list as document", "- a\n", "must be of type object, not array", "- a");
    row("a word as document", "hello\n", "must be of type object, not string", "hello");
    row("unserved version", "apiVersion: aigateway.envoyproxy.io/v2\nkind: AIGatewayRoute\nmetadata: {name: a}\n",
        "no matches for kind \"AIGatewayRoute\" in version \"aigateway.envoyproxy.io/v2\"",
        "aigateway.envoyproxy.io/v2");
    row("spec is a list", route("[]"), "spec: Invalid value: must be of type object, not array", "[]");
    row("no spec", QByteArray(kEnvoy) + "kind: Backend\nmetadata: {name: a}\n", "spec: Required value", "apiVersion");
}

void addRouteRows()
{
    row("no rules", route("{}"), "spec.rules: Required value", "{}");
    row("16 rules", route("{rules: [" + items(16, "{name: r%}") + "]}"),
        "spec.rules: Too many: 16: must have at most 15 items", "{name: r15}");
    row("rules is a mapping", route("{rules: {a: 1}}"), "spec.rules: Invalid value: must be of type array, not object",
        "{a: 1}");
    row("rule is a string", route("{rules: [x]}"), "spec.rules[0]: Invalid value: must be of type object, not string",
        "x");
    row("reserved rule name", rule("name: route-not-found"), "rule name route-not-found is reserved",
        "route-not-found");
    row("rule name twice", route("{rules: [{name: a}, {name: \"a\"}]}"), "rule name must be unique within the route",
        "\"a\"");
    row("rule name pattern", rule("name: A_b"), "spec.rules[0].name: Invalid value: \"A_b\": should match", "A_b");
    row("129 backends", rule("backendRefs: [" + items(129, "{name: b%}") + "]"),
        "spec.rules[0].backendRefs: Too many: 129: must have at most 128 items", "{name: b128}");
    row("129 matches", rule("matches: [" + items(129, "{headers: []}") + "]"),
        "Too many: 129: must have at most 128 items", "{headers: []}");
    row("17 headers", match(items(17, "{name: h%, value: v}")), "Too many: 17: must have at most 16 items",
        "{name: h16, value: v}");
    row("header twice", match("{name: h, value: v}, {name: 'h', value: w}"),
        "spec.rules[0].matches[0].headers: Duplicate value: \"h\"", "'h'");
    row("header name", match("{name: 'a b', value: v}"), "headers[0].name: Invalid value: \"a b\": should match",
        "'a b'");
    row("header without value", match("{name: h}"), "headers[0].value: Required value", "name");
    row("empty value", match("{name: h, value: ''}"),
        "headers[0].value: Invalid value: \"\": should be at least 1 chars long", "''");
    row("value not ASCII", match("{name: h, value: \xC3\xA4}"), "should match ^[!-~]+([\\t ]?[!-~]+)*$", "\xC3\xA4");
    row("value with two blanks", match("{name: h, value: 'a  b'}"), "should match ^[!-~]+", "'a  b'");
    row("value is a number", match("{name: h, value: 1.5}"), "value: Invalid value: must be of type string, not number",
        "1.5");
    row("match type", match("{name: h, value: v, type: Prefix}"),
        "Unsupported value: \"Prefix\": supported values: \"Exact\", \"RegularExpression\"", "Prefix");
    row("negative weight", backendRef("weight: -1"),
        "spec.rules[0].backendRefs[0].weight: Invalid value: -1: should be greater than or equal to 0", "-1");
    row("weight in quotes", backendRef("weight: '50'"), "must be of type integer, not string", "'50'");
    row("weight with a fraction", backendRef("weight: 0.5"), "must be of type integer, not number", "0.5");
    row("weight above 32 bits", backendRef("weight: 3000000000"), "should be less than or equal to 2147483647",
        "3000000000");
    row("weight above 64 bits", backendRef("weight: 99999999999999999999"), "should be less than or equal to",
        "99999999999999999999");
    row("negative priority", backendRef("priority: -2"), "priority: Invalid value: -2", "-2");
    row("backend without a name", rule("backendRefs: [{weight: 1}]"), "backendRefs[0].name: Required value", "weight");
    row("group alone", backendRef("group: inference.networking.k8s.io"), "group and kind must be specified together",
        "inference.networking.k8s.io");
    row("kind alone", backendRef("kind: InferencePool"), "group and kind must be specified together", "InferencePool");
    row("explicit AIServiceBackend", backendRef("group: aigateway.envoyproxy.io, kind: AIServiceBackend"),
        "only InferencePool from inference.networking.k8s.io group is supported", "aigateway.envoyproxy.io");
    row("other kind of the group", backendRef("group: inference.networking.k8s.io, kind: Pool"),
        "only InferencePool from inference.networking.k8s.io group is supported", "Pool");
    row("mixed references",
        rule("backendRefs: [{name: a}, {name: b, group: inference.networking.k8s.io, kind: InferencePool}]"),
        "cannot mix InferencePool and AIServiceBackend references in the same rule",
        "{name: b, group: inference.networking.k8s.io, kind: InferencePool}");
    row("two pools",
        rule("backendRefs: [" + items(2, "{name: p%, group: inference.networking.k8s.io, kind: InferencePool}") + "]"),
        "only one InferencePool backend is allowed per rule",
        "{name: p0, group: inference.networking.k8s.io, kind: InferencePool}");
    row("timeout pattern", rule("timeouts: {request: 1.5s}"),
        "timeouts.request: Invalid value: \"1.5s\": should match ^([0-9]{1,5}(h|m|s|ms)){1,4}$", "1.5s");
    row("timeout is a number", rule("timeouts: {request: 30}"), "must be of type string, not integer", "30");
    row("attempt longer than request", rule("timeouts: {request: 1s, backendRequest: 2s}"),
        "backendRequest timeout cannot be longer than request timeout", "2s");
    row("idle timeout", rule("streamIdleTimeout: soon"), "streamIdleTimeout: Invalid value", "soon");
    row("creation time", rule("modelsCreatedAt: yesterday"),
        "modelsCreatedAt: Invalid value: \"yesterday\": should match an RFC 3339 date-time", "yesterday");
    row("parent kind", route("{parentRefs: [{name: g, kind: Service}], rules: []}"),
        "spec.parentRefs: Invalid value: only Gateway is supported", "Service");
    row("parent port", route("{parentRefs: [{name: g, port: 0}], rules: []}"), "parentRefs[0].port: Invalid value: 0",
        "0");
    row("hostname", route("{hostnames: ['*.*.x'], rules: []}"), "spec.hostnames[0]: Invalid value: \"*.*.x\"",
        "'*.*.x'");
    row("hostname is a number", route("{hostnames: [1], rules: []}"),
        "spec.hostnames[0]: Invalid value: must be of type string", "1");
    row("cost type", route("{rules: [], llmRequestCosts: [{metadataKey: k, type: Tokens}]}"),
        "Unsupported value: \"Tokens\"", "Tokens");
    row("mutation name twice", backendRef("headerMutation: {set: [{name: a, value: x}, {name: 'a', value: y}]}"),
        "headerMutation.set: Duplicate value: \"a\"", "'a'");
    row("mutation without value", backendRef("bodyMutation: {set: [{path: a}]}"),
        "bodyMutation.set[0].value: Required value", "path");
    row("17 mutations", backendRef("headerMutation: {remove: [" + items(17, "h%") + "]}"),
        "Too many: 17: must have at most 16 items", "h16");
    row("removed twice", backendRef("headerMutation: {remove: [a, \"a\"]}"), "Duplicate value: \"a\"", "\"a\"");
    row("removed is a boolean", backendRef("bodyMutation: {remove: [true]}"),
        "bodyMutation.remove[0]: Invalid value: must be of type string, not boolean", "true");
}

void addAiBackendRows()
{
    const QByteArray fine = "backendRef: {name: b, kind: Backend, group: gateway.envoyproxy.io}";
    const char* reason = "BackendRef must be a Backend resource of Envoy Gateway. See "
                         "https://github.com/envoyproxy/ai-gateway/issues/902 for more details.";
    row("no schema", aiBackend(fine), "spec.schema: Required value", "backendRef");
    row("schema name", aiBackend("schema: {name: Openai}, " + fine),
        "spec.schema.name: Unsupported value: \"Openai\": supported values: \"OpenAI\"", "Openai");
    row("schema version is a number", aiBackend("schema: {name: OpenAI, version: 2024}, " + fine),
        "spec.schema.version: Invalid value: must be of type string", "2024");
    row("no backendRef", aiBackend("schema: {name: OpenAI}"), "spec.backendRef: Required value", "schema");
    row("backend is a Service", aiBackend("schema: {name: OpenAI}, backendRef: {name: b, kind: Service, port: 80}"),
        reason, "Service");
    row("backend of another group",
        aiBackend("schema: {name: OpenAI}, backendRef: {name: b, kind: Backend, group: x.io}"), reason, "x.io");
    row("backend without a kind", aiBackend("schema: {name: OpenAI}, backendRef: {name: b}"), reason, "name");
    row("policy type", security("type: Key"), "spec.type: Unsupported value: \"Key\"", "Key");
    row("policy without a type", security("apiKey: {secretRef: {name: s}}"), "spec.type: Required value", "apiKey");
    row("field of another type",
        security("type: APIKey, apiKey: {secretRef: {name: s}}, azureAPIKey: {secretRef: {name: t}}"),
        "When type is APIKey, only apiKey field should be set", "{secretRef: {name: t}}");
    row("field of the type missing", security("type: AzureAPIKey"),
        "When type is AzureAPIKey, only azureAPIKey field should be set", "AzureAPIKey");
    row("key without a secret", security("type: APIKey, apiKey: {}"), "spec.apiKey.secretRef: Required value", "{}");
    row("AWS without a region", security("type: AWSCredentials, awsCredentials: {credentialsFile: {}}"),
        "spec.awsCredentials.region: Required value", "credentialsFile");
    row("Azure with two secrets", security("type: AzureCredentials, azureCredentials: {clientID: a, tenantID: b}"),
        "Exactly one of clientSecretRef or oidcExchangeToken", "clientID");
    row("policy target",
        security("type: APIKey, apiKey: {secretRef: {name: s}}, targetRefs: [{group: gateway.envoyproxy.io, kind: "
                 "Backend, name: b}]"),
        "targetRefs must reference AIServiceBackend or InferencePool resources", "gateway.envoyproxy.io");
    row("override of both kinds", security("type: APIKey, apiKey: {secretRef: {name: s}}, credentialOverride: {}"),
        "exactly one of fromRequestHeaders and fromDynamicMetadata must be set", "{}");
    row("cost key twice",
        object(kAi, "GatewayConfig",
            "{globalLLMRequestCosts: [{metadataKey: a, type: CEL}, {metadataKey: 'a', type: CEL}]}"),
        "Duplicate value: \"a\"", "'a'");
}

void addBackendRows()
{
    row("no endpoints", object(kEnvoy, "Backend", "{endpoints: []}"),
        "spec.endpoints: Invalid value: 0: should have at least 1 items", "[]");
    row("empty endpoint", endpoint("zone: z"), "one of fqdn, ip or unix must be specified", "{zone: z}");
    row("endpoint of two kinds", endpoint("ip: {address: 10.0.0.1, port: 1}, unix: {path: /s}"),
        "only one of fqdn, ip or unix can be specified", "{ip: {address: 10.0.0.1, port: 1}, unix: {path: /s}}");
    row("mixed endpoints",
        object(kEnvoy, "Backend", "{endpoints: [{fqdn: {hostname: a, port: 1}}, {ip: {address: 10.0.0.1, port: 1}}]}"),
        "fqdn addresses cannot be mixed with other address types", "{ip: {address: 10.0.0.1, port: 1}}");
    row("host name", endpoint("fqdn: {hostname: A_b, port: 1}"), "fqdn.hostname: Invalid value: \"A_b\"", "A_b");
    row("no port", endpoint("fqdn: {hostname: a}"), "fqdn.port: Required value", "hostname");
    row("port too large", endpoint("fqdn: {hostname: a, port: 65536}"), "should be less than or equal to 65535",
        "65536");
    row("address", endpoint("ip: {address: 10.0.0.256, port: 1}"), "ip.address: Invalid value: \"10.0.0.256\"",
        "10.0.0.256");
    row("address the CRD refuses", endpoint("ip: {address: '::1', port: 1}"), "ip.address: Invalid value: \"::1\"",
        "'::1'");
    row("fallback", object(kEnvoy, "Backend", "{fallback: yes}"),
        "spec.fallback: Invalid value: must be of type boolean, not string", "yes");
}

void addPolicyRows()
{
    row("target group",
        object(
            kEnvoy, "BackendTrafficPolicy", "{targetRefs: [{group: gateway.envoyproxy.io, kind: Gateway, name: g}]}"),
        "this policy can only have a targetRefs[*].group of gateway.networking.k8s.io", "gateway.envoyproxy.io");
    row("single target's group",
        object(kEnvoy, "BackendTrafficPolicy", "{targetRef: {group: x.io, kind: Gateway, name: g}}"),
        "this policy can only have a targetRef.group of gateway.networking.k8s.io", "x.io");
    row("target kind",
        object(kEnvoy, "BackendTrafficPolicy",
            "{targetRefs: [{group: gateway.networking.k8s.io, kind: AIGatewayRoute, name: g}]}"),
        "this policy can only have a targetRefs[*].kind of "
        "Gateway/ListenerSet/HTTPRoute/GRPCRoute/TCPRoute/UDPRoute/TLSRoute",
        "AIGatewayRoute");
    row("target without group", object(kEnvoy, "BackendTrafficPolicy", "{targetRefs: [{kind: Gateway, name: g}]}"),
        "targetRefs[0].group: Required value", "kind");
    row("no target", object(kEnvoy, "BackendTrafficPolicy", "{retry: {}}"),
        "either targetRef or targetRefs must be used", "retry");
    row("both targets",
        object(kEnvoy, "BackendTrafficPolicy",
            "{targetRef: {group: gateway.networking.k8s.io, kind: Gateway, name: g}, targetRefs: []}"),
        "either targetRef or targetRefs must be used", "{group: gateway.networking.k8s.io, kind: Gateway, name: g}");
    row("selector group", object(kEnvoy, "BackendTrafficPolicy", "{targetSelectors: [{kind: Gateway, group: x}]}"),
        "group must be gateway.networking.k8s.io", "x");
    row("client target kind",
        object(kEnvoy, "ClientTrafficPolicy",
            "{targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: g}]}"),
        "this policy can only have a targetRefs[*].kind of Gateway or ListenerSet", "HTTPRoute");
    row("merge type", policy("mergeType: Replace"), "Replace is not a valid MergeType for BackendTrafficPolicySpec",
        "Replace");
    row("merge on a Gateway",
        object(kEnvoy, "BackendTrafficPolicy",
            "{mergeType: JSONMerge, targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: g}]}"),
        "mergeType can only be used with xRoute targets", "JSONMerge");
    row("retries", policy("retry: {numRetries: -1}"), "spec.retry.numRetries: Invalid value: -1", "-1");
    row("trigger", policy("retry: {retryOn: {triggers: [timeout]}}"),
        "retryOn.triggers[0]: Unsupported value: \"timeout\"", "timeout");
    row("status code", policy("retry: {retryOn: {httpStatusCodes: [99]}}"),
        "httpStatusCodes[0]: Invalid value: 99: should be greater than or equal to 100", "99");
    row("status code above", policy("retry: {retryOn: {httpStatusCodes: [600]}}"),
        "should be less than or equal to 599", "600");
    row("back-off", policy("retry: {perRetry: {backOff: {baseInterval: 1}}}"),
        "baseInterval: Invalid value: must be of type string, not integer", "1");
    row("breaker", policy("circuitBreaker: {maxConnections: 4294967296}"), "should be less than or equal to 4294967295",
        "4294967296");
    row("budget without percent", policy("circuitBreaker: {retryBudget: {minRetryConcurrency: 1}}"),
        "retryBudget.percent: Required value", "minRetryConcurrency");
    row("budget above one", policy("circuitBreaker: {retryBudget: {percent: {numerator: 101}}}"),
        "numerator must be less than or equal to denominator", "101");
    row("balancer without type", policy("loadBalancer: {slowStart: {window: 1s}}"), "loadBalancer.type: Required value",
        "slowStart");
    row("balancer", policy("loadBalancer: {type: Maglev}"), "Unsupported value: \"Maglev\"", "Maglev");
    row("hash without its field", policy("loadBalancer: {type: ConsistentHash}"),
        "If LoadBalancer type is consistentHash, consistentHash field needs to be set.", "ConsistentHash");
    row("slow start of Random", policy("loadBalancer: {type: Random, slowStart: {window: 1s}}"),
        "Currently SlowStart is only supported for", "{window: 1s}");
    row("both zones", policy("loadBalancer: {type: Random, zoneAware: {preferLocal: {}, weightedZones: []}}"),
        "PreferLocal and WeightedZones cannot be specified together", "[]");
    row("panic threshold", policy("healthCheck: {panicThreshold: 101}"), "should be less than or equal to 100", "101");
    row("health check type", policy("healthCheck: {active: {type: HTTP}}"),
        "If Health Checker type is HTTP, http field needs to be set.", "HTTP");
    row("health check path", policy("healthCheck: {active: {type: HTTP, http: {path: ''}}}"),
        "http.path: Invalid value: \"\"", "''");
    row("health check threshold", policy("healthCheck: {active: {type: TCP, tcp: {}, healthyThreshold: 0}}"),
        "healthyThreshold: Invalid value: 0", "0");
    row("lookup family", policy("dns: {lookupFamily: v4}"), "dns.lookupFamily: Unsupported value: \"v4\"", "v4");
    row("empty faults", policy("faultInjection: {}"), "Delay and abort faults are set at least one.", "{}");
    row("abort without status", policy("faultInjection: {abort: {percentage: 1}}"),
        "httpStatus and grpcStatus are set at least one.", "{percentage: 1}");
    row("abort status", policy("faultInjection: {abort: {httpStatus: 199}}"), "httpStatus: Invalid value: 199", "199");
    row("percentage in words", policy("faultInjection: {delay: {fixedDelay: 1s, percentage: half}}"),
        "must be of type number, not string", "half");
    row("buffer with a fraction", policy("connection: {bufferLimit: 0.5Gi}"),
        "bufferLimit: Invalid value: \"0.5Gi\": should match ^[1-9]+[0-9]*([EPTGMK]i|[EPTGMk])?$", "0.5Gi");
    row("buffer too large", policy("connection: {bufferLimit: 4Gi}"),
        "should be less than or equal to 4294967295 bytes", "4Gi");
    row("negative buffer", policy("connection: {bufferLimit: -1}"), "should be greater than or equal to 0", "-1");
}

void addGatewayRows()
{
    row("no class", object(kGatewayApi, "Gateway", "{listeners: [{name: a, port: 1, protocol: HTTP}]}"),
        "spec.gatewayClassName: Required value", "listeners");
    row("no listeners", gateway(""), "spec.listeners: Invalid value: 0: should have at least 1 items", "[]");
    row("listener port", gateway("{name: a, port: 0, protocol: HTTP}"), "listeners[0].port: Invalid value: 0", "0");
    row("listener without protocol", gateway("{name: a, port: 1}"), "listeners[0].protocol: Required value", "name");
    row("listener name twice", gateway("{name: a, port: 1, protocol: HTTP}, {name: 'a', port: 2, protocol: HTTP}"),
        "Listener name must be unique within the Gateway", "'a'");
    row("listener address twice", gateway("{name: a, port: 1, protocol: HTTP}, {name: b, port: 0x1, protocol: HTTP}"),
        "Combination of port, protocol and hostname must be unique for each listener", "0x1");
    row("TLS on HTTP", gateway("{name: a, port: 1, protocol: HTTP, tls: {}}"),
        "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']", "{}");
    row("controller name", object(kGatewayApi, "GatewayClass", "{controllerName: x}"),
        "controllerName: Invalid value: \"x\"", "x");
    row("grant without to", object(kGatewayApi, "ReferenceGrant", "{from: [{group: '', kind: A, namespace: n}]}"),
        "spec.to: Required value", "from");
}

} // namespace

class TestRefusals : public QObject
{
    Q_OBJECT

private slots:
    void refusesOneObjectAlone_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("reason");
        QTest::addColumn<QByteArray>("place");
        addMetaRows();
        addRouteRows();
        addAiBackendRows();
        addBackendRows();
        addPolicyRows();
        addGatewayRows();
    }

    void refusesOneObjectAlone()
    {
        QFETCH(QByteArray, text);
        QFETCH(QString, reason);
        QFETCH(QByteArray, place);
        const QByteArray good = "apiVersion: v1\nkind: Secret\nmetadata: {name: good}\n";
        const Outcome outcome = outcomeOf(text + "---\n" + good);
        QVERIFY(outcome.readable);
        QCOMPARE(countOf(outcome.resources), std::size_t{1});
        QCOMPARE(outcome.resources.secrets.size(), std::size_t{1});
        QString all;
        for (const text::Diagnostic& problem : outcome.problems) {
            const text::Span span = problem.place.span;
            const std::string bytes(problem.place.source->text().substr(span.begin, span.length()));
            const QString message = QString::fromStdString(problem.message);
            all += message + " [" + QString::fromStdString(bytes) + "]\n";
            if (problem.severity == text::Severity::Error && message.contains(reason) && bytes == place.toStdString()) {
                QCOMPARE(problem.code, std::string("object-refused"));
                return;
            }
        }
        QFAIL(qPrintable("no such problem among:\n" + all));
    }

    void reportsEveryProblemAtOnce()
    {
        const Outcome outcome = outcomeOf(
            route("{hostnames: [1, A], rules: [{backendRefs: [{weight: -1}], timeouts: {request: x}}, {name: X}]}"));
        QCOMPARE(outcome.problems.size(), std::size_t{6});
        QVERIFY(outcome.resources.routes.empty());
    }

    void aRefusedObjectReplacesNothing()
    {
        const Outcome outcome = outcomeOf(backendRef("weight: 1") + "---\n" + backendRef("weight: -1"));
        QCOMPARE(outcome.resources.routes.size(), std::size_t{1});
        QCOMPARE(outcome.resources.routes[0].rules[0].backendRefs[0].weight->value, std::int64_t{1});
        QCOMPARE(outcome.problems.size(), std::size_t{1});
    }

    void keepsMessagesOnOneLine()
    {
        const Outcome outcome = outcomeOf(rule("modelsCreatedAt: \"a\\nb" + QByteArray(500, 'x') + "\""));
        QCOMPARE(outcome.problems.size(), std::size_t{1});
        const std::string& message = outcome.problems[0].message;
        QVERIFY(message.find('\n') == std::string::npos);
        QVERIFY(message.find("…") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestRefusals)
#include "tst_refusals.moc"
