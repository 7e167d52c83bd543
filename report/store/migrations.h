#pragma once

#include "engine/core/error.h"
#include "report/store/database.h"

namespace assay::store {

/// Prepares a connection (WAL, synchronous=FULL, foreign keys) and brings the database to this
/// version's form, each step in a transaction of its own. Safe beside others that do the same.
/// Errors: bad_input (another program's database, or one of a newer version), and the database's.
Expected<void> bring_up_to_date(const Database& database);

}  // namespace assay::store
