import Disk
import Glibc

/// What a search of every file below some folders found.
package struct ResidueReport: Sendable {
    /// One place where a marker stands.
    package struct Hit: Sendable, Hashable {
        /// Which marker, counted from 1: what it says stands in no report.
        package let marker: Int
        package let encoding: Spelling.Encoding
        package let path: String
        /// Where in the file; nil where it stands in the name.
        package let offset: Int64?
    }

    package var files = 0
    package var bytes: Int64 = 0
    /// The first thousand.
    package var hits: [Hit] = []
    package var hitCount = 0
    /// Files and folders that could not be read.
    package var unreadable: [String] = []

    mutating func add(_ hit: Hit) {
        hitCount += 1
        if hits.count < 1000 { hits.append(hit) }
    }
}

/// Looks for markers in every byte of every file, and in every name: what was deleted, and was never written in clear, is not found.
///
/// Blocks on the disk. Changes nothing, and follows no link; what is deleted while it looks is passed over.
package struct ResidueSearch: Sendable {
    private let spellings: [(marker: Int, spelling: Spelling)]
    private let overlap: Int

    /// How much of a file is in memory at a time.
    private static let piece = 4 << 20
    /// Deepest folder below one that is named.
    private static let deepest = 32

    package init(for markers: [String]) {
        spellings = markers.enumerated().flatMap { index, marker in
            Spelling.all(of: marker).map { (index + 1, $0) }
        }
        overlap = max(0, (spellings.map(\.spelling.bytes.count).max() ?? 1) - 1)
    }

    /// Searches a file, or everything below a folder.
    package func run(over places: [String]) -> ResidueReport {
        var report = ResidueReport()
        for place in places { search(place, Self.deepest, &report) }
        return report
    }

    private func search(_ path: String, _ levels: Int, _ report: inout ResidueReport) {
        do throws(DiskError) {
            guard let info = try Files.info(path) else { return }
            look(in: Array(Files.name(of: path).utf8), ofName: path, &report)
            switch info.kind {
            case .file: try searchFile(path, &report)
            case .folder where levels > 0:
                for entry in try Folders.list(path).entries { search(path + "/" + entry.name, levels - 1, &report) }
            case .folder: report.unreadable.append(path)
            case .link, .other: return
            }
        } catch {
            if !error.isMissing { report.unreadable.append(path) }
        }
    }

    private func searchFile(_ path: String, _ report: inout ResidueReport) throws(DiskError) {
        let file = try Descriptor.reading(path)
        report.files += 1
        var kept: [UInt8] = []
        var start: Int64 = 0
        while true {
            let fresh = try file.readStart(Self.piece)
            if fresh.isEmpty { return }
            report.bytes += Int64(fresh.count)
            let bytes = kept + fresh
            for hit in hits(in: bytes) where hit.offset + hit.count > kept.count {
                report.add(
                    .init(marker: hit.marker, encoding: hit.encoding, path: path, offset: start + Int64(hit.offset)))
            }
            kept = Array(bytes.suffix(overlap))
            start += Int64(bytes.count - kept.count)
        }
    }

    private func look(in name: [UInt8], ofName path: String, _ report: inout ResidueReport) {
        for hit in hits(in: name) {
            report.add(.init(marker: hit.marker, encoding: hit.encoding, path: path, offset: nil))
        }
    }

    private typealias Found = (marker: Int, encoding: Spelling.Encoding, offset: Int, count: Int)

    private func hits(in bytes: [UInt8]) -> [Found] {
        var found: [Found] = []
        for (marker, spelling) in spellings {
            var from = 0
            while let offset = Self.first(spelling.bytes, in: bytes, from: from) {
                found.append((marker, spelling.encoding, offset, spelling.bytes.count))
                from = offset + 1
            }
        }
        return found
    }

    private static func first(_ wanted: [UInt8], in bytes: [UInt8], from: Int) -> Int? {
        // Files hold more zeros than anything else, and UTF-16 may begin with one.
        let anchor = wanted.firstIndex { $0 != 0 } ?? 0
        return unsafe bytes.withUnsafeBytes { all -> Int? in
            guard let base = all.baseAddress else { return nil }
            var start = from
            while start + wanted.count <= all.count {
                let room = all.count - wanted.count - start + 1
                guard let found = unsafe memchr(base + start + anchor, Int32(wanted[anchor]), room) else { return nil }
                let place = unsafe UnsafeRawPointer(found) - base - anchor
                if unsafe memcmp(base + place, wanted, wanted.count) == 0 { return place }
                start = place + 1
            }
            return nil
        }
    }
}
