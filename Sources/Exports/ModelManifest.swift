internal import Adapters
public import Bytes
internal import Events

public enum ModelFileSubject {}

/// The files of a model directory by SHA-256, as OpenSSF model signing lists them (predicate
/// `https://model_signing/signature/v1.0`).
public struct ModelManifest: Hashable, Sendable {
    public static let predicateType = "https://model_signing/signature/v1.0"
    /// The most resources that are read: a model has a few files, or a few thousand shards.
    static let maximumResources = 100_000

    /// One file, or a part of one.
    public struct Resource: Hashable, Sendable {
        /// The path in the directory, with slashes.
        public var path: String
        /// The bytes that it is about; `nil` for the whole file.
        public var range: Range<Int>?
        public var digest: Hash256<ModelFileSubject>

        public init(path: String, range: Range<Int>? = nil, digest: Hash256<ModelFileSubject>) {
            (self.path, self.range, self.digest) = (path, range, digest)
        }

        var name: String { range.map { "\(path):\($0.lowerBound):\($0.upperBound)" } ?? path }
    }

    /// The directory's name.
    public var name: String
    /// In the order in which the root digest takes them.
    public var resources: [Resource]
    /// Paths that were left out, with everything below.
    public var ignoredPaths: [String]
    /// How many bytes a part has; `nil` where files are whole.
    public var shardSize: Int?

    /// - Parameter resources: whole files; they are put in the order of their paths, part by part.
    public init(name: String, resources: [Resource], ignoredPaths: [String]) {
        self.name = name
        self.resources = resources.sorted { left, right in
            left.path.split(separator: "/").lexicographicallyPrecedes(right.path.split(separator: "/")) {
                $0.utf8.lexicographicallyPrecedes($1.utf8)
            }
        }
        self.ignoredPaths = ignoredPaths
        shardSize = nil
    }

    /// SHA-256 over the resources' digests, one after the other.
    public var root: Hash256<ModelManifest> {
        var hasher = Hasher256()
        for resource in resources { hasher.update(resource.digest.bytes) }
        return hasher.finish()
    }

    /// The in-toto statement about it.
    var statement: JSONValue {
        .object([
            "_type": .string(Statement.statementType), "predicateType": .string(Self.predicateType),
            "subject": .array([
                .object(["name": .string(name), "digest": .object(["sha256": .string(root.hex)])])
            ]),
            "predicate": .object([
                "resources": .array(
                    resources.map { resource in
                        .object([
                            "algorithm": .string("sha256"), "digest": .string(resource.digest.hex),
                            "name": .string(resource.name),
                        ])
                    }),
                "serialization": .object([
                    "allow_symlinks": .bool(false), "hash_type": .string("sha256"),
                    "ignore_paths": .strings(ignoredPaths),
                    "method": .string("files"),
                ]),
            ]),
        ])
    }
}

// MARK: - Reading

extension ModelManifest {
    /// Reads the statement of a signature that was verified.
    init(_ statement: JSONValue) throws(ModelSignatureFailure) {
        guard statement["_type"]?.text == Statement.statementType else {
            throw .statement("it is no in-toto Statement v1")
        }
        guard statement["predicateType"]?.text == Self.predicateType else {
            throw .statement(
                "its predicate type is \(statement["predicateType"]?.text?.prefix(80) ?? "missing")")
        }
        guard let subjects = statement["subject"]?.elements, subjects.count == 1,
            let name = subjects[0]["name"]?.text,
            let root = subjects[0]["digest"]?["sha256"]?.text
        else { throw .statement("it must have one subject with a SHA-256") }
        let predicate = statement["predicate"]
        guard let listed = predicate?["resources"]?.elements, let how = predicate?["serialization"] else {
            throw .statement("it lists no resources, or does not say how they were hashed")
        }
        guard listed.count <= Self.maximumResources else {
            throw .statement("it lists \(listed.count) resources")
        }
        try self.init(name: name, listed, how)
        guard self.root.hex == root else { throw .statement("its root digest is not that of its resources") }
    }

