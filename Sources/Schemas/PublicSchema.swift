package import Documents

/// The JSON Schemas of what Darkroom reads and writes: `darkroom config schema NAME`.
///
/// Dialect: <https://json-schema.org/draft/2020-12/schema>. They say what this version takes and writes; a key of the
/// public surface that is not built yet stands in them and allows no value that would have an effect.
package enum PublicSchema: String, Sendable, CaseIterable {
    /// A manifest, `job.json`.
    case job
    /// `status.json` of an outcome folder.
    case status
    /// The file beside each output, `JOB-1.png.json`.
    case sidecar
    /// `darkroom.json5`, once its comments are gone.
    case configuration
    /// The file of a policy, once its comments are gone.
    case policy
    /// The gallery's `index.json`.
    case gallery
    /// A document of a subject's history.
    case history
    /// `manifest.json` of a package of all that is held of a subject.
    case export
    /// A signed receipt.
    case receipt
    /// A file in `requests/`.
    case request

    /// The schema itself, ready to be printed.
    package var document: JSONValue {
        let body =
            switch self {
            case .job: JobSchema.body
            case .status: StatusSchema.body
            case .sidecar: SidecarSchema.body
            case .configuration: ConfigurationSchema.body
            case .policy: PolicySchema.body
            case .gallery: GallerySchema.body
            case .history: HistorySchema.body
            case .export: ExportSchema.body
            case .receipt: ReceiptSchema.body
            case .request: RequestSchema.body
            }
        let head = JSONValue.fields([
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": .string("urn:darkroom:schema:\(rawValue):1"),
            "title": .string("Darkroom \(rawValue)"),
        ])
        return .object((head.members ?? []) + (body.members ?? []))
    }
}
