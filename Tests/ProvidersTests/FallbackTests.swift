import Domain
import Providers
import Testing

/// When another route may take over: section 3 of the contracts, class by class.
@Suite struct FallbackTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let callClass: CallClass
        let moment: Fallback.Moment

        var testDescription: String { callClass.rawValue }
    }

    static let table: [Row] = [
        Row(callClass: .success, moment: .never), Row(callClass: .invalidRequest, moment: .never),
        Row(callClass: .payloadTooLarge, moment: .never), Row(callClass: .contentBlockedInput, moment: .never),
        Row(callClass: .contentBlockedOutput, moment: .never), Row(callClass: .noImageReturned, moment: .never),
        Row(callClass: .auth, moment: .atOnce), Row(callClass: .permission, moment: .atOnce),
        Row(callClass: .accountBlocked, moment: .atOnce), Row(callClass: .modelNotFound, moment: .atOnce),
        Row(callClass: .quotaExhausted, moment: .atOnce), Row(callClass: .rateLimited, moment: .never),
        Row(callClass: .overloaded, moment: .afterTries), Row(callClass: .serverError, moment: .never),
        Row(callClass: .outcomeUnknown, moment: .never), Row(callClass: .notSent, moment: .afterTries),
        Row(callClass: .badResponse, moment: .never), Row(callClass: .cancelled, moment: .never),
    ]

    /// What happens after this many earlier tries that ended the same way.
    func takesOver(_ callClass: CallClass, tries: Int = 0, wait: Span? = nil, isFree: Bool = true) -> Bool {
        var verdict = Verdict(callClass)
        verdict.wait = wait
        let action = CallDecision(faultsBefore: tries, requestsPerMinute: 2, chance: 0.5).next(after: verdict)
        return Fallback.takesOver(from: action, tries: tries, isFree: isFree)
    }

    @Test func `the table has a row for every class`() {
        #expect(Set(Self.table.map(\.callClass)) == Set(CallClass.allCases))
    }

    @Test(arguments: table)
    func `a class lets the fallback in when the table says so`(row: Row) {
        #expect(Fallback.moment(after: row.callClass) == row.moment)
        #expect(takesOver(row.callClass) == (row.moment == .atOnce))
        #expect(takesOver(row.callClass, tries: 5) == (row.moment != .never))
    }

    @Test(arguments: CallClass.allCases)
    func `nothing that was or may have been paid is asked of another route`(callClass: CallClass) {
        #expect(!takesOver(callClass, tries: 50, isFree: false))
        if callClass.billed != .no { #expect(Fallback.moment(after: callClass) == .never) }
    }

    @Test func `a content refusal goes to nobody else, although it cost nothing`() {
        for callClass in [CallClass.contentBlockedInput, .contentBlockedOutput] {
            #expect(!takesOver(callClass, tries: 50))
        }
    }

    @Test func `a rate limit is waited for, unless it lasts so long that it is a quota`() {
        #expect(!takesOver(.rateLimited, wait: .minutes(15)))
        #expect(takesOver(.rateLimited, wait: .hours(2)))
    }

    @Test(arguments: ReasonCode.allCases)
    func `of a paused route only those pauses count that a pause can have`(code: ReasonCode) {
        let counts = [
            .auth, .permission, .accountBlocked, .modelNotFound, .quotaExhausted, .badResponse, .routePaused,
        ].contains(code)
        #expect(Fallback.takesOver(fromPause: code, isFree: true) == counts)
        #expect(!Fallback.takesOver(fromPause: code, isFree: false))
    }
}
