import CPixels

/// Our own kernels, called without the rooms around them.
enum Kernels {
    private static func check(_ result: kn_result, _ step: String) throws {
        guard result == KN_DONE else { throw Unmeasured("\(step) ended with \(result.rawValue)") }
    }

    /// Decodes a JPEG to its planes at their own size and encodes those: what a strip saves.
    static func encodeAgain(_ bytes: [UInt8], _ quality: Int) throws -> Int {
        var header = jp_header()
        try check(unsafe jp_read_header(bytes, bytes.count, &header), "the header")
        var planes = Planes(count: Int(header.components)) { plane in
            plane == 0
                ? (Int(header.width), Int(header.height))
                : (
                    Int(header.width + header.chroma_across - 1) / Int(header.chroma_across),
                    Int(header.height + header.chroma_down - 1) / Int(header.chroma_down)
                )
        }
        return try unsafe planes.use { planes in
            try check(unsafe jp_decode(bytes, bytes.count, planes), "decoding")
            var out: UnsafeMutablePointer<UInt8>?
            var length = 0
            try check(
                unsafe jp_encode_planes(planes, header.components, Int32(quality), &out, &length), "encoding")
            unsafe jp_free(out)
            return length
        }
    }

    /// Writes a PNG on one thread in strips of 64 rows; `scratch` is kept from file to file.
    static func png(_ picture: Packed, _ effort: pn_effort, _ scratch: OpaquePointer) throws -> Int {
        let strips = (picture.height + 63) / 64
        let stride = picture.width * 3
        var made = unsafe [pn_strip](repeating: pn_strip(), count: strips)
        defer { unsafe made.indices.forEach { unsafe pn_strip_free(&made[$0]) } }
        try unsafe picture.rgb.withUnsafeBufferPointer { rgb in
            guard let start = rgb.baseAddress else { return }
            for strip in 0..<strips {
                let rows = unsafe start + strip * 64 * stride
                try check(
                    unsafe pn_strip_make(
                        rows, stride, strip == 0 ? nil : rows - stride, Int32(picture.width), 3,
                        Int32(min(64, picture.height - strip * 64)), effort, strip == strips - 1 ? 1 : 0, scratch,
                        &made[strip]), "a strip")
            }
        }
        var file = [UInt8](repeating: 0, count: unsafe pn_file_length(made, Int32(strips)))
        unsafe pn_file_write(Int32(picture.width), Int32(picture.height), 3, made, Int32(strips), &file)
        return file.count
    }

    /// Renders planes to packed pixels; choosing the bank is part of the work.
    static func render(_ planes: inout Planes, enhanced: Bool, into out: inout Packed) throws -> Int {
        var order = try self.order(out.width, out.height, threads: 1, enhanced: enhanced, &planes)
        try unsafe planes.use { try check(unsafe kn_render_rgb($0, &order, &out.rgb), "rendering") }
        return out.rgb.count
    }

    /// Renders planes to a PNG; gives its bytes and the milliseconds of the busiest thread.
    static func renderPNG(
        _ planes: inout Planes, width: Int, height: Int, threads: Int, enhanced: Bool
    ) throws -> (bytes: Int, busiest: Double) {
        var order = try self.order(width, height, threads: threads, enhanced: enhanced, &planes)
        var out: UnsafeMutablePointer<UInt8>?
        var length = 0
        var busiest: Int64 = 0
        try unsafe planes.use {
            try check(unsafe kn_render_png($0, &order, PN_FAST, &out, &length, &busiest), "rendering")
        }
        unsafe kn_render_free(out)
        return (length, Double(busiest) / 1e6)
    }

    /// Throws where a row that says "enhanced" would silently measure plain Lanczos3.
    static func requireBank(_ picture: Packed, width: Int, height: Int) throws {
        var planes = Planes(picture)
        _ = try order(width, height, threads: 1, enhanced: true, &planes)
    }

    private static func order(
        _ width: Int, _ height: Int, threads: Int, enhanced: Bool, _ planes: inout Planes
    ) throws -> kn_render {
        var order = kn_render(
            scaled_width: Int32(width), scaled_height: Int32(height), canvas_width: Int32(width),
            canvas_height: Int32(height), detail: kn_bank_choice(bank: 0, share: 0), threads: Int32(threads))
        guard enhanced else { return order }
        order.detail = try unsafe planes.use { unsafe kn_render_choose($0, &order) }
        guard order.detail.bank != 0 else { throw Unmeasured("no bank is chosen for this picture") }
        return order
    }
}

/// Planes of samples in memory of their own.
struct Planes {
    private(set) var samples: [[UInt8]]
    private let sizes: [(width: Int, height: Int)]

    init(count: Int, size: (Int) -> (width: Int, height: Int)) {
        sizes = (0..<count).map(size)
        samples = sizes.map { [UInt8](repeating: 0, count: $0.width * $0.height) }
    }

    init(_ picture: Packed) {
        self.init(count: 3) { _ in (picture.width, picture.height) }
        for plane in 0..<3 {
            for pixel in 0..<picture.width * picture.height {
                samples[plane][pixel] = picture.rgb[pixel * 3 + plane]
            }
        }
    }

    /// Gives `body` the planes as the kernels want them; they may be written.
    mutating func use<Result>(_ body: (UnsafeMutablePointer<kn_plane>) throws -> Result) throws -> Result {
        try unsafe open(0, [], body)
    }

    private mutating func open<Result>(
        _ index: Int, _ opened: [kn_plane], _ body: (UnsafeMutablePointer<kn_plane>) throws -> Result
    ) throws -> Result {
        guard index < samples.count else {
            var planes = unsafe opened
            return try unsafe planes.withUnsafeMutableBufferPointer { buffer in
                guard let start = buffer.baseAddress else { throw Unmeasured("no planes") }
                return try unsafe body(start)
            }
        }
        // Out of the array while C holds its address, so that the next plane can be opened beside it.
        var plane: [UInt8] = []
        swap(&plane, &samples[index])
        defer { swap(&plane, &samples[index]) }
        let size = sizes[index]
        return try unsafe plane.withUnsafeMutableBufferPointer { buffer in
            let opening = unsafe kn_plane(
                samples: buffer.baseAddress, width: Int32(size.width), height: Int32(size.height), stride: size.width)
            return try unsafe open(index + 1, opened + [opening], body)
        }
    }
}
