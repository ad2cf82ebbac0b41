/// Public names of jobs.
package enum JobName {
    /// Longest id a caller may choose.
    package static let longestID = 100
    /// Longest label kept of a dropped name.
    package static let longestLabel = 80

    static let crockford = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")

    /// Reduces a dropped name to `[A-Za-z0-9._-]`, at most 80 characters, never empty, never starting with a dot.
    package static func label(from name: String) -> String {
        var kept = ""
        for scalar in name.unicodeScalars {
            let allowed = isAllowed(scalar)
            if !allowed && kept.hasSuffix("-") { continue }
            kept.unicodeScalars.append(allowed ? scalar : "-")
            if kept.count >= longestLabel { break }
        }
        while let first = kept.first, first == "." || first == "-" { kept.removeFirst() }
        while kept.hasSuffix("-") { kept.removeLast() }
        // A name is public, and a card's number is to stand nowhere.
        return kept.isEmpty || CardNumber.stands(in: kept) ? "job" : kept
    }

    /// Eight characters of Crockford base32 from five random bytes (40 bits).
    package static func suffix(from random: some Sequence<UInt8>) -> String {
        var bits: UInt64 = 0
        for byte in random.prefix(5) { bits = bits << 8 | UInt64(byte) }
        return String((0..<8).reversed().map { crockford[Int(bits >> UInt64($0 * 5) & 31)] })
    }

    /// Whether a caller's id is `[A-Za-z0-9._-]{1,100}` and does not start with a dot.
    package static func isValidID(_ id: String) -> Bool {
        guard !id.isEmpty, id.unicodeScalars.count <= longestID, !id.hasPrefix(".") else { return false }
        return id.unicodeScalars.allSatisfy(isAllowed)
    }

    /// Whether a subject is `[A-Za-z0-9._:@-]{1,128}`.
    package static func isValidSubject(_ subject: String) -> Bool {
        guard !subject.isEmpty, subject.unicodeScalars.count <= 128 else { return false }
        return subject.unicodeScalars.allSatisfy { isAllowed($0) || $0 == ":" || $0 == "@" }
    }

    /// Whether what a caller vouches for is named by `[a-z0-9_]{1,64}`.
    package static func isAttestation(_ name: String) -> Bool {
        guard !name.isEmpty, name.unicodeScalars.count <= 64 else { return false }
        return name.unicodeScalars.allSatisfy { ("a"..."z").contains($0) || ("0"..."9").contains($0) || $0 == "_" }
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "-": true
        default: false
        }
    }
}
