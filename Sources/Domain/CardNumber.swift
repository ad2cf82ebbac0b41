/// Numbers of payment cards in texts: 13 to 19 digits of a known issuer whose check digit fits, alone or in groups with one space or
/// dash between them.
package enum CardNumber {
    /// One run of digits, and whether one space or dash stands between it and the one before.
    private struct Group {
        var digits: [UInt8] = []
        var follows = false
        /// What stands before its first digit.
        var before: Unicode.Scalar?
    }

    private static let longest = 19

    /// Whether the text holds one.
    package static func stands(in text: String) -> Bool {
        let groups = groups(of: text)
        for first in groups.indices {
            var digits: [UInt8] = []
            for last in first..<groups.count {
                let group = groups[last]
                if last > first, !group.follows { break }
                digits += group.digits
                guard digits.count <= longest else { break }
                if isCard(digits, in: groups[first...last]) { return true }
            }
        }
        return false
    }

    private static func groups(of text: String) -> [Group] {
        var groups: [Group] = []
        var current = Group()
        var before: Unicode.Scalar?
        var gap: [Unicode.Scalar] = []
        func isJoint() -> Bool { gap.count == 1 && gap.first.map(isSeparator) == true }
        for scalar in text.unicodeScalars {
            if let digit = digit(scalar) {
                if current.digits.isEmpty {
                    current.follows = !groups.isEmpty && isJoint()
                    current.before = before
                    gap = []
                }
                // Longer than any card: it is no part of one.
                if current.digits.count <= longest { current.digits.append(digit) }
            } else {
                if !current.digits.isEmpty {
                    groups.append(current)
                    current = Group()
                }
                if gap.count < 2 { gap.append(scalar) }
            }
            before = scalar
        }
        if !current.digits.isEmpty { groups.append(current) }
        return groups
    }

    private static func digit(_ scalar: Unicode.Scalar) -> UInt8? {
        if scalar.isASCII { return ("0"..."9").contains(scalar) ? UInt8(scalar.value - 48) : nil }
        guard scalar.properties.numericType == .decimal else { return nil }
        return scalar.properties.numericValue.map { UInt8($0) }
    }

    private static func isSeparator(_ scalar: Unicode.Scalar) -> Bool {
        [" ", "-", "\u{A0}", "\u{2007}", "\u{202F}", "\u{2010}", "\u{2011}", "\u{2012}", "\u{2013}"].contains(scalar)
    }

    private static func isCard(_ digits: [UInt8], in groups: ArraySlice<Group>) -> Bool {
        guard (13...longest).contains(digits.count), lengths(of: digits).contains(digits.count), fits(digits) else {
            return false
        }
        guard groups.count > 1 else { return groups.first?.before != "+" }
        // A number with a country's code before it is a telephone's; cards of 13 digits are not written in groups, nor any in single digits.
        return groups.first?.before != "+" && digits.count > 13 && groups.dropLast().allSatisfy { $0.digits.count > 1 }
    }

    /// The check digit of ISO/IEC 7812-1 (Luhn).
    private static func fits(_ digits: [UInt8]) -> Bool {
        var sum = 0
        for (place, digit) in digits.reversed().enumerated() {
            let doubled = Int(digit) * (place % 2 == 1 ? 2 : 1)
            sum += doubled > 9 ? doubled - 9 : doubled
        }
        return sum % 10 == 0
    }

    /// How long numbers are that begin so, by the ranges that issuers have published.
    private static func lengths(of digits: [UInt8]) -> Set<Int> {
        let start = digits.prefix(4).reduce(0) { $0 * 10 + Int($1) }
        return switch start {
        case 4000...4999: [13, 16, 19]
        case 5100...5599, 2221...2720: [16]
        case 3400...3499, 3700...3799: [15]
        case 3000...3059, 3095, 3600...3699, 3800...3999: [14, 16, 17, 18, 19]
        case 6011, 6440...6599, 3528...3589, 6200...6299, 2200...2204: [16, 17, 18, 19]
        case 5018, 5020, 5038, 5893, 6304, 6759, 6761...6763: [13, 14, 15, 16, 17, 18, 19]
        default: []
        }
    }
}

extension AbuseRule {
    /// What is said of a text that holds one; the number itself is said nowhere.
    package static func cardNumber(in field: String?) -> Reason {
        Reason(
            .policyForbids, "a card's number is no part of a job", field: field, limit: cardNumber.limit,
            hint: "take it out")
    }
}

/// Rules against abuse that this machine goes by itself; each is the `limit` of the refusals that it gives.
package enum AbuseRule: String, Sendable, CaseIterable {
    case cardNumber = "card_number"
    case denyList = "deny_list"

    package var limit: String { "abuse." + rawValue }

    /// The rule that a refusal comes from; nil for any other.
    package init?(_ reason: Reason) {
        guard let rule = AbuseRule.allCases.first(where: { $0.limit == reason.limit }) else { return nil }
        self = rule
    }
}
