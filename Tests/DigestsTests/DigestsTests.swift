import Digests
import Testing

@Suite struct DigestsTests {
    @Test func `SHA-256 of abc is the one of FIPS 180-4`() {
        let wanted = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        #expect(hexadecimal(SHA256Digest.of(Array("abc".utf8))) == wanted)
    }

    @Test func `the keyed hash is the one of RFC 4231, case 2`() {
        let code = keyedHash(Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8))
        #expect(hexadecimal(code) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    @Test func `a random UUID says its version and is never the same`() {
        let uuid = randomUUID()
        #expect(uuid.count == 36 && uuid.split(separator: "-")[2].first == "4")
        #expect(uuid != randomUUID())
    }
}
