#include "SQLiteSettings.h"

#include <sqlite3.h>

int lethe_sqlite_harden(void *connection) {
    static const struct {
        int option;
        int value;
    } settings[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},
        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
        {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
        {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_DQS_DML, 0},
        {SQLITE_DBCONFIG_DQS_DDL, 0},
    };
    for (unsigned i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        int found = -1;
        int code = sqlite3_db_config((sqlite3 *)connection, settings[i].option, settings[i].value, &found);
        if (code != SQLITE_OK) return code;
        if (found != settings[i].value) return SQLITE_ERROR;
    }
    return SQLITE_OK;
}
