import CCrypto

/// Seals one file as it comes, in 64 KiB of memory (age-encryption.org/v1, X25519 recipients).
///
/// Every file has a key of its own, which is gone from memory when the value ends. One thread at a time may use it.
package struct Sealer: ~Copyable, Sendable {
    /// Most recipients of one file: with them the header is still one that `Opener` reads.
    package static let recipientLimit = 512
    /// Bytes of the nonce after the header.
    static let nonceCount = 16

    private var cipher: Cipher
    private var nonce = ChunkNonce()
    /// Clear bytes of a chunk that may be the last one.
    private var held = WorkBuffer(capacity: ChunkNonce.sealedCount)
    /// Header and nonce, until they are handed out.
    private var beginning: [UInt8]

    /// Makes a new file key and wraps it for each recipient (0.1 ms each).
    package init(to recipients: [Recipient]) throws(SealingError) {
        guard (1...Self.recipientLimit).contains(recipients.count) else {
            throw .recipients(count: recipients.count, limit: Self.recipientLimit)
        }
        let fileKey = SecretBytes.random(FileKey.count)
        var stanzas: [Stanza] = []
        for recipient in recipients { stanzas.append(try FileKey.wrap(fileKey, to: recipient)) }
        let streamNonce = Self.randomNonce()
        cipher = Cipher(key: FileKey.payloadKey(fileKey, nonce: streamNonce))
        beginning = Header.text(of: stanzas, fileKey) + streamNonce
    }

    /// Takes the next bytes, any number, and hands sealed ones to `sink` whenever a chunk is full.
    /// Once the sink has thrown, the file has a gap: leave it.
    package mutating func add<Failure: Error>(
        _ bytes: RawSpan, into sink: (RawSpan) throws(Failure) -> Void
    ) throws(Failure) {
        try handOutBeginning(to: sink)
        var rest = bytes
        while rest.byteCount > 0 {
            // A full chunk is known not to be the last one only when more comes.
            if held.count == ChunkNonce.chunkCount { try handOutChunk(last: false, to: sink) }
            let taken = held.fill(from: rest, upTo: ChunkNonce.chunkCount)
            rest = rest.extracting(droppingFirst: taken)
        }
    }

    /// Seals what is left, as the last chunk. Without it the file cannot be opened to its end.
    package consuming func finish<Failure: Error>(into sink: (RawSpan) throws(Failure) -> Void) throws(Failure) {
        try handOutBeginning(to: sink)
        try handOutChunk(last: true, to: sink)
    }

    /// The bytes of a sealed file of `count` bytes.
    package static func sealedCount(of count: Int, recipients: Int = 1) -> Int {
        let stanza = 98
        let header = Header.version.count + recipients * stanza + Header.ending.count + 45
        let chunks = max(1, (count + ChunkNonce.chunkCount - 1) / ChunkNonce.chunkCount)
        return header + nonceCount + count + chunks * Cipher.tagCount
    }

    /// The bytes that a sealed file of `sealed` bytes for one recipient holds.
    package static func count(ofSealed sealed: Int) -> Int {
        let payload = max(0, sealed - sealedCount(of: 0) + Cipher.tagCount)
        let chunks = max(1, (payload + ChunkNonce.sealedCount - 1) / ChunkNonce.sealedCount)
        return max(0, payload - chunks * Cipher.tagCount)
    }

    private mutating func handOutBeginning<Failure: Error>(
        to sink: (RawSpan) throws(Failure) -> Void
    ) throws(Failure) {
        guard !beginning.isEmpty else { return }
        let bytes = beginning
        beginning = []
        try unsafe sink(bytes.span.bytes)
    }

    private mutating func handOutChunk<Failure: Error>(
        last: Bool, to sink: (RawSpan) throws(Failure) -> Void
    ) throws(Failure) {
        let count = held.count
        let place = nonce.bytes(last: last)
        unsafe held.withRoom { unsafe cipher.seal($0, count: count, nonce: place) }
        nonce.advance()
        held.resize(to: count + Cipher.tagCount)
        defer { held.resize(to: 0) }
        try held.withBytes(sink)
    }

    private static func randomNonce() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: nonceCount)
        guard unsafe RAND_bytes(&bytes, Int32(nonceCount)) == 1 else { fatalError("the system gave no random bytes") }
        return bytes
    }
}
