import Sealing
import Testing

@Suite struct RoundTripTests {
    let identity = Identity()

    @Test(arguments: specialSizes)
    func `what was sealed is opened, whatever pieces it goes and comes in`(_ size: Int) throws {
        let bytes = sample(size)
        for piece in [1021, 65_536, 65_552, 1_000_000] {
            let sealed = try seal(bytes, to: [identity.recipient], piece: piece)
            #expect(sealed.count == Sealer.sealedCount(of: size))
            let opening = Opening(sealed, with: [identity], piece: piece)
            #expect(opening.error == nil)
            #expect(opening.bytes == bytes)
        }
    }

    @Test func `single bytes and empty pieces go and come as well`() throws {
        let bytes = sample(300)
        var sealer = try Sealer(to: [identity.recipient])
        var sealed: [UInt8] = []
        for byte in bytes {
            sealer.add([]) { append($0, to: &sealed) }
            sealer.add([byte]) { append($0, to: &sealed) }
        }
        sealer.finish { append($0, to: &sealed) }
        #expect(Opening(sealed, with: [identity], piece: 1).bytes == bytes)
    }

    @Test func `sealing and opening never hold back more than a chunk`() throws {
        let piece = sample(50_000)
        var sealer = try Sealer(to: [identity.recipient])
        var sealed: [UInt8] = []
        var longest = 0
        var mostHeld = 0
        for turn in 1...100 {
            sealer.add(piece) {
                longest = max(longest, $0.byteCount)
                append($0, to: &sealed)
            }
            mostHeld = max(mostHeld, turn * piece.count - sealed.count)
        }
        sealer.finish { append($0, to: &sealed) }
        #expect(mostHeld <= 65_536 && longest <= 65_552)
        let opening = Opening(sealed, with: [identity], piece: 50_000)
        #expect(opening.bytes.count == 5_000_000)
        // Header, nonce and tags are taken in and not handed out.
        #expect(opening.mostHeld <= 65_552 + sealed.count - 5_000_000 && opening.longestPiece <= 65_536)
    }

    @Test func `every file has a key of its own`() throws {
        let first = try Sealer.seal(sample(100), to: [identity.recipient])
        let second = try Sealer.seal(sample(100), to: [identity.recipient])
        #expect(first.count == second.count)
        #expect(zip(first, second).suffix(116).count { $0 == $1 } < 20)
    }

    @Test func `each of the most recipients opens the file, and one more is refused`() throws {
        let identities = (0..<Sealer.recipientLimit).map { _ in Identity() }
        let sealed = try Sealer.seal([7], to: identities.map(\.recipient))
        #expect(sealed.count == Sealer.sealedCount(of: 1, recipients: identities.count))
        for identity in [identities.first, identities.last].compactMap({ $0 }) {
            #expect(try Opener.open(sealed, with: [Identity(), identity]) == [7])
        }
        #expect(throws: SealingError.recipients(count: 513, limit: 512)) {
            try Sealer.seal([7], to: identities.map(\.recipient) + [identity.recipient])
        }
        #expect(throws: SealingError.recipients(count: 0, limit: 512)) { try Sealer.seal([7], to: []) }
    }

    @Test func `a place that takes no more bytes ends the sealing with its own error`() throws {
        struct Full: Error {}
        var sealer = try Sealer(to: [identity.recipient])
        var taken = 0
        let error = #expect(throws: Full.self) {
            try sealer.add(sample(200_000)) { (piece) throws(Full) in
                taken += piece.byteCount
                if taken > 70_000 { throw Full() }
            }
        }
        #expect(error != nil && taken < 140_000)
    }
}
