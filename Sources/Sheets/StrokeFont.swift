import Glibc

/// Letters of lines and arcs, our own: labels need no font file and no library. A capital is 7.2 units high, a small letter 5.
enum StrokeFont {
    static let capital = 7.2
    static let descent = 2.6
    /// Room between two letters.
    static let gap = 1.7

    struct Glyph: Sendable {
        let width: Double
        /// Lines that are drawn with a round pen; y grows upwards from the base line.
        let strokes: [[Point]]
    }

    struct Point: Sendable {
        let x: Double
        let y: Double
    }

    /// A character that is not known is a box.
    static func glyph(_ character: Character) -> Glyph { glyphs[character] ?? unknown }

    static func width(_ text: String) -> Double {
        text.reduce(0) { $0 + glyph($1).width + gap } - (text.isEmpty ? 0 : gap)
    }

    private static let unknown = parse("4 L 0 0 4 0 4 7 0 7 0 0")
    private static let glyphs = table.mapValues(parse)

    /// Width, then strokes: `L` a line through points, `A` an arc by centre, radii, and its first and last angle.
    private static func parse(_ text: String) -> Glyph {
        let words = text.split(separator: " ")
        var strokes: [[Point]] = []
        var numbers: [Double] = []
        var kind: Substring = ""
        func close() {
            if kind == "A", numbers.count == 6 {
                strokes.append(arc(numbers))
            } else if kind == "L" {
                strokes.append(
                    stride(from: 0, to: numbers.count - 1, by: 2).map { Point(x: numbers[$0], y: numbers[$0 + 1]) })
            }
            numbers = []
        }
        for word in words.dropFirst() {
            if word == "L" || word == "A" {
                close()
                kind = word
            } else {
                numbers.append(Double(word) ?? 0)
            }
        }
        close()
        return Glyph(width: words.first.flatMap { Double($0) } ?? 0, strokes: strokes)
    }

    private static func arc(_ numbers: [Double]) -> [Point] {
        let steps = max(4, Int(abs(numbers[5] - numbers[4]) / 12))
        return (0...steps).map { step in
            let angle = (numbers[4] + (numbers[5] - numbers[4]) * Double(step) / Double(steps)) * .pi / 180
            return Point(x: numbers[0] + numbers[2] * cos(angle), y: numbers[1] + numbers[3] * sin(angle))
        }
    }

