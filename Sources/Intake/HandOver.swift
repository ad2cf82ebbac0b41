package import Disk
package import Domain

/// What a claim holds once it was read: the checked manifest and where its images lie, or why it cannot be a job.
package struct HandOver: Sendable {
    package enum Content: Sendable {
        case job(Manifest, references: [String], mask: String?)
        case refused(Reason, id: String?)
    }

    /// NAME as it was dropped.
    package let name: String
    package let content: Content
    /// The user whose files these are; nil where nothing is left of them. A copy from another file system is our own.
    package private(set) var droppedBy: UInt32?

    init(name: String, content: Content) {
        self.name = name
        self.content = content
    }

    /// Reads a claim; everything it holds is bounded by `limits`.
    package static func read(_ claim: Claim, limits: HandOverLimits) throws(DiskError) -> HandOver {
        let entries = try Folders.list(claim.folder).entries
        var handOver = try read(claim, entries, limits)
        handOver.droppedBy = entries.first { !$0.name.hasPrefix(".") }?.info.owner
        return handOver
    }

    private static func read(
        _ claim: Claim, _ entries: [Folders.Entry], _ limits: HandOverLimits
    ) throws(DiskError) -> HandOver {
        switch claim.form {
        case .folder: return try folder(claim, entries, limits)
        case .plain: return try plain(claim, entries, limits)
        case .manifest: return try manifest(claim, entries, limits)
        case .batch:
            let name = entries.first { Batch.isBatch($0.name) }.flatMap { InboxNames.split($0.name)?.stem } ?? "batch"
            let reason = Reason(
                .invalidManifest,
                "the batch is a link, folder or device, of a user who may not hand over, or may not be read",
                hint: "write a file of its own that the inbox's group may read")
            return refused(name, reason)
        case .orphan:
            let name = entries.first.flatMap { InboxNames.split($0.name)?.stem } ?? "image"
            let reason = Reason(
                .orphan, "no prompt came for this image", limit: limits.orphanAfter.description,
                hint: "write NAME.txt beside NAME.jpg, or name the image in a manifest")
            return HandOver(name: name, content: .refused(reason, id: nil))
        }
    }

    // MARK: forms

    private static func folder(
        _ claim: Claim, _ entries: [Folders.Entry], _ limits: HandOverLimits
    ) throws(DiskError) -> HandOver {
        guard let folder = entries.first, folder.info.kind == .folder else {
            return refused("job", Reason(.invalidManifest, "this is no folder"))
        }
        let inside = claim.folder + "/" + folder.name
        return try read(name: folder.name, manifest: inside + "/job.json", beside: inside, limits)
    }

    private static func manifest(
        _ claim: Claim, _ entries: [Folders.Entry], _ limits: HandOverLimits
    ) throws(DiskError) -> HandOver {
        guard let file = entries.first(where: { $0.name.lowercased().hasSuffix(".json") }) else {
            return refused("job", Reason(.invalidManifest, "the manifest is missing"))
        }
        let name = InboxNames.split(file.name)?.stem ?? file.name
        return try read(name: name, manifest: claim.folder + "/" + file.name, beside: claim.folder, limits)
    }

    private static func plain(
        _ claim: Claim, _ entries: [Folders.Entry], _ limits: HandOverLimits
    ) throws(DiskError) -> HandOver {
        guard let text = entries.first(where: { $0.name.lowercased().hasSuffix(".txt") }) else {
            return refused("job", Reason(.invalidManifest, "the prompt file is missing"))
        }
        let name = InboxNames.split(text.name)?.stem ?? text.name
        let masks = entries.filter { InboxNames.ownerOfMask($0.name) == name }
        let images = entries.filter { InboxNames.isImage($0.name) && InboxNames.ownerOfMask($0.name) != name }
        if images.count > 1 || masks.count > 1 {
            return refused(
                name,
                Reason(
                    .invalidManifest, "several images lie beside the prompt", field: "references", limit: "1",
                    value: String(max(images.count, masks.count)),
                    hint: "hand over a folder with a job.json to send several"))
        }
        let bytes: [UInt8]
        switch try read(claim.folder + "/" + text.name, "prompt", limits) {
        case .refused(let reason): return refused(name, reason)
        case .bytes(let read): bytes = read
        }
        do throws(Reason) {
            let manifest = try Manifest.plain(prompt: bytes, references: images.map(\.name), mask: masks.first?.name)
            return HandOver(name: name, content: try checked(manifest, beside: claim.folder, limits))
        } catch {
            return refused(name, error)
        }
    }

    private static func read(
        name: String, manifest path: String, beside folder: String, _ limits: HandOverLimits
    ) throws(DiskError) -> HandOver {
        let bytes: [UInt8]
        switch try read(path, nil, limits) {
        case .refused(let reason): return refused(name, reason)
        case .bytes(let read): bytes = read
        }
        return parsed(name, bytes, beside: folder, limits)
    }

    /// One line of a batch, whose images lie in the batch's claim.
    package static func read(_ line: BatchLine, of batch: Batch, limits: HandOverLimits) -> HandOver {
        switch line.text {
        case .whole(let bytes): parsed(batch.name, bytes, beside: batch.claim.folder, limits)
        case .tooLong(let bytes): refused(batch.name, tooLarge("the line", bytes, limits, field: nil))
        }
    }

    private static func parsed(
        _ name: String, _ bytes: [UInt8], beside folder: String, _ limits: HandOverLimits
    ) -> HandOver {
        do throws(Reason) {
            let manifest = try Manifest.read(bytes)
            do throws(Reason) {
                return HandOver(name: name, content: try checked(manifest, beside: folder, limits))
            } catch {
                return HandOver(name: name, content: .refused(error, id: manifest.spec.id))
            }
        } catch {
            return HandOver(name: name, content: .refused(error, id: Manifest.claimedID(bytes)))
        }
    }

    // MARK: images

    private static func checked(
        _ manifest: Manifest, beside folder: String, _ limits: HandOverLimits
    ) throws(Reason) -> Content {
        if manifest.references.count > limits.references {
            throw Reason(
                .invalidManifest, "too many references", field: "references", limit: String(limits.references),
                value: String(manifest.references.count), hint: "send fewer")
        }
        var total = 0
        var paths: [String] = []
        for (index, name) in manifest.references.enumerated() {
            total += try check(name, in: folder, "references[\(index)]", limits)
            paths.append(folder + "/" + name)
        }
        if let mask = manifest.mask { total += try check(mask, in: folder, "mask", limits) }
        if total > limits.jobBytes {
            throw Reason(
                .referenceTooLarge, "the images are too large together", field: "references",
                limit: String(limits.jobBytes), value: String(total), hint: "send fewer or smaller images")
        }
        return .job(manifest, references: paths, mask: manifest.mask.map { folder + "/" + $0 })
    }

    /// A regular file of our own with one name, within the limit; its size in bytes.
    private static func check(
        _ name: String, in folder: String, _ field: String, _ limits: HandOverLimits
    ) throws(Reason) -> Int {
        // By bytes: a slash that a combining mark follows is still one for the file system.
        guard !name.utf8.contains(UInt8(ascii: "/")), name.utf8.first != UInt8(ascii: ".") else {
            throw Reason(
                .invalidManifest, "is not a plain name beside the manifest", field: field,
                hint: "no path, no hidden file")
        }
        let path = folder + "/" + name
        let info = (try? Files.info(path)) ?? nil
        guard let info else {
            throw Reason(
                .invalidManifest, "the file does not lie beside the manifest", field: field,
                hint: "put it there before the job is renamed in")
        }
        guard info.isOwnFile else {
            throw Reason(
                .invalidManifest, "is a link, folder or device, not a file of its own", field: field,
                hint: "copy the image itself")
        }
        guard limits.isAllowed(info) else { throw notAllowed(info, field) }
        guard info.bytes > 0 else {
            throw Reason(.referenceUnreadable, "the file is empty", field: field, value: "0", hint: "send it again")
        }
        guard info.bytes <= limits.referenceBytes else {
            throw Reason(
                .referenceTooLarge, "the file is too large (limits.reference_bytes)", field: field,
                limit: String(limits.referenceBytes), value: String(info.bytes), hint: "send a smaller picture")
        }
        do throws(DiskError) {
            _ = try Descriptor.reading(path)
        } catch {
            if error.isForbidden { throw Reason(.invalidManifest, "may not be read", field: field, hint: readable) }
        }
        return Int(info.bytes)
    }

    private static func notAllowed(_ info: FileInfo, _ field: String?) -> Reason {
        Reason(
            .invalidManifest, "belongs to a user who may not hand over (inbox.owners)", field: field,
            value: String(info.owner), hint: "copy the file as a user who may")
    }

    private enum Text {
        case bytes([UInt8])
        case refused(Reason)
    }

    /// The whole of a prompt or manifest; `field` is nil for the manifest as such.
    private static func read(_ path: String, _ field: String?, _ limits: HandOverLimits) throws(DiskError) -> Text {
        let what = field == nil ? "the manifest" : "the prompt file"
        guard let info = try Files.info(path) else {
            return .refused(Reason(.invalidManifest, "\(what) is missing", field: field))
        }
        guard info.isOwnFile else {
            return .refused(
                Reason(
                    .invalidManifest, "\(what) is a link, folder or device, not a file of its own", field: field,
                    hint: "write a file of its own"))
        }
        guard limits.isAllowed(info) else { return .refused(notAllowed(info, field)) }
        let limit = limits.manifestBytes
        do throws(DiskError) {
            if info.bytes <= limit, let bytes = try Files.readOwn(path, limit: limit) { return .bytes(bytes) }
        } catch {
            guard error.isForbidden else { throw error }
            return .refused(Reason(.invalidManifest, "\(what) may not be read", field: field, hint: readable))
        }
        return .refused(tooLarge(what, max(info.bytes, Int64(limit) + 1), limits, field: field))
    }

    private static func tooLarge(_ what: String, _ bytes: Int64, _ limits: HandOverLimits, field: String?) -> Reason {
        Reason(
            .invalidManifest, "\(what) is too large (limits.manifest_bytes)", field: field,
            limit: String(limits.manifestBytes), value: String(bytes), hint: "shorten it")
    }

    private static let readable = "let the group of the inbox read it"

    private static func refused(_ name: String, _ reason: Reason) -> HandOver {
        HandOver(name: name, content: .refused(reason, id: nil))
    }
}

/// What a hand-over may hold.
package struct HandOverLimits: Sendable {
    package var manifestBytes: Int
    package var references: Int
    package var referenceBytes: Int
    package var jobBytes: Int
    package var orphanAfter: Span
    /// Users whose files are read; empty for everybody's.
    package var owners: Set<UInt32>

    package init(
        manifestBytes: Int, references: Int, referenceBytes: Int, jobBytes: Int, orphanAfter: Span,
        owners: Set<UInt32> = []
    ) {
        self.owners = owners
        self.manifestBytes = manifestBytes
        self.references = references
        self.referenceBytes = referenceBytes
        self.jobBytes = jobBytes
        self.orphanAfter = orphanAfter
    }

    func isAllowed(_ info: FileInfo) -> Bool { owners.isEmpty || owners.contains(info.owner) }
}
