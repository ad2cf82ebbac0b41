/// Runs a step in a task of its own. A task keeps the memory of its deepest steps until it ends, and after theirs a thousand may
/// wait for an answer, or to be finished.
func apart<Value: Sendable>(_ step: @escaping @Sendable () async throws -> Value) async throws -> Value {
    try await Task { try await step() }.value
}

/// Works on all of them at once, each to its end: one that breaks off must not cancel the others, which may be paid for. Throws
/// what one of them threw when all have ended. One alone is worked on in this task: its waiting holds no second one.
func each<Input: Sendable, Output: Sendable>(
    of inputs: [Input], _ work: @escaping @Sendable (Input) async throws -> Output
) async throws -> [Output] {
    if inputs.count == 1 { return [try await work(inputs[0])] }
    let results = await withTaskGroup(of: Result<Output, any Error>.self) { group in
        for input in inputs {
            group.addTask {
                do { return .success(try await work(input)) } catch { return .failure(error) }
            }
        }
        var results: [Result<Output, any Error>] = []
        for await result in group { results.append(result) }
        return results
    }
    return try results.map { try $0.get() }
}
