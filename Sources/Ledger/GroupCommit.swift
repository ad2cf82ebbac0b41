/// Writes that share a commit: those that come while one is being made durable wait for the next, all of them together.
///
/// A commit costs one sync of the disk, whatever it holds. A write that is refused undoes itself alone; one answer is given when
/// all of them are durable, or when none is.
final class GroupCommit {
    private let database: Database
    private var waiting: [any Waiting] = []

    init(_ database: Database) {
        self.database = database
    }

    /// Whether the next write needs a commit to be asked for.
    var isEmpty: Bool { waiting.isEmpty }

    /// Takes `work` into the next commit; `end` gets what it gave, once that is durable.
    func add<Result>(
        _ work: @escaping () throws(LedgerError) -> Result,
        end: @escaping (Swift.Result<Result, LedgerError>) -> Void
    ) {
        waiting.append(Write(work, end))
    }

    /// Runs all that wait, in order, and tells each how it ended.
    ///
    /// - Parameter last: runs before the commit; what it throws undoes all of it.
    func commit(last: () throws(LedgerError) -> Void) {
        let writes = waiting
        waiting = []
        do throws(LedgerError) {
            try database.transaction { () throws(LedgerError) in
                for write in writes { try write.run(in: database) }
                try last()
            }
        } catch {
            for write in writes { write.fail(error) }
            return
        }
        for write in writes { write.finish() }
    }
}

private protocol Waiting: AnyObject {
    func run(in database: Database) throws(LedgerError)
    func finish()
    func fail(_ error: LedgerError)
}

private final class Write<Value>: Waiting {
    private let work: () throws(LedgerError) -> Value
    private let end: (Result<Value, LedgerError>) -> Void
    private var result = Result<Value, LedgerError>.failure(.storage(code: 0, doing: "run a statement"))

    init(
        _ work: @escaping () throws(LedgerError) -> Value, _ end: @escaping (Result<Value, LedgerError>) -> Void
    ) {
        self.work = work
        self.end = end
    }

    func run(in database: Database) throws(LedgerError) { result = try database.part(work) }
    func finish() { end(result) }
    func fail(_ error: LedgerError) { end(.failure(error)) }
}
