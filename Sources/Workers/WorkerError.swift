package import Domain
import Imaging
package import Inspection

/// Why a worker process gave no picture. Holds nothing of what the picture shows and no file name.
package enum WorkerError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The bytes are no picture that Darkroom takes. The input's fault.
    case unsupportedContent
    /// The bytes are a picture of a kind that the settings do not let in. The input's fault.
    case switchedOff(Container)
    /// The bytes are damaged; `detail` is the decoder's word, for people only. The input's fault.
    case unreadable(detail: String)
    /// A limit was passed, named as in the settings (`reference_bytes`, `reference_pixels`, `reference_edge`), a fixed one
    /// (`ImagingLimit`), or `normalized_bytes` when no attempt came below what the model accepts. The input's fault.
    case tooLarge(limit: String, limitValue: Int, value: Int)
    /// A mask has another size than its reference, both upright. The input's fault.
    case otherSize(PixelSize, wanted: PixelSize)
    /// The picture was sound, the work on it failed. Nobody's fault that is known.
    case failed(detail: String)
    /// A worker without libvips met a picture that needs it; the pool gives the job to one that has it.
    case needsLibrary
    /// The worker died of a signal during this job; it is replaced. Suspect the input before a second try.
    case crashed(signal: Int32)
    /// The worker ended by itself during this job; it is replaced.
    case exited(code: Int32)
    /// The job was not done in time, and the second worker that tried it was not in time either; both were killed. Says nothing
    /// about the picture.
    case timedOut(Lateness)
    /// No worker can be had on this machine: `isForGood` until the pool is made anew, because a worker can not be locked
    /// here, else now. `detail` names what is missing.
    case refusedToStart(detail: String, isForGood: Bool)
    /// The worker's answer made no sense and was thrown away with the worker.
    case badAnswer(detail: String)
    /// This process could not hand the job over (memory, descriptors).
    case noResources(detail: String)
    /// The caller was cancelled, or the pool is shut down.
    case stopped

    package var description: String {
        switch self {
        case .unsupportedContent: ImagingError.unsupportedContent.description
        case .switchedOff(let container): ImagingError.switchedOff(container).description
        case .unreadable(let detail): "the picture is damaged: \(detail)"
        case .tooLarge(let limit, let limitValue, let value):
            "the picture is too large: \(value), allowed \(limitValue) (\(limit))"
        case .otherSize(let size, let wanted): ImagingError.otherSize(size, wanted: wanted).description
        case .failed(let detail): detail
        case .needsLibrary: ImagingError.needsLibrary.description
        case .crashed(let signal): "the picture worker died of signal \(signal)"
        case .exited(let code): "the picture worker ended with code \(code)"
        case .timedOut(let how): "the picture worker was ended: \(how)"
        case .refusedToStart(let detail, _): "no picture worker could be started: \(detail)"
        case .badAnswer(let detail): "the picture worker's answer was refused: \(detail)"
        case .noResources(let detail): "the picture could not be handed to a worker: \(detail)"
        case .stopped: "the work on the picture was stopped"
        }
    }
}
