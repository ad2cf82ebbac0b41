package import Inspection

/// Why a packet could not be put into a picture.
package enum ProvenanceError: Error, Hashable, CustomStringConvertible {
    /// The bytes are no picture, or one in a container that is not written to.
    case unsupported(Container?)
    /// The picture carries something already, or would not pass the output gate with the packet in it.
    case unclean([Violation])
    /// The file would be longer than its container can say.
    case tooLong

    package var description: String {
        switch self {
        case .unsupported(let container?): "marks can not be put into \(container.rawValue) files"
        case .unsupported(nil): "marks can not be put into what is no picture"
        case .unclean(let violations):
            "the output is not clean: " + violations.map(\.description).joined(separator: "; ")
        case .tooLong: "the output is too long for its container"
        }
    }
}
