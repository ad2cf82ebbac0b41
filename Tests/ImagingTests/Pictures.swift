import Domain
import Foundation
import Imaging
import Support

typealias Scratch = ToolFolder

/// What the tests of this room ask of the distribution's tools.
extension ToolFolder {
    func write(_ bytes: [UInt8], as name: String) throws { try write(bytes, to: name) }

    /// Converts bytes of a picture with libvips' own tool, whose file name options choose the format.
    func converted(_ bytes: [UInt8], from source: String = "in.png", to target: String) throws -> [UInt8] {
        try write(bytes, as: source)
        try run("vips", "copy", source, target)
        return try read(String(target.prefix { $0 != "[" }))
    }

    /// Everything exiftool finds in a file that is not a fact about its pixels.
    func metadata(of bytes: [UInt8], suffix: String) throws -> [String] {
        try write(bytes, as: "judged.\(suffix)")
        let groups = [
            "ExifTool", "System", "File", "PNG", "JFIF", "RIFF", "Composite", "PNG-pHYs", "QuickTime", "Meta",
            "Jpeg2000",
        ]
        return try run("exiftool", "-a", "-G1", "-u", "-s", "judged.\(suffix)").split(separator: "\n").map(String.init)
            .filter { line in !groups.contains { line.hasPrefix("[\($0)]") } || line.contains("Comment") }
    }
}

enum Pictures {
    /// Four patches of plain colour and a ramp, so that every turn and mirroring looks different.
    static func patches(_ size: PixelSize) -> Pixels {
        var rgb: [UInt8] = []
        for y in 0..<size.height {
            for x in 0..<size.width {
                let left = x < size.width / 2
                switch (left, y < size.height / 2) {
                case (true, true): rgb += [220, 30, 40]
                case (false, true): rgb += [40, 190, 60]
                case (true, false): rgb += [40, 60, 210]
                case (false, false): rgb += [230, 220, 40]
                }
            }
        }
        return Pixels(size: size, rgb: rgb)
    }
}

extension Pixels {
    init(decoding bytes: [UInt8]) throws {
        self = try unsafe Pixels(decoding: bytes.span.bytes, maxEdge: 100_000, limits: PictureLimits())
    }

    subscript(x: Int, y: Int) -> [Int] {
        let start = (y * size.width + x) * 3
        return rgb[start..<start + 3].map(Int.init)
    }

    /// The largest difference of any channel.
    func distance(to other: Pixels) -> Int {
        guard size == other.size else { return .max }
        return zip(rgb, other.rgb).map { abs(Int($0) - Int($1)) }.max() ?? 0
    }
}
