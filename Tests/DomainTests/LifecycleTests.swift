import Domain
import Testing

@Suite struct LifecycleTests {
    @Test func `the way of a job that succeeds`() {
        var state = JobState.accepted
        for event in [JobEvent.prepared, .called, .answered, .finished, .settled(.done)] {
            guard let next = state.after(event) else {
                Issue.record("\(state) has no way on by \(event)")
                return
            }
            state = next
        }
        #expect(state == .done)
    }

    @Test func `a settled job goes nowhere by itself`() {
        let events: [JobEvent] =
            [.prepared, .called, .hindered, .resumed, .answered, .finished] + Outcome.allCases.map { .settled($0) }
        for state in [JobState.done, .failed] {
            #expect(events.allSatisfy { state.after($0) == nil })
        }
    }

    @Test func `every unsettled state may fail, for every job has a last day`() {
        for state in JobState.allCases where !state.isSettled {
            #expect(state.after(.settled(.failed)) == .failed)
        }
    }

    @Test func `nothing is called twice without being asked: a call leads to an answer, a wait, a hold or an end`() {
        #expect(JobState.calling.after(.prepared) == nil && JobState.answered.after(.called) == nil)
        #expect(JobState.held.after(.called) == nil && JobState.made.after(.called) == nil)
        #expect(JobState.waiting.after(.called) == nil, "a waiting job is resumed first")
    }

    @Test func `labels keep only plain characters`() {
        #expect(JobName.label(from: "a b/c\n../é.txt") == "a-b-c-..-.txt")
        #expect(JobName.label(from: "...") == "job" && JobName.label(from: "") == "job")
        #expect(JobName.label(from: String(repeating: "x", count: 300)).count == 80)
        #expect(JobName.isValidID(JobName.label(from: "\u{0}\u{202E}$(rm)")))
    }

    @Test func `a suffix is eight characters of Crockford base32`() {
        #expect(JobName.suffix(from: [0xFF, 0xFF, 0xFF, 0xFF, 0xFF]) == "ZZZZZZZZ")
        #expect(JobName.suffix(from: [0, 0, 0, 0, 1]) == "00000001")
    }

    @Test func `moments are written as RFC 3339 in UTC`() {
        #expect(Timestamp(milliseconds: 0).description == "1970-01-01T00:00:00.000Z")
        #expect(Timestamp(milliseconds: 1_795_248_960_123).description == "2026-11-21T08:16:00.123Z")
        #expect(Timestamp(milliseconds: 951_782_400_000).description == "2000-02-29T00:00:00.000Z")
        for day in ["1970-01-01", "1600-02-29", "2000-02-29", "2026-03-01", "2026-12-31", "9999-12-31"] {
            #expect(Timestamp(day: day)?.description == day + "T00:00:00.000Z")
        }
        for text in ["2026-02-29", "2026-04-31", "2026-13-01", "26-01-01", "2026-1-1", "2026-01-01Z", "", "2026/01/01"]
        {
            #expect(Timestamp(day: text) == nil, "\(text)")
        }
        #expect(Timestamp(milliseconds: -1).description == "1969-12-31T23:59:59.999Z")
    }

    @Test func `spans and sizes are read as they are written`() {
        #expect(Span("24h") == .hours(24) && Span("0s") == .zero && Span("250ms")?.milliseconds == 250)
        #expect(Span("1d") == .hours(24) && Span("24") == nil && Span("-1s") == nil && Span("1 h") == nil)
        #expect(Span("999999999999h") == nil)
        #expect(ByteCount(text: "64MB")?.bytes == 64_000_000 && ByteCount(text: "64") == nil)
        #expect(Span.minutes(90).description == "90m" && ByteCount(2_000_000_000).description == "2GB")
    }

    @Test func `a reason is read back from its JSON`() {
        let reason = Reason(
            .referenceTooLarge, "too many pixels", field: "references[0]", limit: "64000000", value: "9",
            hint: "smaller")
        #expect(Reason(json: reason.json) == reason)
    }
}
