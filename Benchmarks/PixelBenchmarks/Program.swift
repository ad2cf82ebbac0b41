import Disk
import Documents
import Domain
import Glibc
import Imaging
import Painting

let usage = """
    Measures the pixel kernels against what people would use instead, in one run.

    PixelBenchmarks [ROW…] [--pairs N] [--json] [--folder FOLDER] [--list]

    ROW        a row by name, or the beginning of its name; all but the long ones when none is named
    --pairs    turns that count, of each side (7; at least 5 for figures that are quoted)
    --folder   what Benchmarks/prepare.sh filled ($DARKROOM_BENCHMARKS)
    """

/// Every row, those with a must first.
var rows: [Row] {
    ReferenceRows.all + OutputRows.all + KernelRows.all + MemoryRows.all + AnswerRows.all + JobRows.all
        + ReferenceRows.information
        + OutputRows.information + KernelRows.information
}

struct Invocation {
    var names: [String] = []
    var pairs = 7
    var asJSON = false
    var lists = false
    var folder = unsafe getenv("DARKROOM_BENCHMARKS").map { unsafe String(cString: $0) }
    var child: [String] = []
    var paint: String?

    init?(_ words: [String]) {
        var rest = words[...]
        while let word = rest.popFirst() {
            switch word {
            case "--json": asJSON = true
            case "--list": lists = true
            case "--pairs":
                guard let number = rest.popFirst().flatMap({ Int($0) }), number > 0 else { return nil }
                pairs = number
            case "--folder": folder = rest.popFirst()
            case "--paint": paint = rest.popFirst()
            case "--memory":
                guard rest.count == 2 else { return nil }
                child = Array(rest)
                rest = []
            default:
                guard !word.hasPrefix("-") else { return nil }
                names.append(word)
            }
        }
    }

    func wants(_ row: Row) -> Bool {
        names.isEmpty ? !row.isOptIn : names.contains { row.name == $0 || (!row.isOptIn && row.name.hasPrefix($0)) }
    }
}

/// At once, also into a pipe.
func say(_ text: String, to descriptor: Int32 = 1) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
        let count = unsafe rest.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
        guard count > 0 else { return }
        rest = rest.dropFirst(count)
    }
}

/// Four landscapes of our own, for where no photograph can be had.
func paint(into folder: String) throws {
    for number in 1...4 {
        let size = PixelSize(width: 6000, height: 4000)
        let rgb = Painter(seed: [UInt8(number)]).paint(size)
        let png = try Pixels(size: size, rgb: rgb).png()
        try Files.writeDurably(png, to: "\(folder)/painted-\(number).png", mode: 0o644)
    }
}

func run(_ invocation: Invocation) throws -> Int32 {
    if let folder = invocation.paint {
        try paint(into: folder)
        return 0
    }
    if let job = invocation.child.first, let picture = invocation.child.last {
        say("\(try MemoryRows.child(job, picture, cores: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))))\n")
        return 0
    }
    let chosen = rows.filter(invocation.wants)
    if invocation.lists || chosen.isEmpty {
        for row in rows { say("\(row.name)  \(row.title) [\(row.mode)]\n") }
        return invocation.lists ? 0 : 64
    }
    guard let folder = invocation.folder else {
        throw Unmeasured("no --folder; Benchmarks/run does all that is needed")
    }
    try Vips.start(threads: 1)
    let bench = try Workbench(folder: folder, pairs: invocation.pairs, script: "Benchmarks/peers/peer.py")
    if !invocation.asJSON { say(MachineFacts.lines(bench).joined(separator: "\n") + "\n\n") }
    var missed = 0
    for row in chosen {
        let outcome = Result { try row.measure(bench) }
        if let finding = try? outcome.get(), let bounds = row.bounds, Report.verdict(finding, bounds) == "MISSED" {
            missed += 1
        }
        say((invocation.asJSON ? Report.json(row, outcome).compact : Report.text(row, outcome)) + "\n")
    }
    if !invocation.asJSON { say("\(chosen.count) rows, \(missed) of them missed\n") }
    return missed == 0 ? 0 : 1
}

@main
enum Program {
    static func main() {
        guard let invocation = Invocation(Array(CommandLine.arguments.dropFirst())) else {
            say(usage + "\n")
            exit(64)
        }
        do {
            exit(try run(invocation))
        } catch {
            say("\(error)\n", to: 2)
            exit(1)
        }
    }
}
