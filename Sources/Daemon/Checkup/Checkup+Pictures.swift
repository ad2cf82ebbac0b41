import Domain
import Imaging
import Inspection
import Pipeline
import Settings
import Workers

extension Checkup {
    /// Whether pictures can be opened and made here, tried in workers like the daemon's.
    func pictureFindings() async -> [Finding] {
        let settings = configuration.workers
        let pool = WorkerPool(
            executable: workerProgram, count: 1, timeout: settings.timeout.duration, sandbox: settings.sandbox)
        let tried: Result<FormatTrial, WorkerError>
        do throws(WorkerError) {
            try await pool.makeSure()
            tried = .success(try await pool.tryFormats())
        } catch {
            tried = .failure(error)
        }
        await pool.shutDown()
        switch tried {
        case .failure(let error): return [Self.noWorker(error), memory]
        case .success(let trial): return [lock] + formats(trial) + [memory]
        }
    }

    private var lock: Finding {
        guard configuration.workers.sandbox == .off else {
            return .ok("pictures.lock", "image workers are locked (required): \(WorkerPool.lockWords)")
        }
        return .warning(
            "pictures.lock", "pictures are opened by image workers that are not locked: workers.sandbox is off",
            remedy: "set workers.sandbox to \"required\"; doctor then says whether this machine can do it")
    }

    static func noWorker(_ error: WorkerError) -> Finding {
        guard case .refusedToStart(_, isForGood: true) = error else {
            return .error(
                "pictures.lock", "no picture can be opened now: \(error)",
                remedy: "find out what keeps this machine from starting a process (memory, a limit on processes, a "
                    + "program that was replaced), then run doctor again")
        }
        return .error(
            "pictures.lock", "no picture can be opened: \(error)",
            remedy: "for the lock: a kernel from 5.13 on with Landlock in its lsm= list, and a container or unit that "
                + "lets seccomp and landlock calls through; for libvips: install libvips42. "
                + "workers.sandbox \"off\" does without the lock, at your own risk")
    }

    /// One finding for all formats that work, one for each that does not.
    private func formats(_ trial: FormatTrial) -> [Finding] {
        let accepted = configuration.pictureLimits.accepted.sorted { $0.rawValue < $1.rawValue }
        var findings: [Finding] = []
        for container in accepted {
            guard let why = trial.unreadable[container] else { continue }
            if case .timedOut(let how) = why {
                findings.append(Self.untried("read.\(container.rawValue)", how))
                continue
            }
            let switchedOff = container.setting.map { ", or set \($0) to false" } ?? ""
            findings.append(
                .warning(
                    "pictures.read.\(container.rawValue)",
                    "references in \(container.rawValue) can not be opened: \(why)",
                    remedy: "install libvips42 with its modules and their codecs\(switchedOff)"))
        }
        for format in PictureFormat.allCases {
            guard let why = trial.unwritable[format] else { continue }
            if case .timedOut(let how) = why {
                findings.append(Self.untried("write.\(format.rawValue)", how))
                continue
            }
            let isDefault = configuration.output.format == format
            findings.append(
                Finding(
                    name: "pictures.write.\(format.rawValue)", level: isDefault ? .error : .warning,
                    message: "outputs in \(format.rawValue) can not be made: \(why)",
                    remedy:
                        "install libvips42 with its modules and their codecs; jobs may ask for another output.format"))
        }
        let read = accepted.filter { trial.unreadable[$0] == nil }.map(\.rawValue).joined(separator: ", ")
        let written = PictureFormat.allCases.filter { trial.unwritable[$0] == nil }.map(\.rawValue)
            .joined(separator: ", ")
        return [.ok("pictures.formats", "tried: reads \(read); writes \(written)")] + findings
    }

    /// The trial took too long, twice: that says something about this machine and nothing about the format.
    private static func untried(_ name: String, _ how: Lateness) -> Finding {
        .warning(
            "pictures.\(name)", "could not be tried: an image worker was ended, because \(how)",
            remedy: "raise workers.timeout, or find out what holds this machine up; then run doctor again")
    }

    private var memory: Finding {
        let wanted = configuration.workers.memory.bytes
        let words = "pictures may take \(configuration.workers.memory) of \(Machine.memory / 1_000_000) MB together"
        guard wanted > Machine.memory else { return .ok("pictures.memory", words) }
        return .warning(
            "pictures.memory", words, remedy: "set workers.memory below what this machine has")
    }
}
