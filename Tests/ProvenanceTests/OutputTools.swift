import Foundation
import Support
import Testing

typealias OutputTools = ToolFolder

/// Clean outputs made by real encoders, and what other programs read from marked ones.
extension ToolFolder {
    /// One picture of 33 by 17 pixels in the encoding that `kind` names.
    func clean(_ kind: Encoding) throws -> [UInt8] {
        let bands = kind.hasAlpha ? 4 : 3
        let pixels = (0..<33 * 17 * bands).map { (index: Int) -> UInt8 in
            let value = index * 29 + index / 99 * 13
            return UInt8(value % 256)
        }
        try write(pixels, to: "pixels")
        try run("vips", ["rawload", "pixels", "raw.v", "33", "17", "\(bands)"])
        try run("vips", ["copy", "raw.v", "source.v", "--interpretation", "srgb"])
        if kind.suffix == "webp" {
            try run("vips", ["copy", "source.v", "source.png[strip]"])
            try run("cwebp", ["-quiet", "-exact"] + kind.options + ["source.png", "-o", "clean.webp"])
        } else {
            try run("vips", ["copy", "source.v", "clean.\(kind.suffix)\(kind.options.joined())"])
        }
        return try read("clean.\(kind.suffix)")
    }

    /// The pixels as libvips decodes them, without any header.
    func pixels(_ name: String) throws -> [UInt8] {
        try run("vips", ["rawsave", name, "decoded"])
        return try read("decoded")
    }
}

/// A way to encode an output.
struct Encoding: Sendable, CustomTestStringConvertible {
    let suffix: String
    var hasAlpha = false
    let options: [String]
    var testDescription: String { ([suffix] + options + (hasAlpha ? ["alpha"] : [])).joined(separator: " ") }

    static let all = [
        Encoding(suffix: "png", options: ["[strip]"]),
        Encoding(suffix: "png", hasAlpha: true, options: ["[strip,interlace]"]),
        Encoding(suffix: "jpg", options: ["[strip]"]),
        Encoding(suffix: "jpg", options: ["[strip,interlace]"]),
        Encoding(suffix: "webp", options: []),
        Encoding(suffix: "webp", options: ["-lossless"]),
        Encoding(suffix: "webp", hasAlpha: true, options: ["-lossless"]),
        Encoding(suffix: "webp", hasAlpha: true, options: []),
        Encoding(suffix: "avif", options: ["[strip,effort=9]"]),
        Encoding(suffix: "avif", hasAlpha: true, options: ["[strip,effort=9,lossless]"]),
        Encoding(suffix: "jxl", options: ["[strip,effort=3]"]),
        Encoding(suffix: "jxl", hasAlpha: true, options: ["[strip,lossless,effort=3]"]),
    ]
}

/// Runs `body` with tools whose folder is gone afterwards.
func withOutputTools<Result>(_ body: (OutputTools) throws -> Result) throws -> Result {
    try body(try OutputTools("provenance"))
}
