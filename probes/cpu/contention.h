#pragma once

#include <optional>
#include <span>

/// The Universal Scalability Law: n threads do n / (1 + contention (n - 1) + coherency n (n - 1))
/// times the work of one. Source: Gunther (2007), "Guerrilla Capacity Planning", chapter 4.
namespace assay::cpu {

struct ScalingPoint {
    double threads = 1;
    double efficiency = 1;  ///< rate of n threads by n x the rate of one
};

struct ContentionFit {
    double contention = 0;   ///< share of the work that waits in one queue, >= 0
    double coherency = 0;    ///< cost of keeping two threads' data alike, >= 0
    double worst_error = 0;  ///< largest distance of a point's efficiency from the law's
};

double efficiency_by_law(const ContentionFit& fit, double threads);

/// Least squares in 1 / efficiency, where the law is a straight plane: closed form. A parameter
/// that would be negative is 0, and the other one is fitted alone. nullopt below two points of
/// different thread counts above 1 (with the point of one thread, which always lies on the law,
/// three), or where an efficiency is not above 0.
std::optional<ContentionFit> fit_contention(std::span<const ScalingPoint> points);

}  // namespace assay::cpu
