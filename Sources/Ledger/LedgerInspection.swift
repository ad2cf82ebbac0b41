import CSQLite
package import Domain

/// What stands in a ledger's file, found without changing it: also where it is too old, too new or damaged to be worked with.
package struct LedgerInspection: Sendable {
    /// The version of the file's shape, and the one that this Darkroom writes.
    package let version: Int
    package let known: Int
    /// What SQLite finds wrong with the file, at most ten sentences of its; empty when it is whole.
    package let damage: [String]
    /// The newest moment that the age clock was anchored at; nil when it never was.
    package let anchor: Anchor?

    /// A moment as the wall clock and the boot-time clock (milliseconds) showed it, in one boot.
    package struct Anchor: Sendable {
        package let wall: Timestamp
        package let sinceBoot: Int64
        package let bootID: String

        package init(wall: Timestamp, sinceBoot: Int64, bootID: String) {
            self.wall = wall
            self.sinceBoot = sinceBoot
            self.bootID = bootID
        }
    }

    /// Reads the whole file, which takes a second or so a gigabyte; beside a daemon too.
    package init(path: String) throws(LedgerError) {
        let database = try Database(path: path, isReader: true)
        version = Int(try database.rows("PRAGMA user_version").first?["user_version"].integer ?? 0)
        known = Migrations.steps.count
        damage = try database.rows("PRAGMA quick_check(10)").compactMap { $0["quick_check"].text }.filter { $0 != "ok" }
        guard version > 0, let row = try database.rows("SELECT * FROM clock").first, let wall = Timestamp(row["wall"]),
            let sinceBoot = row["since_boot"].integer, let bootID = row["boot_id"].text
        else {
            anchor = nil
            return
        }
        anchor = Anchor(wall: wall, sinceBoot: sinceBoot, bootID: bootID)
    }
}

extension LedgerError {
    /// Whether the file itself is broken, or is no ledger at all.
    package var isDamage: Bool {
        guard case .storage(let code, _) = self else { return false }
        return [SQLITE_CORRUPT, SQLITE_NOTADB].contains(code & 0xFF)
    }
}
