#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/probe.h"
#include "probes/storage/settings.h"
#include "probes/storage/target.h"

namespace assay::storage {

/// Opens what the settings name and checks that every block size suits it. A device that will be
/// written must be confirmed by its serial number and be free of all use. Errors: of open_file,
/// open_device, check_alignment.
Expected<Target> open_target(const RunContext& context, const Settings& settings);

/// How often the whole file is written before it is measured: twice in deep, as SNIA preconditions.
unsigned fill_passes(Extent extent);

/// How large a file the free space and the settings allow. Errors: no_space, with the numbers.
Expected<std::uint64_t> file_bytes_of(const Settings& settings, const Space& space);

/// The file that another probe of this run already wrote and that suits these settings as well;
/// nullptr if there is none.
std::shared_ptr<const Target> shared_file(const RunContext& context, const Settings& settings);

/// What plans call the file that shared_file finds; empty if the settings want one of their own.
std::string shared_file_key(const Settings& settings);

/// A filled test file, shared with the other probes of the run where that is possible, or the
/// device. Adds what weakens the numbers to `findings`. Errors: of open_target, fill_file.
Expected<std::shared_ptr<const Target>> prepare_target(const RunContext& context,
                                                       const Settings& settings,
                                                       std::vector<Finding>& findings);

}  // namespace assay::storage
