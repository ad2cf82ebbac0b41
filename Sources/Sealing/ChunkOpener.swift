/// Opens whole chunks in their order.
struct ChunkOpener: ~Copyable {
    private var cipher: Cipher
    private var nonce = ChunkNonce()
    private var clear = WorkBuffer(capacity: ChunkNonce.chunkCount)
    /// The last chunk was opened.
    private(set) var haveEnded = false

    init(key: SecretBytes) {
        cipher = Cipher(key: key)
    }

    /// A chunk of full size may be the last one: its seal tells, before the file's end is known.
    mutating func openFull(_ sealed: RawSpan, into sink: (RawSpan) -> Void) throws(SealingError) {
        if !open(sealed, last: false) {
            guard open(sealed, last: true) else { throw .damagedChunk(nonce.number) }
            haveEnded = true
        }
        nonce.advance()
        clear.withBytes(sink)
    }

    /// What was left when the file ended, less than a full chunk.
    mutating func openLast(_ sealed: RawSpan, into sink: (RawSpan) -> Void) throws(SealingError) {
        guard sealed.byteCount >= Cipher.tagCount else { throw .truncated(.payload) }
        guard open(sealed, last: true) else { throw .damagedChunk(nonce.number) }
        guard clear.count > 0 || nonce.number == 0 else { throw .emptyLastChunk }
        clear.withBytes(sink)
    }

    /// Fills `clear` where the seal is right, and empties it where it is not.
    private mutating func open(_ sealed: RawSpan, last: Bool) -> Bool {
        let place = nonce.bytes(last: last)
        let isOpen = unsafe sealed.withUnsafeBytes { source in
            unsafe clear.withRoom { unsafe cipher.open(source, nonce: place, into: $0) }
        }
        // What a wrong seal left in the buffer counts as touched, so that it is overwritten too.
        clear.resize(to: max(0, sealed.byteCount - Cipher.tagCount))
        if !isOpen { clear.resize(to: 0) }
        return isOpen
    }
}
