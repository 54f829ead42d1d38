/// The tables of `ledger.sqlite`.
///
/// What was appended is never changed: triggers abort every UPDATE and DELETE, and every INSERT that is
/// not the next position of its chain. The INSERT trigger also answers `INSERT OR REPLACE`, which
/// deletes the older row without firing DELETE triggers unless the connection asked for it. Views are
/// projections, so they may change.
enum EventSchema {
    static let version = 1

    static let sql = """
        CREATE TABLE chains (
            id INTEGER PRIMARY KEY CHECK (id BETWEEN 1 AND 8388607),
            origin TEXT NOT NULL UNIQUE
        ) STRICT;

        -- id = chain << 40 | position: one rowid range for each chain, in the order of the chain.
        CREATE TABLE entries (
            id INTEGER PRIMARY KEY,
            chain INTEGER NOT NULL GENERATED ALWAYS AS (id >> 40) VIRTUAL REFERENCES chains (id),
            leaf_hash BLOB NOT NULL CHECK (length(leaf_hash) = 32),
            envelope BLOB NOT NULL CHECK (length(envelope) BETWEEN 1 AND 65535),
            UNIQUE (chain, leaf_hash)
        ) STRICT;

        -- id = chain << 40 | level << 32 | tile. Only full tiles: 256 hashes of tree level 8 * level.
        -- The root stands first so that reading it does not touch the page of the hashes.
        CREATE TABLE tiles (
            id INTEGER PRIMARY KEY,
            chain INTEGER NOT NULL GENERATED ALWAYS AS (id >> 40) VIRTUAL REFERENCES chains (id),
            root BLOB NOT NULL CHECK (length(root) = 32),
            hashes BLOB NOT NULL CHECK (length(hashes) = 8192)
        ) STRICT;

        CREATE TABLE view_rows (
            chain INTEGER NOT NULL REFERENCES chains (id),
            kind TEXT NOT NULL,
            key TEXT NOT NULL,
            value BLOB NOT NULL,
            PRIMARY KEY (chain, kind, key)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE view_positions (
            chain INTEGER PRIMARY KEY REFERENCES chains (id),
            size INTEGER NOT NULL CHECK (size >= 0)
        ) STRICT;

        CREATE TRIGGER chains_are_kept_as_they_are BEFORE UPDATE ON chains
        BEGIN SELECT RAISE(ABORT, 'chains are append-only'); END;
        CREATE TRIGGER chains_are_kept BEFORE DELETE ON chains
        BEGIN SELECT RAISE(ABORT, 'chains are append-only'); END;
        CREATE TRIGGER chains_are_opened_once BEFORE INSERT ON chains
        WHEN EXISTS (SELECT 1 FROM chains WHERE id = new.id OR origin = new.origin)
        BEGIN SELECT RAISE(ABORT, 'chains are append-only'); END;

        CREATE TRIGGER entries_are_kept_as_they_are BEFORE UPDATE ON entries
        BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END;
        CREATE TRIGGER entries_are_kept BEFORE DELETE ON entries
        BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END;
        CREATE TRIGGER entries_have_no_gap BEFORE INSERT ON entries
        WHEN EXISTS (SELECT 1 FROM entries WHERE id = new.id)
            OR new.id & 1099511627775 > 0 AND NOT EXISTS (SELECT 1 FROM entries WHERE id = new.id - 1)
        BEGIN SELECT RAISE(ABORT, 'entries are append-only, one position after the other'); END;
        CREATE TRIGGER entries_are_appended_once BEFORE INSERT ON entries
        WHEN EXISTS (SELECT 1 FROM entries WHERE chain = new.id >> 40 AND leaf_hash = new.leaf_hash)
        BEGIN SELECT RAISE(ABORT, 'this entry is in the chain already'); END;

        CREATE TRIGGER tiles_are_kept_as_they_are BEFORE UPDATE ON tiles
        BEGIN SELECT RAISE(ABORT, 'tiles are append-only'); END;
        CREATE TRIGGER tiles_are_kept BEFORE DELETE ON tiles
        BEGIN SELECT RAISE(ABORT, 'tiles are append-only'); END;
        CREATE TRIGGER tiles_have_no_gap BEFORE INSERT ON tiles
        WHEN EXISTS (SELECT 1 FROM tiles WHERE id = new.id)
            OR new.id & 4294967295 > 0 AND NOT EXISTS (SELECT 1 FROM tiles WHERE id = new.id - 1)
        BEGIN SELECT RAISE(ABORT, 'tiles are append-only, one after the other'); END;
        """
}
