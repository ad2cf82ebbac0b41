import CSQLite

/// One SQLite connection, used by one executor at a time.
@safe final class Database {
    /// A value to bind or a column that was read.
    enum Value: Hashable {
        case null
        case integer(Int64)
        case text(String)
        case bytes([UInt8])

        var integer: Int64? { if case .integer(let number) = self { number } else { nil } }
        var text: String? { if case .text(let text) = self { text } else { nil } }
        var bytes: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }

        init(_ text: String?) { self = text.map { .text($0) } ?? .null }
        init(_ number: Int64?) { self = number.map { .integer($0) } ?? .null }
        init(_ number: Int?) { self.init(number.map { Int64($0) }) }
    }

    struct Row {
        fileprivate let columns: [String: Value]
        subscript(_ name: String) -> Value { columns[name] ?? .null }
    }

    @safe private struct Prepared {
        let pointer: OpaquePointer
    }

    private let connection: OpaquePointer
    private var statements: [String: Prepared] = [:]

    /// - Parameter isReader: changes nothing, and makes no file.
    init(path: String, isReader: Bool = false) throws(LedgerError) {
        var opened: OpaquePointer?
        let way = isReader ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        let flags = way | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let code = unsafe sqlite3_open_v2(path, &opened, flags, nil)
        guard code == SQLITE_OK, let opened = unsafe opened else {
            unsafe sqlite3_close_v2(opened)
            throw LedgerError.storage(code: code, doing: "open its file")
        }
        unsafe connection = unsafe opened
        unsafe sqlite3_busy_timeout(connection, 20_000)
    }

    deinit {
        for statement in statements.values { unsafe sqlite3_finalize(statement.pointer) }
        unsafe sqlite3_close_v2(connection)
    }

    /// Runs statements that take and give nothing.
    func script(_ sql: String) throws(LedgerError) {
        let code = unsafe sqlite3_exec(connection, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw Self.error(code, "prepare its file") }
    }

    /// Runs one statement and returns how many rows it changed.
    @discardableResult
    func run(_ sql: String, _ values: [Value] = []) throws(LedgerError) -> Int {
        _ = try rows(sql, values)
        return Int(unsafe sqlite3_changes(connection))
    }

    /// Runs one statement and returns its rows.
    func rows(_ sql: String, _ values: [Value] = []) throws(LedgerError) -> [Row] {
        let statement = unsafe try prepared(sql)
        defer {
            unsafe sqlite3_reset(statement)
            unsafe sqlite3_clear_bindings(statement)
        }
        for (index, value) in values.enumerated() { unsafe bind(value, at: Int32(index + 1), of: statement) }
        var rows: [Row] = []
        while true {
            let code = unsafe sqlite3_step(statement)
            if code == SQLITE_DONE { return rows }
            guard code == SQLITE_ROW else { throw Self.error(code, "run a statement") }
            rows.append(unsafe Self.row(of: statement))
        }
    }

    /// Runs `work` in one transaction that has the write lock from the start; what it throws undoes all of it.
    func transaction<Result>(_ work: () throws(LedgerError) -> Result) throws(LedgerError) -> Result {
        try run("BEGIN IMMEDIATE")
        let result: Result
        do throws(LedgerError) {
            result = try work()
            try run("COMMIT")
        } catch {
            _ = try? run("ROLLBACK")
            throw error
        }
        return result
    }

    /// Runs `work` as a part of the open transaction; what it throws undoes that part alone.
    ///
    /// Throws where the whole transaction is undone already, as by a full disk.
    func part<Value>(_ work: () throws(LedgerError) -> Value) throws(LedgerError) -> Result<Value, LedgerError> {
        try run("SAVEPOINT part")
        do throws(LedgerError) {
            let value = try work()
            try run("RELEASE part")
            return .success(value)
        } catch {
            guard unsafe sqlite3_get_autocommit(connection) == 0 else { throw error }
            try run("ROLLBACK TO part")
            try run("RELEASE part")
            return .failure(error)
        }
    }

    /// Whether these bytes stand anywhere in the file, used or not. What is in the write-ahead log is not looked at.
    ///
    /// Reads by SQLite's own descriptor: to open and close another one would end the locks that this process has on the file.
    func holds(_ bytes: [UInt8]) throws(LedgerError) -> Bool {
        var found: UnsafeMutablePointer<sqlite3_file>?
        guard unsafe sqlite3_file_control(connection, "main", SQLITE_FCNTL_FILE_POINTER, &found) == SQLITE_OK,
            let file = unsafe found, let methods = unsafe file.pointee.pMethods,
            let read = unsafe methods.pointee.xRead,
            let measure = unsafe methods.pointee.xFileSize
        else { throw .storage(code: SQLITE_ERROR, doing: "find its file") }
        var size: sqlite3_int64 = 0
        guard unsafe measure(file, &size) == SQLITE_OK else {
            throw .storage(code: SQLITE_IOERR, doing: "measure its file")
        }
        var portion = [UInt8](repeating: 0, count: 1 << 20)
        var offset: sqlite3_int64 = 0
        while offset < size {
            let count = min(portion.count, Int(size - offset))
            guard unsafe read(file, &portion, Int32(count), offset) == SQLITE_OK else {
                throw .storage(code: SQLITE_IOERR, doing: "read its file")
            }
            if portion[..<count].contains(bytes) { return true }
            // What stands across the end of this portion is met in the next.
            offset += sqlite3_int64(count == portion.count ? count - bytes.count + 1 : count)
        }
        return false
    }

    private func prepared(_ sql: String) throws(LedgerError) -> OpaquePointer {
        if let known = statements[sql] { return unsafe known.pointer }
        var statement: OpaquePointer?
        let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
        let code = unsafe sqlite3_prepare_v3(connection, sql, -1, flags, &statement, nil)
        guard code == SQLITE_OK, let statement = unsafe statement else { throw Self.error(code, "read a statement") }
        statements[sql] = unsafe Prepared(pointer: statement)
        return unsafe statement
    }

    private func bind(_ value: Value, at index: Int32, of statement: OpaquePointer) {
        // SQLITE_TRANSIENT: SQLite copies, so that the value need not live on.
        let copy = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        switch value {
        case .null: unsafe sqlite3_bind_null(statement, index)
        case .integer(let number): unsafe sqlite3_bind_int64(statement, index, number)
        case .text(let text): unsafe sqlite3_bind_text(statement, index, text, -1, copy)
        case .bytes(let bytes): unsafe sqlite3_bind_blob64(statement, index, bytes, UInt64(bytes.count), copy)
        }
    }

    private static func row(of statement: OpaquePointer) -> Row {
        var columns: [String: Value] = [:]
        let count = unsafe sqlite3_column_count(statement)
        for index in 0..<count {
            guard let name = unsafe sqlite3_column_name(statement, index) else { continue }
            let value: Value =
                switch unsafe sqlite3_column_type(statement, index) {
                case SQLITE_INTEGER: .integer(unsafe sqlite3_column_int64(statement, index))
                case SQLITE_TEXT: .text(unsafe String(cString: sqlite3_column_text(statement, index)))
                case SQLITE_BLOB:
                    .bytes(
                        unsafe Array(
                            UnsafeRawBufferPointer(
                                start: sqlite3_column_blob(statement, index),
                                count: Int(sqlite3_column_bytes(statement, index)))))
                default: .null
                }
            columns[unsafe String(cString: name)] = value
        }
        return Row(columns: columns)
    }

    private static func error(_ code: Int32, _ doing: String) -> LedgerError {
        // SQLITE_FULL, and the disk errors that a full disk gives to the WAL.
        code & 0xFF == SQLITE_FULL ? .full : .storage(code: code, doing: doing)
    }
}
