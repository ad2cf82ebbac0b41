package import Domain

/// One output that others may see: a file of the gallery, and what its index says of it.
package struct GalleryPicture: Sendable, Hashable {
    /// Of its own: it leads to no job and no person.
    package var id: String
    package var job: String
    /// The output it is, counted from 1.
    package var index: Int
    /// Whether the index names it.
    package var isListed: Bool
    /// In the outcome folder: the output, or its marked preview.
    package var file: String
    /// In the gallery.
    package var name: String
    package var size: PixelSize
    package var format: String
    /// By the wall clock.
    package var created: Timestamp
    package var model: String
    /// Address of the term of the IPTC vocabulary.
    package var sourceType: String
    package var isProtected: Bool
    package var isSimulated: Bool
    /// When its job settled, by the age clock; nil until then.
    package var shownAt: Timestamp?

    package init(
        id: String, of output: OutputRecord, isListed: Bool, file: String, name: String, size: PixelSize,
        format: String, created: Timestamp, model: String, sourceType: String, isProtected: Bool, isSimulated: Bool
    ) {
        self.id = id
        job = output.job
        index = output.index
        self.isListed = isListed
        self.file = file
        self.name = name
        self.size = size
        self.format = format
        self.created = created
        self.model = model
        self.sourceType = sourceType
        self.isProtected = isProtected
        self.isSimulated = isSimulated
    }
}

/// What is gone from the gallery, for whoever keeps copies of its index.
package struct GalleryTombstone: Sendable, Hashable {
    package let id: String
    /// By the wall clock.
    package let at: Timestamp

    package init(id: String, at: Timestamp) {
        self.id = id
        self.at = at
    }
}

/// Which pictures are taken out of the gallery.
package enum GalleryChoice: Sendable, Hashable {
    case output(job: String, index: Int)
    case job(String)
    /// All of the subject of this keyed hash.
    case subject(String)
    /// By the name of their file.
    case named(String)
}

/// What others may see. A row stands before its file does, and is gone before it.
package protocol GalleryLedger: Sendable {
    /// What the gallery has, or is about to get, of a job; in order of its outputs.
    func gallery(of job: String) async throws(LedgerError) -> [GalleryPicture]
    /// Of these names of files those that no row explains.
    func galleryStrays(among names: [String]) async throws(LedgerError) -> Set<String>
    /// Pictures that are shown, in order of their ids: those after `id`, at most `limit`.
    func galleryPictures(after id: String, limit: Int) async throws(LedgerError) -> [GalleryPicture]
    /// What the index is to say: what is shown and listed, and what was withdrawn after `moment` of the age clock; newest first.
    func galleryIndex(
        withdrawnAfter moment: Timestamp
    ) async throws(LedgerError) -> (pictures: [GalleryPicture], withdrawn: [GalleryTombstone])
    /// Ends the rows, notes it as events, and leaves a tombstone of each that was listed; gives what it was.
    func withdraw(_ choice: GalleryChoice) async throws(LedgerError) -> [GalleryPicture]
    /// Subjects of whom something is shown, and who do not want that, whose data may only be stored, or who are being erased.
    func galleryRefusals() async throws(LedgerError) -> [String]
    /// Whether outputs of a subject may be shown.
    func mayShow(_ subjectRef: String) async throws(LedgerError) -> Bool
    /// Forgets tombstones from before `moment` of the age clock; how many.
    func forgetWithdrawn(before moment: Timestamp) async throws(LedgerError) -> Int
}
