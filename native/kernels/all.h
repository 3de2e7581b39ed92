// Every kernel of the instruction set that is being compiled.
#pragma once

#if __has_include("elementwise.h")
#include "elementwise.h"
#endif
#if __has_include("cast.h")
#include "cast.h"
#endif
#include "cumsum.h"
#include "index.h"
#if __has_include("matmul.h")
#include "matmul.h"
#endif
#include "movement.h"
#include "reduce.h"
#include "softmax.h"
#if __has_include("random.h")
#include "random.h"
#endif
#if __has_include("check.h")
#include "check.h"
#endif
#if __has_include("optimizer.h")
#include "optimizer.h"
#endif
