/// What a plan lets a subject keep.
package struct PlanTerms: Sendable, Hashable {
    package var name: String
    /// How long each output stays after its job settled; nil as long as the policy says.
    package var age: Span?
    /// Most outputs of one subject at a time.
    package var count: Int?
    /// Most bytes that they take together.
    package var bytes: Int64?
    /// How long before its end it is said that an output ends.
    package var notice = Span.hours(24)

    package init(name: String) { self.name = name }

    /// Longest notice.
    package static let mostNotice = Span.hours(30 * 24)
}

/// What ends an output.
package enum ExpiryRule: String, Sendable {
    /// The time that policy, configuration or job give it.
    case time
    case planAge = "plan.outputs"
    case planCount = "plan.count"
    case planBytes = "plan.bytes"
    /// Somebody's word.
    case deleted
}
