import Documents
import Domain
import Providers
import Settings
import Support
import Testing
import Transport

@Suite struct ModerationTests {
    static func route(_ provider: Route.Provider) -> Route {
        var route = Route.offline
        route.provider = provider
        route.deployment = "m"
        route.family = provider.families.first ?? ""
        return route
    }

    func verdict(_ provider: Route.Provider, _ status: Int, _ body: String) -> Verdict {
        Self.route(provider).adapter(endpoint: "https://x.example", key: nil).read(
            AnswerHead(status: status, headers: [:], bodyBytes: body.utf8.count), body: Array(body.utf8)
        ).0
    }

    @Test(
        arguments: [
            (
                .openAI, 400,
                #"{"error":{"code":"moderation_blocked","message":"secret words","moderation_details":{"moderation_stage":"input","categories":["violence","sexual/minors"]}}}"#,
                "sexual violence minors"
            ),
            (
                .azureOpenAI, 400,
                #"{"error":{"code":"contentFilter","innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"hate":{"filtered":true},"violence":{"filtered":false},"self_harm":{"filtered":true}}}}}"#,
                "self_harm hate"
            ),
            (
                .microsoftMAI, 400,
                #"{"error":{"code":"content_safety_violation","message":"Response content blocked by label 'MultiSeverity_ViolenceScore'."}}"#,
                "violence"
            ),
            (
                .openRouter, 403,
                #"{"error":{"code":403,"metadata":{"reasons":["harassment"],"flagged_input":"a secret"}}}"#,
                "hate"
            ),
            (.googleGemini, 200, #"{"candidates":[{"finishReason":"IMAGE_RECITATION"}]}"#, "rights"),
            (
                .googleGemini, 200,
                #"{"promptFeedback":{"blockReason":"SAFETY","safetyRatings":[{"category":"HARM_CATEGORY_SEXUALLY_EXPLICIT","blocked":true}]}}"#,
                "sexual"
            ),
            (.openAI, 400, #"{"error":{"code":"moderation_blocked","message":"violence, sex"}}"#, ""),
        ] as [(Route.Provider, Int, String, String)])
    func `what a refusal was for is one of a few closed words, and the service's own are not kept`(
        provider: Route.Provider, status: Int, body: String, categories: String
    ) {
        let verdict = verdict(provider, status, body)
        #expect(verdict.moderation.map(\.rawValue).joined(separator: " ") == categories)
        guard
            case .fail(let reason) = CallDecision(faultsBefore: 0, requestsPerMinute: nil, chance: 0).next(
                after: verdict)
        else {
            Issue.record("it is no failure")
            return
        }
        #expect(reason.value == (categories.isEmpty ? nil : categories))
        #expect(!reason.json.compact.contains("secret"))
    }

    @Test func `an answer that is no refusal of content has none`() {
        #expect(
            verdict(.openAI, 400, #"{"error":{"code":"invalid_value","message":"label 'violence'"}}"#).moderation == [])
    }
}
