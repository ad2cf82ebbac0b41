import Domain
import Ledger
import Testing

@testable import StatusPage

@Suite struct PageTests {
    @Test func `words escape what a page could take for its own`() {
        #expect(HTML.escaped(#"<a b="c">&</a>"#) == "&lt;a b=&quot;c&quot;&gt;&amp;&lt;/a&gt;")
        #expect(!HTML.table("t", ["<"], [[HTML.Cell("<script>")]]).contains("<script>"))
        #expect(HTML.Cell(job: "a\"b").html == "<a href=\"/jobs/a&quot;b\">a&quot;b</a>")
    }

    @Test(arguments: [
        (0, "0 s"), (1500, "1.5 s"), (59_999, "59 s"), (125_000, "2 min"), (12_600_000, "3.5 h"), (864_000_000, "10 d"),
    ])
    func `times are told as people tell them`(milliseconds: Int64, words: String) {
        #expect(Words.duration(Span(milliseconds: milliseconds)) == words)
    }

    @Test(arguments: [(0, "$0"), (40_000, "$0.04"), (1_234_567, "$1.23"), (20_000_000, "$20"), (7_604_999, "$7.60")])
    func `money is told in cents, less than a dollar more exactly`(micros: Int64, words: String) {
        #expect(Words.dollars(micros) == words)
    }

    @Test func `shares are of jobs, and an hour has sixty minutes`() {
        let minute: Int64 = 29_000_000
        func group(_ back: Int64, _ state: JobState, _ took: Int64, _ jobs: Int, _ reason: ReasonCode? = nil)
            -> SettledGroup
        {
            SettledGroup(
                minute: minute - back, state: state, reason: reason, took: Span(milliseconds: took), jobs: jobs,
                newest: "j\(back)")
        }
        let picture = HourHistory.picture(
            of: [
                minute: [group(0, .done, 1000, 90), group(0, .done, 8000, 10)],
                minute - 59: [group(59, .failed, 100, 3, .overBudget)], minute - 60: [group(60, .done, 1, 1)],
            ], (minute - 59)...minute)
        #expect(picture.minutes.count == 60 && picture.done == 100 && picture.failed == 3)
        #expect(picture.minutes[59].median == .seconds(1) && picture.minutes[59].most == .seconds(8))
        #expect(picture.failures.map(\.reason) == ["over_budget"] && picture.failures.first?.newest == "j59")
        let plot = Plot(
            picture.minutes.map { Plot.Bar(lower: Double($0.done), upper: Double($0.failed)) }, ("done", "failed"))
        #expect(plot.top == 100 && plot.svg("x").ranges(of: "<rect").count == 2)
    }
}
