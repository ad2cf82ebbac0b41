extension Sealer {
    /// The same for bytes in an array.
    package mutating func add<Failure: Error>(
        _ bytes: [UInt8], into sink: (RawSpan) throws(Failure) -> Void
    ) throws(Failure) {
        try unsafe add(bytes.span.bytes, into: sink)
    }

    /// Seals what is whole in memory already, a prompt for instance.
    package static func seal(_ bytes: [UInt8], to recipients: [Recipient]) throws(SealingError) -> [UInt8] {
        var sealer = try Sealer(to: recipients)
        var sealed: [UInt8] = []
        sealed.reserveCapacity(sealedCount(of: bytes.count, recipients: recipients.count))
        sealer.add(bytes) { append($0, to: &sealed) }
        sealer.finish { append($0, to: &sealed) }
        return sealed
    }
}

extension Opener {
    /// The same for bytes in an array.
    package mutating func add(_ bytes: [UInt8], into sink: (RawSpan) -> Void) throws(SealingError) {
        try unsafe add(bytes.span.bytes, into: sink)
    }

    /// Opens what is whole in memory already; the bytes come out only if all of them are genuine.
    package static func open(_ sealed: [UInt8], with identities: [Identity]) throws(SealingError) -> [UInt8] {
        var opener = Opener(with: identities)
        var bytes: [UInt8] = []
        try opener.add(sealed) { append($0, to: &bytes) }
        try opener.finish { append($0, to: &bytes) }
        return bytes
    }
}

extension Identity {
    /// The same for text in an array.
    package init(text: [UInt8]) throws(SealingError) {
        try unsafe self.init(text: text.span.bytes)
    }
}

private func append(_ piece: RawSpan, to bytes: inout [UInt8]) {
    unsafe piece.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
}
