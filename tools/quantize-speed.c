/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Models are timed in turns with the one as it was. */
#include "quantize-speed.h"

#include <generative/quantize.h>
#include <generative/terminal.h>

#include "shrink-turns.h"

typedef struct {
  const QuantizeSpeed *speed;
  GenTerminal terminal;
  guint number; /* of the comparison */
} Comparing;

static GenModel *
copy_model (const GenGraph *graph, GError **error)
{
  g_autoptr (GenGraph) copy = gen_graph_copy (graph);

  return gen_model_new (copy, error);
}

static gboolean
open (ShrinkSide *side, const GenGraph *graph, const Preparation *preparation, GError **error)
{
  GenModel *model = copy_model (graph, error);

  return model != NULL && shrink_side_open (side, model, preparation, error);
}

static gboolean
find_share (const char *const *left, double *share, gpointer data, GError **error)
{
  Comparing *comparing = data;
  const QuantizeSpeed *speed = comparing->speed;
  g_autoptr (GenGraph) made = speed->make (speed->data, left, error);
  g_auto (ShrinkSide) before = { 0 }, after = { 0 };
  g_autofree char *line = NULL;

  if (made == NULL || !open (&before, speed->graph, speed->preparation, error) ||
      !open (&after, made, speed->preparation, error) ||
      !shrink_sides_time (&before, &after, speed->seconds, error))
    return FALSE;
  *share = shrink_side_best (&after) / shrink_side_best (&before);
  line =
      g_strdup_printf ("choice %u of layers: %.2f times as fast", ++comparing->number, 1 / *share);
  gen_terminal_print (&comparing->terminal, line, FALSE);
  return TRUE;
}

GStrv
quantize_speed_find_slow (const QuantizeSpeed *speed, const GPtrArray *names, GError **error)
{
  Comparing comparing = { .speed = speed };
  GStrv slow;

  gen_terminal_begin (&comparing.terminal);
  slow = gen_quantize_find_slow (names, find_share, &comparing, error);
  if (comparing.number > 1) {
    g_autofree char *line = g_strdup_printf ("%u choices of layers compared", comparing.number);

    gen_terminal_print (&comparing.terminal, line, TRUE);
  }
  return slow;
}
