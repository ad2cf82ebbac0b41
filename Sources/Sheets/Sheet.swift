package import Domain
package import Imaging

/// A sheet of pictures with labels, for a person to look through.
package struct Sheet: Sendable {
    /// One picture as it is shown.
    package struct Face: Sendable {
        package enum Body: Sendable {
            case pixels(Pixels)
            /// A file that a page carries with it.
            case jpeg([UInt8], PixelSize)
            /// Why it is not shown.
            case absent(String)
        }

        package let body: Body
        /// What it is, where a tile has several; empty otherwise.
        package let caption: String

        package init(_ body: Body, caption: String = "") {
            self.body = body
            self.caption = caption
        }
    }

    /// An output with its label.
    package struct Tile: Sendable {
        package let title: String
        package let facts: String
        package let isSimulated: Bool
        /// The output, or the model's own picture and the output.
        package let faces: [Face]

        package init(title: String, facts: String, isSimulated: Bool, faces: [Face]) {
            self.title = title
            self.facts = facts
            self.isSimulated = isSimulated
            self.faces = faces
        }
    }

    package let title: String
    /// How many, when, which page.
    package let subtitle: String
    package let tiles: [Tile]

    package init(title: String, subtitle: String, tiles: [Tile]) {
        self.title = title
        self.subtitle = subtitle
        self.tiles = tiles
    }
}
