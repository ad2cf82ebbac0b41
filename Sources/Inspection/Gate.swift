/// A door that a picture passes only when it carries nothing but pixels, and what the door's rule allows besides.
package enum Gate: Sendable, Hashable {
    /// To a provider: pixels alone, no colour profile, no orientation, nothing after the end.
    case reference
    /// To the one who asked: the same, and exactly this many XMP packets of ours.
    case output(allowingXMP: Int)
}

/// Why a picture does not pass a gate. It says where, never what.
package enum Violation: Sendable, Hashable, CustomStringConvertible {
    /// Something besides pixels.
    case carries(Finding)
    /// A break in the structure, behind which anything could hide.
    case damaged(String)
    /// An animation.
    case frames(Int)
    /// Another number of readable XMP packets than the gate asks for.
    case packets(found: Int, wanted: Int)

    package var description: String {
        switch self {
        case .carries(let finding):
            "carries \(finding.kind.rawValue) (\(finding.label), \(finding.length) bytes at byte \(finding.offset))"
        case .damaged(let what): "structure is broken: \(what)"
        case .frames(let count): "has \(count) frames"
        case .packets(let found, let wanted): "has \(found) XMP packets instead of \(wanted)"
        }
    }
}

extension PictureReport {
    /// Everything that keeps this picture from passing `gate`; empty when it may pass.
    package func violations(through gate: Gate) -> [Violation] {
        var violations: [Violation] = []
        if let damage { violations.append(.damaged(damage)) }
        if width == nil || height == nil, damage == nil { violations.append(.damaged("no size")) }
        if frames != 1 { violations.append(.frames(frames)) }
        switch gate {
        case .reference: return violations + findings.map(Violation.carries)
        case .output(let wanted):
            // A packet that cannot be read as it stands (compressed, in hexadecimal) is no packet of ours.
            let found = findings.filter { $0.kind == .xmp }.count
            if found != wanted || packets.count != wanted {
                violations.append(.packets(found: max(found, packets.count), wanted: wanted))
            }
            return violations + findings.filter { $0.kind != .xmp }.map(Violation.carries)
        }
    }
}