    private static let table: [Character: String] = [
        " ": "1.6", "a": "4 A 2 2.5 2 2.5 0 360 L 4 5 4 0", "b": "4 L 0 7.6 0 0 A 2 2.5 2 2.5 0 360",
        "c": "3.7 A 2.1 2.5 2.1 2.5 50 310", "d": "4 L 4 7.6 4 0 A 2 2.5 2 2.5 0 360",
        "e": "4.1 L 0.05 2.6 4.1 2.6 A 2.05 2.5 2.05 2.5 0 315",
        "f": "2.6 A 2.3 6 1.4 1.5 75 180 L 0.9 6 0.9 0 L 0 5 2.5 5",
        "g": "4 A 2 2.5 2 2.5 0 360 L 4 5 4 -0.4 A 2 -0.4 2 1.9 0 -150", "h": "4 L 0 7.6 0 0 A 2 3 2 2 0 180 L 4 3 4 0",
        "i": "0.6 L 0.3 5 0.3 0 L 0.3 7 0.3 7.1", "j": "1.6 L 1.3 5 1.3 -0.9 A 0 -0.9 1.3 1.3 0 -90 L 1.3 7 1.3 7.1",
        "k": "3.7 L 0 7.6 0 0 L 3.5 5 0 1.8 L 1.3 2.95 3.7 0", "l": "1.5 L 0.3 7.6 0.3 1.2 A 1.5 1.2 1.2 1.2 180 270",
        "m": "6.4 L 0 5 0 0 A 1.6 3.4 1.6 1.6 0 180 L 3.2 3.4 3.2 0 A 4.8 3.4 1.6 1.6 0 180 L 6.4 3.4 6.4 0",
        "n": "4 L 0 5 0 0 A 2 3 2 2 0 180 L 4 3 4 0", "o": "4.3 A 2.15 2.5 2.15 2.5 0 360",
        "p": "4 L 0 5 0 -2.3 A 2 2.5 2 2.5 0 360", "q": "4 L 4 5 4 -2.3 A 2 2.5 2 2.5 0 360",
        "r": "2.6 L 0 5 0 0 A 1.9 2.9 1.9 2.1 65 180",
        "s": "3.4 A 1.7 3.72 1.5 1.28 40 270 A 1.7 1.22 1.65 1.22 90 -145",
        "t": "2.5 L 1 6.6 1 1.2 A 2.2 1.2 1.2 1.2 180 275 L 0 5 2.4 5", "u": "4 L 0 5 0 2 A 2 2 2 2 180 360 L 4 5 4 0",
        "v": "4 L 0 5 2 0 4 5", "w": "6 L 0 5 1.5 0 3 5 4.5 0 6 5", "x": "3.7 L 0 5 3.7 0 L 3.7 5 0 0",
        "y": "4 L 0 5 2 0 L 4 5 1.6 -1.3 0.4 -2.3", "z": "3.7 L 0.1 5 3.6 5 0 0 3.7 0",
        "A": "5.6 L 0 0 2.8 7.2 5.6 0 L 1 2.5 4.6 2.5",
        "B": "4.6 L 0 0 0 7.2 2.4 7.2 A 2.4 5.5 1.7 1.7 90 -90 L 0 3.8 2.6 3.8 A 2.6 1.9 2 1.9 90 -90 L 0 0 2.6 0",
        "C": "5.4 A 3.2 3.6 3.2 3.6 50 310", "D": "5.2 L 2 0 0 0 0 7.2 2 7.2 A 2 3.6 3.2 3.6 90 -90",
        "E": "4 L 4 7.2 0 7.2 0 0 4 0 L 0 3.7 3.4 3.7", "F": "4 L 4 7.2 0 7.2 0 0 L 0 3.6 3.2 3.6",
        "G": "6 A 3.2 3.6 3.2 3.6 48 330 L 5.97 1.8 5.97 3.4 3.7 3.4", "H": "5 L 0 0 0 7.2 L 5 0 5 7.2 L 0 3.7 5 3.7",
        "I": "0.6 L 0.3 0 0.3 7.2", "J": "3 L 3 7.2 3 1.8 A 1.5 1.8 1.5 1.8 0 -165",
        "K": "4.8 L 0 0 0 7.2 L 4.6 7.2 0 2.6 L 1.6 4.2 4.8 0", "L": "3.8 L 0 7.2 0 0 3.8 0",
        "M": "6 L 0 0 0 7.2 3 2 6 7.2 6 0", "N": "5 L 0 0 0 7.2 5 0 5 7.2", "O": "6.6 A 3.3 3.6 3.3 3.6 0 360",
        "P": "4.4 L 0 0 0 7.2 2.4 7.2 A 2.4 5.2 2 2 90 -90 L 0 3.2 2.4 3.2",
        "Q": "6.6 A 3.3 3.6 3.3 3.6 0 360 L 4.2 1.6 6.4 -0.7",
        "R": "4.6 L 0 0 0 7.2 2.4 7.2 A 2.4 5.2 2 2 90 -90 L 0 3.2 2.4 3.2 L 2.3 3.2 4.6 0",
        "S": "4.5 A 2.3 5.4 2.1 1.8 35 270 A 2.3 1.8 2.2 1.8 90 -145", "T": "5 L 0 7.2 5 7.2 L 2.5 7.2 2.5 0",
        "U": "5 L 0 7.2 0 2.5 A 2.5 2.5 2.5 2.5 180 360 L 5 2.5 5 7.2", "V": "5.4 L 0 7.2 2.7 0 5.4 7.2",
        "W": "8 L 0 7.2 2 0 4 7.2 6 0 8 7.2", "X": "5 L 0 7.2 5 0 L 5 7.2 0 0",
        "Y": "5 L 0 7.2 2.5 3.4 5 7.2 L 2.5 3.4 2.5 0", "Z": "4.8 L 0.1 7.2 4.6 7.2 0 0 4.8 0",
        "0": "4.2 A 2.1 3.6 2.1 3.6 0 360", "1": "4.2 L 0.8 5.9 2.4 7.2 2.4 0",
        "2": "4.2 A 2.1 5.1 2 2.1 165 -35 L 3.74 3.9 0 0 4.2 0",
        "3": "4.2 A 2 5.4 1.8 1.8 150 -90 A 2 1.85 2.1 1.85 90 -150", "4": "4.4 L 3.2 0 3.2 7.2 0 2 4.4 2",
        "5": "4.2 L 3.8 7.2 0.6 7.2 0.4 4 A 2 2.35 2.2 2.35 137 -150",
        "6": "4.2 A 2.1 2.2 2.1 2.2 0 360 A 3.6 2.6 3.6 4.6 180 105", "7": "4.2 L 0 7.2 4.2 7.2 1.4 0",
        "8": "4.2 A 2.1 5.4 1.75 1.8 0 360 A 2.1 1.82 2.1 1.82 0 360",
        "9": "4.2 A 2.1 5 2.1 2.2 0 360 A 0.6 4.6 3.6 4.6 0 -75", ".": "0.6 L 0.3 0 0.3 0.1",
        ",": "0.8 L 0.6 0.1 0.2 -1.3", ":": "0.6 L 0.3 0 0.3 0.1 L 0.3 3.8 0.3 3.9",
        ";": "0.8 L 0.6 0.1 0.2 -1.3 L 0.6 3.8 0.6 3.9", "-": "2.6 L 0 2.7 2.6 2.7", "_": "4 L 0 -1 4 -1",
        "/": "3 L 0 -0.9 3 7.8", "(": "1.5 A 3 3.3 3 5.4 130 230", ")": "1.5 A -1.5 3.3 3 5.4 50 -50",
        "+": "4 L 0 3 4 3 L 2 5 2 1", "=": "4 L 0 4 4 4 L 0 2 4 2",
        "@": "7 A 3.5 3 3.5 4 -50 290 A 3.5 3 1.5 1.7 0 360 L 5 4.6 5 1.6",
        "#": "5 L 1.6 0 2.2 7.2 L 3.4 0 4 7.2 L 0.3 2.4 5 2.4 L 0.5 4.8 5.2 4.8",
        "×": "3.2 L 0 4.3 3.2 1.1 L 0 1.1 3.2 4.3",
        "·": "0.8 L 0.4 2.7 0.4 2.8", "…": "4.6 L 0.3 0 0.3 0.1 L 2.3 0 2.3 0.1 L 4.3 0 4.3 0.1",
        "→": "5 L 0 2.8 5 2.8 L 3.2 4.6 5 2.8 3.2 1",
        "%": "6.4 L 5.4 7.2 1 0 A 1.3 5.6 1.3 1.6 0 360 A 5.1 1.6 1.3 1.6 0 360",
        "'": "0.6 L 0.3 7.4 0.3 5.4",
        "&": "5.2 L 5.2 0 1.1 5 A 2.1 5.7 1.4 1.5 215 -20 L 3.4 5.2 0.6 2.9 A 2 1.9 2 1.9 140 360",
        "$": "4.5 A 2.3 5.2 2.1 1.6 35 270 A 2.3 2 2.2 1.6 90 -145 L 2.3 7.8 2.3 -0.6",
        "!": "0.6 L 0.3 7.2 0.3 2 L 0.3 0 0.3 0.1",
        "?": "3.6 A 1.8 5.4 1.8 1.8 160 -90 L 1.8 3.6 1.8 2 L 1.8 0 1.8 0.1",
    ]
}
