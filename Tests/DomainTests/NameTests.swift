import Domain
import Testing

@Suite struct NameTests {
    @Test func `a batch's id is its label and eight characters, and each line's id begins with it`() throws {
        let batch = BatchID(name: "spring catalogue", random: [0, 1, 2, 3, 4])
        #expect(batch.description == "spring-catalogue-000G40R4")
        #expect(BatchID(batch.description) == batch)
        #expect(batch.job(ofLine: 7) == "\(batch)-000007")
        #expect(batch.job(ofLine: 12_345_678) == "\(batch)-12345678")
        let long = BatchID(name: String(repeating: "x", count: 300), random: [255, 255, 255, 255, 255])
        #expect(JobName.isValidID(long.job(ofLine: 1_000_000)), "within an id's length")
    }

    @Test(arguments: ["", "cat", "cat-", "-0123456Z", "cat-0123456", "cat-0123456z", "cat-0123456I", "cat 1-0123456Z"])
    func `what is no batch's id is not read as one`(text: String) {
        #expect(BatchID(text) == nil)
    }

    @Test(
        arguments: [
            ("2026-11-21T08:16:00Z", "2026-11-21T08:16:00.000Z"),
            ("2026-11-21t08:16:00.5z", "2026-11-21T08:16:00.500Z"),
            ("2026-11-21T00:16:00+02:00", "2026-11-20T22:16:00.000Z"),
            ("2026-12-31T23:59:59.123456789-05:30", "2027-01-01T05:29:59.123Z"),
        ])
    func `a moment is read with any offset and fraction`(text: String, moment: String) {
        #expect(Timestamp(rfc3339: text)?.description == moment)
        #expect(Timestamp(moment)?.description == moment)
    }

    @Test(
        arguments: [
            "", "2026-11-21", "2026-11-21T08:16Z", "2026-11-21T08:16:00", "2026-02-30T08:16:00Z",
            "2026-11-21T24:00:00Z",
            "2026-11-21T08:16:00.Z", "2026-11-21T08:16:00+2:00", "2026-11-21 08:16:00Z", "2026-11-21T08:16:0٣Z",
            "2026-11-21T08:16:00.1234567890Z", "2026-11-21T08:16:00+02:60",
        ])
    func `what is no moment is not read as one`(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }
}
