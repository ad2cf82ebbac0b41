import CPixels
import Domain
import Foundation
import Imaging
import Support
import Testing

/// Rows of samples as the PNG kernels take and give them.
private struct Samples: Equatable {
    let width: Int
    let height: Int
    let channels: Int
    var bytes: [UInt8]

    var row: Int { width * channels }

    /// What a kernel said when it did not do as asked.
    struct Refusal: Error { let result: kn_result }

    init(_ width: Int, _ height: Int, _ channels: Int, sample: (Int, Int, Int) -> UInt8) {
        (self.width, self.height, self.channels) = (width, height, channels)
        bytes = []
        for y in 0..<height {
            for x in 0..<width {
                for channel in 0..<channels { bytes.append(sample(x, y, channel)) }
            }
        }
    }

    init(png: [UInt8]) throws {
        var header = pn_header()
        var reader: OpaquePointer?
        defer { unsafe pn_close(reader) }
        var opened = KN_DONE
        var rows: [UInt8] = []
        try unsafe png.withUnsafeBufferPointer { file in
            guard let start = file.baseAddress else { throw Refusal(result: KN_DAMAGED) }
            opened = unsafe pn_open(start, file.count, &header, &reader)
            guard opened == KN_DONE, let open = unsafe reader else { throw Refusal(result: opened) }
            let row = Int(header.width) * Int(header.channels)
            rows = [UInt8](repeating: 0, count: row * Int(header.height))
            try unsafe rows.withUnsafeMutableBufferPointer { out in
                guard let first = out.baseAddress else { return }
                for y in 0..<Int(header.height) {
                    let result = unsafe pn_read_row(open, first + y * row)
                    if result != KN_DONE { throw Refusal(result: result) }
                }
            }
        }
        (width, height, channels) = (Int(header.width), Int(header.height), Int(header.channels))
        bytes = rows
    }

    /// Written in strips of so many rows, the last one first: strips do not depend on each other.
    func png(_ effort: pn_effort, strip rows: Int = 64) throws -> [UInt8] {
        let count = (height + rows - 1) / rows
        guard let scratch = unsafe pn_scratch_new() else { throw Refusal(result: KN_MEMORY) }
        defer { unsafe pn_scratch_free(scratch) }
        var strips = unsafe [pn_strip](repeating: pn_strip(), count: count)
        defer { for index in 0..<count { unsafe pn_strip_free(&strips[index]) } }
        return try unsafe bytes.withUnsafeBufferPointer { pixels in
            guard let first = pixels.baseAddress else { throw Refusal(result: KN_DAMAGED) }
            for index in (0..<count).reversed() {
                let start = unsafe first + index * rows * row
                let result = unsafe pn_strip_make(
                    start, row, index == 0 ? nil : start - row, Int32(width), Int32(channels),
                    Int32(min(rows, height - index * rows)), effort, index == count - 1 ? 1 : 0, scratch, &strips[index]
                )
                if result != KN_DONE { throw Refusal(result: result) }
            }
            var file = unsafe [UInt8](repeating: 0, count: pn_file_length(strips, Int32(count)))
            unsafe pn_file_write(Int32(width), Int32(height), Int32(channels), strips, Int32(count), &file)
            return file
        }
    }
}

/// A picture to be written: what it looks like, by its place.
private enum Motif: String, CaseIterable, CustomTestStringConvertible {
    case ramps, noise, white, transparent, checks, specks

    var testDescription: String { rawValue }

    func drawn(_ width: Int, _ height: Int, _ channels: Int) -> Samples {
        var state: UInt32 = 12345
        func random() -> UInt8 {
            state ^= state << 13
            state ^= state >> 17
            state ^= state << 5
            return UInt8(truncatingIfNeeded: state)
        }
        return Samples(width, height, channels) { x, y, channel in
            switch self {
            case .ramps: UInt8(truncatingIfNeeded: x * 3 + y * 2 + channel * 7)
            case .noise: random()
            case .white: 255
            case .transparent: channel == 3 ? 0 : 17
            case .checks: (x / 9 + y / 7) % 2 == 0 ? 30 : 220
            case .specks: random() == 3 ? random() : 200
            }
        }
    }
}

