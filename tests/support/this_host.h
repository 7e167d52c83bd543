#pragma once

#include "engine/host/host.h"

namespace assay::test {

/// This host, looked at once; without the facts that it does not give.
const host::Host& this_host();

}  // namespace assay::test
