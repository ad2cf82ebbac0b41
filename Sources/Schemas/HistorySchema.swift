import Documents

/// A document of a subject's history, as it stands in a package of all that is held of it.
enum HistorySchema {
    static let body = Shape.open(
        "What one job asked for, kept because its policy keeps a history.",
        required: ["schema", "job", "at", "model", "prompt", "outputs"],
        [
            "schema": Shape.fixed("Name and version of this form.", "darkroom.history/1"),
            "job": Shape.text("The job's id."), "at": Shape.moment("When, by the wall clock."),
            "model": Shape.text("What drew it, as it was asked."),
            "aspect_ratio": Shape.text("As the job asked.", "^[0-9]+:[0-9]+$"),
            "size": Shape.text("As the job asked.", "^[0-9]+x[0-9]+$"),
            "template": Shape.open(
                "What gave the prompt, where one did.", required: ["name", "variables"],
                [
                    "name": Shape.text("Which one."), "version": Shape.count("The version that was taken."),
                    "variables": Shape.map("What went into its places.", of: Shape.text("A value.")),
                ]),
            "prompt": Shape.text("As it was sent."),
            "outputs": Shape.array("Names of what was made.", of: Shape.text("A file name.")),
        ])
}
