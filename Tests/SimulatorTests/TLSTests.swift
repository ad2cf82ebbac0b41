import Foundation
import HTTPServer
import Simulator
import Support
import Synchronization
import Testing
import Transport

@Suite struct TLSTests {
    /// Makes a certificate of its own root for loopback.
    private func identity(in scratch: Scratch) throws -> TLSIdentity {
        try Spawned.run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", scratch.file("key.pem"),
                "-out", scratch.file("cert.pem"),
            ])
        return TLSIdentity(
            certificate: try String(contentsOfFile: scratch.file("cert.pem"), encoding: .utf8),
            key: try String(contentsOfFile: scratch.file("key.pem"), encoding: .utf8))
    }

    @Test func `a simulator with a certificate speaks TLS, and to nobody without`() async throws {
        let scratch = try Scratch("tls")
        let listener = try ImageSimulator { _ in Service.pixel }.listen(
            address: "127.0.0.1", port: 0, identity: try identity(in: scratch))
        let client = try HTTPClient(TransportSettings(caFile: scratch.file("cert.pem")))
        func ask(_ scheme: String) async -> ExchangeResult {
            let body = #"{"model":"gpt-image-2","prompt":"p"}"#
            return await unsafe client.exchange(
                OutgoingRequest(
                    method: "POST", url: "\(scheme)://127.0.0.1:\(listener.port)/v1/images/generations",
                    body: .bytes(Array(body.utf8), contentType: "application/json"), totalTimeout: .seconds(60))
            ) { _ in }
        }
        guard case .answered(let head) = await ask("https") else {
            Issue.record("no answer over TLS")
            return
        }
        #expect(head.status == 200 && head.tlsVersion?.hasPrefix("TLSv1.") == true)
        if case .answered = await ask("http") { Issue.record("an answer without TLS") }
        client.shutDown()
        await listener.stop()
    }

    @Test func `what is no certificate is refused at the start`() throws {
        let identity = TLSIdentity(certificate: "no certificate", key: "no key")
        #expect(throws: ServerError.self) {
            try ImageSimulator { _ in [] }.listen(address: "127.0.0.1", port: 0, identity: identity)
        }
    }
}
