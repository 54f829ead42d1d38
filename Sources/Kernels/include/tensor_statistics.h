#ifndef LETHE_TENSOR_STATISTICS_H
#define LETHE_TENSOR_STATISTICS_H

#include "exact_sum.h"

/// What a reader wants to know of a tensor without seeing its elements. Informative: sums are doubles added
/// in order.
typedef struct lethe_statistics {
    double sum_of_squares;
    double largest_magnitude;
    size_t zeros;
} lethe_statistics;

/// How two tensors of one type and shape differ.
typedef struct lethe_difference {
    /// Elements whose bits differ, +0 and -0 included.
    size_t differing;
    double largest;
    /// The largest number of steps from one value to the other, counted in numbers of the type.
    uint64_t largest_steps;
} lethe_difference;

/// Adds `count` finite elements to `statistics`.
void lethe_add_statistics(
    lethe_statistics *statistics, const void *values, size_t count, lethe_element element);

/// Adds the differences of `count` finite elements to `difference`.
void lethe_add_difference(
    lethe_difference *difference, const void *first, const void *second, size_t count,
    lethe_element element);

#endif
