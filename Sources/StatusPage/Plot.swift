import Domain

/// Bars of an hour, a minute each, drawn in SVG without a word in it: the words stand beside it and scale with the page's.
struct Plot {
    /// Two bars of a minute: the second stands on the first.
    struct Bar {
        let lower: Double
        let upper: Double
    }

    private let bars: [Bar]
    private let kinds: (String, String)

    /// - Parameter kinds: classes of the lower and the upper bars.
    init(_ bars: [Bar], _ kinds: (String, String)) {
        self.bars = bars
        self.kinds = kinds
    }

    private static let height = 40.0

    var top: Double { bars.map { $0.lower + $0.upper }.max() ?? 0 }

    /// - Parameter says: what a reader who sees no picture is told.
    func svg(_ says: String) -> String {
        let scale = top > 0 ? Self.height / top : 0
        var marks = ""
        for (place, bar) in bars.enumerated() {
            let lower = bar.lower * scale
            let upper = bar.upper * scale
            if lower > 0 { marks += Self.mark(place, Self.height - lower, lower, kinds.0) }
            if upper > 0 { marks += Self.mark(place, Self.height - lower - upper, upper, kinds.1) }
        }
        return """
            <svg role="img" aria-label="\(HTML.escaped(says))" viewBox="0 0 \(bars.count) \(Int(Self.height))" \
            preserveAspectRatio="none">\(marks)</svg>
            """
    }

    private static func mark(_ place: Int, _ top: Double, _ height: Double, _ kind: String) -> String {
        "<rect class=\"\(kind)\" x=\"\(place).1\" y=\"\(rounded(top))\" width=\"0.8\" height=\"\(rounded(height))\"/>"
    }

    private static func rounded(_ value: Double) -> String { String((value * 100).rounded() / 100) }
}

extension Plot {
    /// What settled in each minute.
    static func throughput(_ hour: HourHistory.Picture) -> String {
        let plot = Plot(hour.minutes.map { Bar(lower: Double($0.done), upper: Double($0.failed)) }, ("done", "failed"))
        let most = Words.count(Int(plot.top), "job", "jobs")
        return figure(
            "Settled a minute", "at most \(most)", plot,
            "\(hour.done) jobs done and \(hour.failed) failed in the last hour, at most \(most) in a minute",
            [("done", "done, \(hour.done) in the hour"), ("failed", "failed, \(hour.failed)")])
    }

    /// From acceptance to settling.
    static func latency(_ hour: HourHistory.Picture) -> String {
        let bars = hour.minutes.map { minute in
            let median = Double(minute.median.milliseconds)
            return Bar(lower: median, upper: max(0, Double(minute.most.milliseconds) - median))
        }
        let plot = Plot(bars, ("median", "most"))
        let most = Words.duration(Span(milliseconds: Int64(plot.top)))
        return figure(
            "From acceptance to settling", "at most \(most)", plot,
            "half of the jobs took up to \(Words.duration(hour.median)), 95 of a hundred up to \(Words.duration(hour.most))",
            [
                ("median", "half of them, \(Words.duration(hour.median)) over the hour"),
                ("most", "95 of a hundred, \(Words.duration(hour.most))"),
            ])
    }

    private static func figure(
        _ title: String, _ most: String, _ plot: Plot, _ says: String, _ legend: [(String, String)]
    ) -> String {
        let keys = legend.map { "<span class=\"key \($0.0)\">\(HTML.escaped($0.1))</span>" }.joined(separator: " ")
        return """
            <figure><figcaption><b>\(title)</b> <span>\(most)</span></figcaption>
            \(plot.svg(says))
            <div class="axis"><span>an hour ago</span><span>now</span></div>
            <p class="keys">\(keys)</p></figure>
            """
    }
}
