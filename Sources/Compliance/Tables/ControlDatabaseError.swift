public import Events

/// Why no control database was built.
public enum ControlDatabaseError: Error, Hashable, Sendable {
    /// There is a file at this path already.
    case exists(path: String)
    case outOfOrder(chain: Origin, expected: Int, actual: Int)
    /// The events given do not reach as far as the view.
    case incomplete(chain: Origin, events: Int, view: Int)
    case database(String)
}

extension ControlDatabaseError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .exists(let path): "there is a file at \(path) already"
        case .outOfOrder(let chain, let expected, let actual):
            "the event of leaf \(actual) of \(chain) came where leaf \(expected) should"
        case .incomplete(let chain, let events, let view):
            "\(chain) has \(view) events; \(events) were given"
        case .database(let message): "the control database cannot be written: \(message)"
        }
    }
}
