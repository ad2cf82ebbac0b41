import Sealing
import Testing

@Suite struct DamageTests {
    let identity = Identity()

    @Test func `a change of any one bit is refused, and no byte comes out`() throws {
        let sealed = try Sealer.seal(sample(40), to: [identity.recipient])
        for bit in 0..<sealed.count * 8 {
            var changed = sealed
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            let opening = Opening(changed, with: [identity])
            #expect(opening.error != nil && opening.bytes.isEmpty, "bit \(bit)")
        }
    }

    @Test func `a file that ends anywhere too early is refused, and no byte comes out`() throws {
        let sealed = try Sealer.seal(sample(40), to: [identity.recipient])
        let payload = sealed.count - 56
        for end in sealed.indices {
            let opening = Opening(Array(sealed[..<end]), with: [identity])
            let wanted: SealingError =
                end < payload ? .truncated(.header) : end < payload + 16 ? .truncated(.payload) : .damagedChunk(0)
            #expect(opening.error == wanted && opening.bytes.isEmpty, "cut at \(end)")
        }
    }

    @Test func `of a long file with a change only the chunks before it come out`() throws {
        let file = try LongFile(identity)
        for (number, chunk) in file.chunks.enumerated() {
            for place in [0, 1, chunk.count / 2, chunk.count - 17, chunk.count - 16, chunk.count - 1] {
                var chunks = file.chunks
                chunks[number][place] ^= 0x80
                let opening = Opening(file.beginning + chunks.flatMap { $0 }, with: [identity], piece: 30_000)
                #expect(opening.error == .damagedChunk(UInt64(number)))
                #expect(opening.bytes == Array(file.clear[..<(number * 65_536)]))
            }
        }
    }

    @Test(arguments: [0, 1, 2], [-1, 0, 1])
    func `a long file that ends around the end of a chunk is refused`(_ number: Int, _ offset: Int) throws {
        let file = try LongFile(identity)
        let sealed = file.beginning + file.chunks.flatMap { $0 }
        let end = file.beginning.count + number * 65_552 + offset
        let opening = Opening(Array(sealed[..<end]), with: [identity])
        let wanted: SealingError =
            switch (number, offset) {
            case (0, -1): .truncated(.header)
            case (_, -1): .damagedChunk(UInt64(number - 1))
            default: .truncated(.payload)
            }
        #expect(opening.error == wanted)
        #expect(opening.bytes.count == max(0, offset < 0 ? number - 1 : number) * 65_536)
    }

    @Test(arguments: [[1, 0, 2], [0, 2, 1], [1, 2], [0, 2], [0, 0, 1, 2], [0, 1, 1, 2], [2], [2, 1, 0]])
    func `chunks that are swapped, dropped or repeated are refused`(_ order: [Int]) throws {
        let file = try LongFile(identity)
        let opening = Opening(file.beginning + order.flatMap { file.chunks[$0] }, with: [identity])
        let right = zip(order, 0...).prefix { $0 == $1 }.count
        #expect(opening.error == .damagedChunk(UInt64(right)))
        #expect(opening.bytes == Array(file.clear[..<(right * 65_536)]))
    }

    @Test(arguments: [65_536, 131_072])
    func `bytes after a last chunk of full size are refused`(_ size: Int) throws {
        let sealed = try Sealer.seal(sample(size), to: [identity.recipient])
        for extra in [1, 16, 70_000] {
            #expect(Opening(sealed + sample(extra), with: [identity]).error == .trailingData)
        }
    }

    @Test func `bytes after a short last chunk are refused`() throws {
        let sealed = try Sealer.seal(sample(10), to: [identity.recipient])
        let opening = Opening(sealed + [0], with: [identity])
        #expect(opening.error == .damagedChunk(0) && opening.bytes.isEmpty)
    }

    @Test func `a file for others is told from a damaged one`() throws {
        let sealed = try Sealer.seal([1], to: [Identity().recipient])
        #expect(Opening(sealed, with: [identity]).error == .noSuchRecipient)
        #expect(Opening(sealed, with: []).error == .noSuchRecipient)
    }

    @Test func `the payload of one file does not fit under the header of another`() throws {
        let first = try Sealer.seal(sample(40), to: [identity.recipient])
        let second = try Sealer.seal(sample(40), to: [identity.recipient])
        #expect(Opening(Array(first.dropLast(56) + second.suffix(56)), with: [identity]).error == .damagedChunk(0))
    }

    @Test func `what is no sealed file is known by its first wrong byte, and stays it`() {
        var opener: Opener? = Opener(with: [identity])
        #expect(throws: SealingError.notSealed) { try opener?.add([UInt8(ascii: "P")]) { _ in } }
        #expect(throws: SealingError.notSealed) { try opener?.add(Array("age-encryption.org/v1\n".utf8)) { _ in } }
        #expect(throws: SealingError.notSealed) { try opener.take()?.finish { _ in } }
    }

    @Test func `a header without end is not gathered`() {
        var opener = Opener(with: [identity])
        let beginning = Array("age-encryption.org/v1\n-> X25519 ".utf8)
        #expect(throws: SealingError.headerTooLarge(limit: 65_536)) {
            try opener.add(beginning + [UInt8](repeating: 65, count: 65_536)) { _ in }
        }
    }

    /// Three chunks, the last one short.
    private struct LongFile {
        let clear = sample(150_000)
        let beginning: [UInt8]
        let chunks: [[UInt8]]

        init(_ identity: Identity) throws {
            let sealed = try Sealer.seal(clear, to: [identity.recipient])
            let start = sealed.count - 150_000 - 3 * 16
            beginning = Array(sealed[..<start])
            chunks = stride(from: start, to: sealed.count, by: 65_552).map {
                Array(sealed[$0..<min($0 + 65_552, sealed.count)])
            }
        }
    }
}
