import Bytes
import Signing

/// Keys and bytes that are the same in each run.
enum Sample {
    static func key(_ number: UInt8) -> SigningKey {
        SigningKey(seed: [UInt8](repeating: number, count: 32))!
    }

    static func name(_ text: String) -> KeyName { KeyName(text)! }

    /// Not random at all: 1, 2, 3… from wherever the last call ended. A class, so that copies share the
    /// position.
    static func counting() -> RandomBytes {
        let position = Position()
        return RandomBytes { count in (0..<count).map { _ in position.next() } }
    }

    /// Used by one test on one thread.
    private final class Position: @unchecked Sendable {
        private var value: UInt8 = 0

        func next() -> UInt8 {
            value &+= 1
            return value
        }
    }
}
