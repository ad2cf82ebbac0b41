import Journal
import Synchronization
import Testing

@Suite struct LogTests {
    final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    @Test(arguments: [true, false])
    func `a key is masked by its value, wherever in a line it would stand`(isJSON: Bool) {
        let lines = Lines()
        let log = Log(least: .info, isJSON: isJSON) { line in lines.all.withLock { $0.append(line) } }
        let copy = log
        copy.conceal("canary-key-1")
        log.conceal("canary-key-22")
        log.error("it failed", ["why": "no answer to canary-key-22?k=canary-key-1", "route": "mai"])
        log.info("it goes on", ["route": "mai"])
        let text = lines.all.withLock { $0.joined() }
        #expect(!text.contains("canary") && text.contains("no answer to ***?k=***") && text.contains("mai"))
    }
}
