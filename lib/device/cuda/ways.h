/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nodes that can be done in several ways, each a row of launches of its own. */
#pragma once

#include <string>

#include "cuda.h"

struct GenCudaWay {
  const char *name;
  /* FALSE without an error: it cannot do this case. */
  std::function<gboolean (GenCudaKernel *kernel, GError **error)> prepare;
};

/* Prepare the kernel in the fastest of `ways`, as far as the plan's options want it known; the
 * rules take the first that is possible. `problem` has all that speed hangs on. FALSE without an
 * error where none is possible. */
gboolean gen_cuda_prepare_way (GenCudaKernel *kernel, const std::string &problem,
    const std::vector<GenCudaWay> &ways, GError **error);
