/// Ends the fuzzer with a sentence where something that always holds does not; `precondition` is silent when optimised.
func check(_ holds: Bool, _ what: @autoclosure () -> String) {
    if !holds { fatalError(what()) }
}
