import Foundation
import HTTPServer
import Support
import Testing

/// `darkroom simulate` as another program sees it.
@Suite struct SimulateTests {
    @Test(arguments: [
        ("png", [0x89, 0x50, 0x4E, 0x47]), ("jpeg", [0xFF, 0xD8, 0xFF]), ("webp", [0x52, 0x49, 0x46, 0x46]),
    ])
    func `a picture comes in the format that was asked for`(format: String, start: [UInt8]) async throws {
        let provider = try Provider()
        let body = #"{"model":"gpt-image-2","prompt":"a boat","size":"1024x640","output_format":"\#(format)"}"#
        let answer = try await Darkroom.tool(
            "curl", "-sS", "-H", "Authorization: Bearer k", "-H", "Content-Type: application/json", "-d", body,
            "http://127.0.0.1:\(provider.port)/v1/images/generations")
        let document = try #require(try JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [String: Any])
        #expect(document["output_format"] as? String == format)
        let entry = try #require((document["data"] as? [[String: Any]])?.first)
        let picture = try #require((entry["b64_json"] as? String).flatMap { Data(base64Encoded: $0) })
        #expect(picture.starts(with: start))
        let scratch = try Scratch("simulate")
        try picture.write(to: URL(fileURLWithPath: scratch.file("a." + format)))
        let verified = try await Darkroom.run(["verify", scratch.file("a." + format), "--json"])
        #expect(verified.out.contains("simulated"), "it says itself that no model drew it: \(verified.out)")
        await provider.stop()
    }

    @Test func `every request says which program sent it`() async throws {
        let provider = try Provider()
        let spool = try TestSpool("agent", config: provider.configuration(provider: "openai"))
        try spool.drop("j", manifest: #"{"prompt":"a mill","id":"j","output":{"size":"native"}}"#)
        _ = try await Darkroom.run(["drain"] + spool.arguments, environment: CallTests.key)
        let version = try await Darkroom.run(["--version"]).out.split(whereSeparator: \.isWhitespace).last ?? ""
        #expect(!version.isEmpty)
        #expect(provider.requests.map { $0.headers["user-agent"] } == ["darkroom/\(version)"])
        await provider.stop()
    }

    @Test(arguments: [
        ("azure-openai", "2025-04-01-preview", "/openai/deployments/img2/images/generations"),
        ("google-gemini", "v1", "/v1/models/gemini-3-pro-image:generateContent"),
    ])
    func `a route calls the version of the API that it names`(provider name: String, version: String, path: String)
        async throws
    {
        let provider = try Provider()
        let config = provider.configuration(route: "api_version: '\(version)'", provider: name)
        let spool = try TestSpool("version", config: config)
        try spool.drop("j", manifest: #"{"prompt":"a mill","id":"j","output":{"size":"native"}}"#)
        _ = try await Darkroom.run(["drain"] + spool.arguments, environment: CallTests.key)
        #expect(spool.outcomes("done") == ["j"] && provider.requests.map(\.path) == [path])
        #expect(provider.requests.first?.query == (name == "azure-openai" ? "api-version=" + version : nil))
        await provider.stop()
    }
}
