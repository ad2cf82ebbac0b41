import Digests
import Domain

extension Sheet {
    /// Longest edge of a picture on a page: sharp on a screen with two pixels a point.
    package static let pageEdge = 640

    /// The sheet as one HTML file that needs nothing else: no script, nothing from anywhere, light or dark as the reader has it.
    package func page() -> String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
        <meta name="color-scheme" content="light dark">
        <title>\(Self.safe(title))</title>
        <style>
        :root { --ground: #f6f6f4; --card: #ffffff; --line: #dededa; --text: #1b1c1e; --dim: #5d6167; --note: #7a4b00; }
        @media (prefers-color-scheme: dark) {
          :root { --ground: #16181b; --card: #1e2125; --line: #30343a; --text: #ecedee; --dim: #a2a8af; --note: #e8b04b; }
        }
        * { box-sizing: border-box; }
        body { margin: 0; padding: 2rem clamp(1rem, 4vw, 3rem) 3rem; background: var(--ground); color: var(--text);
          font: 15px/1.45 system-ui, sans-serif; }
        h1 { margin: 0; font-size: 1.5rem; font-weight: 650; overflow-wrap: anywhere; }
        header p { margin: .2rem 0 1.6rem; color: var(--dim); }
        main { display: flex; flex-wrap: wrap; gap: 1.1rem; align-items: start; }
        main::after { content: ""; flex: 1000 1 0; }
        figure { --r: 1; flex: var(--r) 1 calc(var(--r) * 13rem); min-width: min(100%, 9rem); max-width: calc(var(--r) * 18rem); margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
        .faces { display: grid; grid-auto-flow: column; grid-auto-columns: 1fr; gap: 2px; }
        .face { position: relative; }
        img { display: block; width: 100%; height: auto; }
        .face span { position: absolute; left: .5rem; bottom: .5rem; padding: .1rem .45rem; border-radius: 4px; font-size: .8rem;
          background: #000b; color: #fff; }
        .absent { margin: 0; padding: 3rem 1rem; text-align: center; color: var(--dim); }
        figcaption { padding: .6rem .8rem .7rem; overflow-wrap: anywhere; }
        figcaption b { display: block; font-weight: 600; }
        figcaption small { color: var(--dim); font-size: .85rem; }
        figcaption em { font-style: normal; color: var(--note); }
        @media print { figure { break-inside: avoid; } }
        </style>
        </head>
        <body>
        <header>
        <h1>\(Self.safe(title))</h1>
        <p>\(Self.safe(subtitle))</p>
        </header>
        <main>
        \(tiles.map(Self.figure).joined(separator: "\n"))
        </main>
        </body>
        </html>

        """
    }

    private static func figure(_ tile: Tile) -> String {
        let note = tile.isSimulated ? " <em>simulated</em>" : ""
        return """
            <figure style="--r: \(ratio(of: tile))">
            <div class="faces">\(tile.faces.map { face($0, of: tile) }.joined())</div>
            <figcaption><b>\(safe(tile.title))</b><small>\(safe(tile.facts))\(note)</small></figcaption>
            </figure>
            """
    }

    /// How much wider than high a tile's faces are together, with two digits: rows are as high as each other where it is known.
    private static func ratio(of tile: Tile) -> String {
        let hundredths = tile.faces.reduce(0) { sum, face in
            if case .jpeg(_, let size) = face.body { sum + size.width * 100 / max(1, size.height) } else { sum + 178 }
        }
        return "\(hundredths / 100).\(String(hundredths % 100 + 100).dropFirst())"
    }

    private static func face(_ face: Face, of tile: Tile) -> String {
        let caption = face.caption.isEmpty ? "" : "<span>\(safe(face.caption))</span>"
        let what = tile.title + (face.caption.isEmpty ? "" : ", " + face.caption)
        switch face.body {
        case .jpeg(let bytes, let size):
            return """
                <div class="face"><img width="\(size.width)" height="\(size.height)" alt="\(safe(what))" \
                src="data:image/jpeg;base64,\(base64(bytes))">\(caption)</div>
                """
        case .absent(let why): return "<div class=\"face\"><p class=\"absent\">\(safe(why))</p>\(caption)</div>"
        case .pixels: return ""
        }
    }

    private static func safe(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}
