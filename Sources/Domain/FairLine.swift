/// A line of those who wait: highest priority first, then fair between parties (subjects, users), then first come.
///
/// Who comes gets a turn: the one after the last of its party, and not before the turn that is being served. Somebody with
/// few calls so stands among the first, however many another one has waiting. Coming and going cost O(log n).
package struct FairLine<Element> {
    private struct Place {
        let priority: Int
        let turn: Int64
        /// In order of coming.
        let number: Int64
        let element: Element

        func isBefore(_ other: Place) -> Bool {
            (other.priority, turn, number) < (priority, other.turn, other.number)
        }
    }

    private struct Owner: Hashable {
        let priority: Int
        let party: String?
    }

    /// A heap: no place is after those at twice its index plus one and two.
    private var heap: [Place] = []
    private var lastTurns: [Owner: Int64] = [:]
    private var served: [Int: Int64] = [:]
    private var came: Int64 = 0

    package init() {}

    package var isEmpty: Bool { heap.isEmpty }

    /// - Parameter party: whose it is; those of nobody share one turn.
    package mutating func append(_ element: Element, priority: Int, party: String?) {
        let owner = Owner(priority: priority, party: party)
        let turn = max(served[priority] ?? 0, lastTurns[owner] ?? 0) + 1
        lastTurns[owner] = turn
        came += 1
        heap.append(Place(priority: priority, turn: turn, number: came, element: element))
        rise()
    }

    /// The next one; nil where nobody waits.
    package mutating func popFirst() -> Element? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        served[first.priority] = max(served[first.priority] ?? 0, first.turn)
        forget()
        return first.element
    }

    package mutating func removeAll() -> [Element] {
        defer { self = FairLine() }
        return heap.map(\.element)
    }

    /// Turns that have been served say nothing any more.
    private mutating func forget() {
        if heap.isEmpty { return self = FairLine() }
        guard lastTurns.count > 64 + 2 * heap.count else { return }
        lastTurns = lastTurns.filter { owner, turn in turn > served[owner.priority] ?? 0 }
    }

    private mutating func rise() {
        var index = heap.count - 1
        while index > 0, heap[index].isBefore(heap[(index - 1) / 2]) {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private mutating func sink() {
        var index = 0
        while true {
            var first = index
            for child in [2 * index + 1, 2 * index + 2] where child < heap.count {
                if heap[child].isBefore(heap[first]) { first = child }
            }
            guard first != index else { return }
            heap.swapAt(index, first)
            index = first
        }
    }
}
