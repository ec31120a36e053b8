/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of operators: one line each, in the order of the alphabet. An operator whose
 * meaning changed between opsets has one descriptor for each meaning. */
#define GEN_OPERATORS(X)                                                                           \
  X (add)                                                                                          \
  X (convert_layout)                                                                               \
  X (gemm)                                                                                         \
  X (pack_picture)                                                                                 \
  X (relu)                                                                                         \
  X (relu_gradient)                                                                                \
  X (rename_layout)                                                                                \
  X (reshape)                                                                                      \
  X (unpack_picture)
