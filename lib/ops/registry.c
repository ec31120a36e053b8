/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finding an operator by name. The list is operators.h. */
#include <string.h>

#include <generative/operator.h>

#include "operators.h"

#define DECLARE(name) extern const GenOperator gen_operator_##name;
GEN_OPERATORS (DECLARE)
#undef DECLARE

#define ENTRY(name) &gen_operator_##name,
static const GenOperator *const operators[] = { GEN_OPERATORS (ENTRY) NULL };
#undef ENTRY

const GenOperator *const *
gen_operator_list (void)
{
  return operators;
}

const GenOperator *
gen_operator_find (const char *domain, const char *name, int opset)
{
  if (domain != NULL && (*domain == '\0' || strcmp (domain, "ai.onnx") == 0))
    domain = NULL;
  for (const GenOperator *const *op = operators; *op != NULL; op++) {
    if (strcmp ((*op)->name, name) != 0 || g_strcmp0 ((*op)->domain, domain) != 0)
      continue;
    if (domain != NULL || (opset >= (*op)->since && ((*op)->until == 0 || opset <= (*op)->until)))
      return *op;
  }
  return NULL;
}
