/// The ledger's shape, step by step. A step that was released is never changed.
enum Migrations {
    static let steps = [first, second, third, fourth]

    private static let first = """
        CREATE TABLE job (
            id TEXT PRIMARY KEY, requested_id TEXT, claim_token TEXT NOT NULL UNIQUE,
            state TEXT NOT NULL, fence INTEGER NOT NULL, owner TEXT, lease_until INTEGER,
            run_after INTEGER NOT NULL, waiting TEXT, priority INTEGER NOT NULL, route TEXT NOT NULL,
            accepted_at INTEGER NOT NULL, started_at INTEGER, settled_at INTEGER,
            inputs_delete_by INTEGER NOT NULL, inputs_deleted_at INTEGER,
            retain_inputs INTEGER NOT NULL, retain_outputs INTEGER,
            profile_id TEXT NOT NULL, profile_hash TEXT NOT NULL, subject_ref TEXT, origin_node TEXT NOT NULL,
            content_ref TEXT NOT NULL, count INTEGER NOT NULL, reference_count INTEGER NOT NULL,
            input_bytes INTEGER NOT NULL, removed TEXT NOT NULL, reference_sizes TEXT NOT NULL, spec_blob TEXT,
            staged TEXT, reason TEXT, simulated INTEGER NOT NULL, duplicate_of TEXT
        ) STRICT;
        CREATE INDEX job_open ON job (priority DESC, accepted_at, id)
            WHERE state NOT IN ('done', 'failed') AND (state <> 'held' OR staged IS NOT NULL) AND owner IS NULL;
        CREATE INDEX job_inputs ON job (inputs_delete_by) WHERE inputs_deleted_at IS NULL;
        CREATE INDEX job_subject ON job (subject_ref) WHERE subject_ref IS NOT NULL;
        CREATE INDEX job_accepted ON job (accepted_at);
        CREATE TABLE output (
            job TEXT NOT NULL REFERENCES job (id), position INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT,
            billed TEXT NOT NULL, file TEXT, width INTEGER, height INTEGER, format TEXT, bytes INTEGER, sha256 TEXT,
            expires_at INTEGER, deleted_at INTEGER, PRIMARY KEY (job, position)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX output_expiry ON output (expires_at) WHERE expires_at IS NOT NULL AND deleted_at IS NULL;
        CREATE TABLE effect (
            id TEXT PRIMARY KEY, job TEXT NOT NULL REFERENCES job (id), output INTEGER NOT NULL, state TEXT NOT NULL,
            route TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL, request_id TEXT, class TEXT,
            billed TEXT NOT NULL, cost INTEGER NOT NULL, cost_source TEXT NOT NULL, http_status INTEGER,
            sent_at INTEGER NOT NULL, ended_at INTEGER, answer_blob TEXT
        ) STRICT;
        CREATE INDEX effect_job ON effect (job, sent_at);
        CREATE INDEX effect_sent ON effect (sent_at);
        CREATE TABLE blob (
            id TEXT PRIMARY KEY, job TEXT NOT NULL REFERENCES job (id), kind TEXT NOT NULL, position INTEGER NOT NULL,
            bytes INTEGER NOT NULL, media_type TEXT
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX blob_job ON blob (job);
        CREATE TABLE event (
            number INTEGER PRIMARY KEY, at INTEGER NOT NULL, wall INTEGER NOT NULL, name TEXT NOT NULL, job TEXT,
            facts TEXT NOT NULL
        ) STRICT;
        CREATE INDEX event_job ON event (job) WHERE job IS NOT NULL;
        CREATE TABLE clock (
            one INTEGER PRIMARY KEY CHECK (one = 1), age INTEGER NOT NULL, wall INTEGER NOT NULL,
            since_boot INTEGER NOT NULL, boot_id TEXT NOT NULL
        ) STRICT;
        CREATE TABLE secret (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
        """

    /// A person's word about an ended job, and the money of a day.
    private static let second = """
        ALTER TABLE job ADD COLUMN reopened INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE effect ADD COLUMN day TEXT NOT NULL DEFAULT '';
        ALTER TABLE effect ADD COLUMN subject_ref TEXT;
        CREATE TABLE pause (route TEXT PRIMARY KEY, code TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER) STRICT;
        CREATE INDEX effect_open ON effect (route) WHERE state = 'intent';
        CREATE INDEX effect_day ON effect (day, route, subject_ref, billed, cost);
        """

    /// How many jobs are open is asked at every look into the inbox, however many there were.
    private static let third = """
        CREATE INDEX job_unsettled ON job (state) WHERE state NOT IN ('done', 'failed');
        """

    /// How often a job was under way when the daemon died, in a row.
    private static let fourth = """
        ALTER TABLE job ADD COLUMN deaths INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX job_suspect ON job (accepted_at, id) WHERE deaths > 0;
        """

    /// Brings the file to the newest shape; refuses one that is newer than this program.
    static func apply(to database: Database) throws(LedgerError) {
        try database.script(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA foreign_keys=ON;")
        try database.transaction { () throws(LedgerError) in
            let found = Int(try database.rows("PRAGMA user_version").first?["user_version"].integer ?? 0)
            guard found <= steps.count else { throw LedgerError.newer(found: found, known: steps.count) }
            guard found < steps.count else { return }
            for step in steps[found...] { try database.script(step) }
            try database.script("PRAGMA user_version=\(steps.count)")
        }
    }
}
