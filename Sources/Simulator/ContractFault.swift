/// What a request breaks of its contract, before anything is drawn.
struct ContractFault: Error {
    let refusal: Refusal
    let message: String
    var parameter: String?
    /// The service's word for it, where it is not that of the refusal.
    var code: String?

    init(_ message: String, parameter: String? = nil, code: String? = nil, _ refusal: Refusal = .invalidRequest) {
        self.refusal = refusal
        self.message = message
        self.parameter = parameter
        self.code = code
    }

    /// A path that is none of the service's.
    static func unknownPath(_ method: String, _ path: String, _ contract: Contract) -> ContractFault {
        let message = "Invalid URL (\(method) \(path))"
        return switch contract {
        case .openAI: ContractFault(message, code: "unknown_url")
        case .mai, .azure: ContractFault(message, code: "404", .modelNotFound)
        case .gemini, .openRouter: ContractFault(message, .modelNotFound)
        }
    }

    static func unknown(_ name: String) -> ContractFault {
        ContractFault("Unknown parameter: '\(name)'.", parameter: name, code: "unknown_parameter")
    }

    static func missing(_ name: String) -> ContractFault {
        ContractFault("Missing required parameter: '\(name)'.", parameter: name, code: "missing_required_parameter")
    }

    static func invalid(_ name: String, _ wanted: String) -> ContractFault {
        ContractFault("Invalid value for '\(name)': expected \(wanted).", parameter: name)
    }
}
