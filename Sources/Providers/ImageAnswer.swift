/// The picture and the facts of a successful answer.
package struct ImageAnswer: Sendable, Hashable {
    /// What may be the picture, the best first; at least one. The first that is of a known format is taken.
    package var pictures: [AnswerPicture]
    /// The model's name as answered.
    package var model: String?

    package init(pictures: [AnswerPicture], model: String? = nil) {
        self.pictures = pictures
        self.model = model
    }
}
