import Domain
import Providers
import Testing

@Suite struct DecisionTests {
    func next(_ callClass: CallClass, faults: Int = 0, wait: Span? = nil, chance: Double = 0.5) -> NextAction {
        var verdict = Verdict(callClass)
        verdict.wait = wait
        return CallDecision(faultsBefore: faults, requestsPerMinute: 2, chance: chance).next(after: verdict)
    }

    @Test func `a success is taken`() { #expect(next(.success) == .take) }

    @Test(arguments: [
        CallClass.invalidRequest, .payloadTooLarge, .contentBlockedInput, .contentBlockedOutput, .noImageReturned,
        .auth, .permission, .accountBlocked, .modelNotFound, .badResponse,
    ])
    func `a final class fails the output at once`(callClass: CallClass) {
        guard case .fail(let reason) = next(callClass) else {
            Issue.record("\(callClass) did not fail")
            return
        }
        #expect(reason.code.rawValue == callClass.rawValue)
    }

    @Test(arguments: [CallClass.outcomeUnknown, .cancelled])
    func `what may have been paid is put before a person`(callClass: CallClass) {
        guard case .hold = next(callClass) else {
            Issue.record("\(callClass) was not held")
            return
        }
    }

    @Test func `a rate limit waits as asked, else by the pace`() {
        #expect(waitOf(next(.rateLimited, wait: .seconds(7))) == .seconds(7))
        #expect(waitOf(next(.rateLimited)) == .seconds(30))
        #expect(waitOf(next(.rateLimited, wait: .zero)) == .seconds(1))
        guard case .wait(.hours(2), let reason) = next(.rateLimited, wait: .hours(2)) else {
            Issue.record("a long hint was not kept")
            return
        }
        #expect(reason.code == .quotaExhausted)
    }

    @Test func `a server error is repeated once, an overload five times`() {
        #expect(waitOf(next(.serverError)) != nil && waitOf(next(.serverError, faults: 1)) == nil)
        #expect(waitOf(next(.overloaded, faults: 4)) != nil && waitOf(next(.overloaded, faults: 5)) == nil)
        #expect(waitOf(next(.notSent, faults: 50)) != nil)
    }

    @Test(arguments: [CallClass.rateLimited, .overloaded, .serverError])
    func `a call that the service says not to repeat is not repeated`(callClass: CallClass) {
        var verdict = Verdict(callClass)
        verdict.wait = .seconds(7)
        verdict.forbidsRepeat = true
        let action = CallDecision(faultsBefore: 0, requestsPerMinute: 2, chance: 0.5).next(after: verdict)
        guard case .fail(let reason) = action else {
            Issue.record("\(callClass) would be repeated")
            return
        }
        #expect(reason.code.rawValue == callClass.rawValue && reason.code.retryable == .yes && reason.hint != nil)
    }

    @Test func `an account without money waits, whatever the service says of repeats`() {
        var verdict = Verdict(.quotaExhausted)
        verdict.forbidsRepeat = true
        let action = CallDecision(faultsBefore: 0, requestsPerMinute: 2, chance: 0.5).next(after: verdict)
        #expect(waitOf(action) == .minutes(15))
    }

    @Test(arguments: [("false", true), ("False", true), ("true", false), ("", false), ("0", false)])
    func `only the word false forbids a repeat`(value: String, isForbidden: Bool) {
        #expect(RetryHint.forbidsRepeat(["x-should-retry": value]) == isForbidden)
        #expect(!RetryHint.forbidsRepeat([:]))
    }

    @Test func `backing off doubles up to two minutes, with full jitter`() {
        #expect(waitOf(next(.overloaded, faults: 0, chance: 1)) == .seconds(2))
        #expect(waitOf(next(.overloaded, faults: 3, chance: 1)) == .seconds(16))
        #expect(waitOf(next(.notSent, faults: 40, chance: 1)) == .seconds(120))
        #expect(waitOf(next(.overloaded, faults: 3, chance: 0)) == .seconds(1))
    }

    @Test func `only what is known to be unbilled, and a server error once, is sent again`() {
        for callClass in CallClass.allCases where callClass.billed != .no {
            if callClass == .serverError { continue }
            #expect(waitOf(next(callClass)) == nil, "\(callClass) would be sent again")
        }
    }

    @Test func `every class but success is a reason of the public surface`() {
        for callClass in CallClass.allCases where callClass != .success { #expect(callClass.reasonCode != nil) }
    }

    private func waitOf(_ action: NextAction) -> Span? {
        if case .wait(let span, _) = action { span } else { nil }
    }
}
