import Commands
import Dispatch
import Glibc
import Workers

@main
struct Main {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        // An image worker is synchronous and has one thread: nothing of Swift concurrency may have started in it.
        if arguments == ["worker"] { exit(serveAsWorker()) }
        Task { exit(await Program.run(arguments)) }
        dispatchMain()
    }
}
