import CLinuxShim
import Domain
import Glibc
import Imaging
import Painting

/// The whole life of `darkroom worker`: takes one job at a time from the socket on descriptor 3 until the pool closes it.
/// Gives the exit code: 0 when the pool has ended, 64 when no pool started this process, 70 and 71 when it could not be
/// prepared, 76 when the pool spoke nonsense, 80 to 88 when a part of the lock is missing. Writes nothing to standard output.
///
/// - Parameters:
///   - keptErrorOutput: descriptor 2 was kept by the pool and need not be /dev/null.
///   - beforePainting: runs inside the lock before each picture is painted; what it gives fails the job with that reason.
package func serveAsWorker(
    keptErrorOutput: Bool = false, beforePainting: (PaintOrder) -> String? = { _ in nil }
) -> Int32 {
    worker(keptErrorOutput, beforePainting).rawValue
}

private func worker(
    _ keptErrorOutput: Bool, _ beforePainting: (PaintOrder) -> String?
) -> WorkerExit {
    guard let text = unsafe getenv(Child.parentVariable), let parent = unsafe Int32(String(cString: text)) else {
        return .notAWorker
    }
    switch lx_begin_worker(parent) {
    case 0: break
    case -EBADF, -ENOTSOCK, -ESRCH: return .notAWorker
    default: return .kernel
    }
    if let refused = Lock.prepare(keptErrorOutput: keptErrorOutput) { return refused }
    guard tell(Record(id: 0, kind: Reply.ready)) else { return .protocolBroken }
    while true {
        switch takeJob() {
        case .job(let job): guard tell(carryOut(job, beforePainting)) else { return .done }
        case .poolIsGone: return .done
        case .nonsense: return .protocolBroken
        }
    }
}

private func tell(_ record: Record) -> Bool {
    let bytes = record.bytes
    return unsafe lx_tell(LX_WORKER_SOCKET, bytes, bytes.count) == 0
}

private enum Message {
    case job(WorkerJob)
    case poolIsGone
    case nonsense
}

private func takeJob() -> Message {
    var bytes = [UInt8](repeating: 0, count: Record.byteCount)
    var descriptors = [Int32](repeating: -1, count: Request.mostInputs + 1)
    var count: Int32 = 0
    let length = unsafe lx_receive(
        LX_WORKER_SOCKET, &bytes, bytes.count, &descriptors, Int32(descriptors.count), &count)
    if length == 0 || length == -Int(ECONNRESET) { return .poolIsGone }
    let received = descriptors.prefix(Int(count))
    guard length == Record.byteCount, let record = Record(bytes), let request = Request(record),
        let job = WorkerJob(record, request, Array(received))
    else {
        for descriptor in received { lx_close(descriptor) }
        return .nonsense
    }
    return .job(job)
}

/// A job as it arrived: its output is the first descriptor, its inputs the others.
private struct WorkerJob {
    let id: Int
    let request: Request
    let output: Int32
    let inputs: [(descriptor: Int32, length: Int)]

    init?(_ record: Record, _ request: Request, _ descriptors: [Int32]) {
        guard let output = descriptors.first, record.count == descriptors.count - 1 else { return nil }
        id = record.id
        self.request = request
        self.output = output
        inputs = descriptors.dropFirst().enumerated().map { ($1, record.length($0)) }
        guard inputs.allSatisfy({ $0.length > 0 && lx_is_sealed($0.descriptor, $0.length) != 0 }) else { return nil }
    }

    func closeAll() {
        lx_close(output)
        for input in inputs { lx_close(input.descriptor) }
    }
}

private func carryOut(
    _ job: WorkerJob, _ beforePainting: (PaintOrder) -> String?
) -> Record {
    defer { job.closeAll() }
    do throws(ImagingError) {
        if case .paint(let order) = job.request, let why = beforePainting(order) {
            return Reply.failed(id: job.id, why)
        }
        let made = try make(job)
        let failed = unsafe made.bytes.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return -EINVAL }
            return unsafe lx_write_all(job.output, start, bytes.count)
        }
        guard failed == 0 else { return Reply.failed(id: job.id, "the result could not be written, error \(-failed)") }
        return Reply.done(id: job.id, length: made.bytes.count, facts: made.facts)
    } catch {
        return Reply.refused(id: job.id, error)
    }
}

private func make(_ job: WorkerJob) throws(ImagingError) -> Answer {
    switch job.request {
    case .normalize(let order):
        let made = try withInput(job, 0) { (input) throws(ImagingError) in try order.carriedOut(on: input) }
        let facts = [
            Code.of(made.format), made.size.width, made.size.height, Code.of(made.sourceFormat),
            made.sourceSize.width, made.sourceSize.height, made.sourceOrientation, made.sourcePages,
            made.hadProfile ? 1 : 0, made.hadAlpha ? 1 : 0, Code.of(made.path),
        ]
        return Answer(facts: facts, bytes: made.bytes)
    case .render(let order):
        let made = try withInput(job, 0) { (input) throws(ImagingError) in try order.carriedOut(on: input) }
        let facts = [
            made.size.width, made.size.height, made.scaled.width, made.scaled.height, made.native.width,
            made.native.height, Code.of(made.nativeFormat), Code.of(made.upscale),
        ]
        return Answer(facts: facts, bytes: made.bytes)
    case .mask(let order):
        let made = try withInput(job, 0) { (input) throws(ImagingError) in try order.carriedOut(on: input) }
        return Answer(facts: [], bytes: made)
    case .thumbnail(let order):
        let made = try withInput(job, 0) { (input) throws(ImagingError) in
            try Pixels(decoding: input, maxEdge: order.maxEdge, limits: order.limits)
        }
        return Answer(facts: [made.size.width, made.size.height], bytes: made.rgb)
    case .paint(let order):
        return Answer(facts: [], bytes: try paint(order, job))
    }
}

private func paint(_ order: PaintOrder, _ job: WorkerJob) throws(ImagingError) -> [UInt8] {
    var references: [Painting.Swatch] = []
    for index in job.inputs.indices.dropLast(order.hasMask ? 1 : 0) {
        // The first one fills the picture, the others are small insets.
        let edge = index == 0 ? min(order.size.longEdge, 2048) : min(max(64, order.size.longEdge / 3), 1024)
        let pixels = try withInput(job, index) { (input) throws(ImagingError) in
            try Pixels(decoding: input, maxEdge: edge, limits: PictureLimits())
        }
        references.append(Swatch(size: pixels.size, rgb: pixels.rgb))
    }
    var stencil: Stencil?
    if order.hasMask {
        let mask = try withInput(job, job.inputs.count - 1) { (input) throws(ImagingError) in
            try MaskPixels(decoding: input, limits: PictureLimits())
        }
        stencil = Stencil(size: mask.size, alphas: mask.alphas)
    }
    let picture = Painter(seed: order.seed).paint(order.size, references: references, through: stencil)
    return try Pixels(size: order.size, rgb: picture).png()
}

private func withInput<Result>(
    _ job: WorkerJob, _ index: Int, _ body: (RawSpan) throws(ImagingError) -> Result
) throws(ImagingError) -> Result {
    guard job.inputs.indices.contains(index) else { throw .unsupportedContent }
    let input = job.inputs[index]
    guard let start = unsafe lx_map(input.descriptor, input.length) else {
        throw .failed(.start, detail: "no memory for the input")
    }
    defer { unsafe lx_unmap(start, input.length) }
    let bytes = unsafe UnsafeRawBufferPointer(start: start, count: input.length)
    return try body(unsafe RawSpan(_unsafeBytes: bytes))
}
