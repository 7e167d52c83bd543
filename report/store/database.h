#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/error.h"

struct sqlite3;
struct sqlite3_stmt;

/// The one wrapper of SQLite: connections and statements that give themselves back, and errors as
/// sentences.
namespace assay::store {

/// How long a statement waits for another writer before it gives up.
inline constexpr int kBusyTimeoutMs = 10'000;

/// A prepared statement. Parameters and columns count from 0. Not for several threads.
class Statement {
  public:
    Statement& bind(int index, std::int64_t number);
    Statement& bind(int index, double number);
    Statement& bind(int index, std::string_view text);                ///< kept by copy
    Statement& bind(int index, const std::optional<double>& number);  ///< absent is NULL

    /// True: a row stands ready. False: done. Errors: cannot_create (the disk is full), try_again
    /// (another program holds the database), bad_input (it is damaged), io, permission.
    Expected<bool> step();
    /// For a statement without rows: step to the end, then ready to be bound again.
    Expected<void> run();

    std::int64_t integer(int column) const;
    double real(int column) const;
    std::string text(int column) const;
    bool is_null(int column) const;

  private:
    friend class Database;
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    Statement(sqlite3_stmt* statement, std::string place);
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
    std::string place_;
    int bind_result_ = 0;
};

/// A connection to a database file.
class Database {
  public:
    /// Opens or creates it. Errors: permission, cannot_create, bad_input (it is no database).
    static Expected<Database> open(const std::filesystem::path& path);

    Expected<Statement> prepare(std::string_view sql) const;
    /// Runs statements that take nothing and give nothing.
    Expected<void> execute(const std::string& sql) const;
    /// The first column of the first row. Errors: also internal, where there is no row.
    Expected<std::int64_t> number(std::string_view sql) const;
    Expected<std::string> word(std::string_view sql) const;

    std::int64_t last_row() const;  ///< id of the last inserted row
    std::int64_t changes() const;   ///< rows that the last statement changed
    const std::string& place() const { return place_; }

  private:
    struct Close {
        void operator()(sqlite3* connection) const;
    };
    explicit Database(std::string place) : place_(std::move(place)) {}
    std::unique_ptr<sqlite3, Close> connection_;
    std::string place_;
};

/// All of what happens until commit(), or nothing. Takes the lock for writing at once, so that two
/// writers wait for each other instead of failing half-way.
class Transaction {
  public:
    static Expected<Transaction> begin(const Database& database);
    Transaction(Transaction&& other) noexcept;
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();  ///< rolls back what was not committed

    /// On return everything is on the disk (synchronous=FULL).
    Expected<void> commit();

  private:
    explicit Transaction(const Database& database) : database_(&database) {}
    const Database* database_;
};

}  // namespace assay::store
