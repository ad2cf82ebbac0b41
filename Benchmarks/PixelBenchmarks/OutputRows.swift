import Domain
import Imaging

/// A model's picture made 4K: 1536x1024 to 3840x2560.
enum OutputRows {
    private static let picture = "model.png"
    private static let factor = 2.5
    private static let quality = 90

    static var all: [Row] {
        [
            Row(
                name: "png-command", title: "1536x1024 PNG to 3840x2560 PNG", mode: "whole process, plain, fast",
                bounds: .atMost(0.25, aim: 0.12)
            ) { bench in
                let duel = try commands(bench, "png", "--upscale", "plain")
                return Finding(duel, against: "vips resize").requiring(bytes: 0.65, of: duel)
            },
            Row(
                name: "png-vips", title: "1536x1024 PNG to 3840x2560 PNG",
                mode: "in-process, warm, plain, fast, 1 thread",
                bounds: .atMost(0.15, aim: 0.08)
            ) { bench in
                let bytes = try bench.picture(picture)
                let peer = Contender(inProcess: "libvips") { try Peers.enlargePNG(bytes, factor: factor) }
                let duel = try bench.duel(ours(bytes, .png), peer)
                return Finding(duel, against: "libvips decode, resize, its default PNG").requiring(
                    bytes: 0.65, of: duel)
            },
            Row(
                name: "jpeg-command", title: "1536x1024 PNG to 3840x2560 JPEG q90 4:2:0", mode: "whole process, plain",
                bounds: .atMost(0.50, aim: 0.25)
            ) { bench in
                Finding(
                    try commands(bench, "jpg", "--upscale", "plain", suffix: "[Q=\(quality),subsample_mode=on]"),
                    against: "vips resize, Q 90, 4:2:0")
            },
            Row(
                name: "enhanced-command", title: "1536x1024 PNG to 3840x2560 PNG",
                mode: "whole process, enhanced, fast",
                bounds: .atMost(0.35, aim: 0.18)
            ) { bench in
                try Kernels.requireBank(Peers.decode(try bench.picture(picture)), width: 3840, height: 2560)
                let duel = try commands(bench, "png", "--upscale", "enhanced")
                return Finding(duel, against: "vips resize").requiring(bytes: 0.65, of: duel)
            },
        ]
    }

    static var information: [Row] {
        [
            Row(
                name: "png-vips-tuned", title: "1536x1024 PNG to 3840x2560 PNG",
                mode: "in-process, warm, plain, fast, 1 thread", bounds: nil
            ) { bench in
                let bytes = try bench.picture(picture)
                let peer = Contender(inProcess: "libvips") { try Peers.enlargePNG(bytes, factor: factor, fast: true) }
                return Finding(try bench.duel(ours(bytes, .png), peer), against: "libvips, zlib 1, Paeth")
            },
            Row(
                name: "enhanced-vips", title: "1536x1024 PNG to 3840x2560 PNG",
                mode: "in-process, warm, enhanced, fast, 1 thread", bounds: nil
            ) { bench in
                let bytes = try bench.picture(picture)
                try Kernels.requireBank(Peers.decode(bytes), width: 3840, height: 2560)
                let peer = Contender(inProcess: "libvips") { try Peers.enlargePNG(bytes, factor: factor) }
                return Finding(
                    try bench.duel(ours(bytes, .png, .enhanced), peer),
                    against: "libvips decode, resize, its default PNG")
            },
            Row(
                name: "jpeg-vips", title: "1536x1024 PNG to 3840x2560 JPEG q90 4:2:0",
                mode: "in-process, warm, plain, 1 thread", bounds: nil
            ) { bench in
                let bytes = try bench.picture(picture)
                let peer = Contender(inProcess: "libvips") {
                    try Peers.enlargeJPEG(bytes, factor: factor, quality: quality, halfChroma: true)
                }
                return Finding(try bench.duel(ours(bytes, .jpeg), peer), against: "libvips decode, resize, JPEG")
            },
            python("png-pillow", "pillow", "PNG", .png, "Pillow, its default PNG"),
            python("jpeg-pillow", "pillow", "JPEG", .jpeg, "Pillow, q90"),
            python("png-opencv", "opencv", "PNG", .png, "OpenCV, Lanczos4, its default PNG"),
            Row(
                name: "png-magick", title: "1536x1024 PNG to 3840x2560 PNG", mode: "whole process, plain, fast",
                bounds: nil
            ) {
                bench in
                let ours = "\(bench.scratch)/ours.png"
                let theirs = "\(bench.scratch)/theirs.png"
                let peer = [
                    "/usr/bin/convert", "-limit", "thread", "1", bench.path(picture), "-filter", "Lanczos", "-resize",
                    "3840x2560", theirs,
                ]
                let duel = try bench.duel(
                    command(bench, ours, "--upscale", "plain"), Contender(command: peer, output: theirs))
                return Finding(duel, against: "ImageMagick convert")
            },
        ]
    }

    private static func ours(_ bytes: [UInt8], _ format: PictureFormat, _ mode: UpscaleMode = .plain) -> Contender {
        let order = RenderOrder(
            size: .long(3840), fit: .inside, format: format, quality: quality, upscale: mode, png: .fast)
        return Contender(inProcess: "darkroom") { try unsafe order.carriedOut(on: bytes.span.bytes).bytes.count }
    }

    private static func python(
        _ name: String, _ tool: String, _ form: String, _ format: PictureFormat, _ peer: String
    ) -> Row {
        Row(
            name: name, title: "1536x1024 PNG to 3840x2560 \(form)", mode: "in-process, warm, plain, fast, 1 thread",
            bounds: nil
        ) { bench in
            let duel = try bench.duel(
                ours(try bench.picture(picture), format),
                bench.pythonPeers().contender(tool, "enlarge", [bench.path(picture), "3840", "2560", form]))
            return Finding(duel, against: peer)
        }
    }

    private static func command(_ bench: Workbench, _ output: String, _ options: String...) throws -> Contender {
        Contender(
            command: try [bench.darkroom(), "upscale", bench.path(picture), "-o", output, "--size", "4k"] + options,
            output: output)
    }

    /// Our command against `vips resize` with its own settings.
    private static func commands(
        _ bench: Workbench, _ ending: String, _ option: String, _ value: String, suffix: String = ""
    ) throws -> Duel {
        let theirs = "\(bench.scratch)/theirs.\(ending)"
        return try bench.duel(
            command(bench, "\(bench.scratch)/ours.\(ending)", option, value),
            Contender(command: ["vips", "resize", bench.path(picture), theirs + suffix, "\(factor)"], output: theirs))
    }
}
