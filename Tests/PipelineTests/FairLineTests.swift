import Domain
import Pipeline
import Settings
import Synchronization
import Testing

@Suite struct FairLineTests {
    /// Everybody in the line, in the order in which they are let out.
    func all(_ line: FairLine<String>) -> [String] {
        var line = line
        var order: [String] = []
        while let next = line.popFirst() { order.append(next) }
        return order
    }

    @Test func `three calls that come behind two hundred of another subject are among the first`() {
        var line = FairLine<String>()
        for number in 1...200 { line.append("a\(number)", priority: 0, party: "A") }
        for number in 1...3 { line.append("b\(number)", priority: 0, party: "B") }
        #expect(all(line).prefix(6) == ["a1", "b1", "a2", "b2", "a3", "b3"])
    }

    @Test func `whoever comes later takes turns from then on, and does not catch up on the past`() {
        var line = FairLine<String>()
        for number in 1...200 { line.append("a\(number)", priority: 0, party: "A") }
        for number in 1...50 { #expect(line.popFirst() == "a\(number)") }
        for number in 1...4 { line.append("b\(number)", priority: 0, party: "B") }
        #expect(all(line).prefix(8) == ["a51", "b1", "a52", "b2", "a53", "b3", "a54", "b4"])
    }

    @Test func `priority goes before turns, and within a subject the first comes first`() {
        var line = FairLine<String>()
        line.append("late", priority: 0, party: "A")
        line.append("low", priority: -1, party: "B")
        for number in 1...3 { line.append("high\(number)", priority: 5, party: "A") }
        #expect(all(line) == ["high1", "high2", "high3", "late", "low"])
    }

    @Test func `what is nobody's shares one turn`() {
        var line = FairLine<String>()
        for number in 1...3 { line.append("x\(number)", priority: 0, party: nil) }
        line.append("a", priority: 0, party: "A")
        #expect(all(line) == ["x1", "a", "x2", "x3"])
    }

    @Test func `a long mixed line lets everybody out once, each subject in its own order`() {
        var line = FairLine<String>()
        var left: [String] = []
        for number in 0..<5000 {
            let subject = "s\(number * 7919 % 97)"
            line.append("\(subject) \(number)", priority: number % 3, party: subject)
            if number % 2 == 1, let next = line.popFirst() { left.append(next) }
        }
        left += all(line)
        #expect(Set(left).count == 5000 && left.count == 5000)
        for priority in 0..<3 {
            for subject in 0..<97 {
                let own = left.compactMap { entry -> Int? in
                    let parts = entry.split(separator: " ")
                    guard parts[0] == "s\(subject)", let number = Int(parts[1]), number % 3 == priority else {
                        return nil
                    }
                    return number
                }
                #expect(own == own.sorted())
            }
        }
    }

    @Test func `a lane lets waiting subjects take turns, and turns all away when it is closed`() async {
        var route = Route.offline
        route.concurrency = 1
        let lane = Lane(route, stopping: StopFlag())
        #expect(await lane.enter(party: "A"))
        let order = Names()
        func come(_ name: String, _ subject: String) -> Task<Void, Never> {
            Task.immediate {
                guard await lane.enter(party: subject) else { return }
                order.note(name)
                lane.leave()
            }
        }
        let tasks = (1...20).map { come("a\($0)", "A") } + (1...2).map { come("b\($0)", "B") }
        lane.leave()
        for task in tasks { await task.value }
        #expect(order.all.prefix(4) == ["a1", "b1", "a2", "b2"] && order.all.count == 22)
        #expect(await lane.enter())
        let waiting = Task.immediate { await lane.enter() }
        lane.close()
        #expect(await waiting.value == false)
        #expect(await lane.enter() == false)
    }
}

private final class Names: Sendable {
    private let names = Mutex<[String]>([])

    var all: [String] { names.withLock { $0 } }
    func note(_ name: String) { names.withLock { $0.append(name) } }
}
