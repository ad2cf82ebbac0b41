import Providers
import Synchronization
import Vault

/// Takes one answer as it arrives: its pictures to blobs of their own, the rest to the answer's blob when it is whole.
///
/// Called by the network thread alone until the exchange is over.
final class AnswerWriter: Sendable {
    private let blob: any BlobWriter
    private let pictures: Pictures
    private let stream: Mutex<AnswerStream>

    init(_ blob: any BlobWriter) {
        self.blob = blob
        pictures = Pictures(beside: blob)
        stream = Mutex(AnswerStream(pictures))
    }

    /// The id of the answer's blob.
    var id: String { blob.id }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        try stream.withLock { try unsafe $0.take(bytes) }
    }

    /// Makes pictures and answer durable, the answer last: where it is, they are. Gives the ids and sizes of the pictures.
    func finish() throws(VaultError) -> [(id: String, bytes: Int)] {
        let rest = stream.withLock { $0.rest }
        do throws(VaultError) {
            let made = try pictures.finish()
            try blob.write(rest)
            try blob.finish()
            return made
        } catch {
            abandon()
            throw error
        }
    }

    /// Bytes of the answer without its pictures.
    var count: Int { blob.count }

    /// Leaves nothing behind.
    func abandon() {
        pictures.abandon()
        blob.abandon()
    }

    private final class Pictures: PictureSink, Sendable {
        private let owner: any BlobWriter
        private let writers = Mutex<[any BlobWriter]>([])

        init(beside owner: any BlobWriter) { self.owner = owner }

        func begin(_ number: Int) throws {
            let writer = try owner.beside(number)
            writers.withLock { $0.append(writer) }
        }

        func write(_ number: Int, _ bytes: UnsafeRawBufferPointer) throws {
            let writer = writers.withLock { $0.last }
            try unsafe writer?.write(bytes)
        }

        // Hundreds of answers may wait for the disk at once.
        func end(_ number: Int) throws { try writers.withLock { $0.last }?.close() }

        func finish() throws(VaultError) -> [(id: String, bytes: Int)] {
            let writers = writers.withLock { $0 }
            for writer in writers { try writer.finish() }
            return writers.map { ($0.id, $0.count) }
        }

        func abandon() {
            for writer in writers.withLock({ $0 }) { writer.abandon() }
        }
    }
}
