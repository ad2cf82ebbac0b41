import Domain
package import Imaging

extension Sheet {
    /// Longest edge of a picture on a drawn sheet.
    package static let edge = 480
    private static let gap = 32
    private static let margin = 56
    private static let head = 104
    private static let label = 84

    private static let ground = Ink(0x16_181B)
    private static let field = Ink(0x22_252A)
    private static let bright = Ink(0xEC_EDEE)
    private static let dim = Ink(0x9A_A0A6)
    private static let warning = Ink(0xE8_B04B)

    /// A place in a row: a face, and the tile that it begins, if it does.
    private struct Place {
        let face: Face
        let tile: Tile
        let isFirst: Bool
    }

    /// The sheet as one picture, dark, at most six places wide.
    package func drawn() -> Pixels {
        let faces = tiles.reduce(0) { $0 + $1.faces.count }
        let widest = tiles.map(\.faces.count).max() ?? 1
        var columns = 1
        while columns < 6, columns * columns < faces { columns += 1 }
        columns = max(columns, widest)
        // Pairs that stand below each other are compared at a glance.
        if widest == 2, columns % 2 == 1 { columns += 1 }
        let rows = rows(columns)
        let heights = rows.map { row in row.map { $0.face.size.height }.max() ?? 0 }
        let size = PixelSize(
            width: 2 * Self.margin + columns * Self.edge + (columns - 1) * Self.gap,
            height: Self.margin + Self.head + heights.reduce(0) { $0 + $1 + Self.label } + Self.margin / 2)
        var canvas = SheetCanvas(size, ground: Self.ground)
        let room = size.width - 2 * Self.margin
        canvas.write(
            SheetCanvas.fitted(title, width: room, height: 30), left: Self.margin, base: Self.margin + 30, height: 30,
            Self.bright)
        canvas.write(
            SheetCanvas.fitted(subtitle, width: room, height: 15), left: Self.margin, base: Self.margin + 66,
            height: 15,
            Self.dim)
        var top = Self.margin + Self.head
        for (row, height) in zip(rows, heights) {
            for (column, place) in row.enumerated() {
                let left = Self.margin + column * (Self.edge + Self.gap)
                draw(place, left: left, top: top, height: height, on: &canvas)
            }
            top += height + Self.label
        }
        return canvas.pixels
    }

    /// A tile's faces stay in one row.
    private func rows(_ columns: Int) -> [[Place]] {
        var rows: [[Place]] = []
        for tile in tiles {
            let places = tile.faces.enumerated().map { Place(face: $1, tile: tile, isFirst: $0 == 0) }
            if let last = rows.last, last.count + places.count <= columns {
                rows[rows.count - 1] += places
            } else {
                rows.append(places)
            }
        }
        return rows
    }

    private func draw(_ place: Place, left: Int, top: Int, height: Int, on canvas: inout SheetCanvas) {
        let size = place.face.size
        // Pictures of a row stand on one line, as their labels do.
        let start = top + height - size.height
        switch place.face.body {
        case .pixels(let picture): canvas.lay(picture, left: left, top: start)
        case .jpeg: break
        case .absent(let why):
            canvas.fill(left: left, top: start, size, Self.field)
            let text = SheetCanvas.fitted(why, width: size.width - 40, height: 14)
            canvas.write(text, left: left + 20, base: start + size.height / 2, height: 14, Self.dim)
        }
        let base = top + height + 28
        var lines: [(text: String, ink: Ink)] = [(place.face.caption, Self.dim)]
        if place.isFirst {
            let facts = (place.face.caption.isEmpty ? "" : place.face.caption + " · ") + place.tile.facts
            lines = [(place.tile.title, Self.bright), (facts, Self.dim)]
        }
        for (number, line) in lines.enumerated() {
            let height: Double = number == 0 && place.isFirst ? 16 : 13
            var room = Self.edge
            let tag = "simulated"
            if place.tile.isSimulated, number == 1 { room -= SheetCanvas.width(tag, height: height) + 16 }
            let text = SheetCanvas.fitted(line.text, width: room, height: height)
            canvas.write(text, left: left, base: base + 25 * number, height: height, line.ink)
            if room < Self.edge {
                canvas.write(
                    tag, left: left + SheetCanvas.width(text, height: height) + 14, base: base + 25 * number,
                    height: height,
                    Self.warning)
            }
        }
    }
}

extension Sheet.Face {
    fileprivate var size: PixelSize {
        switch body {
        case .pixels(let picture): picture.size
        case .jpeg(_, let size): size
        case .absent: PixelSize(width: Sheet.edge, height: Sheet.edge * 9 / 16)
        }
    }
}
