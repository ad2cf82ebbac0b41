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
}
