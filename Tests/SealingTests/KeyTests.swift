import Foundation
import Sealing
import Testing

@Suite struct KeyTests {
    private static let identity = "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0"

    @Test func `keys are read as they were printed`() throws {
        for _ in 0..<50 {
            let identity = Identity()
            let text = unsafe identity.text().withBytes { unsafe Array($0) }
            #expect(text.count == 74)
            #expect(try Identity(text: text).recipient == identity.recipient)
            #expect(try Recipient(identity.recipient.description) == identity.recipient)
        }
    }

    @Test func `no two key pairs are the same`() {
        #expect(Set((0..<50).map { _ in Identity().recipient }).count == 50)
    }

    @Test func `an identity with any character changed, missing or added is none`() throws {
        let text = Array(Self.identity.utf8)
        #expect(try Identity(text: text).recipient.description.hasPrefix("age1"))
        for index in text.indices {
            for other in Set("QPZ1a-\0é ".utf8) where other != text[index] {
                var changed = text
                changed[index] = other
                #expect(throws: SealingError.notAnIdentity) { try Identity(text: changed) }
            }
            #expect(throws: SealingError.notAnIdentity) { try Identity(text: Array(text[..<index])) }
        }
        #expect(throws: SealingError.notAnIdentity) { try Identity(text: text + [10]) }
        #expect(throws: SealingError.notAnIdentity) { try Identity(text: Array(Self.identity.lowercased().utf8)) }
    }

    @Test func `a recipient with any character changed, missing or added is none`() throws {
        let text = Identity().recipient.description
        let characters = Array(text)
        for index in characters.indices {
            for other in "qpz1A-é " where other != characters[index] {
                var changed = characters
                changed[index] = other
                #expect(throws: SealingError.notARecipient) { try Recipient(String(changed)) }
            }
            #expect(throws: SealingError.notARecipient) { try Recipient(String(characters[..<index])) }
        }
        #expect(throws: SealingError.notARecipient) { try Recipient(text + "q") }
        #expect(throws: SealingError.notARecipient) { try Recipient(text.uppercased()) }
        #expect(throws: SealingError.notARecipient) { try Recipient(Self.identity) }
    }

    @Test func `a recipient whose checksum is right and whose last bits are not zero is none`() {
        let zeros = "age1" + String(repeating: "q", count: 51)
        for last in "pzry9x8gf2tvdw0" {
            let text = zeros + String(last)
            #expect(throws: SealingError.notARecipient) { try Recipient(text + checksum(text)) }
        }
        // Of the last character one bit is the key's: s is as good an end as q.
        for last in "qs" {
            let text = zeros + String(last)
            #expect(throws: Never.self) { try Recipient(text + checksum(text)) }
        }
    }

    @Test func `nothing is sealed to a point that shares zeros with every key`() throws {
        let head = "age1" + String(repeating: "q", count: 52)
        let weak = try Recipient(head + checksum(head))
        #expect(throws: SealingError.weakRecipient) { try Sealer.seal([1], to: [weak]) }
    }

    @Test func `bytes of a secret are overwritten when its last owner lets go`() throws {
        let memory = try FileHandle(forReadingFrom: URL(filePath: "/proc/self/mem"))
        var (address, copy): (UInt, [UInt8]) = (0, [])
        func read() throws -> [UInt8] {
            // Where the allocator took the page away, nothing is to be read either.
            try memory.seek(toOffset: UInt64(address))
            return [UInt8]((try? memory.read(upToCount: copy.count)) ?? Data())
        }
        var text: SecretBytes? = Identity().text()
        unsafe text?.withBytes { bytes in
            address = UInt(bitPattern: bytes.baseAddress)
            copy = unsafe Array(bytes)
        }
        #expect(try read() == copy)
        text = nil
        // The allocator keeps its own notes in the first bytes.
        #expect(zip(try read(), copy).dropFirst(16).count { $0 == $1 } < 20)
    }

    /// The six characters of BIP 173 for a text with the prefix `age`, by the plainest arithmetic.
    private func checksum(_ text: String) -> String {
        let alphabet = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l")
        let prefix = [97, 103, 101]
        let values =
            prefix.map { $0 >> 5 } + [0] + prefix.map { $0 & 31 } + text.dropFirst(4).compactMap(alphabet.firstIndex)
            + [0, 0, 0, 0, 0, 0]
        var remainder = 1
        for value in values {
            let top = remainder >> 25
            remainder = (remainder & 0x1FF_FFFF) << 5 ^ value
            if top & 1 != 0 { remainder ^= 0x3B6A_57B2 }
            if top & 2 != 0 { remainder ^= 0x2650_8E6D }
            if top & 4 != 0 { remainder ^= 0x1EA1_19FA }
            if top & 8 != 0 { remainder ^= 0x3D42_33DD }
            if top & 16 != 0 { remainder ^= 0x2A14_62B3 }
        }
        remainder ^= 1
        return String((0..<6).map { alphabet[remainder >> (5 * (5 - $0)) & 31] })
    }
}
