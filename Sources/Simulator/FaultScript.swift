import Documents
import Synchronization

/// The rules by which a simulator misbehaves; of those that fit a request the first one counts.
package final class FaultScript: Sendable {
    private struct Count {
        var seen = 0
        var used = 0
    }

    private struct Key: Hashable {
        let rule: Int
        let prompt: String
    }

    package let rules: [FaultRule]
    private let counts = Mutex<[Key: Count]>([:])

    /// Most rules of one script.
    private static let mostRules = 1000

    /// Reads JSON with comments: a list of rules.
    package init(_ text: [UInt8]) throws(FaultFileError) {
        let document: JSONValue
        do throws(JSONError) {
            document = try JSONParser.parse(text, .relaxed)
        } catch {
            throw FaultFileError(faults: [error.description])
        }
        guard let list = document.array, (1...Self.mostRules).contains(list.count) else {
            throw FaultFileError(faults: ["the file is no list of 1 to \(Self.mostRules) rules"])
        }
        var faults: [FieldFault] = []
        rules = list.enumerated().map { FaultRule($1, number: $0 + 1, faults: &faults) }
        guard faults.isEmpty else { throw FaultFileError(faults: faults.map(\.description)) }
    }

    /// The rule for this request; asking counts.
    func rule(for order: DrawOrder) -> FaultRule? {
        counts.withLock { counts in
            for (place, rule) in rules.enumerated() where rule.fits(order) {
                let key = Key(rule: place, prompt: rule.isPerPrompt ? order.promptDigest : "")
                var count = counts[key] ?? Count()
                count.seen += 1
                let isMet = rule.meets(count.seen) && count.used < rule.times ?? .max
                if isMet { count.used += 1 }
                counts[key] = count
                if isMet { return rule }
            }
            return nil
        }
    }
}

extension FaultRule {
    fileprivate func fits(_ order: DrawOrder) -> Bool {
        (providers.isEmpty || providers.contains(order.contract)) && (isEdit == nil || isEdit == order.isEdit)
            && (markers.isEmpty || markers.contains { order.prompt.contains("[[fault:\($0)]]") })
    }

    /// - Parameter number: of the request among those that fit, from 1.
    fileprivate func meets(_ number: Int) -> Bool {
        if !requests.isEmpty, !requests.contains(number) { return false }
        if let every, number % every != 0 { return false }
        guard let percent else { return true }
        return Self.chance(seed: UInt64(seed), number: UInt64(number)) * 100 < percent
    }

    /// 0 to below 1, the same for the same seed and number (SplitMix64).
    private static func chance(seed: UInt64, number: UInt64) -> Double {
        var mixed = seed &* 0xD134_2543_DE82_EF95 &+ number &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        mixed ^= mixed >> 31
        return Double(mixed >> 11) / Double(1 << 53)
    }
}
