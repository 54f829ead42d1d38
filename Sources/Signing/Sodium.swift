internal import CSodium

/// The start-up of libsodium, once in a process.
///
/// Every operation that has a fast or a random path touches `ready` first; Swift runs its initialiser
/// exactly once, whichever thread comes first.
enum Sodium {
    static let ready: Void = {
        precondition(sodium_init() >= 0, "libsodium cannot start: no source of randomness")
    }()
}
