/// How much work it is to try one passphrase: the parameters of Argon2id (RFC 9106) with one lane.
public struct PassphraseCost: Hashable, Sendable {
    /// Passes over the memory.
    public let passes: Int
    /// Memory in KiB.
    public let memoryKiB: Int

    /// 2 passes over 64 MiB, under a tenth of a second: for tests and keys that are unlocked all the time.
    public static let interactive = PassphraseCost(uncheckedPasses: 2, memoryKiB: 64 * 1024)
    /// 3 passes over 256 MiB, about half a second.
    public static let moderate = PassphraseCost(uncheckedPasses: 3, memoryKiB: 256 * 1024)

    /// What a file may ask for. Less would be no protection; more would let a file stop the machine that
    /// reads it.
    static let passBounds = 2...10
    static let memoryBoundsKiB = 64 * 1024...1024 * 1024

    /// `nil` outside 2 to 10 passes and 64 MiB to 1 GiB.
    public init?(passes: Int, memoryKiB: Int) {
        guard Self.passBounds.contains(passes), Self.memoryBoundsKiB.contains(memoryKiB) else { return nil }
        self.init(uncheckedPasses: passes, memoryKiB: memoryKiB)
    }

    private init(uncheckedPasses: Int, memoryKiB: Int) {
        passes = uncheckedPasses
        self.memoryKiB = memoryKiB
    }
}
