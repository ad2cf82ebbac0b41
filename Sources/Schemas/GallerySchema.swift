import Documents

/// `index.json` of the gallery.
enum GallerySchema {
    static let body = Shape.open(
        "What is shown to everybody, newest first, and what is shown no more. Leads to no job and no person.",
        required: ["schema", "pictures", "withdrawn"],
        [
            "schema": Shape.fixed("Name and version of this form.", "darkroom.gallery/1"),
            "pictures": Shape.array("What is shown.", of: picture),
            "withdrawn": Shape.array(
                "What was taken out in the last 30 days: whoever keeps copies deletes them.",
                of: Shape.open(
                    "One picture.", required: ["id", "at"],
                    ["id": id, "at": Shape.moment("Since when it is gone, by the wall clock.")])),
        ])

    private static let id = Shape.text("The picture's id, which is of the gallery alone.", "^[0-9a-f]{32}$")

    private static let picture = Shape.open(
        "One picture.",
        required: [
            "id", "file", "width", "height", "format", "created", "model", "digital_source_type", "protect",
            "simulated",
        ],
        [
            "id": id,
            "file": Shape.text("File name in this folder."), "width": Shape.count("Pixels."),
            "height": Shape.count("Pixels."), "format": Shape.choice("Format of the file.", Shape.formats),
            "created": Shape.moment("When the picture was finished, by the wall clock."),
            "model": Shape.text("What drew it, as it was asked."),
            "digital_source_type": Shape.text("Term of the IPTC vocabulary.", "^http://cv\\.iptc\\.org/"),
            "protect": Shape.flag("Whether this is a marked preview and the picture forbids data mining."),
            "simulated": Shape.flag("Whether the simulator made the picture and no model did."),
        ])
}
