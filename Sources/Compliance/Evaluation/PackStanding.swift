internal import Bytes
public import Events

/// Whether the consortium adopted a pack, by the latest adoption of that name.
public enum PackStanding: String, Codable, CaseIterable, Hashable, Sendable {
    /// With exactly these files.
    case adopted
    case notAdopted = "not_adopted"
    /// Another version or other files of the same name.
    case otherVersion = "other_version"

    public init(of pack: Pack, among adoptions: [PackAdoption]) {
        guard let adoption = adoptions.last(where: { $0.pack.text == pack.id.text }) else {
            self = .notAdopted
            return
        }
        self = adoption.digest.bytes == pack.digest.bytes ? .adopted : .otherVersion
    }
}