/// Serialized: which form the kernels take is a switch of the whole process.
@Suite(.serialized) struct PNGKernelTests {
    private static let efforts = [PN_FAST, PN_BALANCED, PN_SMALL]
    private static let sizes = [(1, 1), (2, 3), (5, 1), (16, 2), (17, 3), (700, 130), (2000, 65)]

    @Test(arguments: Motif.allCases)
    fileprivate func `what is written is read again, whichever form writes it`(motif: Motif) throws {
        defer { kn_portable_only(0) }
        for (width, height) in Self.sizes {
            for channels in [1, 3, 4] {
                let picture = motif.drawn(width, height, channels)
                for effort in Self.efforts {
                    kn_portable_only(1)
                    let plainly = try picture.png(effort)
                    #expect(try Samples(png: plainly) == picture)
                    kn_portable_only(0)
                    #expect(try picture.png(effort) == plainly)
                    #expect(try Samples(png: plainly) == picture)
                }
            }
        }
    }

    @Test(arguments: Motif.allCases)
    fileprivate func `libvips reads the same pixels`(motif: Motif) throws {
        let picture = motif.drawn(321, 130, 3)
        for effort in Self.efforts {
            for rows in [1, 64, 130] {
                let read = try Pixels(decoding: picture.png(effort, strip: rows))
                #expect(read.rgb == picture.bytes)
            }
        }
    }

    @Test func `noise costs hardly more than its own bytes`() throws {
        let picture = Motif.noise.drawn(1000, 130, 3)
        for effort in Self.efforts {
            #expect(try picture.png(effort).count < picture.bytes.count * 1001 / 1000 + 500)
        }
    }

    @Test(arguments: ["none", "sub", "up", "avg", "paeth", "all"])
    func `every filter is undone`(filter: String) throws {
        defer { kn_portable_only(0) }
        let scratch = try Scratch()
        for channels in [1, 3, 4] {
            let picture = Motif.specks.drawn(203, 70, channels)
            let file = try scratch.converted(picture.png(PN_FAST), to: "filtered.png[filter=\(filter)]")
            #expect(try Samples(png: file) == picture)
            kn_portable_only(1)
            #expect(try Samples(png: file) == picture)
            kn_portable_only(0)
        }
    }

    @Test(arguments: ["interlace", "bitdepth=16", "palette", "bitdepth=4", "profile=srgb"])
    func `what is not plain sRGB of 8 bits is left to libvips`(option: String) throws {
        let scratch = try Scratch()
        let channels = option == "bitdepth=4" ? 1 : 3
        let file = try scratch.converted(
            Motif.checks.drawn(64, 48, channels).png(PN_FAST), to: "other.png[\(option)]")
        let refusal = #expect(throws: Samples.Refusal.self) { try Samples(png: file) }
        #expect(refusal?.result == KN_OTHER)
    }

    @Test func `a file cut off anywhere is damaged`() throws {
        let file = try Motif.specks.drawn(300, 90, 3).png(PN_BALANCED, strip: 16)
        for length in stride(from: 0, to: file.count, by: max(1, file.count / 97)) {
            let refusal = #expect(throws: Samples.Refusal.self) { try Samples(png: Array(file.prefix(length))) }
            #expect(refusal?.result == KN_DAMAGED)
        }
    }

    @Test func `a changed byte is damage`() throws {
        let file = try Motif.ramps.drawn(120, 40, 4).png(PN_SMALL, strip: 16)
        for place in file.indices {
            var changed = file
            changed[place] ^= 0x10
            let refusal = #expect(throws: Samples.Refusal.self) { try Samples(png: changed) }
            #expect(refusal?.result == KN_DAMAGED)
        }
    }
}