    private init(name: String, _ listed: [JSONValue], _ how: JSONValue) throws(ModelSignatureFailure) {
        self.name = name
        switch (how["method"]?.text, how["shard_size"]?.wholeNumber) {
        case ("files", _): shardSize = nil
        case ("shards", let size?) where size > 0: shardSize = size
        default: throw .unsupported("the serialization \(how["method"]?.text?.prefix(40) ?? "that is missing")")
        }
        guard how["hash_type"]?.text == "sha256" else {
            throw .unsupported("the hash \(how["hash_type"]?.text?.prefix(40) ?? "that is missing")")
        }
        if how["allow_symlinks"] == .bool(true) { throw .unsupported("symbolic links") }
        ignoredPaths = try (how["ignore_paths"]?.elements ?? []).map { element throws(ModelSignatureFailure) in
            guard let path = element.text else { throw .statement("an ignored path is not a string") }
            return path
        }
        resources = []
        var names: Set<String> = []
        for element in listed {
            let resource = try Self.resource(element, isShard: shardSize != nil)
            guard names.insert(resource.name).inserted else {
                throw .statement("it lists \"\(resource.name)\" twice")
            }
            resources.append(resource)
        }
    }

    private static func resource(_ value: JSONValue, isShard: Bool) throws(ModelSignatureFailure) -> Resource {
        guard let name = value["name"]?.text, let digest = value["digest"]?.text,
            let hash = Hash256<ModelFileSubject>(hex: digest)
        else { throw .statement("a resource has no name or no SHA-256") }
        // With shards the algorithm's name has the shard size in it: sha256-sharded-1000000000.
        guard let algorithm = value["algorithm"]?.text,
            algorithm == "sha256" || isShard && algorithm.hasPrefix("sha256-sharded-")
        else { throw .unsupported("the algorithm of \"\(name.prefix(80))\"") }
        guard isShard else { return Resource(path: try safe(name), digest: hash) }
        let parts = name.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, let start = Int(parts[1]), let end = Int(parts[2]), 0 <= start, start <= end
        else {
            throw .statement("\"\(name.prefix(80))\" is no part of a file")
        }
        return Resource(path: try safe(String(parts[0])), range: start..<end, digest: hash)
    }

    /// A path that leads nowhere but into the directory.
    private static func safe(_ path: String) throws(ModelSignatureFailure) -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard !path.isEmpty, path.utf8.count <= 4_096,
            !path.unicodeScalars.contains(where: { $0.value < 0x20 }),
            parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." })
        else { throw .statement("\"\(path.prefix(80))\" is no path inside a directory") }
        return path
    }
}

extension ModelManifest {
    /// How the files of a directory differ from what was signed; empty where they do not.
    public func differences(from actual: [Resource]) -> [String] {
        let signed = Dictionary(resources.map { ($0.name, $0.digest) }, uniquingKeysWith: { first, _ in first })
        let found = Dictionary(actual.map { ($0.name, $0.digest) }, uniquingKeysWith: { first, _ in first })
        let missing = signed.keys.filter { found[$0] == nil }.sorted().map { "\($0) is missing" }
        let extra = found.keys.filter { signed[$0] == nil }.sorted().map { "\($0) was not signed" }
        let changed = signed.filter { name, digest in found[name].map { $0 != digest } ?? false }.keys.sorted()
        return missing + extra + changed.map { "\($0) has other bytes" }
    }

    /// Whether the file at `path` is left out.
    public func ignores(_ path: String) -> Bool {
        ignoredPaths.contains { ignored in
            let plain = ignored.hasSuffix("/") ? String(ignored.dropLast()) : ignored
            return path == plain || path.hasPrefix(plain + "/")
        }
    }
}

extension JSONValue {
    /// A positive whole number; other programs write one with a fraction of zero.
    fileprivate var wholeNumber: Int? {
        guard case .number(let text) = self, let value = Double(text), value >= 1, value < 0x1p53,
            value == value.rounded()
        else { return nil }
        return Int(value)
    }
}
