/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* States between iterations. */
#include "states.h"

#include <string.h>

void
gen_states_init (GenStates *states, const GenNode *node, guint first, guint n, gint64 batch)
{
  *states = (GenStates){ .n = n, .sizes = g_new (gsize, n + 1), .offsets = g_new (gsize, n + 1) };
  for (guint i = 0; i < n; i++) {
    states->sizes[i] = gen_tensor_size (gen_node_input (node, first + i)) / MAX (batch, 1);
    states->offsets[i] = states->set_size;
    states->set_size += (states->sizes[i] + 63) & ~(gsize)63;
  }
}

void
gen_states_clear (GenStates *states)
{
  g_clear_pointer (&states->sizes, g_free);
  g_clear_pointer (&states->offsets, g_free);
}

void
gen_states_begin (
    const GenStates *states, const GenKernel *kernel, guint first, gint64 batch, char *memory)
{
  for (guint i = 0; i < states->n; i++)
    if (states->sizes[i] > 0)
      memcpy (memory + states->offsets[i],
          (const char *)kernel->inputs[first + i] + batch * states->sizes[i], states->sizes[i]);
}

void
gen_states_bind (const GenStates *states, const GenBody *body, guint first_input,
    guint first_output, gint64 iteration, char *memory)
{
  char *from = memory + (iteration % 2) * states->set_size;
  char *to = memory + (1 - iteration % 2) * states->set_size;

  for (guint i = 0; i < states->n; i++) {
    gen_body_bind (body, first_input + i, from + states->offsets[i]);
    gen_plan_bind_output (body->plan, first_output + i, to + states->offsets[i]);
  }
}

void
gen_states_finish (const GenStates *states, const GenKernel *kernel, gint64 batch,
    gint64 iterations, const char *memory)
{
  const char *from = memory + (iterations % 2) * states->set_size;

  for (guint i = 0; i < states->n && i < kernel->node->outputs->len; i++)
    if (kernel->outputs[i] != NULL && states->sizes[i] > 0)
      memcpy ((char *)kernel->outputs[i] + batch * states->sizes[i], from + states->offsets[i],
          states->sizes[i]);
}
