import Domain
import Imaging
import Inspection

/// What a worker says of a job, without the bytes.
enum Reply {
    /// The first word of a worker.
    static let ready = 100
    private static let done = 1

    /// The facts of a finished picture, in the order the parent reads them.
    static func done(id: Int, length: Int, facts: [Int]) -> Record {
        Record(id: id, kind: done, count: length, facts: facts)
    }

    static func refused(id: Int, _ error: ImagingError) -> Record {
        switch error {
        case .unsupportedContent: Record(id: id, kind: 2)
        case .unreadable(let detail): Record(id: id, kind: 3, text: Array(detail.utf8))
        case .tooLarge(let limit, let limitValue, let value):
            Record(id: id, kind: 4, facts: [Code.of(limit), limitValue, value])
        case .failed(let step, let detail):
            Record(id: id, kind: 5, facts: [Code.of(step)], text: Array(detail.utf8))
        case .needsLibrary: Record(id: id, kind: 7)
        case .switchedOff(let container): Record(id: id, kind: 8, facts: [Code.of(container)])
        case .otherSize(let size, let wanted):
            Record(id: id, kind: 9, facts: [size.width, size.height, wanted.width, wanted.height])
        }
    }

    /// The request made no sense, or its answer could not be written.
    static func failed(id: Int, _ detail: String) -> Record { Record(id: id, kind: 6, text: Array(detail.utf8)) }

    /// The error a record speaks of; nil when the job is done.
    static func error(in record: Record) -> WorkerError? {
        switch record.kind {
        case done: return nil
        case 2: return .unsupportedContent
        case 3: return .unreadable(detail: record.note)
        case 4:
            guard let limit: ImagingLimit = Code.value(record.fact(0)) else {
                return .badAnswer(detail: "an unknown limit")
            }
            return .tooLarge(limit: limit.rawValue, limitValue: record.fact(1), value: record.fact(2))
        case 5:
            guard let step: ImagingError.Step = Code.value(record.fact(0)) else {
                return .badAnswer(detail: "an unknown step")
            }
            return .failed(detail: ImagingError.failed(step, detail: record.note).description)
        case 6: return .failed(detail: record.note)
        case 7: return .needsLibrary
        case 8:
            guard let container: Container = Code.value(record.fact(0)) else {
                return .badAnswer(detail: "an unknown format")
            }
            return .switchedOff(container)
        case 9:
            return .otherSize(
                PixelSize(width: record.fact(0), height: record.fact(1)),
                wanted: PixelSize(width: record.fact(2), height: record.fact(3)))
        default: return .badAnswer(detail: "an unknown outcome")
        }
    }
}

/// A finished job: facts as the worker stated them, and the bytes.
struct Answer: Sendable {
    let facts: [Int]
    let bytes: [UInt8]
}
