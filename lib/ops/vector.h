/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What kernels say to the compiler. */
#pragma once

/* Compile the function for each kind of vector unit and choose at start-up. Not under a
 * sanitizer, whose runtime is not ready when the choice is made. */
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define GEN_VECTORIZED                                                                             \
  __attribute__ ((target_clones ("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define GEN_VECTORIZED
#endif
