#include "report/error_names.h"

#include <array>

namespace assay::report {
namespace {

struct KindName {
    ErrorKind kind;
    std::string_view name;
};
constexpr std::array kKindNames{
    KindName{ErrorKind::usage, "usage"},
    KindName{ErrorKind::bad_input, "bad_input"},
    KindName{ErrorKind::not_found, "not_found"},
    KindName{ErrorKind::unsupported, "unsupported"},
    KindName{ErrorKind::unavailable, "unavailable"},
    KindName{ErrorKind::permission, "permission"},
    KindName{ErrorKind::no_space, "no_space"},
    KindName{ErrorKind::cannot_create, "cannot_create"},
    KindName{ErrorKind::io, "io"},
    KindName{ErrorKind::try_again, "try_again"},
    KindName{ErrorKind::bad_policy, "bad_policy"},
    KindName{ErrorKind::interrupted, "interrupted"},
    KindName{ErrorKind::timed_out, "timed_out"},
    KindName{ErrorKind::internal, "internal"},
};

}  // namespace

std::string_view name_of(ErrorKind kind) {
    for (const KindName& row : kKindNames)
        if (row.kind == kind)
            return row.name;
    return "internal";
}

std::optional<ErrorKind> error_kind_of_name(std::string_view name) {
    for (const KindName& row : kKindNames)
        if (row.name == name)
            return row.kind;
    return std::nullopt;
}

}  // namespace assay::report
