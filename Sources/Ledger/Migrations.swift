/// The ledger's shape, step by step. A step that was released is never changed.
enum Migrations {
    static let steps = [
        first, second, third, fourth, credits, turns, paces, paced, saves, book, loads, forgetting, audit, parties,
        subjects, gallery, plans, histories, hooks, budgetDays, batches, waitReasons,
    ]

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

    /// Credits of subjects, by double entry; `job.credits` is what one output costs, 0 where credits are not used.
    private static let credits = """
        ALTER TABLE job ADD COLUMN credits INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE credit_account (
            subject_ref TEXT PRIMARY KEY, free INTEGER NOT NULL CHECK (free >= 0),
            reserved INTEGER NOT NULL CHECK (reserved >= 0), spent INTEGER NOT NULL CHECK (spent >= 0),
            expired INTEGER NOT NULL CHECK (expired >= 0)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE credit_lot (
            number INTEGER PRIMARY KEY, subject_ref TEXT NOT NULL, free INTEGER NOT NULL CHECK (free >= 0),
            expires_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX credit_lot_use ON credit_lot (subject_ref, expires_at) WHERE free > 0;
        CREATE INDEX credit_lot_expiry ON credit_lot (expires_at) WHERE free > 0;
        CREATE TABLE credit_hold (
            job TEXT NOT NULL, output INTEGER NOT NULL, lot INTEGER NOT NULL REFERENCES credit_lot (number),
            subject_ref TEXT NOT NULL, amount INTEGER NOT NULL CHECK (amount > 0), attempt INTEGER NOT NULL,
            state TEXT NOT NULL, PRIMARY KEY (job, output, lot)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX credit_hold_open ON credit_hold (subject_ref) WHERE state = 'open';
        CREATE TABLE credit_movement (
            number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, subject_ref TEXT NOT NULL,
            at INTEGER NOT NULL, job TEXT, output INTEGER, free INTEGER NOT NULL, policy_id TEXT NOT NULL,
            policy_hash TEXT NOT NULL
        ) STRICT;
        CREATE INDEX credit_movement_subject ON credit_movement (subject_ref, number);
        CREATE TABLE credit_entry (
            movement INTEGER NOT NULL REFERENCES credit_movement (number), account TEXT NOT NULL,
            lot INTEGER NOT NULL REFERENCES credit_lot (number), amount INTEGER NOT NULL,
            PRIMARY KEY (movement, lot, account)
        ) STRICT, WITHOUT ROWID;
        """

    /// Fallback routes: who had an output after the job's own route, and whom a request stood in for. Turns between subjects:
    /// jobs of one priority are claimed by turn, and `served` is the last turn of it that was.
    private static let turns = """
        ALTER TABLE output ADD COLUMN fallbacks TEXT NOT NULL DEFAULT '';
        ALTER TABLE effect ADD COLUMN fallback_from TEXT;
        ALTER TABLE job ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE turn (priority INTEGER PRIMARY KEY, served INTEGER NOT NULL) STRICT;
        DROP INDEX job_open;
        CREATE INDEX job_open ON job (priority DESC, turn, accepted_at, id)
            WHERE state NOT IN ('done', 'failed') AND (state <> 'held' OR staged IS NOT NULL) AND owner IS NULL;
        CREATE INDEX job_turn ON job (priority, subject_ref, turn)
            WHERE state NOT IN ('done', 'failed') AND (state <> 'held' OR staged IS NOT NULL) AND owner IS NULL;
        """

    /// How often a subject has asked lately.
    private static let paces = """
        CREATE INDEX effect_subject ON effect (subject_ref, sent_at) WHERE subject_ref IS NOT NULL;
        """

    /// Who waits for the pace of a subject, in the order in which they go on.
    private static let paced = """
        CREATE INDEX job_paced ON job (subject_ref, priority, accepted_at, run_after, waiting)
            WHERE waiting = 'over_rate';
        """

    /// Whether a policy lets outputs be kept beyond their time, and which are.
    private static let saves = """
        ALTER TABLE job ADD COLUMN may_save INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE output ADD COLUMN saved INTEGER NOT NULL DEFAULT 0;
        """

    /// How far the book of calls is known, and until when (wall clock) the outcome folders are; what a start found otherwise last.
    private static let book = """
        CREATE TABLE book (
            one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL, place INTEGER NOT NULL, seen INTEGER NOT NULL,
            settled_at INTEGER, settled TEXT
        ) STRICT;
        """

