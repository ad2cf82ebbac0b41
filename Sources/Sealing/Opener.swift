/// Opens one sealed file as it comes, in 128 KiB of memory, and hands out no byte before its seal was checked.
///
/// The file is whole only once `finish` has returned. One thread at a time may use it.
package struct Opener: ~Copyable, Sendable {
    private let identities: [Identity]
    private var header = HeaderCollector()
    private var fileKey: SecretBytes?
    private var streamNonce: [UInt8] = []
    private var payload: Payload?
    private var failure: SealingError?

    /// - Parameter identities: tried one after the other.
    package init(with identities: [Identity]) {
        self.identities = identities
    }

    /// Takes the next bytes of the file, any number, and hands clear ones to `sink`, a chunk at a time.
    /// After an error every further call ends with the same one.
    package mutating func add(_ bytes: RawSpan, into sink: (RawSpan) -> Void) throws(SealingError) {
        if let failure { throw failure }
        do throws(SealingError) {
            let taken = try takeBeginning(bytes)
            try payload?.add(bytes.extracting(droppingFirst: taken), into: sink)
        } catch {
            failure = error
            throw error
        }
    }

    /// Checks that the file is whole, and hands out its last bytes.
    package consuming func finish(into sink: (RawSpan) -> Void) throws(SealingError) {
        if let failure { throw failure }
        guard payload != nil else { throw .truncated(.header) }
        try payload?.finish(into: sink)
    }

    /// Reads header and nonce, and tells how many of the bytes were theirs.
    private mutating func takeBeginning(_ bytes: RawSpan) throws(SealingError) -> Int {
        guard payload == nil else { return 0 }
        var taken = 0
        if fileKey == nil {
            taken = try unsafe bytes.withUnsafeBytes { (bytes) throws(SealingError) in try unsafe header.take(bytes) }
            guard header.isWhole else { return taken }
            fileKey = try readHeader()
        }
        let missing = bytes.extracting(droppingFirst: taken).extracting(first: Sealer.nonceCount - streamNonce.count)
        unsafe missing.withUnsafeBytes { unsafe streamNonce.append(contentsOf: $0) }
        taken += missing.byteCount
        if let fileKey, streamNonce.count == Sealer.nonceCount {
            payload = Payload(key: FileKey.payloadKey(fileKey, nonce: streamNonce))
        }
        return taken
    }

    private func readHeader() throws(SealingError) -> SecretBytes {
        let header = try Header(parsing: header.bytes)
        let fileKey = try FileKey.unwrap(header, with: identities)
        guard header.isGenuine(fileKey) else { throw .wrongHeaderCode }
        return fileKey
    }
}
