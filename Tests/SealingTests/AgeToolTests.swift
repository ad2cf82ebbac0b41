import Foundation
import Sealing
import Support
import Testing

/// The packaged `age` tool as the other reader and writer.
@Suite struct AgeToolTests {
    let tools: ToolFolder
    let identity = Identity()

    init() throws {
        tools = try ToolFolder("age")
        let text = unsafe identity.text().withBytes { unsafe [UInt8]($0) }
        try tools.write(text + [10], to: "key")
    }

    @Test(arguments: specialSizes)
    func `age opens what is sealed here`(_ size: Int) throws {
        let bytes = sample(size)
        try tools.write(try seal(bytes, to: [Identity().recipient, identity.recipient], piece: 10_007), to: "sealed")
        // Of a file without bytes some versions of age make none; that they opened it, their end tells.
        try tools.write([], to: "clear")
        try tools.run("age", "--decrypt", "-i", "key", "-o", "clear", "sealed")
        #expect(try tools.read("clear") == bytes)
    }

    @Test(arguments: specialSizes)
    func `what age sealed is opened here`(_ size: Int) throws {
        let bytes = sample(size)
        try tools.write(bytes, to: "clear")
        try tools.run(
            "age", "-r", Identity().recipient.description, "-r", identity.recipient.description, "-o", "sealed", "clear"
        )
        let opening = Opening(try tools.read("sealed"), with: [identity], piece: 10_007)
        #expect(opening.error == nil)
        #expect(opening.bytes == bytes)
    }

    @Test func `age-keygen reads a key that was made here, and names the same recipient`() throws {
        let recipient = try tools.run("age-keygen", "-y", "key")
        #expect(recipient == identity.recipient.description + "\n")
    }

    @Test func `a key of age-keygen is read here, and printed the same`() throws {
        try tools.run("age-keygen", "-o", "other")
        let recipient = try tools.run("age-keygen", "-y", "other").dropLast()
        let line = try #require(String(decoding: try tools.read("other"), as: UTF8.self).split(separator: "\n").last)
        let other = try Identity(text: Array(line.utf8))
        #expect(other.recipient.description == recipient)
        #expect(try Recipient(String(recipient)) == other.recipient)
        #expect(unsafe other.text().withBytes { unsafe Array($0) } == Array(line.utf8))
    }
}
