#include "report/base_unit.h"

namespace assay::report {

BaseUnit base_unit_of(Unit unit) {
    switch (unit) {
        case Unit::nanoseconds:
            return {"seconds", "s", static_cast<double>(kNanosecondsPerSecond)};
        case Unit::bytes:
            return {"bytes", "B", 1};
        case Unit::bytes_per_second:
            return {"bytes_per_second", "", 1};
        case Unit::operations_per_second:
            return {"operations_per_second", "", 1};
        case Unit::flop_per_second:
            return {"floating_point_operations_per_second", "", 1};
        case Unit::hertz:
            return {"hertz", "", 1};
        case Unit::ratio:
            return {"ratio", "", 1};
        case Unit::count:
            return {"number", "", 1};
    }
    return {"number", "", 1};
}

}  // namespace assay::report
