import CBase64
import Documents

/// Where the pictures of an answer go while it arrives.
package protocol PictureSink: AnyObject, Sendable {
    /// Picture `number`, counted from 0, begins.
    func begin(_ number: Int) throws
    func write(_ number: Int, _ bytes: UnsafeRawBufferPointer) throws
    /// Nothing more comes of picture `number`.
    func end(_ number: Int) throws
}

/// Takes an answer apart as it arrives: each long string of base64 in its JSON goes, decoded, to a sink, and what is left is a
/// small document in which an object stands for the picture (`AnswerPicture`). No picture's text is ever whole in memory.
///
/// Looks at strings alone; whether the document is JSON is seen when it is read. An answer that is a bare picture goes to the sink
/// as it is; any other that is no JSON passes through.
package struct AnswerStream: ~Copyable, Sendable {
    /// What cannot be the answer of a model.
    package enum Fault: Error {
        case tooLong, tooManyPictures
    }

    /// Most bytes of the document without its pictures.
    package static let longestDocument = 1 << 20
    package static let mostPictures = 32
    /// Strings from so many bytes on are looked at; a picture of less may as well stay.
    static let shortestPicture = 1024
    /// Text that is decoded at a time.
    private static let piece = 16 << 10
    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")

    private enum Place: Sendable, Equatable {
        /// Before it is known whether the answer is a document or a bare picture.
        case start
        case bare
        case between
        /// In a string that may be a picture and begins there in the document, or in one that is none.
        case string(start: Int?)
        case escape(start: Int?)
        case picture
        /// Behind what is wrong in a picture, up to the end of its string.
        case remains, remainsEscape
    }

    private let sink: any PictureSink
    private var place = Place.start
    private var document: [UInt8] = []
    private var string = b64_string()
    private var pictures = 0
    private var pictureBytes = 0

    package init(_ sink: any PictureSink) { self.sink = sink }

    /// The document with objects for its pictures, as far as it has come; the object alone for a bare picture.
    package var rest: [UInt8] {
        place == .bare ? AnswerPicture.mark(0, bytes: pictureBytes, isWhole: true) : document
    }
    /// How many pictures have begun.
    package var count: Int { pictures }

    package mutating func take(_ bytes: UnsafeRawBufferPointer) throws {
        var left = unsafe bytes
        while unsafe !left.isEmpty {
            let taken = try unsafe takeSome(left)
            unsafe left = UnsafeRawBufferPointer(rebasing: left[taken...])
        }
    }

    /// Takes at least one byte, and no more than up to the next that may change anything.
    private mutating func takeSome(_ bytes: UnsafeRawBufferPointer) throws -> Int {
        switch place {
        case .start: return try unsafe takeStart(bytes)
        case .bare:
            try unsafe pass(bytes, bytes.count)
            return bytes.count
        case .between: return try unsafe takeBetween(bytes)
        case .string(let start): return try unsafe takeString(bytes, start)
        case .escape(let start):
            try unsafe keep(bytes, 1)
            place = .string(start: start)
            return 1
        case .picture: return try unsafe takePicture(bytes)
        case .remains: return unsafe takeRemains(bytes)
        case .remainsEscape:
            place = .remains
            return 1
        }
    }

    // MARK: a bare picture

    /// As many bytes as tell every format apart.
    private static let signature = 12

    private mutating func takeStart(_ bytes: UnsafeRawBufferPointer) throws -> Int {
        if document.isEmpty, unsafe bytes.first.map({ " \t\r\n{[<".utf8.contains($0) }) ?? false {
            place = .between
            return try unsafe takeBetween(bytes)
        }
        let taken = min(bytes.count, Self.signature - document.count)
        try unsafe keep(bytes, taken)
        guard document.count == Self.signature else { return taken }
        let head = document
        document = []
        if Self.isPicture(head) {
            place = .bare
            pictures = 1
            try sink.begin(0)
            try unsafe head.withUnsafeBytes { try unsafe pass($0, $0.count) }
        } else {
            place = .between
            try unsafe head.withUnsafeBytes { try unsafe take($0) }
        }
        return taken
    }

    /// Whether a file that begins like this is a picture of a format that a model may answer with.
    private static func isPicture(_ head: [UInt8]) -> Bool {
        func has(_ text: [UInt8], at offset: Int = 0) -> Bool { head[offset...].starts(with: text) }
        return has([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) || has([0xFF, 0xD8, 0xFF])
            || (has(Array("RIFF".utf8)) && has(Array("WEBP".utf8), at: 8)) || has(Array("GIF8".utf8))
            || has(Array("ftyp".utf8), at: 4)
    }

    // MARK: text

    private mutating func takeBetween(_ bytes: UnsafeRawBufferPointer) throws -> Int {
        let stop = unsafe bytes.firstIndex(of: Self.quote)
        let taken = stop.map { $0 + 1 } ?? bytes.count
        try unsafe keep(bytes, taken)
        if stop != nil { place = .string(start: document.count) }
        return taken
    }

    private mutating func takeString(_ bytes: UnsafeRawBufferPointer, _ start: Int?) throws -> Int {
        let stop = unsafe bytes.firstIndex { $0 == Self.quote || $0 == Self.backslash } ?? bytes.count
        // Of what may be a picture no more is kept than tells.
        let taken = start == nil ? stop : min(stop, Self.shortestPicture)
        if taken == 0 {
            let mark = unsafe bytes[0]
            try unsafe keep(bytes, 1)
            place = mark == Self.quote ? .between : .escape(start: start)
            return 1
        }
        try unsafe keep(bytes, taken)
        if let start, document.count - start >= Self.shortestPicture {
            place = .string(start: nil)
            try beginPicture(at: start)
        }
        return taken
    }

    private mutating func keep(_ bytes: UnsafeRawBufferPointer, _ count: Int) throws {
        guard document.count + count <= Self.longestDocument else { throw Fault.tooLong }
        unsafe document.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
    }

    // MARK: pictures

    /// The string from `start` on is a picture where all of it is base64 so far, behind the head of a `data:` URL if there is one.
    private mutating func beginPicture(at start: Int) throws {
        string = b64_string()
        string.unwraps = 1
        let kept = document.count - start
        let head = Array(document[start...].dropFirst(Self.dataHead(document[start...])))
        var decoded = [UInt8](repeating: 0, count: head.count / 4 * 3 + 3 + Int(B64_SLACK))
        let (end, _, written) = unsafe head.withUnsafeBytes { head in
            unsafe decoded.withUnsafeMutableBytes { unsafe decode(head, into: $0) }
        }
        guard end == B64_MORE else { return }
        guard pictures < Self.mostPictures else { throw Fault.tooManyPictures }
        // The opening quote goes as well: an object will stand there.
        document.removeLast(kept + 1)
        pictures += 1
        pictureBytes = 0
        place = .picture
        try sink.begin(pictures - 1)
        try unsafe decoded.withUnsafeBytes { try unsafe pass($0, written) }
    }

    /// Characters of `data:image/png;base64,` at the beginning of a string; 0 without one.
    private static func dataHead(_ text: ArraySlice<UInt8>) -> Int {
        let end = Array(";base64,".utf8)
        guard text.starts(with: "data:".utf8), let found = text.prefix(256).firstRange(of: end) else { return 0 }
        return found.upperBound - text.startIndex
    }

    private mutating func takePicture(_ bytes: UnsafeRawBufferPointer) throws -> Int {
        let text = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<min(bytes.count, Self.piece)])
        let room = Self.piece / 4 * 3 + 6 + Int(B64_SLACK)
        // For the time of this piece alone: a thousand answers may be coming in.
        let (end, taken) = try unsafe withUnsafeTemporaryAllocation(byteCount: room, alignment: 64) { decoded in
            let (end, taken, written) = unsafe decode(text, into: decoded)
            try unsafe pass(UnsafeRawBufferPointer(decoded), written)
            return (end, taken)
        }
        switch end {
        case B64_MORE: break
        case B64_CLOSED:
            place = .between
            try endPicture(isWhole: true)
        default:
            place = .remains
            try endPicture(isWhole: false)
        }
        return taken
    }

    private mutating func decode(
        _ text: UnsafeRawBufferPointer, into decoded: UnsafeMutableRawBufferPointer
    ) -> (end: b64_end, taken: Int, written: Int) {
        var (taken, written) = (0, 0)
        let (text, decoded) = unsafe (
            text.assumingMemoryBound(to: UInt8.self), decoded.assumingMemoryBound(to: UInt8.self)
        )
        guard let first = text.baseAddress, let room = decoded.baseAddress else { return (B64_MORE, 0, 0) }
        let end = unsafe b64_take(&string, first, text.count, &taken, room, &written)
        return (end, taken, written)
    }

    private mutating func pass(_ decoded: UnsafeRawBufferPointer, _ count: Int) throws {
        guard count > 0 else { return }
        pictureBytes += count
        try unsafe sink.write(pictures - 1, UnsafeRawBufferPointer(rebasing: decoded[..<count]))
    }

    private mutating func endPicture(isWhole: Bool) throws {
        let mark = AnswerPicture.mark(pictures - 1, bytes: pictureBytes, isWhole: isWhole)
        guard document.count + mark.count <= Self.longestDocument else { throw Fault.tooLong }
        document.append(contentsOf: mark)
        try sink.end(pictures - 1)
    }

    private mutating func takeRemains(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard let stop = unsafe bytes.firstIndex(where: { $0 == Self.quote || $0 == Self.backslash }) else {
            return bytes.count
        }
        place = unsafe bytes[stop] == Self.quote ? .between : .remainsEscape
        return stop + 1
    }
}
