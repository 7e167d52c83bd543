#pragma once

#include <cstdint>
#include <fstream>
#include <string>

namespace assay::test {

/// Whether the hypervisor took this guest's CPUs away while a test ran: then a test that asks for
/// all that a CPU can do has nothing to say. /proc/stat, all CPUs together.
class StolenTime {
  public:
    /// The share of the CPU time since construction; 0 where the kernel does not say.
    double share() const {
        const Ticks now = read();
        const auto all = static_cast<double>(now.all - begin_.all);
        return all > 0 ? static_cast<double>(now.stolen - begin_.stolen) / all : 0;
    }
    /// More than a measured limit's one percent can bear.
    bool spoils() const { return share() > 0.01; }

  private:
    struct Ticks {
        std::uint64_t all = 0, stolen = 0;
    };
    static Ticks read() {
        std::ifstream file("/proc/stat");
        std::string name;
        Ticks ticks;
        file >> name;  // "cpu": user nice system idle iowait irq softirq steal
        for (int column = 0; column < 8; ++column) {
            std::uint64_t value = 0;
            file >> value;
            ticks.all += value;
            ticks.stolen = value;
        }
        return ticks;
    }
    Ticks begin_ = read();
};

}  // namespace assay::test
