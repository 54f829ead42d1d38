#ifndef LETHE_SQLITE_SETTINGS_H
#define LETHE_SQLITE_SETTINGS_H

// Settings of a SQLite connection that go through a variadic C function, which Swift cannot call.

/// Makes the connection refuse what a query of somebody else could do harm with: writes to shadow tables and to the
/// schema (DEFENSIVE on), triggers, views, loadable extensions, and string literals in double quotes, which turn a
/// misspelt column into a constant. `connection` is a `sqlite3 *`. Returns a SQLite result code.
int lethe_sqlite_harden(void *connection);

#endif
