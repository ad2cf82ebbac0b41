/// What follows header and nonce: gathers chunks from pieces of any size, and has them opened one after the other.
struct Payload: ~Copyable {
    private var chunks: ChunkOpener
    /// A sealed chunk that is not all there yet.
    private var held = WorkBuffer(capacity: ChunkNonce.sealedCount)

    init(key: SecretBytes) {
        chunks = ChunkOpener(key: key)
    }

    mutating func add(_ bytes: RawSpan, into sink: (RawSpan) -> Void) throws(SealingError) {
        var rest = bytes
        while rest.byteCount > 0 {
            guard !chunks.haveEnded else { throw .trailingData }
            if held.count == 0, rest.byteCount >= ChunkNonce.sealedCount {
                try chunks.openFull(rest.extracting(first: ChunkNonce.sealedCount), into: sink)
                rest = rest.extracting(droppingFirst: ChunkNonce.sealedCount)
            } else {
                let taken = held.fill(from: rest, upTo: ChunkNonce.sealedCount)
                rest = rest.extracting(droppingFirst: taken)
                if held.count == ChunkNonce.sealedCount { try openHeld(into: sink) }
            }
        }
    }

    mutating func finish(into sink: (RawSpan) -> Void) throws(SealingError) {
        guard !chunks.haveEnded else { return }
        try held.withBytes { (bytes) throws(SealingError) in try chunks.openLast(bytes, into: sink) }
    }

    private mutating func openHeld(into sink: (RawSpan) -> Void) throws(SealingError) {
        try held.withBytes { (bytes) throws(SealingError) in try chunks.openFull(bytes, into: sink) }
        held.resize(to: 0)
    }
}
