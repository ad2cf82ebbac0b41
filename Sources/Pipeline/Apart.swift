/// Runs a step in a task of its own. A task keeps the memory of its deepest steps until it ends, and a thousand may wait for an
/// answer after theirs.
func apart<Value: Sendable>(_ step: @escaping @Sendable () async throws -> Value) async throws -> Value {
    try await Task { try await step() }.value
}
