import Disk
import Domain
import Imaging
import Inspection
import Ledger
import Providers
import Transport
import Vault

/// What becomes of a whole answer: durable first, then read; its picture kept, whatever it was wrapped in.
extension Calls {
    /// Makes an answer durable, then reads it.
    func answered(
        _ head: AnswerHead, _ writer: AnswerWriter, _ effect: EffectRecord, _ output: OutputRecord,
        _ adapter: any Adapter
    ) async throws -> End {
        let pictures = try await BlockingLane.disk.run { () throws(VaultError) in try writer.finish() }
        var effect = effect
        effect.state = .answered
        effect.httpStatus = head.status
        effect.answerBlob = writer.id
        let blob = BlobRecord(
            id: writer.id, job: job.id, kind: .answer, position: output.index, bytes: Int64(writer.count))
        let parts = pictures.map { picture in part(picture.id, of: output.index, bytes: picture.bytes) }
        try await shop.ledger.write(job.hold, nil, [.effect(effect), .addBlob(blob)] + parts.map { .addBlob($0) })
        return try await judge(head, effect, output, adapter)
    }

    func part(_ id: String, of output: Int, bytes: Int) -> BlobRecord {
        BlobRecord(id: id, job: job.id, kind: .picture, position: output, bytes: Int64(bytes))
    }

    /// Reads a durable answer. Run again after a crash it comes to the same end.
    func judge(
        _ head: AnswerHead, _ effect: EffectRecord, _ output: OutputRecord, _ adapter: any Adapter
    ) async throws -> End {
        guard let answer = effect.answerBlob else { throw StepEnd.vault(.missing) }
        let body = try await shop.blobs.get(answer, limit: Self.mostOfAnswer)
        var (verdict, image) = adapter.read(head, body: body)
        // After a crash there is no head to read it from.
        verdict.requestID = effect.requestID ?? verdict.requestID
        guard let image else { return try await ended(verdict, effect, output, fault: nil, changes: []) }
        var changes = try await kept(image, of: answer, output: output.index)
        if changes == nil {
            switch try await fetched(image, of: answer, effect, output) {
            case .picture(let found): changes = found
            case .wait(let end): return end
            case .none(let oddity):
                verdict = verdict.failed(oddity)
            }
        }
        guard let changes else { return try await ended(verdict, effect, output, fault: nil, changes: []) }
        var answered = output
        answered.state = .answered
        return try await ended(verdict, effect, answered, fault: nil, changes: changes)
    }

    /// An answer without its pictures, and a little for those so small that they stayed in it.
    static let mostOfAnswer = 2 * AnswerStream.longestDocument

    /// The rows that make the first known picture of an answer the output's original; nil where it holds none.
    private func kept(_ image: ImageAnswer, of answer: String, output: Int) async throws -> [Change]? {
        for picture in image.pictures {
            switch picture {
            case .url: continue
            case .bytes(let bytes):
                if let found = try await original(bytes, model: image.model, of: answer, output: output) {
                    return found
                }
            case .part(let number):
                let id = BlobID.beside(answer, number)
                // Only what arrived with this answer: the number was read in it.
                guard var row = try await shop.ledger.blobs(of: job.id).first(where: { $0.id == id }),
                    Self.isKnown(try await shop.blobs.head(id, count: Self.enoughToIdentify))
                else { continue }
                row.kind = .original
                row.mediaType = image.model
                return [.dropBlob(id), .addBlob(row)]
            }
        }
        return nil
    }

    /// Keeps a picture that was in one piece; nil where it is none we know.
    func original(_ bytes: [UInt8], model: String?, of answer: String, output: Int) async throws -> [Change]? {
        guard Self.isKnown(bytes) else { return nil }
        let id = try await shop.blobs.put(bytes, under: BlobID.key(of: answer))
        return [
            .addBlob(
                BlobRecord(
                    id: id, job: job.id, kind: .original, position: output, bytes: Int64(bytes.count), mediaType: model)
            )
        ]
    }

    private static func isKnown(_ head: [UInt8]) -> Bool {
        identify(head).map(PictureLimits.answers.contains) ?? false
    }

    /// Enough bytes for the longest list of brands that is read.
    private static let enoughToIdentify = 512
}
