package import Transport

/// What a service knows of a call whose answer was lost.
package enum GenerationEnd: Sendable, Hashable {
    /// It came to nothing, and nothing was taken for it.
    case free
    /// It was paid for; in micro-dollars.
    case billed(Int64)
}

/// A service that tells afterwards what became of a call. Most know no such thing.
package protocol Reconciling: Adapter {
    /// The service's id of what it makes, as an answer's head says it; nil where it does not.
    func generation(_ head: AnswerHead) -> String?
    /// The request that asks for it; it costs nothing. Nil for what is no such id.
    func lookUp(_ generation: String) -> OutgoingRequest?
    /// Reads the answer; nil where it does not say, or not yet.
    func end(_ head: AnswerHead, body: [UInt8]) -> GenerationEnd?
}
