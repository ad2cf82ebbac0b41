/// How many have to share what is published of them together.
package enum Anonymity {
    /// Fewest that may be asked for.
    package static let floor = 20
    package static let usual = 50
}
