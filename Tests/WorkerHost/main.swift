// A worker for tests: the same lock and the same jobs as in `darkroom worker`, and what a taken-over one would try.
//
// WorkerHost [worker]                          a worker
// WorkerHost TALLY refuse CALL OPTION ANSWER   a worker whose kernel answers ANSWER to one system call
// WorkerHost TALLY thread                      a worker with a second thread before the lock
// TALLY is a file that grows by one byte at each start.
import CProbeShim
import Glibc
import Workers

let arguments = Array(CommandLine.arguments.dropFirst())

if arguments.count > 1, let tally = arguments.first {
    let file = unsafe open(tally, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, mode_t(0o600))
    guard file >= 0, unsafe write(file, "x", 1) == 1 else { exit(99) }
    close(file)
}
switch arguments.dropFirst().first {
case "refuse":
    guard arguments.count == 5, let option = Int32(arguments[3]), let answer = Int32(arguments[4]),
        unsafe pr_refuse(arguments[2], option, answer) == 0
    else { exit(99) }
case "thread":
    guard pr_start_idle_thread() == 0 else { exit(99) }
default: break
}

pr_prepare()
exit(
    serveAsWorker(keptErrorOutput: true) { order in
        // A seed of "?NAME" tries it on the main thread, "@NAME" on one of libvips' threads.
        guard let first = order.seed.first, first == UInt8(ascii: "?") || first == UInt8(ascii: "@") else { return nil }
        let name = String(decoding: order.seed.dropFirst().prefix { $0 != 0 }, as: UTF8.self)
        return "error \(unsafe pr_try(name, first == UInt8(ascii: "@") ? 1 : 0))"
    })
