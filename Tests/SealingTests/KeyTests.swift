import Sealing
import Testing

@Suite struct KeyTests {
    @Test func `what was sealed is opened`() throws {
        let identity = Identity()
        let sealed = try Sealer.seal([1, 2, 3], to: [identity.recipient])
        #expect(try Opener.open(sealed, with: [identity]) == [1, 2, 3])
    }
}
