public import ChainViews
public import Events

/// A finished control database: a file of its own that queries may read whole, for it holds nothing that the
/// reader of their results may not see.
public struct ControlDatabase: Hashable, Sendable {
    public let path: String
    public let chain: Origin
    /// How many public events it was built from.
    public let size: Int

    /// Builds the database at `path` from events that were verified, and the view that follows from them.
    ///
    /// Events are written as they come, so memory does not grow with their number. The file is complete, or
    /// it is gone.
    ///
    /// - Parameters:
    ///   - events: the public chain from its first leaf, in order; what a replay gave.
    ///   - privateChain: one private chain for the private side of deletions; `nil` for the public projection alone.
    /// - Throws: ``ControlDatabaseError``, or what `events` throws.
    public static func build(
        at path: String, view: PublicView, inputs: ControlInputs, privateChain: PrivateChain? = nil,
        events: (_ take: (EventRecord) throws -> Void) throws -> Void
    ) throws -> ControlDatabase {
        let builder = try ControlDatabaseBuilder(path: path, view: view, inputs: inputs)
        do {
            try events { try builder.append($0) }
            if let privateChain {
                try privateChain.events { try builder.append($0, of: privateChain, judgedAt: $1) }
            }
            try builder.finish()
        } catch {
            builder.discard()
            throw error
        }
        return ControlDatabase(path: path, chain: view.origin, size: view.size)
    }

    /// The events of a private chain, for a database that its readers may see.
    public struct PrivateChain {
        public var view: PrivateView
        /// Gives each event with the public leaf as of which its keys count.
        public var events: (_ take: (EventRecord, _ judgedAt: Int) throws -> Void) throws -> Void

        public init(
            view: PrivateView,
            events: @escaping (_ take: (EventRecord, _ judgedAt: Int) throws -> Void) throws -> Void
        ) {
            (self.view, self.events) = (view, events)
        }
    }

    /// A connection that can do nothing but answer queries.
    func sandbox(_ limits: SandboxLimits) throws(SandboxError) -> Sandbox {
        let connection: SQLiteConnection
        do throws(SQLiteFailure) {
            connection = try SQLiteConnection(.immutableFile(path))
            guard try connection.integer("PRAGMA user_version") == ControlSchema.version.major else {
                throw SQLiteFailure(code: 0, message: "it has another layout than this version's")
            }
        } catch {
            throw .cannotOpen(path: path, reason: error.message)
        }
        return try Sandbox(connection, tables: Set(ControlSchema.tables.map(\.name)), limits: limits)
    }
}