    /// What lies before each route is asked at each look into the inbox that finds something.
    private static let loads = """
        CREATE INDEX job_load ON job (state, route, count) WHERE state NOT IN ('done', 'failed');
        """

    /// Jobs in the order in which they are forgotten.
    private static let forgetting = """
        CREATE INDEX job_settled ON job (settled_at) WHERE settled_at IS NOT NULL;
        """

    /// How far the audit log had come when it was last signed: a log that is shorter than this was cut. And the jobs whose
    /// outcome folders were published and have not been seen to be gone.
    private static let audit = """
        CREATE TABLE audit_mark (
            one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL, root TEXT NOT NULL, event INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE publication (job TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
        """

    /// Who takes turns with others: subjects, and users who hand over for none.
    private static let parties = """
        ALTER TABLE job ADD COLUMN party TEXT;
        UPDATE job SET party = subject_ref;
        DROP INDEX job_turn;
        CREATE INDEX job_turn ON job (priority, party, turn)
            WHERE state NOT IN ('done', 'failed') AND (state <> 'held' OR staged IS NOT NULL) AND owner IS NULL;
        """

    /// Where subjects stand, what is kept for legal reasons, what people asked for; and whom an event speaks of, until it is in the
    /// audit log.
    private static let subjects = """
        CREATE TABLE subject (
            subject_ref TEXT PRIMARY KEY, restricted_at INTEGER, suspended_at INTEGER,
            objections TEXT NOT NULL DEFAULT '', erasing TEXT, record TEXT
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE legal_hold (
            id TEXT PRIMARY KEY, subject_ref TEXT NOT NULL, job TEXT, reason TEXT NOT NULL, begins INTEGER NOT NULL,
            expires INTEGER NOT NULL, ended INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX legal_hold_subject ON legal_hold (subject_ref);
        CREATE TABLE request (
            id TEXT PRIMARY KEY, verb TEXT NOT NULL, subject_ref TEXT NOT NULL, tombstone TEXT, label TEXT,
            received INTEGER NOT NULL, due INTEGER NOT NULL, state TEXT NOT NULL, closed INTEGER, result TEXT,
            answer TEXT, warned INTEGER NOT NULL DEFAULT 0
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX request_subject ON request (subject_ref, received);
        CREATE INDEX request_open ON request (due, id) WHERE closed IS NULL;
        ALTER TABLE event ADD COLUMN subject_ref TEXT;
        CREATE INDEX event_subject ON event (subject_ref) WHERE subject_ref IS NOT NULL;
        """

    /// What others may see of outputs, and for a while what they may see no more. A row stands before its file, and is gone before it.
    private static let gallery = """
        ALTER TABLE job ADD COLUMN visibility TEXT NOT NULL DEFAULT 'private';
        ALTER TABLE job ADD COLUMN protect INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE gallery (
            id TEXT PRIMARY KEY, job TEXT NOT NULL, position INTEGER NOT NULL, listed INTEGER NOT NULL,
            subject_ref TEXT, file TEXT NOT NULL, name TEXT NOT NULL UNIQUE, width INTEGER NOT NULL,
            height INTEGER NOT NULL, format TEXT NOT NULL, created INTEGER NOT NULL, model TEXT NOT NULL,
            source_type TEXT NOT NULL, protect INTEGER NOT NULL, simulated INTEGER NOT NULL, shown_at INTEGER,
            UNIQUE (job, position)
        ) STRICT;
        CREATE INDEX gallery_subject ON gallery (subject_ref) WHERE subject_ref IS NOT NULL;
        CREATE TABLE gallery_withdrawn (id TEXT PRIMARY KEY, at INTEGER NOT NULL, wall INTEGER NOT NULL) STRICT;
        CREATE INDEX gallery_withdrawn_at ON gallery_withdrawn (at);
        """

    /// What plans let subjects keep: the terms of each job's, what ends an output and when that is to be said, whose outputs changed
    /// since they were looked at. And what was taken away, output by output.
    private static let plans = """
        ALTER TABLE job ADD COLUMN plan TEXT;
        ALTER TABLE job ADD COLUMN plan_age INTEGER;
        ALTER TABLE job ADD COLUMN plan_count INTEGER;
        ALTER TABLE job ADD COLUMN plan_bytes INTEGER;
        ALTER TABLE job ADD COLUMN plan_notice INTEGER;
        ALTER TABLE output ADD COLUMN rule TEXT;
        ALTER TABLE output ADD COLUMN tell_at INTEGER;
        CREATE INDEX output_tell ON output (tell_at) WHERE tell_at IS NOT NULL AND deleted_at IS NULL;
        CREATE INDEX job_plan ON job (subject_ref, accepted_at) WHERE plan IS NOT NULL;
        CREATE TABLE plan_check (subject_ref TEXT PRIMARY KEY, changes INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE delivery (
            number INTEGER PRIMARY KEY, job TEXT NOT NULL, position INTEGER NOT NULL, subject_ref TEXT,
            at INTEGER NOT NULL, wall INTEGER NOT NULL, bytes INTEGER
        ) STRICT;
        CREATE INDEX delivery_job ON delivery (job);
        CREATE INDEX delivery_subject ON delivery (subject_ref) WHERE subject_ref IS NOT NULL;
        """

