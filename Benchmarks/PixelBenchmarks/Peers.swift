import CPeers

/// What libvips and libpng do in this process, on bytes.
enum Peers {
    typealias Made = (pr_bytes) -> Int

    /// Calls `work` and gives how many bytes it made.
    private static func count(_ name: String, _ work: (UnsafeMutablePointer<pr_bytes>) -> Int32) throws -> Int {
        var made = unsafe pr_bytes()
        let failed = unsafe work(&made)
        defer { unsafe pr_free(&made) }
        guard failed == 0 else { throw Unmeasured("\(name) failed") }
        return unsafe made.length
    }

    static func thumbnail(_ bytes: [UInt8], edge: Int, quality: Int, halfChroma: Bool) throws -> Int {
        try unsafe count("libvips") {
            unsafe pr_vips_thumbnail(bytes, bytes.count, Int32(edge), Int32(quality), halfChroma ? 1 : 0, $0)
        }
    }

    static func thumbnailThroughProfile(_ bytes: [UInt8], edge: Int, quality: Int) throws -> Int {
        try unsafe count("libvips") {
            unsafe pr_vips_thumbnail_through_profile(bytes, bytes.count, Int32(edge), Int32(quality), $0)
        }
    }

    static func encodeAgain(_ bytes: [UInt8], quality: Int, halfChroma: Bool) throws -> Int {
        try unsafe count("libvips") {
            unsafe pr_vips_encode_again(bytes, bytes.count, Int32(quality), halfChroma ? 1 : 0, $0)
        }
    }

    static func enlargePNG(_ bytes: [UInt8], factor: Double, fast: Bool = false) throws -> Int {
        try unsafe count("libvips") {
            fast
                ? unsafe pr_vips_enlarge_fast_png(bytes, bytes.count, factor, $0)
                : unsafe pr_vips_enlarge_png(bytes, bytes.count, factor, $0)
        }
    }

    static func enlargeJPEG(_ bytes: [UInt8], factor: Double, quality: Int, halfChroma: Bool) throws -> Int {
        try unsafe count("libvips") {
            unsafe pr_vips_enlarge_jpeg(bytes, bytes.count, factor, Int32(quality), halfChroma ? 1 : 0, $0)
        }
    }

    static func libpng(_ picture: Packed, level: Int) throws -> Int {
        try unsafe count("libpng") {
            unsafe pr_libpng_write(picture.rgb, Int32(picture.width), Int32(picture.height), Int32(level), $0)
        }
    }

    /// Enlarges into `out`, which is as large as the result.
    static func lanczos(_ picture: Packed, into out: inout Packed) throws -> Int {
        let failed = unsafe pr_vips_lanczos(
            picture.rgb, Int32(picture.width), Int32(picture.height), Int32(out.width), Int32(out.height), &out.rgb)
        guard failed == 0 else { throw Unmeasured("libvips failed") }
        return out.rgb.count
    }

    static func decode(_ bytes: [UInt8]) throws -> Packed {
        var made = unsafe pr_bytes()
        var width: Int32 = 0
        var height: Int32 = 0
        let failed = unsafe pr_vips_decode(bytes, bytes.count, &made, &width, &height)
        defer { unsafe pr_free(&made) }
        guard failed == 0, let start = unsafe made.bytes else { throw Unmeasured("libvips can not read the picture") }
        let rgb = unsafe Array(UnsafeBufferPointer(start: start, count: made.length))
        return Packed(width: Int(width), height: Int(height), rgb: rgb)
    }

    static var vipsVersion: String { unsafe String(cString: pr_vips_version()) }
}

/// Packed RGB pixels.
struct Packed {
    let width: Int
    let height: Int
    var rgb: [UInt8]

    init(width: Int, height: Int, rgb: [UInt8]) {
        self.width = width
        self.height = height
        self.rgb = rgb
    }

    init(width: Int, height: Int) {
        self.init(width: width, height: height, rgb: [UInt8](repeating: 0, count: width * height * 3))
    }
}
