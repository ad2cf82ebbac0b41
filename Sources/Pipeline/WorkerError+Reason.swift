package import Domain
import Imaging
import Inspection
package import Workers

extension Reason {
    /// The time of two workers was over. That says how this machine is and how it is set, and nothing about the picture.
    ///
    /// - Parameter more: what else there is to say after the hint.
    init(workerTimeout how: Lateness, field: String? = nil, more: String = "") {
        switch how {
        case .processorTime(let limit):
            self.init(
                .workerTimeout, "two image workers in a row used more processor time than workers.timeout allows",
                field: field, limit: Lateness.words(limit),
                hint: "raise workers.timeout, which counts the time of all threads, then retry" + more)
        case .standstill(let limit):
            self.init(
                .workerTimeout, "two image workers in a row made no progress", field: field,
                limit: Lateness.words(limit),
                hint: "find out what stops processes on this machine (a signal, a frozen container, a lack of memory), "
                    + "then retry" + more)
        }
    }
}

extension WorkerError {
    /// How a step ends for it: the job waits where no worker can be had now, and fails for the reason that `reason` gives else.
    func stepEnd(_ reason: (WorkerError) -> Reason) -> StepEnd {
        switch self {
        case .stopped: .stopping
        case .refusedToStart(let detail, let isForGood):
            .hindered(
                Reason(
                    .internalFault, "no image worker can be started: \(detail)",
                    hint: isForGood
                        ? "darkroom doctor says what is missing; start Darkroom again when it is there"
                        : "it is tried again by itself; darkroom doctor tries a worker and says what is missing"),
                isForGood ? Self.restForGood : Self.rest)
        case .noResources(let detail):
            .hindered(
                Reason(
                    .internalFault, "no picture can be handed to an image worker: \(detail)",
                    hint: "it is tried again by itself; see that this machine has memory and file descriptors to spare"),
                Self.rest)
        default: .refused(reason(self))
        }
    }

    /// How long a job waits for a worker; a drain waits for that too.
    private static let rest = Span.seconds(15)
    /// How long where none will come before the next start of the daemon; longer than a drain waits.
    private static let restForGood = Span.minutes(2)
}

extension WorkerError {
    private static func tooLarge(_ limit: ImagingLimit?, _ limitValue: Int, _ value: Int, _ field: String) -> Reason {
        let name = limit.map { $0.isSetting ? "limits.\($0.rawValue)" : $0.rawValue } ?? "limits"
        return Reason(
            .referenceTooLarge, "the picture is too large (\(name))", field: field, limit: String(limitValue),
            value: String(value),
            hint: limit?.isSetting ?? true
                ? "send a smaller picture" : "save it anew without its metadata, or as a still picture")
    }

    /// What the worker's failure means for the job.
    package func reason(field: String) -> Reason {
        switch self {
        case .unsupportedContent:
            Reason(
                .referenceUnreadable, "the file is no picture of a kind that is taken, by its content", field: field,
                hint: "send a JPEG, PNG, WebP, HEIF, AVIF or GIF; renaming a file does not convert it")
        case .switchedOff(let container):
            Reason(
                .referenceUnreadable, "\(container.rawValue) pictures are not let in here", field: field,
                hint: container.setting.map { "set \($0) to true, or send another format" })
        case .tooLarge(let limit, let limitValue, let value):
            Self.tooLarge(ImagingLimit(rawValue: limit), limitValue, value, field)
        case .otherSize(let size, let wanted):
            Reason(
                .maskMismatch, "the mask is not as large as the first reference, once both are upright", field: field,
                limit: wanted.description, value: size.description,
                hint: "make the mask from the reference itself, in the same size")
        case .timedOut(let how): Reason(workerTimeout: how, field: field)
        case .unreadable:
            Reason(
                .referenceUnreadable, "the picture is damaged and could not be decoded", field: field,
                hint: "send it again")
        case .crashed:
            Reason(
                .referenceUnreadable, "the picture made its image worker crash", field: field,
                hint: "do not send this picture again; report it")
        case .refusedToStart(let detail, isForGood: true):
            Reason(
                .internalFault, "the picture was not opened, for no image worker can be had: \(detail)", field: field,
                hint: "install the package that is named; for the lock, run it on a kernel with seccomp and Landlock, "
                    + "or set workers.sandbox to \"off\"")
        case .refusedToStart(let detail, isForGood: false):
            Reason(
                .internalFault, "the picture was not opened, for no image worker could be started: \(detail)",
                field: field, hint: "try again; darkroom doctor tries a worker and says what is missing")
        case .noResources(let detail):
            Reason(
                .internalFault, "the picture could not be handed to an image worker: \(detail)", field: field,
                hint: "see that this machine has memory and file descriptors to spare, then try again")
        case .exited, .badAnswer, .failed, .needsLibrary, .stopped:
            Reason(
                .internalFault, "this machine's image workers could not work on the picture", field: field,
                hint: "look into the log, then retry the job")
        }
    }
}
