import Foundation
import Support

/// `openssl s_server` with a certificate of its own making; answers every GET with a page.
final class TLSServer: @unchecked Sendable {
    // Promise: the process is started in `init` and ended in `deinit`, nothing in between.
    private let process = Process()
    private let folder: ScratchFolder
    private let input = Pipe()
    let port: UInt16

    /// The certificate it presents, which is its own root.
    var certificate: String { folder.path("cert.pem") }

    init(names: String = "DNS:localhost,IP:127.0.0.1", options: [String] = []) throws {
        folder = try ScratchFolder()
        let (key, cert) = (folder.path("key.pem"), folder.path("cert.pem"))
        try Tool.run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                "-out",
                cert, "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=\(names)",
            ])
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", cert, "-key", key, "-www"] + options
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        // It says where it listens: `ACCEPT 127.0.0.1:40001`.
        var said = ""
        while !said.contains("\n") || !said.contains("ACCEPT ") {
            let more = output.fileHandleForReading.availableData
            if more.isEmpty { throw Tool.Failed(status: -1) }
            said += String(decoding: more, as: UTF8.self)
        }
        let line = said.split(separator: "\n").first { $0.hasPrefix("ACCEPT ") } ?? ""
        port = UInt16(line.split(separator: ":").last ?? "") ?? 0
    }

    // A child may have inherited a mask that blocks SIGTERM.
    deinit {
        kill(process.processIdentifier, SIGKILL)
        process.blockUntilEnded()
    }
}
