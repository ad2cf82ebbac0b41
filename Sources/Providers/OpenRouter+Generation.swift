import Documents
import Domain
import Settings
import Transport

/// `GET /api/v1/generation`: what became of a call, by the id that every answer's head names. Pictures do not come back that
/// way, and the record is there only some seconds after the call's end.
extension OpenRouter: Reconciling {
    func generation(_ head: AnswerHead) -> String? { PlainWord.read(head.headers["x-generation-id"]) }

    func lookUp(_ generation: String) -> OutgoingRequest? {
        // An id that it never gave could be anything, and would become part of the URL.
        guard generation.hasPrefix("gen-"), PlainWord.read(generation) != nil else { return nil }
        return OutgoingRequest(
            method: "GET", url: endpoint + "/api/v1/generation?id=" + generation,
            headers: key.map { [("Authorization", "Bearer " + $0.exposed)] } ?? [], totalTimeout: .seconds(20),
            responseLimit: 1 << 20)
    }

    func end(_ head: AnswerHead, body: [UInt8]) -> GenerationEnd? {
        guard head.status == 200, let data = (try? JSONParser.parse(body))?["data"],
            let cost = Self.cost(data["total_cost"])
        else { return nil }
        if cost > 0 { return .billed(cost) }
        // With a key of one's own the upstream's bill is not in this sum.
        return data["is_byok"]?.bool == true ? nil : .free
    }

    private static func cost(_ value: JSONValue?) -> Int64? {
        var reader = CountReader()
        return reader.dollars(value)
    }
}
