// Every kernel of the instruction set that is being compiled.
#pragma once

#include "average_pool.h"
#include "cast.h"
#include "check.h"
#include "cumsum.h"
#include "elementwise.h"
#include "gather_images.h"
#include "index.h"
#include "linear_algebra.h"
#include "matmul.h"
#include "max_pool.h"
#include "movement.h"
#include "optimizer.h"
#include "random.h"
#include "reduce.h"
#include "resize.h"
#include "softmax.h"
