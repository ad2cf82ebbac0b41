package import Domain

/// What one call is booked at. The only place that turns what an answer says of its cost into money.
package struct Charge: Sendable, Hashable {
    package enum Source: String, Sendable {
        /// The provider's own count or bill.
        case usage
        /// The price table's, from before the call.
        case estimate
        /// Nothing was billed.
        case none
    }

    /// Micro-dollars, never negative.
    package let cost: Int64
    package let source: Source
    package let billed: Billed
    /// The answer said something of its cost that this call cannot have taken; the estimate stands instead.
    package let isDoubted: Bool

    /// Judges the bill of an answer.
    ///
    /// - Parameters:
    ///   - billed: what the class of the answer says of its cost.
    ///   - drew: whether the answer brought a picture.
    ///   - estimate: micro-dollars set aside before the call.
    package init(_ bill: Bill?, billed: Billed, drew: Bool, estimate: Int64, of able: Capability) {
        let estimate = max(0, estimate)
        let range = able.plausibleCost(estimate: estimate, drew: drew)
        // Where every picture has one price, tokens say nothing.
        let stated = bill?.cost ?? (able.fixedCost == nil ? bill?.usage?.cost(at: able.prices) : nil)
        isDoubted = bill?.isUnreadable == true || stated.map { !range.contains($0) } ?? false
        if !isDoubted, let stated, stated > 0 || drew {
            (cost, source, self.billed) = (stated, .usage, drew || stated > 0 ? .yes : billed)
        } else if billed == .no {
            (cost, source, self.billed) = (0, .none, .no)
        } else {
            (cost, source, self.billed) = (estimate, .estimate, billed)
        }
    }
}

extension Capability {
    /// Micro-dollars of every picture, where its price does not depend on tokens.
    var fixedCost: Int64? { if case .flat(let each) = tokens { each } else { nil } }

    /// What one call of this model can have cost, in micro-dollars: at least a quarter of its cheapest picture, where it brought
    /// one, and at most four times the estimate or twice its most expensive picture, whichever is more.
    func plausibleCost(estimate: Int64, drew: Bool) -> ClosedRange<Int64> {
        let pictures = tokens.range(over: sizes)
        let cheapest = max(0, fixedCost ?? Amount.micro(pictures.lowerBound * prices.imageOut))
        let dearest = max(0, fixedCost ?? Amount.micro(pictures.upperBound * prices.imageOut))
        let (fourfold, overflow) = estimate.multipliedReportingOverflow(by: 4)
        var most = max(overflow ? .max : fourfold, 2 * dearest)
        // A price of nothing in the table does not make a bill of the provider wrong.
        if most == 0 { most = Self.unpriced }
        let least = drew ? min(cheapest, estimate) / 4 : 0
        return min(least, most)...most
    }

    /// The most that a provider may bill for a picture that the table calls free.
    private static let unpriced: Int64 = 1_000_000
}
