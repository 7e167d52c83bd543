#pragma once

#include <string>
#include <vector>

#include "engine/host/files.h"
#include "engine/host/parse.h"

namespace assay::host {

/// A process that has a block device open for writing: a virtual machine's disk, a raw database. No
/// kernel table claims the device for it, and O_EXCL does not see it.
struct DeviceWriter {
    DeviceNumber number;
    int process = 0;
    std::string program;  ///< proc/PID/comm; empty where that is unknown
};

struct DeviceWriters {
    std::vector<DeviceWriter> writers;
    std::vector<std::string> unchecked;  ///< sentences: what could not be looked at
};

/// Looks through proc/*/fd, our own process left out; at most 1 048 576 descriptors. Only those
/// opened under /dev are looked at, since asking about others could wait for a dead file server.
DeviceWriters read_device_writers(const Files& files);

}  // namespace assay::host
