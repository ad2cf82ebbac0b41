import CPixels

/// Single kernels against what does the same work elsewhere.
enum KernelRows {
    static var all: [Row] {
        [
            writer("writer-fast", PN_FAST, "fast", .atMost(0.05, aim: 0.008), bytes: 1.08),
            writer("writer-small", PN_SMALL, "small", .atMost(0.30, aim: 0.22), bytes: 1.00),
            Row(
                name: "strips", title: "3840x2560 PNG from planes, work of the busiest thread, 2 threads vs 1",
                mode: "in-process, plain, fast", bounds: .atMost(0.58, aim: 0.52)
            ) { bench in try strips(bench, enhanced: false) },
            Row(
                name: "strips-enhanced", title: "3840x2560 PNG from planes, work of the busiest thread, 2 threads vs 1",
                mode: "in-process, enhanced, fast", bounds: .atMost(0.58, aim: 0.52)
            ) { bench in try strips(bench, enhanced: true) },
            resampling("enhanced-lanczos", enhanced: true, .atMost(0.5, aim: 0.12)),
            resampling("plain-lanczos", enhanced: false, .atMost(0.25, aim: 0.05)),
            Row(
                name: "psnr-plain", title: "plain against a float64 Lanczos3, 1536x1024 to 3840x2560",
                mode: "kernel, plain", bounds: .atLeast(48, aim: 55)
            ) { bench in
                let small = try Peers.decode(try bench.picture("model.png"))
                var made = Packed(width: 3840, height: 2560)
                var planes = Planes(small)
                _ = try Kernels.render(&planes, enhanced: false, into: &made)
                let exact = Reference.lanczos3(small, width: made.width, height: made.height)
                var theirs = Packed(width: made.width, height: made.height)
                _ = try Peers.lanczos(small, into: &theirs)
                return Finding(
                    value: Reference.psnr(made, exact), unit: "dB", digits: 1, ours: "darkroom",
                    peer: "libvips \(Reference.psnr(theirs, exact).text(1)) dB")
            },
        ]
    }

    static var information: [Row] {
        [
            writer("writer-balanced", PN_BALANCED, "balanced", nil, bytes: nil)
        ]
    }

    private static func writer(
        _ name: String, _ effort: pn_effort, _ word: String, _ bounds: Bounds?, bytes: Double?
    ) -> Row {
        Row(
            name: name, title: "PNG writer alone, 3840x2560 of a photograph",
            mode: "in-process, warm, \(word), 1 thread", bounds: bounds
        ) { bench in
            let picture = try enlarged(bench)
            guard let scratch = unsafe pn_scratch_new() else { throw Unmeasured("no memory") }
            defer { unsafe pn_scratch_free(scratch) }
            let duel = try bench.duel(
                Contender(inProcess: "darkroom") { try unsafe Kernels.png(picture, effort, scratch) },
                Contender(inProcess: "libpng") { try Peers.libpng(picture, level: 6) })
            let finding = Finding(duel, against: "libpng level 6")
            return bytes.map { finding.requiring(bytes: $0, of: duel) } ?? finding
        }
    }

    private static func resampling(_ name: String, enhanced: Bool, _ bounds: Bounds) -> Row {
        Row(
            name: name, title: "1536x1024 to 3840x2560, resampling alone",
            mode: "in-process, warm, \(enhanced ? "enhanced" : "plain"), 1 thread", bounds: bounds
        ) { bench in
            let small = try Peers.decode(try bench.picture("model.png"))
            var planes = Planes(small)
            var ours = Packed(width: 3840, height: 2560)
            var theirs = ours
            let duel = try bench.duel(
                Contender(inProcess: "darkroom") { try Kernels.render(&planes, enhanced: enhanced, into: &ours) },
                Contender(inProcess: "libvips") { try Peers.lanczos(small, into: &theirs) })
            return Finding(duel, against: "libvips resize, kernel lanczos3 (it enlarges bicubic)")
        }
    }

    private static func strips(_ bench: Workbench, enhanced: Bool) throws -> Finding {
        var planes = Planes(try Peers.decode(try bench.picture("model.png")))
        func contender(_ threads: Int) -> Contender {
            Contender("\(threads)") {
                let made = try Kernels.renderPNG(
                    &planes, width: 3840, height: 2560, threads: threads, enhanced: enhanced)
                return Sample(spent: made.busiest, wall: made.busiest, bytes: made.bytes)
            }
        }
        let duel = try bench.duel(contender(2), contender(1))
        var finding = Finding(duel, against: "1 thread")
        finding.notes = []
        return finding
    }

    private static func enlarged(_ bench: Workbench) throws -> Packed {
        let small = try Peers.decode(try bench.picture("model.png"))
        var picture = Packed(width: 3840, height: 2560)
        _ = try Peers.lanczos(small, into: &picture)
        return picture
    }
}
