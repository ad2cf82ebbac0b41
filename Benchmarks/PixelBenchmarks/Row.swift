/// One line of the table: what is compared, how, and what it must show.
struct Row {
    /// What the command line calls it.
    let name: String
    let title: String
    /// Where and how it was measured, and in which of our modes.
    let mode: String
    /// The floor and the goal; nil where the row only informs.
    let bounds: Bounds?
    /// Run only when it is named.
    var isOptIn = false
    let measure: (Workbench) throws -> Finding
}

/// What a figure has to reach.
struct Bounds {
    enum Direction { case atMost, atLeast }
    let direction: Direction
    let must: Double
    let aim: Double

    static func atMost(_ must: Double, aim: Double) -> Bounds { Bounds(direction: .atMost, must: must, aim: aim) }
    static func atLeast(_ must: Double, aim: Double) -> Bounds { Bounds(direction: .atLeast, must: must, aim: aim) }

    func isMet(_ value: Double, _ bound: Double) -> Bool {
        direction == .atMost ? value <= bound : value >= bound
    }

    func verdict(_ value: Double) -> String {
        guard isMet(value, must) else { return "MISSED" }
        return isMet(value, aim) ? "aim met" : "must met"
    }

    func text(_ bound: Double, _ digits: Int) -> String { (direction == .atMost ? "<=" : ">=") + bound.text(digits) }
}

/// What a row showed.
struct Finding {
    /// The figure that the bounds are about.
    var value: Double
    var unit = ""
    var digits = 3
    /// Both sides in words.
    var ours: String
    var peer: String
    /// Conditions that belong to the figure, such as the size of a file: text, and whether it holds.
    var conditions: [(text: String, holds: Bool)] = []
    var notes: [String] = []

    init(value: Double, unit: String = "", digits: Int = 3, ours: String, peer: String) {
        self.value = value
        self.unit = unit
        self.digits = digits
        self.ours = ours
        self.peer = peer
    }

    init(_ duel: Duel, against peer: String) {
        self.init(
            value: duel.ratio, ours: "\(duel.ours.spent.text(1)) ms", peer: "\(duel.peer.spent.text(1)) ms \(peer)")
        notes = [
            "wall \(duel.ours.wall.text(0)) against \(duel.peer.wall.text(0)) ms, ratio \(duel.wallRatio.text(3))",
            "bytes \(duel.ours.first?.bytes ?? 0) against \(duel.peer.first?.bytes ?? 0)",
        ]
    }

    /// Demands that our file has at most `share` of the peer's bytes.
    func requiring(bytes share: Double, of duel: Duel) -> Finding {
        var finding = self
        let ratio = duel.bytesRatio
        finding.conditions.append(("file \(ratio.text(3)) of the peer's bytes (<= \(share.text(2)))", ratio <= share))
        return finding
    }
}
