import Documents
import Domain
import Providers
import Settings
import Support
import Testing
import Transport

/// Refusals are judged by code and type, then by words, then by status; what is no answer of a model is no refusal.
@Suite struct RefusalTests {
    static func judge(
        _ provider: Route.Provider, _ status: Int, _ body: String, headers: [String: String] = [:]
    ) -> Verdict {
        let route =
            switch provider {
            case .microsoftMAI: ContractTests.mai()
            case .googleGemini: GeminiTests.route()
            case .openRouter: OpenRouterTests.route("microsoft/mai-image-2.6")
            default: OpenAIFamilyTests.route(provider, "gpt-image-2")
            }
        return route.adapter(endpoint: "https://api.example.com/base", key: nil).read(
            AnswerHead(status: status, headers: headers, bodyBytes: body.utf8.count), body: Array(body.utf8)
        ).0
    }

    @Test(arguments: [
        (
            Route.Provider.openAI, 400,
            #"{"error":{"code":"billing_hard_limit_reached","type":"invalid_request_error"}}"#
        ),
        (.openAI, 400, #"{"error":{"message":"x","type":"insufficient_quota","code":null}}"#),
        (.openAI, 403, #"{"error":{"code":"billing_not_active"}}"#),
        (.openAI, 400, #"{"error":{"message":"Billing hard limit has been reached"}}"#),
        (.azureOpenAI, 429, #"{"error":{"code":"insufficient_quota"}}"#),
        (.openRouter, 402, #"{"error":{"code":402,"message":"Insufficient credits"}}"#),
        (.openRouter, 400, #"{"error":{"code":400,"metadata":{"error_type":"insufficient_credits"}}}"#),
        (.microsoftMAI, 400, #"{"error":{"message":"{\"error\":{\"code\":\"insufficient_quota\"}}"}}"#),
    ])
    func `an account without money pauses its route, whatever the status`(
        provider: Route.Provider, status: Int, body: String
    ) {
        #expect(Self.judge(provider, status, body).callClass == .quotaExhausted)
    }

    @Test(arguments: [
        (
            Route.Provider.openRouter, 400,
            #"{"error":{"code":400,"metadata":{"error_type":"content_policy_violation"}}}"#
        ),
        (.openRouter, 400, #"{"error":{"code":400,"metadata":{"error_type":"refusal"}}}"#),
        (
            .openRouter, 400,
            #"{"error":{"code":400,"message":"Provider returned error","metadata":{"raw":"{\"error\":{\"code\":\"moderation_blocked\"}}"}}}"#
        ),
        (
            .openRouter, 502,
            #"{"error":{"code":502,"message":"Provider returned error","metadata":{"raw":"{\"error\":{\"code\":\"content_safety_violation\"}}"}}}"#
        ),
        (.openRouter, 502, #"{"error":{"code":502,"metadata":{"raw":{"error":{"code":"moderation_blocked"}}}}}"#),
        (.openRouter, 403, #"{"error":{"code":403,"message":"Request blocked: x","metadata":{"patterns":["x"]}}}"#),
        (.openAI, 400, #"{"error":{"message":"Your request was rejected by the safety system.","code":null}}"#),
        (.openAI, 500, #"{"error":{"message":"OpenAIException: content_policy_violation: not allowed"}}"#),
        (.openAI, 422, #"{"detail":"The prompt was flagged by our moderation"}"#),
        (.openAI, 400, #"{"error":"Your prompt violates our usage policies"}"#),
        (
            .openAI, 400,
            #"{"error":{"message":"upstream: {\"error\":{\"code\":\"moderation_blocked\"}}","type":"upstream_error"}}"#
        ),
        (.azureOpenAI, 400, #"{"error":{"code":"BadRequest","innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#),
        (.openAI, 451, ""),
        (.openAI, 200, #"{"error":{"code":"moderation_blocked"}}"#),
        (
            .googleGemini, 400,
            #"{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"blocked by content policy"}}"#
        ),
    ])
    func `a refusal of content is one, however it is wrapped`(provider: Route.Provider, status: Int, body: String) {
        let found = Self.judge(provider, status, body).callClass
        #expect(found == .contentBlockedInput || found == .contentBlockedOutput, "\(found)")
    }

    @Test func `an unknown model and a privacy restriction at OpenRouter are told apart`() {
        let unknown = #"{"error":{"code":400,"message":"x","availability":{"code":"model_not_found"}}}"#
        #expect(Self.judge(.openRouter, 400, unknown).callClass == .modelNotFound)
        let restricted = #"{"error":{"code":404,"message":"x","availability":{"code":"privacy_restricted"}}}"#
        let verdict = Self.judge(.openRouter, 404, restricted)
        #expect(verdict.callClass == .permission && !verdict.isDoubtful)
        let words = #"{"error":{"code":404,"message":"No endpoints found matching your data policy"}}"#
        #expect(Self.judge(.openRouter, 404, words).callClass == .permission)
    }

    @Test(arguments: [
        (Route.Provider.openAI, #"{"error":{"message":"Your request was blocked."}}"#),
        (.openAI, "<html><title>Attention required! Cloudflare error 1010</title></html>"), (.microsoftMAI, ""),
        (.googleGemini, #"{"error":{"code":403,"status":"PERMISSION_DENIED","message":"denied"}}"#),
        (.openRouter, #"{"error":{"code":403,"message":"Forbidden"}}"#),
    ])
    func `a 403 about one request is doubtful, and no block of the account`(provider: Route.Provider, body: String) {
        let verdict = Self.judge(provider, 403, body)
        #expect(verdict.callClass == .permission && verdict.isDoubtful && verdict.billed == .no)
    }

    @Test(arguments: [
        (Route.Provider.openAI, 401, #"{"error":{"code":"account_deactivated"}}"#),
        (.azureOpenAI, 403, #"{"error":{"message":"This resource has been blocked because of repeated violations"}}"#),
        (.googleGemini, 403, #"{"error":{"code":403,"message":"Your API key was reported as leaked."}}"#),
        (.googleGemini, 200, #"{"candidates":[{"finishReason":"PUP_LIMITED_DISABLED"}]}"#),
    ])
    func `a blocked, limited or leaked account stops its route`(provider: Route.Provider, status: Int, body: String) {
        let verdict = Self.judge(provider, status, body)
        #expect(verdict.callClass == .accountBlocked && !verdict.isDoubtful)
    }

    @Test func `words about a pace are no words about an account or a prompt`() {
        let limit = #"{"error":{"message":"Your account is limited to 5 requests per minute; flagged for review"}}"#
        #expect(Self.judge(.openAI, 429, limit).callClass == .rateLimited)
        #expect(Self.judge(.openAI, 401, #"{"error":{"message":"safety system"}}"#).callClass == .auth)
    }

    // MARK: what is no answer

    static let strange: [(Int, String, Oddity, Billed)] = [
        (302, "", .redirect, .no), (301, #"{"data":[{"b64_json":"aGVsbG8="}]}"#, .redirect, .no),
        (200, "<!doctype html><p>Welcome", .page, .no), (200, "\n <html>", .page, .no), (200, "", .empty, .possible),
        (204, "", .empty, .possible),
        (200, "data: {\"type\":\"image_generation.partial_image\"}\n\n", .stream, .possible),
        (200, "event: x\ndata: {}\n\n", .stream, .possible), (200, "OK", .unreadable, .possible),
        (200, "{\"data\":[", .unreadable, .possible), (200, "[1,2]", .unreadable, .possible),
    ]

    @Test func `what is no answer of a model is not booked as paid, and names status and host`() {
        for provider in [Route.Provider.microsoftMAI, .openAI, .azureOpenAI, .googleGemini, .openRouter] {
            for (status, body, oddity, billed) in Self.strange {
                let verdict = Self.judge(provider, status, body)
                #expect(verdict.callClass == .badResponse && verdict.oddity == oddity, "\(provider) \(status) \(body)")
                #expect(verdict.billed == billed, "\(provider) \(status) \(body)")
                let action = CallDecision(faultsBefore: 0, requestsPerMinute: 6, chance: 0).next(after: verdict)
                guard case .fail(let reason) = action else {
                    Issue.record("not failed: \(action)")
                    continue
                }
                #expect(reason.message.contains("HTTP \(status) from api.example.com"), "\(reason.message)")
            }
        }
    }

    @Test func `an error inside a success is judged by its own code`() {
        let failed = Self.judge(.openAI, 200, #"{"error":{"type":"server_error","message":"x"}}"#)
        #expect(failed.callClass == .serverError && failed.billed == .possible)
        #expect(Self.judge(.openRouter, 200, #"{"error":{"code":503,"message":"x"}}"#).callClass == .overloaded)
        let unknown = Self.judge(.openAI, 200, #"{"error":{"message":"something else"}}"#)
        #expect(unknown.callClass == .badResponse && unknown.billed == .possible)
        #expect(Self.judge(.openAI, 200, #"{"error":null,"data":[]}"#).callClass == .noImageReturned)
    }

    // MARK: routes

    @Test func `one doubtful refusal fails one job, the second in a row on another job pauses the route`() {
        let doubtful = Self.judge(.openAI, 403, #"{"error":{"message":"Your request was blocked."}}"#)
        var streak = RouteStreak()
        #expect(streak.take(doubtful, job: "a", now: 0) == nil)
        #expect(streak.take(doubtful, job: "a", now: 1) == nil, "the same job again says nothing new")
        #expect(streak.take(Verdict(.rateLimited), job: "c", now: 2) == nil)
        #expect(streak.take(doubtful, job: "b", now: 3) == .permission)
        #expect(streak.take(doubtful, job: "c", now: 4) == nil)
        #expect(streak.take(Verdict(.success), job: "d", now: 5) == nil)
        #expect(streak.take(doubtful, job: "e", now: 6) == nil, "a success resets the count")
    }

    @Test func `five answers in a row that are none pause the route, if they come within ten minutes`() {
        let page = Self.judge(.openAI, 200, "<html>")
        func pauses(_ times: [Int64], success: Int? = nil) -> [Int] {
            var streak = RouteStreak()
            return times.indices.filter { index in
                if index == success { _ = streak.take(Verdict(.success), job: "s", now: times[index]) }
                return streak.take(page, job: "\(index)", now: times[index]) == .badResponse
            }
        }
        #expect(pauses([0, 1, 2, 3, 4, 5]) == [4])
        #expect(pauses([0, 150_000, 300_000, 450_000, 600_001]) == [])
        #expect(pauses([0, 1, 2, 3, 4], success: 3) == [])
    }
}
