#pragma once

#include <unistd.h>

#include <utility>

namespace assay::report {

/// Owns a file descriptor; closes it when destroyed. Whoever must know that the data arrived calls
/// fsync first: what close says afterwards changes nothing.
class Descriptor {
  public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&&) = delete;
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (number_ >= 0)
            ::close(number_);
    }
    int number() const { return number_; }
    bool is_open() const { return number_ >= 0; }

  private:
    int number_;
};

}  // namespace assay::report
