#ifndef LETHE_KERNELS_H
#define LETHE_KERNELS_H

/// Arithmetic whose bits are the same on every machine. SwiftPM makes every header of this directory part of
/// the module `Kernels`; this one is for C sources that want them all.
#include "exact_sum.h"
#include "fixed_order.h"
#include "tensor_statistics.h"

#endif
