// Everything the target offers.

#ifndef KERNELS_H
#define KERNELS_H

#include "fixed_order.h"

#endif
