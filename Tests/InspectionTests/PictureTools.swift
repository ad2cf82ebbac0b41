import Foundation
import Inspection
import Support
import Testing

typealias PictureTools = ToolFolder

/// Real pictures, made and changed by the tools of the distribution.
extension ToolFolder {
    /// A picture of 24 by 16 pixels without metadata; `suffix` chooses the format.
    func clean(_ suffix: String, name: String = "clean", options: String = "strip") throws -> [UInt8] {
        let pixels = (0..<24 * 16 * 3).map { (index: Int) -> UInt8 in
            let value = index * 37 + index / 72 * 11
            return UInt8(value % 256)
        }
        try write(Array("P6 24 16 255\n".utf8) + pixels, to: "\(name).ppm")
        if suffix == "webp" {
            try run("vips", ["copy", "\(name).ppm", "\(name)-webp.png[strip]"])
            let lossless = options == "lossless" ? ["-lossless"] : []
            try run("cwebp", ["-quiet"] + lossless + ["\(name)-webp.png", "-o", "\(name).webp"])
        } else {
            try run("vips", ["copy", "\(name).ppm", "\(name).\(suffix)[\(options)]"])
        }
        return try read("\(name).\(suffix)")
    }

    /// The same with what exiftool is told to add.
    func tagged(_ suffix: String, _ arguments: [String], name: String = "tagged") throws -> [UInt8] {
        _ = try clean(suffix, name: name)
        try run("exiftool", ["-q", "-m", "-overwrite_original"] + arguments + ["\(name).\(suffix)"])
        return try read("\(name).\(suffix)")
    }

    /// A PNG file with an EXIF block as older programs put it in: hexadecimal digits in a compressed text.
    func withRawProfile() throws -> [UInt8] {
        _ = try clean("jpg", name: "small")
        let tags = ["-GPSLatitude=48.85", "-GPSLatitudeRef=N", "-EXIF:Orientation#=6", "-ThumbnailImage<=small.jpg"]
        _ = try tagged("jpg", tags)
        try run("exiftool", ["-q", "-exif", "-b", "-w", "exif", "tagged.jpg"])
        let script = """
            import zlib
            block = b"Exif\\0\\0" + open("tagged.exif", "rb").read()
            text = b"\\nexif\\n%8d\\n" % len(block) + block.hex().encode()
            open("packed", "wb").write(b"Raw profile type exif\\0\\0" + zlib.compress(text))
            """
        try run("python3", ["-c", script])
        return Parts.png(try clean("png"), adding: Parts.chunk("zTXt", try read("packed")))
    }

    /// Writes the sRGB profile of libvips.
    func profile(_ name: String) throws {
        _ = try clean("png", name: "colour")
        try run("vips", ["colourspace", "colour.png", "colour.v", "lab"])
        try run("vips", ["icc_export", "colour.v", "colour.tif", "--output-profile", "srgb"])
        try run("exiftool", ["-q", "-icc_profile", "-b", "-w", "icc", "colour.tif"])
        try FileManager.default.moveItem(at: folder.appending(path: "colour.icc"), to: folder.appending(path: name))
    }

    /// The pixels as libvips decodes them.
    func decoded(_ name: String) throws -> [UInt8] {
        try run("vips", ["rawsave", name, "decoded"])
        return try read("decoded")
    }

    /// The groups in which exiftool, the second witness, finds something.
    func groups(_ name: String) throws -> Set<String> {
        let lines = try run("exiftool", ["-a", "-u", "-G1", "-s", name]).split(separator: "\n")
        return Set(lines.compactMap { $0.split(separator: "]").first.map { String($0.dropFirst()) } })
    }
}

/// Runs `body` with tools whose folder is gone afterwards.
func withPictureTools<Result>(_ body: (PictureTools) throws -> Result) throws -> Result {
    try body(try PictureTools("inspection"))
}

/// Parts of files built by hand, for what no tool writes.
enum Parts {
    static func big16(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF)] }
    static func big32(_ value: Int) -> [UInt8] { big16(value >> 16) + big16(value & 0xFFFF) }
    static func little32(_ value: Int) -> [UInt8] { big32(value).reversed() }

    static func segment(_ marker: UInt8, _ body: [UInt8]) -> [UInt8] { [0xFF, marker] + big16(body.count + 2) + body }

    static func riff(_ name: String, _ body: [UInt8]) -> [UInt8] {
        Array(name.utf8) + little32(body.count) + body + (body.count % 2 == 1 ? [0] : [])
    }

    static func chunk(_ name: String, _ body: [UInt8]) -> [UInt8] {
        let named = Array(name.utf8) + body
        return big32(body.count) + named + big32(Int(CRC32.checksum(of: named[...])))
    }

    static func box(_ name: String, _ body: [UInt8]) -> [UInt8] { big32(body.count + 8) + Array(name.utf8) + body }

    /// How a JPEG XL file in boxes begins.
    static let signatureJXL: [UInt8] =
        box("JXL ", [0x0D, 0x0A, 0x87, 0x0A]) + box("ftyp", Array("jxl \0\0\0\0jxl ".utf8))

    /// A JPEG file with segments put in behind SOI.
    static func jpeg(_ file: [UInt8], adding segments: [UInt8]) -> [UInt8] { file[..<2] + segments + file[2...] }

    /// A PNG file with chunks put in behind IHDR.
    static func png(_ file: [UInt8], adding chunks: [UInt8]) -> [UInt8] { file[..<33] + chunks + file[33...] }

    /// An EXIF block, big-endian, of one directory that points to an Exif directory with a maker note.
    static var makerNoteBlock: [UInt8] {
        let head: [UInt8] = [0x4D, 0x4D, 0, 42] + big32(8)
        let primary = big16(1) + big16(0x8769) + big16(4) + big32(1) + big32(26) + big32(0)
        let exif = big16(1) + big16(0x927C) + big16(7) + big32(8) + big32(44) + big32(0)
        return head + primary + exif + Array("MAKERXYZ".utf8)
    }
}
