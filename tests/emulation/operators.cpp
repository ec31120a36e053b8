/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's list of kernels, without those of the operators that GEN_EMULATION_LACKS names, one
 * after the other with commas between: what runs on the CPU in their place. */
#define gen_cuda_operator_find find_any
#include "../../lib/device/cuda/operators.cu"
#undef gen_cuda_operator_find

GenCudaPrepare
gen_cuda_operator_find (const GenNode *node)
{
  g_auto (GStrv) lacking = g_strsplit (g_getenv ("GEN_EMULATION_LACKS") ?: "", ",", 0);

  return g_strv_contains ((const char *const *)lacking, node->op->name) ? NULL : find_any (node);
}
