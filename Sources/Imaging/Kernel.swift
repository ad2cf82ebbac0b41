import CPixels
import Inspection

/// How the kernels' results become ours.
enum Kernel {
    static let noMemory = ImagingError.failed(.convert, detail: "no memory")
    static let damaged = ImagingError.unreadable(detail: "the coded picture is damaged or cut off")

    /// Throws unless the kernel did what was asked; `step` says what that was.
    static func require(_ result: kn_result, _ step: ImagingError.Step) throws(ImagingError) {
        switch result {
        case KN_DONE: return
        case KN_DAMAGED: throw damaged
        case KN_MEMORY: throw noMemory
        default: throw .failed(step, detail: "kernel result \(result.rawValue)")
        }
    }

    /// Whether the kernel did what was asked; false where it leaves the picture to others.
    static func did(_ result: kn_result) throws(ImagingError) -> Bool {
        if result == KN_OTHER { return false }
        try require(result, .convert)
        return true
    }

    /// Throws for a picture whose damage libvips would not mind: a JPEG that it would show as far as it goes, a PNG with wrong
    /// check sums or without an end, a GIF with fewer pixels than it says.
    static func requireWhole(_ input: RawSpan, _ container: Container) throws(ImagingError) {
        try unsafe input.withUnsafeBytes { (bytes) throws(ImagingError) in
            guard let start = unsafe bytes.bindMemory(to: UInt8.self).baseAddress else { return }
            switch container {
            case .jpeg: _ = try unsafe did(jp_check(start, bytes.count))
            case .png: _ = try unsafe did(pn_check_any(start, bytes.count))
            case .gif: _ = try unsafe did(gf_check(start, bytes.count))
            case .webp, .heif, .avif, .tiff, .jxl: break
            }
        }
    }

    /// Takes the bytes that a kernel gives away.
    @unsafe static func adopt(
        _ make: (inout UnsafeMutablePointer<UInt8>?, inout Int) -> kn_result
    ) throws(ImagingError) -> [UInt8]? {
        var bytes: UnsafeMutablePointer<UInt8>?
        var length = 0
        let result = unsafe make(&bytes, &length)
        defer { unsafe jp_free(bytes) }
        guard try did(result), let bytes = unsafe bytes else { return nil }
        return unsafe Array(UnsafeBufferPointer(start: bytes, count: length))
    }
}
