public import Bytes
public import Events

/// A set of controls with one version and one digest. What is in memory was judged whole.
public struct Pack: Hashable, Sendable {
    public let manifest: PackManifest
    public let digest: PackDigest
    /// In the order of the manifest.
    public let controls: [Control]
    /// The bytes of the signature file, where there is one; see ``PackSignature``.
    public let signature: [UInt8]?

    public var id: PackID { manifest.id }

    /// Reads and judges a pack: manifests against their schemas, queries on the empty database, fixtures line
    /// by line.
    ///
    /// Whether the fixtures are judged as they should be is asked before every evaluation: see ``SelfTest``.
    public init(_ files: PackFiles) throws(PackError) {
        let name = "pack.yaml"
        manifest = try YAMLText.decode(PackManifest.self, from: try files.text(name), file: name)
        if let from = manifest.appliesFrom, let until = manifest.appliesUntil, until < from {
            throw .manifest(file: name, reason: "applies_until is before applies_from")
        }
        guard !manifest.controls.isEmpty else { throw .noControls(pack: manifest.id.text) }
        try Self.checkFolders(manifest, files)
        var controls: [Control] = []
        for control in manifest.controls { controls.append(try Control(control.text, in: files)) }
        self.controls = controls
        digest = files.digest
        signature = files.signature
    }

    /// Reads the pack in the folder at `path`.
    public init(folder path: String) throws(PackError) { try self.init(try PackFiles(folder: path)) }

    private static func checkFolders(_ manifest: PackManifest, _ files: PackFiles) throws(PackError) {
        let listed = manifest.controls.map(\.text)
        var folders: Set<String> = []
        for path in files.contents.keys.sorted() where path != "pack.yaml" {
            let parts = path.split(separator: "/")
            guard parts.count > 1 else { throw .unexpectedFile(path) }
            folders.insert(String(parts[0]))
        }
        guard listed.count == Set(listed).count, folders == Set(listed) else {
            throw .controlsDiffer(listed: listed, found: folders.sorted())
        }
    }
}
