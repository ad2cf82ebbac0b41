package import Documents

/// Amounts in micro-dollars, as dollars.
package enum Money {
    /// A JSON number of dollars, exact.
    package static func dollars(_ micro: Int64) -> JSONValue { .number(text(micro)) }

    /// `0.039`, `1`, `-2.5`: as many digits as are needed, at least a whole number.
    package static func text(_ micro: Int64) -> String {
        let sign = micro < 0 ? "-" : ""
        let magnitude = micro.magnitude
        var fraction = String(magnitude % 1_000_000)
        fraction = String(repeating: "0", count: 6 - fraction.count) + fraction
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return sign + String(magnitude / 1_000_000) + (fraction.isEmpty ? "" : "." + fraction)
    }
}
