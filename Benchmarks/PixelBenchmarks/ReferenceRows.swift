import CPixels
import Domain
import Imaging

/// Reference pictures made clean and small.
enum ReferenceRows {
    private static let edge = 2048
    private static let quality = 90
    private static let ownQuality = NormalizeOrder(maxEdge: edge, maxBytes: 1).quality
    private static let warm = "in-process, warm, 1 thread"

    static var all: [Row] {
        [
            against("ref-12mp-vips", "12 MP JPEG, turned, to 2048 JPEG", "photo-12mp.jpg", .atMost(0.50, aim: 0.30)),
            against(
                "ref-12mp-upright", "12 MP JPEG, upright, to 2048 JPEG", "photo-12mp-upright.jpg",
                .atMost(0.50, aim: 0.30)),
            Row(
                name: "ref-12mp-pillow", title: "12 MP JPEG, turned, to 2048 JPEG", mode: warm,
                bounds: .atMost(0.35, aim: 0.19)
            ) { bench in
                let duel = try bench.duel(
                    ours(try bench.picture("photo-12mp.jpg")),
                    bench.pythonPeers().contender(
                        "pillow", "normalize", [bench.path("photo-12mp.jpg"), "\(edge)", "\(quality)"]))
                return Finding(duel, against: "Pillow, draft and reducing_gap 2")
            },
            Row(
                name: "ref-12mp-command", title: "12 MP JPEG, turned, to 2048 JPEG", mode: "whole process",
                bounds: .atMost(0.60, aim: 0.40)
            ) { bench in
                // The verb encodes at the quality that an order has unless it says otherwise; so does the peer.
                let duel = try commands(
                    bench, ["vipsthumbnail", bench.path("photo-12mp.jpg"), "--size", "\(edge)x\(edge)>"],
                    option: "-o", suffix: "[Q=\(ownQuality),strip,subsample_mode=on]")
                return Finding(duel, against: "vipsthumbnail, the same quality, 4:2:0")
            },
            against("ref-24mp-jpeg", "24 MP JPEG to 2048 JPEG", "photo-24mp.jpg", .atMost(0.50, aim: 0.28)),
            against("ref-24mp-png", "24 MP PNG to 2048 JPEG", "photo-24mp.png", .atMost(0.90, aim: 0.45)),
            Row(
                name: "strip", title: "conforming JPEG of 3 MP, stripped after an entropy check",
                mode: warm + ", against our own planes", bounds: .atMost(0.50, aim: 0.35)
            ) { bench in
                let bytes = try bench.picture("conforming.jpg")
                return Finding(
                    try bench.duel(
                        ours(bytes, format: nil),
                        Contender(inProcess: "planes") { try Kernels.encodeAgain(bytes, quality) }),
                    against: "decode to planes and encode")
            },
            Row(
                name: "strip-vips", title: "conforming JPEG of 3 MP, stripped after an entropy check", mode: warm,
                bounds: .atMost(0.50, aim: 0.35)
            ) { bench in
                let bytes = try bench.picture("conforming.jpg")
                let peer = Contender(inProcess: "libvips") {
                    try Peers.encodeAgain(bytes, quality: quality, halfChroma: true)
                }
                return Finding(try bench.duel(ours(bytes, format: nil), peer), against: "libvips decode and encode")
            },
        ]
    }

    static var information: [Row] {
        [
            Row(
                name: "ref-12mp-vips-profile", title: "12 MP JPEG, turned, to 2048 JPEG", mode: warm, bounds: nil
            ) { bench in
                let bytes = try bench.picture("photo-12mp.jpg")
                let peer = Contender(inProcess: "libvips") {
                    try Peers.thumbnailThroughProfile(bytes, edge: edge, quality: quality)
                }
                return Finding(
                    try bench.duel(ours(bytes), peer), against: "libvips with export_profile (a usual mistake)")
            },
            Row(name: "ref-12mp-opencv", title: "12 MP JPEG to 2048 JPEG", mode: warm, bounds: nil) { bench in
                let duel = try bench.duel(
                    ours(try bench.picture("photo-12mp.jpg")),
                    bench.pythonPeers().contender(
                        "opencv", "normalize", [bench.path("photo-12mp.jpg"), "\(edge)", "\(quality)"]))
                return Finding(duel, against: "OpenCV, INTER_AREA, drops colour profiles")
            },
            Row(name: "ref-12mp-magick", title: "12 MP JPEG, turned, to 2048 JPEG", mode: "whole process", bounds: nil)
            {
                bench in
                let duel = try commands(
                    bench,
                    [
                        "/usr/bin/convert", "-limit", "thread", "1", bench.path("photo-12mp.jpg"), "-auto-orient",
                        "-strip",
                        "-resize", "\(edge)x\(edge)>", "-quality", "\(ownQuality)",
                    ])
                return Finding(duel, against: "ImageMagick convert")
            },
            Row(name: "ref-12mp-gm", title: "12 MP JPEG, turned, to 2048 JPEG", mode: "whole process", bounds: nil) {
                bench in
                let duel = try commands(
                    bench,
                    [
                        "gm", "convert", "-limit", "threads", "1", bench.path("photo-12mp.jpg"), "-auto-orient",
                        "+profile",
                        "*", "-resize", "\(edge)x\(edge)>", "-quality", "\(ownQuality)",
                    ])
                return Finding(duel, against: "GraphicsMagick")
            },
        ]
    }

    private static func ours(_ bytes: [UInt8], format: PictureFormat? = .jpeg) -> Contender {
        let order = NormalizeOrder(maxEdge: edge, maxBytes: 1 << 30, format: format, quality: quality)
        return Contender(inProcess: "darkroom") { try unsafe order.carriedOut(on: bytes.span.bytes).bytes.count }
    }

    private static func against(_ name: String, _ title: String, _ picture: String, _ bounds: Bounds) -> Row {
        Row(name: name, title: title, mode: warm, bounds: bounds) { bench in
            let bytes = try bench.picture(picture)
            let peer = Contender(inProcess: "libvips") {
                try Peers.thumbnail(bytes, edge: edge, quality: quality, halfChroma: true)
            }
            return Finding(try bench.duel(ours(bytes), peer), against: "libvips thumbnail, no profile asked, 4:2:0")
        }
    }

    /// Our command on the 12 MP picture against another; the name of the result follows `option`, or comes last.
    private static func commands(
        _ bench: Workbench, _ peer: [String], option: String? = nil, suffix: String = ""
    ) throws -> Duel {
        let ours = "\(bench.scratch)/ours.jpg"
        let theirs = "\(bench.scratch)/theirs.jpg"
        return try bench.duel(
            Contender(
                command: [
                    bench.darkroom(), "normalize", bench.path("photo-12mp.jpg"), "-o", ours, "--max-edge", "\(edge)",
                ], output: ours),
            Contender(command: peer + (option.map { [$0] } ?? []) + [theirs + suffix], output: theirs))
    }
}
