/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model operators: which operators a model may use, as a table in Markdown. */
#include <string.h>

#include <generative/operator.h>

#include "command.h"

static int
by_domain_and_name (const void *a, const void *b)
{
  const GenOperator *x = *(const GenOperator *const *)a, *y = *(const GenOperator *const *)b;
  int domains = g_strcmp0 (x->domain, y->domain);

  if (domains != 0)
    return domains;
  return strcmp (x->name, y->name) != 0 ? strcmp (x->name, y->name) : x->since - y->since;
}

static void
print_opsets (const GenOperator *op)
{
  if (op->until > 0)
    g_print ("%d to %d", MAX (op->since, 1), op->until);
  else
    g_print ("%d on", MAX (op->since, 1));
}

/* An operator that is made of others has the gradients of those. */
static gboolean
has_gradient (const GenOperator *op)
{
  return op->gradient != NULL || (op->infer == NULL && !op->gradient_is_zero);
}

static int
run (int argc, char **argv)
{
  const GOptionEntry entries[] = { { NULL } };
  g_autoptr (GPtrArray) list = g_ptr_array_new ();

  if (!command_parse (&command_operators, entries,
          "Those of the domain generative are made by compilation and training, and in no file.", 0,
          0, &argc, &argv))
    return STATUS_USAGE;
  for (const GenOperator *const *op = gen_operator_list (); *op != NULL; op++)
    if (g_strcmp0 ((*op)->domain, "generative") != 0)
      g_ptr_array_add (list, (gpointer)*op);
  g_ptr_array_sort (list, by_domain_and_name);
  g_print ("| operator | opset | gradient | what it computes |\n|---|---|---|---|\n");
  for (guint i = 0; i < list->len; i++) {
    const GenOperator *op = g_ptr_array_index (list, i);

    g_print ("| %s%s%s | ", op->domain != NULL ? op->domain : "", op->domain != NULL ? "." : "",
        op->name);
    print_opsets (op);
    g_print (" | %s | %s |\n", has_gradient (op) ? "yes" : "", op->summary);
  }
  return STATUS_FINE;
}

const Command command_operators = {
  .name = "operators",
  .arguments = "",
  .summary = "List the operators that models may use",
  .run = run,
};
