import CVipsShim
import Synchronization

/// The life of libvips in this process.
package enum Vips {
    private static let isBarred = Atomic(false)

    /// Says that this process does without libvips: a job that needs it throws `ImagingError.needsLibrary`.
    package static func bar() { isBarred.store(true, ordering: .relaxed) }

    /// Loads and starts libvips once; later calls change nothing. `threads` is what one picture may use.
    package static func start(threads: Int = 1) throws(ImagingError) {
        guard !isBarred.load(ordering: .relaxed) else { throw .needsLibrary }
        if let why = unsafe px_start(Int32(min(max(threads, 1), 64))) {
            throw .failed(.start, detail: unsafe String(cString: why))
        }
    }

    /// Has everything made that needs executable memory, for a process that will soon be refused any. Call it after `start`.
    package static func makeVectorCode() { px_make_vector_code() }

    /// Runs one job on the calling thread and lets go of what libvips kept for it.
    static func job<Result>(_ work: () throws(ImagingError) -> Result) throws(ImagingError) -> Result {
        try start()
        defer { px_end_of_job() }
        return try work()
    }

    /// The first line of what libvips has to say, printable ASCII, at most 100 characters; for people, never to decide by.
    static func message() -> String {
        guard let text = unsafe px_take_message() else { return "no reason given" }
        defer { unsafe px_free(text) }
        var line = ""
        for offset in 0..<100 {
            let byte = unsafe UInt8(bitPattern: text[offset])
            guard byte != 0, byte != 10 else { break }
            line.unicodeScalars.append((32..<127).contains(byte) ? Unicode.Scalar(byte) : "?")
        }
        return line.isEmpty ? "no reason given" : line
    }
}
