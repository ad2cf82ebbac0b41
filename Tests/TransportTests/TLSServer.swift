import Foundation
import Support

/// `openssl s_server` with a certificate of its own making; answers every GET with a page.
final class TLSServer: Sendable {
    private let process: Spawned
    private let folder: ScratchFolder
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
        let said = folder.path("said")
        process = try Spawned(
            "/usr/bin/env",
            ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", cert, "-key", key, "-www"] + options,
            environment: ProcessInfo.processInfo.environment, output: said, errors: "/dev/null")
        // It says where it listens: `ACCEPT 127.0.0.1:40001`.
        var text = ""
        while !(text.contains("ACCEPT ") && text.hasSuffix("\n")) {
            guard process.isRunning else { throw ToolFailure(tool: "openssl s_server", code: process.wait()) }
            usleep(5000)
            text = (try? String(contentsOfFile: said, encoding: .utf8)) ?? ""
        }
        let line = text.split(separator: "\n").first { $0.hasPrefix("ACCEPT ") } ?? ""
        port = UInt16(line.split(separator: ":").last ?? "") ?? 0
    }

    // A child may have inherited a mask that blocks SIGTERM.
    deinit {
        process.signal(SIGKILL)
        process.wait()
    }
}
