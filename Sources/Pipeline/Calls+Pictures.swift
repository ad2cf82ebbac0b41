import Domain
import Inspection
import Ledger
import Providers
import Vault

/// What a request carries besides words.
extension Calls {
    /// The cleaned references, in order, and the mask, checked once more.
    func sentPictures() async throws -> (references: [SentPicture], mask: SentPicture?) {
        var references: [SentPicture] = []
        var mask: SentPicture?
        for blob in try await shop.ledger.blobs(of: job.id) {
            switch blob.kind {
            case .normalized: references.append(try await sent(blob))
            case .normalizedMask: mask = try await sent(blob)
            default: break
            }
        }
        // A model that does not see the mask would repaint everything.
        guard references.count == spec.referenceCount, (mask != nil) == spec.hasMask else {
            throw StepEnd.vault(.missing)
        }
        return (references, mask)
    }

    private func sent(_ blob: BlobRecord) async throws -> SentPicture {
        guard let format = blob.mediaType.flatMap(PictureFormat.init(rawValue:)),
            job.referenceSizes.indices.contains(blob.position)
        else { throw StepEnd.vault(.missing) }
        let bytes = try await shop.blobs.get(blob.id, limit: Int(blob.bytes))
        // What leaves is what was checked: the gate stands right before the request.
        guard (try? inspect(bytes))?.violations(through: .reference).isEmpty == true else {
            throw StepEnd.refused(
                Reason(.referenceUnclean, "a cleaned picture changed on the disk, so it was not sent"))
        }
        return SentPicture(bytes: bytes, format: format, size: job.referenceSizes[blob.position])
    }
}
