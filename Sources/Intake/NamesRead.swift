import CDiskShim
package import Disk
import Domain

/// The images that a hand-over of the inbox names, as far as it was read: a batch may be a gigabyte, and others wait to be
/// looked at meanwhile.
package struct NamesRead: Sendable, Hashable {
    /// Each once, in the order in which they stand there.
    package private(set) var names: [String] = []
    private var seen: Set<String> = []
    private var offset: Int64 = 0
    /// Whether the end was reached.
    package private(set) var isWhole = false

    package init() {}

    /// Most images that a batch is waited for with: what names more has lines that fail alone.
    private static let most = 50_000
    /// Bytes of a batch that are read at a look.
    private static let bytesAtALook: Int64 = 8 << 20

    /// Reads what a manifest of the inbox names, or some more of what a batch does.
    ///
    /// - Parameter longest: bytes of a manifest or line. What is longer, no manifest, or no file of its own names nothing: it is
    ///   taken as it is, and refused.
    package mutating func readOn(_ name: String, in inbox: borrowing OpenFolder, longest: Int) {
        do throws(DiskError) {
            if Batch.isBatch(name) {
                try readOn(try inbox.readingOwn(name), longest: longest)
            } else {
                let bytes = try inbox.readOwn(name, limit: longest)
                isWhole = true
                if let bytes, let manifest = try? Manifest.read(bytes) { take(manifest) }
            }
        } catch {
            // Anything else may pass: it is read at another look.
            isWhole = error.isMissing || error.isForbidden || error.isOtherKind
        }
    }

    private mutating func readOn(_ file: consuming Descriptor, longest: Int) throws(DiskError) {
        let reader = LineReader(file, from: offset, longest: longest)
        let end = offset + Self.bytesAtALook
        while offset < end {
            guard let (text, place) = try reader.next() else {
                isWhole = true
                return
            }
            offset = place
            guard case .whole(let bytes) = text, names.count < Self.most, Self.mayName(bytes),
                let manifest = try? Manifest.read(bytes)
            else { continue }
            take(manifest)
        }
    }

    /// Whether a line could name images at all: one without these words, which no escape can hide, needs no parser.
    private static func mayName(_ line: [UInt8]) -> Bool {
        ["references", "mask", "\\u"].contains { word in
            let word = Array(word.utf8)
            return unsafe dk_holds(line, line.count, word, word.count) == 1
        }
    }

    private mutating func take(_ manifest: Manifest) {
        for name in manifest.images where !InboxNames.isHandOver(name) {
            if seen.insert(name).inserted { names.append(name) }
        }
    }
}
