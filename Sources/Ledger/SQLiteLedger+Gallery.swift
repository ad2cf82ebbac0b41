import Documents
package import Domain

extension SQLiteLedger: GalleryLedger {
    package func gallery(of job: String) throws(LedgerError) -> [GalleryPicture] {
        try database.rows("SELECT * FROM gallery WHERE job = ? ORDER BY position", [.text(job)])
            .compactMap(GalleryPicture.init)
    }

    package func galleryStrays(among names: [String]) throws(LedgerError) -> Set<String> {
        let asked = JSONValue.array(names.map { .string($0) }).compact
        let rows = try database.rows(
            """
            SELECT asked.value AS name FROM json_each(?) AS asked
            WHERE NOT EXISTS (SELECT 1 FROM gallery WHERE name = asked.value)
            """, [.text(asked)])
        return Set(rows.compactMap { $0["name"].text })
    }

    package func galleryPictures(after id: String, limit: Int) throws(LedgerError) -> [GalleryPicture] {
        try database.rows(
            "SELECT * FROM gallery WHERE id > ? AND shown_at IS NOT NULL ORDER BY id LIMIT ?",
            [.text(id), .init(limit)]
        ).compactMap(GalleryPicture.init)
    }

    package func galleryIndex(
        withdrawnAfter moment: Timestamp
    ) throws(LedgerError) -> (pictures: [GalleryPicture], withdrawn: [GalleryTombstone]) {
        let pictures = try database.rows(
            "SELECT * FROM gallery WHERE listed = 1 AND shown_at IS NOT NULL ORDER BY shown_at DESC, job, position"
        ).compactMap(GalleryPicture.init)
        let withdrawn = try database.rows(
            "SELECT id, wall FROM gallery_withdrawn WHERE at > ? ORDER BY at DESC, id", [.integer(moment.milliseconds)]
        ).compactMap { row -> GalleryTombstone? in
            guard let id = row["id"].text, let at = Timestamp(row["wall"]) else { return nil }
            return GalleryTombstone(id: id, at: at)
        }
        return (pictures, withdrawn)
    }

    package func withdraw(_ choice: GalleryChoice) async throws(LedgerError) -> [GalleryPicture] {
        let (condition, values) = choice.condition
        // Looked at without the write lock: most outputs were never shown.
        guard !(try database.rows("SELECT 1 FROM gallery WHERE \(condition) LIMIT 1", values).isEmpty) else {
            return []
        }
        return try await commit { [self] () throws(LedgerError) in
            let pictures = try database.rows("SELECT * FROM gallery WHERE \(condition)", values)
                .compactMap(GalleryPicture.init)
            for picture in pictures {
                try database.run("DELETE FROM gallery WHERE id = ?", [.text(picture.id)])
                guard picture.shownAt != nil else { continue }
                if picture.isListed {
                    try database.run(
                        "INSERT OR REPLACE INTO gallery_withdrawn (id, at, wall) VALUES (?, ?, ?)",
                        [
                            .text(picture.id), .integer(try now().milliseconds),
                            .integer(timekeeper.wall().milliseconds),
                        ])
                }
                try note(
                    LedgerEvent("gallery.withdrawn", job: picture.job, ["output": String(picture.index)]))
            }
            return pictures
        }
    }

    package func galleryRefusals() throws(LedgerError) -> [String] {
        try database.rows(
            """
            SELECT subject_ref FROM subject
            WHERE \(Self.standing)
                AND (erasing IS NOT NULL OR restricted_at IS NOT NULL OR ' ' || objections || ' ' LIKE '% gallery %')
                AND EXISTS (SELECT 1 FROM gallery WHERE gallery.subject_ref = subject.subject_ref)
            """
        ).compactMap { $0["subject_ref"].text }
    }

    package func mayShow(_ subjectRef: String) throws(LedgerError) -> Bool {
        guard let subject = try subject(subjectRef) else { return true }
        return subject.erasing == nil && subject.restrictedAt == nil && !subject.objections.contains(.gallery)
    }

    package func forgetWithdrawn(before moment: Timestamp) async throws(LedgerError) -> Int {
        let old = try database.rows(
            "SELECT 1 FROM gallery_withdrawn WHERE at <= ? LIMIT 1", [.integer(moment.milliseconds)])
        if old.isEmpty { return 0 }
        return try await commit { [self] () throws(LedgerError) in
            try database.run("DELETE FROM gallery_withdrawn WHERE at <= ?", [.integer(moment.milliseconds)])
        }
    }
}

// MARK: what a job's own writes do

extension SQLiteLedger {
    /// Within a job's write: what the gallery is about to get. One that it has already stays as it is.
    func enter(_ picture: GalleryPicture, of job: String) throws(LedgerError) {
        if let reference = try find(job)?.subjectRef, try !mayShow(reference) { return }
        try database.run(
            "DELETE FROM gallery WHERE job = ? AND position = ? AND shown_at IS NULL",
            [.text(job), .init(picture.index)])
        try database.run(
            """
            INSERT INTO gallery (id, job, position, listed, subject_ref, file, name, width, height, format, created,
                model, source_type, protect, simulated, shown_at)
            SELECT ?, id, ?, ?, subject_ref, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL FROM job WHERE id = ?
                AND NOT EXISTS (SELECT 1 FROM gallery WHERE job = job.id AND position = ?)
            """,
            [
                .text(picture.id), .init(picture.index), .integer(picture.isListed ? 1 : 0), .text(picture.file),
                .text(picture.name), .init(picture.size.width), .init(picture.size.height), .text(picture.format),
                .integer(picture.created.milliseconds), .text(picture.model), .text(picture.sourceType),
                .integer(picture.isProtected ? 1 : 0), .integer(picture.isSimulated ? 1 : 0), .text(job),
                .init(picture.index),
            ])
    }

    /// Within the write that settles a job as done: from now on what it has in the gallery is seen.
    func show(_ job: String) throws(LedgerError) {
        let shown = try database.run(
            "UPDATE gallery SET shown_at = ? WHERE job = ? AND shown_at IS NULL",
            [.integer(try now().milliseconds), .text(job)])
        if shown > 0 { try note(LedgerEvent("gallery.shown", job: job, ["outputs": String(shown)])) }
    }
}

extension GalleryChoice {
    fileprivate var condition: (String, [Database.Value]) {
        switch self {
        case .output(let job, let index): ("job = ? AND position = ?", [.text(job), .init(index)])
        case .job(let job): ("job = ?", [.text(job)])
        case .subject(let reference): ("subject_ref = ?", [.text(reference)])
        case .named(let name): ("name = ?", [.text(name)])
        }
    }
}

extension GalleryPicture {
    init?(_ row: Database.Row) {
        guard let id = row["id"].text, let job = row["job"].text, let position = row["position"].integer,
            let file = row["file"].text, let name = row["name"].text, let width = row["width"].integer,
            let height = row["height"].integer, let created = Timestamp(row["created"])
        else { return nil }
        self.init(
            id: id, of: OutputRecord(job: job, index: Int(position)), isListed: row["listed"].integer == 1, file: file,
            name: name, size: PixelSize(width: Int(width), height: Int(height)), format: row["format"].text ?? "",
            created: created, model: row["model"].text ?? "", sourceType: row["source_type"].text ?? "",
            isProtected: row["protect"].integer == 1, isSimulated: row["simulated"].integer == 1)
        shownAt = Timestamp(row["shown_at"])
    }
}
