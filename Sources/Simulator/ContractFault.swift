/// What a request breaks of its contract, before anything is drawn.
struct ContractFault: Error {
    let refusal: Refusal
    let message: String
    var parameter: String?

    init(_ message: String, parameter: String? = nil, _ refusal: Refusal = .invalidRequest) {
        self.refusal = refusal
        self.message = message
        self.parameter = parameter
    }

    static func unknown(_ name: String) -> ContractFault {
        ContractFault("Invalid parameters: \(name)", parameter: name)
    }
}
