/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What comparisons and logic share. */
#include "compare.h"

gboolean
gen_compare_infer (GenNode *node, GError **error)
{
  if (!gen_infer_broadcast (node, error))
    return FALSE;
  if (gen_node_output (node, 0) != NULL)
    gen_node_output (node, 0)->type = GEN_TYPE_BOOL;
  return TRUE;
}
