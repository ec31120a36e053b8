/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The same elements under another shape. Extents of both shapes are matched run by run, where their
 * products are the same. Of a run of several extents one carries channels: the first of which
 * not all stay, as are the channels of [channels, height, width] or the heads of [heads, width].
 * The others stay then, so that a channel is the same elements on both sides.
 *
 * What stays in one view may be known only by another one further on. So runs where there is
 * nothing to choose come first, again and again, and a choice is made only where none of them is
 * left. */
#include "channels-private.h"

/* The one that carries, or -1; *n: of how many. */
static int
find_carrier (const GenChannels *channels, const GenViewRun *run, int *n)
{
  int carrier = -1;

  *n = 0;
  for (int d = run->end - 1; d >= run->first; d--)
    if (gen_channels_extent (channels, run->tensor, d) > 1 &&
        !gen_channels_is_fixed (channels, run->tensor, d)) {
      carrier = d;
      (*n)++;
    }
  return carrier;
}

static void
fix_but (GenChannels *channels, const GenViewRun *run, int carrier)
{
  for (int d = run->first; d < run->end; d++)
    if (d != carrier)
      gen_channels_fix (channels, run->tensor, d);
}

/* Elements behind one index of extent `d`, within the run. */
static gint64
inner_of (const GenChannels *channels, const GenViewRun *run, int d)
{
  return gen_shape_product (gen_channels_shape (channels, run->tensor), d + 1, run->end);
}

/* Of so many elements all are at one index of either. */
static gint64
common_divisor (gint64 a, gint64 b)
{
  return b == 0 ? a : common_divisor (b, a % b);
}

static void
unite_runs (GenChannels *channels, const GenViewRun *a, const GenViewRun *b)
{
  const gint64 n = gen_shape_product (gen_channels_shape (channels, a->tensor), a->first, a->end);
  int n_from, n_to;
  const int from = find_carrier (channels, a, &n_from), to = find_carrier (channels, b, &n_to);
  gint64 inner_a, inner_b, extent_a, extent_b, step;

  if (from < 0 || to < 0) {
    fix_but (channels, a, -1);
    fix_but (channels, b, -1);
    return;
  }
  fix_but (channels, a, from);
  fix_but (channels, b, to);
  inner_a = inner_of (channels, a, from);
  inner_b = inner_of (channels, b, to);
  extent_a = gen_channels_extent (channels, a->tensor, from);
  extent_b = gen_channels_extent (channels, b->tensor, to);
  step = common_divisor (inner_a, inner_b);
  for (gint64 i = 0; i < n; i += step)
    gen_channels_unite (
        channels, a->tensor, from, i / inner_a % extent_a, b->tensor, to, i / inner_b % extent_b);
}

/* The next run of both that has the same number of elements; FALSE where there is none. */
static gboolean
next_run (const GenShape *x, const GenShape *y, GenViewRun *a, GenViewRun *b)
{
  gint64 n_a = 1, n_b = 1;

  a->first = a->end;
  b->first = b->end;
  do {
    if (n_a <= n_b && a->end < x->rank)
      n_a *= x->dims[a->end++];
    else if (b->end < y->rank)
      n_b *= y->dims[b->end++];
    else
      return FALSE;
  } while (n_a != n_b);
  return TRUE;
}

static gboolean
relate (GenChannels *channels, const GenNode *node)
{
  GenViewPair pair = { { gen_node_input (node, 0), 0, 0 }, { gen_node_output (node, 0), 0, 0 } };
  const GenShape *x = gen_channels_shape (channels, pair.a.tensor),
                 *y = gen_channels_shape (channels, pair.b.tensor);
  const guint n = channels->views->len;

  if (gen_shape_elements (x) < 1)
    return FALSE;
  while (pair.a.end < x->rank || pair.b.end < y->rank) {
    if (!next_run (x, y, &pair.a, &pair.b)) {
      g_array_set_size (channels->views, n);
      return FALSE;
    }
    g_array_append_val (channels->views, pair);
  }
  return TRUE;
}

/* Whether there is nothing to choose. */
static gboolean
is_clear (const GenChannels *channels, const GenViewPair *pair)
{
  int n_a, n_b;

  find_carrier (channels, &pair->a, &n_a);
  find_carrier (channels, &pair->b, &n_b);
  return (n_a <= 1 && n_b <= 1) || n_a == 0 || n_b == 0;
}

/* Those that are clear, once; the others, or one of them where `choose`, stay. How many they were.
 */
static guint
unite_views (GenChannels *channels, gboolean choose)
{
  guint n = 0;

  for (guint i = 0; i < channels->views->len && !(choose && n > 0); i++) {
    const GenViewPair *pair = &g_array_index (channels->views, GenViewPair, i);

    if (!choose && !is_clear (channels, pair))
      continue;
    unite_runs (channels, &pair->a, &pair->b);
    g_array_remove_index (channels->views, i--);
    n++;
  }
  return n;
}

void
gen_channels_unite_views (GenChannels *channels)
{
  while (channels->views->len > 0)
    if (unite_views (channels, FALSE) == 0)
      unite_views (channels, TRUE);
}

/* Its shape must be known: what computes it knows of no cut. */
static gboolean
relate_reshape (GenChannels *channels, const GenNode *node)
{
  const GenTensor *shape = gen_node_input (node, 1);

  if (node->opset >= 5 && !gen_channels_is_constant (shape))
    return FALSE;
  return relate (channels, node);
}

static void
cut_reshape (const GenChannelCut *cut, const GenNode *node, GenNode *to)
{
  const GenTensor *y = gen_node_output (node, 0);
  gint64 extents[GEN_MAX_RANK * 2];
  gboolean changed = FALSE;
  int n;

  if (!gen_channels_ints (node, "shape", 1, extents, &n))
    return;
  for (int d = 0; d < n; d++) {
    const gint64 left = gen_channel_cut_extent (cut, y, d);

    if (extents[d] == -1 || left == gen_channels_extent (cut->channels, y, d))
      continue;
    extents[d] = left;
    changed = TRUE;
  }
  if (!changed)
    return;
  if (node->opset < 5)
    gen_node_set_ints (to, "shape", extents, n);
  else
    gen_channel_cut_set_ints (cut, to, 1, GEN_TYPE_INT64, extents, n);
}

const GenChannelRelation gen_channel_relations_view[] = {
  { .op = "Reshape", .is_view = TRUE, .relate = relate_reshape, .cut = cut_reshape },
  { .op = "Flatten", .is_view = TRUE, .relate = relate },
  { .op = "Squeeze", .is_view = TRUE, .relate = relate },
  { .op = "Unsqueeze", .is_view = TRUE, .relate = relate },
  { NULL },
};
