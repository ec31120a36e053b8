/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* CUDA_ERROR_NOT_SUPPORTED */
#define NOT_SUPPORTED 801

/* A function of whatever arguments, which programs look for but which needs a GPU. The headers that
 * know its arguments are not included. */
#define MISSING(name)                                                                              \
  int name (void);                                                                                 \
  int name (void)                                                                                  \
  {                                                                                                \
    return NOT_SUPPORTED;                                                                          \
  }
