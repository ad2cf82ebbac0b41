import Domain
import Foundation
import Imaging
import Support

/// Photograph-like pictures and the files that cameras make of them, by the distribution's tools.
extension ToolFolder {
    /// Soft clouds in three colours as `name`.png, and as .ppm for cjpeg.
    func makeClouds(_ size: PixelSize, as name: String = "clouds", cell: Int = 32) throws {
        for (band, seed) in ["r", "g", "b"].enumerated() {
            try run(
                "vips", "perlin", "\(seed).v", "\(size.width)", "\(size.height)", "--cell-size", "\(cell)",
                "--seed", "\(band + 1)")
            try run("vips", "linear", "\(seed).v", "\(seed)8.v", "110", "128", "--uchar")
        }
        try run("vips", "bandjoin", "r8.v g8.v b8.v", "three.v")
        try run("vips", "copy", "three.v", "\(name).png", "--interpretation", "srgb")
        try run("vips", "copy", "\(name).png", "\(name).ppm")
    }

    /// A JPEG of `source`.ppm by cjpeg with these options.
    func jpeg(_ options: String, of source: String = "clouds", as name: String = "in.jpg") throws -> [UInt8] {
        try run("cjpeg", options.split(separator: " ").map(String.init) + ["-outfile", name, "\(source).ppm"])
        return try read(name)
    }

    /// Everything that a telephone writes beside pixels.
    func dirtied(_ name: String, orientation: Int = 1, profile: String? = nil) throws -> [UInt8] {
        try run("vips", "thumbnail", name, "small.jpg", "32")
        var facts = [
            "-GPSLatitude=48.2", "-GPSLatitudeRef=N", "-Artist=canary", "-XMP:Creator=canary", "-Comment=canary",
            "-SerialNumber=12345", "-ThumbnailImage<=small.jpg", "-n", "-Orientation=\(orientation)",
            "-XResolution=301", "-YResolution=301",
        ]
        if let profile { facts.append("-ICC_Profile<=\(profile)") }
        try run("exiftool", ["-overwrite_original"] + facts + [name])
        return try read(name)
    }

    /// How near two picture files are to each other, in decibels, by libvips; infinite when they are equal.
    func decibels(_ one: String, _ other: String) throws -> Double {
        try run("vips", "subtract", one, other, "difference.v")
        try run("vips", "multiply", "difference.v", "difference.v", "square.v")
        let mean = Double(try run("vips", "avg", "square.v").trimmingCharacters(in: .whitespacesAndNewlines)) ?? .nan
        return mean == 0 ? .infinity : 10 * log10(255 * 255 / mean)
    }

    /// What libvips' own encoder leaves of `name` at this quality with chroma at half size: as near as a result can be asked to be.
    func decibels(encoding name: String, quality: Int) throws -> Double {
        try run("vips", "copy", name, "encoded.jpg[Q=\(quality),subsample_mode=on]")
        try run("vips", "colourspace", "encoded.jpg", "encoded.v", "srgb")
        try run("vips", "colourspace", name, "other.v", "srgb")
        return try decibels("encoded.v", "other.v")
    }

    /// The same for the bytes of a result, against a file of this folder.
    func decibels(_ made: NormalizedPicture, _ other: String) throws -> Double {
        let name = "made.\(made.format.suffix)"
        try write(made.bytes, as: name)
        // Grey is compared as the three equal colours it stands for.
        try run("vips", "colourspace", name, "made.v", "srgb")
        try run("vips", "colourspace", other, "other.v", "srgb")
        return try decibels("made.v", "other.v")
    }
}
