import CLinuxShim
import Domain
import Imaging

/// The kernel's limits of one job, set from outside while it runs.
struct JobLimits: Equatable {
    /// Bytes of address space.
    let memory: Int
    /// Bytes of the answer.
    let fileSize: Int
    /// Seconds of processor time; the pool, which looks at the same clock, ends a job first, unless it is held up itself.
    let seconds: Int

    init(_ request: Request, inputBytes: Int, time: TimeLimit) {
        memory = request.mostMemory + inputBytes
        fileSize = request.mostBytes
        seconds = Int(clamping: time.processor.components.seconds) + 2
    }

    /// Sets them; 0 or minus an error number.
    func apply(to process: Int32) -> Int32 {
        lx_limit_job(process, UInt64(max(0, memory)), UInt64(max(0, fileSize)), UInt64(max(0, seconds)))
    }
}

extension Request {
    /// Bytes a worker needs besides pixels: its libraries, buffers and threads.
    private static let base = 300 << 20
    /// Bytes a pixel of a decoded source: 16 bits with alpha of an interlaced one, and an 8-bit copy that is turned.
    private static let sourceBytes = 16
    /// Bytes a pixel of a result: the pixels, the encoded file in a buffer that doubles, and its copy; what the newer
    /// encoders keep in memory was measured at 4K and 8K, and is rounded up.
    private static func resultBytes(_ format: PictureFormat) -> Int {
        switch format {
        case .png, .jpeg, .webp: 20
        case .avif: 36
        case .jxl: 64
        }
    }

    /// Bytes of a render's thread: its stack, and buffers for a strip of the widest picture, packed, filtered and deflated.
    private static let threadBytes = 24 << 20

    /// The job with its share of its threads, where `others` are worked on or wait.
    func sharing(with others: Int) -> Request {
        guard case .render(var order) = self else { return self }
        order.threads = max(1, order.threads / (max(0, others) + 1))
        return .render(order)
    }

    /// Most bytes of address space the job may need; the limits of pixels bound it.
    fileprivate var mostMemory: Int {
        switch self {
        case .normalize(let order): Self.base + Self.bytes(order.limits.pixels, Self.sourceBytes)
        case .mask(let order):
            Self.base + Self.bytes(order.limits.pixels, Self.sourceBytes)
                + Self.bytes(order.size.pixels, Self.resultBytes(.png))
        case .thumbnail(let order):
            Self.base + Self.bytes(order.limits.pixels, Self.sourceBytes) + mostBytes
        case .render(let order):
            Self.base + Self.bytes(order.limits.pixels, Self.sourceBytes)
                + Self.bytes(mostPixels ?? 0, Self.resultBytes(order.format)) + order.threads * Self.threadBytes
        case .paint(let order):
            Self.base + Self.bytes(PictureLimits().pixels, Self.sourceBytes)
                + Self.bytes(order.size.pixels, Self.resultBytes(.png))
        }
    }

    private static func bytes(_ pixels: Int, _ each: Int) -> Int { min(max(pixels, 0), 1 << 30) * each }
}