    /// What subjects asked for, where a policy keeps it: facts, and where the sealed rest is; and what they agreed to.
    private static let histories = """
        ALTER TABLE job ADD COLUMN history TEXT;
        CREATE TABLE history (
            number INTEGER PRIMARY KEY, job TEXT NOT NULL, accepted_at INTEGER NOT NULL, subject_ref TEXT NOT NULL,
            at INTEGER NOT NULL, model TEXT NOT NULL, aspect_ratio TEXT, size TEXT, template TEXT,
            template_version INTEGER, outputs TEXT NOT NULL, document TEXT NOT NULL UNIQUE, kept_at INTEGER,
            ends_at INTEGER, UNIQUE (job, accepted_at)
        ) STRICT;
        CREATE INDEX history_subject ON history (subject_ref, number);
        CREATE INDEX history_end ON history (ends_at) WHERE ends_at IS NOT NULL;
        CREATE INDEX history_open ON history (number) WHERE kept_at IS NULL;
        CREATE INDEX subject_standing ON subject (subject_ref)
            WHERE objections <> '' OR erasing IS NOT NULL OR restricted_at IS NOT NULL;
        CREATE INDEX subject_record ON subject (record) WHERE record IS NOT NULL;
        CREATE TABLE consent (
            number INTEGER PRIMARY KEY, subject_ref TEXT NOT NULL, purpose TEXT NOT NULL, text_hash TEXT NOT NULL,
            given_at INTEGER NOT NULL, given_wall INTEGER NOT NULL, withdrawn_at INTEGER, withdrawn_wall INTEGER
        ) STRICT;
        CREATE INDEX consent_subject ON consent (subject_ref, purpose);
        """

    /// The last event that the operator's commands were told of.
    private static let hooks = """
        CREATE TABLE hook_mark (one INTEGER PRIMARY KEY CHECK (one = 1), event INTEGER NOT NULL) STRICT;
        """

    /// The day whose budget is spent now, and when it ends by the age clock.
    private static let budgetDays = """
        CREATE TABLE budget_day (one INTEGER PRIMARY KEY CHECK (one = 1), day TEXT NOT NULL, until INTEGER NOT NULL) STRICT;
        """

    /// The batch that a job is a line of. Jobs that were accepted before: a line without an id of its own has its batch in the id
    /// that it got, and tells it of the other lines of its claim.
    private static let batches = """
        ALTER TABLE job ADD COLUMN batch TEXT;
        CREATE TABLE batch (id TEXT PRIMARY KEY, name TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE INDEX batch_name ON batch (name);
        UPDATE job SET batch = substr(id, 1, length(id) - max(7, length(substr(claim_token, 23))))
            WHERE claim_token GLOB 'batch-????????????????.[1-9]*'
                AND id GLOB printf('?*-[0-9A-Z][0-9A-Z][0-9A-Z][0-9A-Z][0-9A-Z][0-9A-Z][0-9A-Z][0-9A-Z]-%06d',
                    substr(claim_token, 24));
        WITH known AS MATERIALIZED (
            SELECT substr(claim_token, 1, 22) AS claim, min(batch) AS batch FROM job WHERE batch IS NOT NULL GROUP BY 1)
            UPDATE job SET batch = (SELECT known.batch FROM known WHERE claim = substr(claim_token, 1, 22))
            WHERE batch IS NULL AND claim_token GLOB 'batch-????????????????.[1-9]*';
        INSERT INTO batch SELECT DISTINCT batch, substr(batch, 1, length(batch) - 9) FROM job WHERE batch IS NOT NULL;
        CREATE INDEX job_batch ON job (batch, state) WHERE batch IS NOT NULL;
        """

    /// Why a job waits, in words; `job.waiting` is its code.
    private static let waitReasons = """
        ALTER TABLE job ADD COLUMN waiting_reason TEXT;
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
