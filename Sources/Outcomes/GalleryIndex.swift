package import Documents
import Domain
package import Ledger

/// `index.json` of the gallery: what everybody may see, and what was taken out. Leads to no job and no person.
package struct GalleryIndex: Sendable {
    package static let schema = "darkroom.gallery/1"

    /// Newest first.
    package let pictures: [GalleryPicture]
    package let withdrawn: [GalleryTombstone]

    package init(pictures: [GalleryPicture], withdrawn: [GalleryTombstone]) {
        self.pictures = pictures
        self.withdrawn = withdrawn
    }

    package var document: JSONValue {
        .fields([
            "schema": .string(Self.schema), "pictures": .array(pictures.map(Self.entry)),
            "withdrawn": .array(
                withdrawn.map { .fields(["id": .string($0.id), "at": .string($0.at.description)]) }),
        ])
    }

    private static func entry(_ picture: GalleryPicture) -> JSONValue {
        .fields([
            "id": .string(picture.id), "file": .string(picture.name), "width": .integer(picture.size.width),
            "height": .integer(picture.size.height), "format": .string(picture.format),
            "created": .string(picture.created.description), "model": .string(picture.model),
            "digital_source_type": .string(picture.sourceType), "protect": .bool(picture.isProtected),
            "simulated": .bool(picture.isSimulated),
        ])
    }
}
