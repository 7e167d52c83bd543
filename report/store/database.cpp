#include "report/store/database.h"

#include <sqlite3.h>

#include <cerrno>
#include <utility>

namespace assay::store {
namespace {

bool is_out_of_space(int system_errno) {
    return system_errno == ENOSPC || system_errno == EDQUOT;
}

/// What the library said, as a sentence with a way out. `code` is its extended result code.
std::unexpected<Error> refused(sqlite3* connection, int code, const std::string& place) {
    const int system_errno = connection != nullptr ? sqlite3_system_errno(connection) : 0;
    const std::string said = ": " + std::string(sqlite3_errstr(code));
    const int kind = code & 0xff;
    // The library names a full disk in some places only; elsewhere the errno does.
    if (kind == SQLITE_FULL || (kind == SQLITE_IOERR && is_out_of_space(system_errno)))
        return failure(ErrorKind::cannot_create, "write to the history " + place +
                                                     ": the filesystem is full. What is in the "
                                                     "history already is safe; make room, or name "
                                                     "another place with --db FILE");
    switch (kind) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return failure(ErrorKind::try_again,
                           "use the history " + place +
                               ": another program has held it for too long; try again");
        case SQLITE_NOTADB:
            return failure(ErrorKind::bad_input, place +
                                                     " is no history of assay; name another file "
                                                     "with --db FILE");
        case SQLITE_CORRUPT:
            return failure(ErrorKind::bad_input,
                           "the history " + place + " is damaged" + said +
                               ". Put it aside, and add the result files to a new one");
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH:
            return failure(ErrorKind::permission, "write to the history " + place + said +
                                                      "; name another place with --db FILE");
        case SQLITE_CANTOPEN:
            return failure(ErrorKind::cannot_create,
                           "open the history " + place + said +
                               "; name a file in a folder that can be written with --db FILE",
                           system_errno);
        case SQLITE_TOOBIG:
        case SQLITE_CONSTRAINT:
            return failure(ErrorKind::bad_input, "write to the history " + place + said);
        case SQLITE_IOERR:
            return failure(ErrorKind::io, "use the history " + place + said, system_errno);
        default:
            return failure(ErrorKind::internal, "use the history " + place + said);
    }
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);  // repeats the error of the last step, which was told already
}

Statement::Statement(sqlite3_stmt* statement, std::string place)
    : statement_(statement), place_(std::move(place)) {}

Statement& Statement::bind(int index, std::int64_t number) {
    bind_result_ |= sqlite3_bind_int64(statement_.get(), index + 1, number);
    return *this;
}
Statement& Statement::bind(int index, double number) {
    bind_result_ |= sqlite3_bind_double(statement_.get(), index + 1, number);
    return *this;
}
Statement& Statement::bind(int index, std::string_view text) {
    bind_result_ |= sqlite3_bind_text64(statement_.get(), index + 1, text.data(), text.size(),
                                        SQLITE_TRANSIENT, SQLITE_UTF8);
    return *this;
}
Statement& Statement::bind(int index, const std::optional<double>& number) {
    if (number)
        return bind(index, *number);
    bind_result_ |= sqlite3_bind_null(statement_.get(), index + 1);
    return *this;
}

Expected<bool> Statement::step() {
    if (bind_result_ != SQLITE_OK)
        return refused(nullptr, bind_result_ == SQLITE_TOOBIG ? SQLITE_TOOBIG : SQLITE_MISUSE,
                       place_);
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW)
        return true;
    if (code == SQLITE_DONE)
        return false;
    sqlite3* connection = sqlite3_db_handle(statement_.get());
    return refused(connection, sqlite3_extended_errcode(connection), place_);
}

Expected<void> Statement::run() {
    for (;;) {
        ASSAY_TRY(const bool is_row, step());
        if (!is_row)
            break;
    }
    sqlite3_reset(statement_.get());
    return {};
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}
double Statement::real(int column) const {
    return sqlite3_column_double(statement_.get(), column);
}
std::string Statement::text(int column) const {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
    const int size = sqlite3_column_bytes(statement_.get(), column);
    return bytes == nullptr ? std::string() : std::string(bytes, static_cast<std::size_t>(size));
}
bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

void Database::Close::operator()(sqlite3* connection) const {
    sqlite3_close_v2(connection);
}

Expected<Database> Database::open(const std::filesystem::path& path) {
    Database database(path.string());
    sqlite3* connection = nullptr;
    // NOMUTEX: one thread uses a connection. The path is a path, never a URI.
    const int code =
        sqlite3_open_v2(path.c_str(), &connection,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    database.connection_.reset(connection);
    if (code != SQLITE_OK)
        return refused(connection,
                       connection != nullptr ? sqlite3_extended_errcode(connection) : code,
                       database.place_);
    sqlite3_extended_result_codes(connection, 1);
    if (sqlite3_busy_timeout(connection, kBusyTimeoutMs) != SQLITE_OK ||
        sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr) != SQLITE_OK ||
        sqlite3_db_config(connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr) != SQLITE_OK)
        return refused(connection, SQLITE_MISUSE, database.place_);
    return database;
}

Expected<Statement> Database::prepare(std::string_view sql) const {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v2(connection_.get(), sql.data(), static_cast<int>(sql.size()),
                                        &statement, nullptr);
    if (code != SQLITE_OK)
        return refused(connection_.get(), sqlite3_extended_errcode(connection_.get()), place_);
    return Statement(statement, place_);
}

Expected<void> Database::execute(const std::string& sql) const {
    const int code = sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK)
        return refused(connection_.get(), sqlite3_extended_errcode(connection_.get()), place_);
    return {};
}

Expected<std::int64_t> Database::number(std::string_view sql) const {
    ASSAY_TRY(Statement statement, prepare(sql));
    ASSAY_TRY(const bool is_row, statement.step());
    if (!is_row)
        return failure(ErrorKind::internal, "the history " + place_ + " did not answer");
    return statement.integer(0);
}

Expected<std::string> Database::word(std::string_view sql) const {
    ASSAY_TRY(Statement statement, prepare(sql));
    ASSAY_TRY(const bool is_row, statement.step());
    if (!is_row)
        return failure(ErrorKind::internal, "the history " + place_ + " did not answer");
    return statement.text(0);
}

std::int64_t Database::last_row() const {
    return sqlite3_last_insert_rowid(connection_.get());
}
std::int64_t Database::changes() const {
    return sqlite3_changes64(connection_.get());
}

Expected<Transaction> Transaction::begin(const Database& database) {
    ASSAY_TRY_VOID(database.execute("BEGIN IMMEDIATE"));
    return Transaction(database);
}
Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}
Transaction::~Transaction() {
    // An error here has an error before it, which was told; SQLite may have rolled back by itself.
    if (database_ != nullptr)
        (void)database_->execute("ROLLBACK");
}
Expected<void> Transaction::commit() {
    ASSAY_TRY_VOID(database_->execute("COMMIT"));
    database_ = nullptr;
    return {};
}

}  // namespace assay::store
