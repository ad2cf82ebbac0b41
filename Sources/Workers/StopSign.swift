/// How a waiting worker thread learns that nobody wants its result any more.
struct StopSign {
    /// Becomes readable when it is worth asking.
    let descriptor: Int32
    let isRaised: () -> Bool
}
