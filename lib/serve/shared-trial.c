/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a frame is what it is alone in a run of several. Nothing in a graph says that it is so:
 * statistics over the batch, or a Reshape that mixes items, are found out by a run. */
#include "shared-private.h"

#include <generative/random.h>
#include <math.h>
#include <string.h>

#include "../model/player-private.h"
#include "../ops/number.h"

/* What may differ: rounding, which is at the most a step of a byte or so. */
static double
tolerance_of (GenDataType type, double largest)
{
  switch (type) {
  case GEN_TYPE_UINT8:
    return 2;
  case GEN_TYPE_INT16:
    return 64;
  default:
    return 2e-3 * largest;
  }
}

/* Something of every size, the same for each that is called alike. */
static void
fill (const GenBinding *binding, gsize first, gsize n, guint64 salt)
{
  const GenRandom random = gen_random_new (salt, "shared trial", 0);
  const gsize size = gen_data_type_size (binding->type);

  if (binding->type == GEN_TYPE_FLOAT32)
    gen_random_normal (&random, 0, 0, (float *)binding->data + first, n);
  else if (binding->type == GEN_TYPE_UINT8)
    for (gsize i = 0; i < n; i++)
      ((guint8 *)binding->data)[first + i] = (guint8)gen_random_below (&random, 0, i, 256);
  else
    memset ((guint8 *)binding->data + first * size, 0, n * size);
}

/* Each frame of the run of `player` something else, of which that of number `frame` is the one
 * that goes into `one`. */
static void
fill_inputs (GenPlayer *player, GenPlayer *one, guint frame)
{
  GenPlan *many = player->now->plan, *alone = one->now->plan;
  const guint frames = (guint)player->now->use.frames;
  const guint planes = gen_use_frame_inputs (&one->now->use);

  for (guint p = 0; p < gen_plan_n_inputs (alone); p++) {
    const GenBinding *single = gen_plan_input (alone, p);
    const gsize n = single->size / gen_data_type_size (single->type);
    const guint first = frames * planes + p - planes; /* of numbers */

    fill (single, 0, n, frame);
    for (guint i = 0; i < frames; i++)
      if (p < planes)
        fill (gen_plan_input (many, i * planes + p), 0, n, i);
      else if (gen_plan_input (many, first)->size == frames * single->size)
        fill (gen_plan_input (many, first), i * n, n, i);
      else
        fill (gen_plan_input (many, first), 0, n, frame);
  }
}

static gboolean
is_near (const GenBinding *one, const GenBinding *many, gsize first)
{
  const gsize n = one->size / gen_data_type_size (one->type);
  double largest = 0, furthest = 0;

  for (gsize i = 0; i < n; i++) {
    const double a = gen_number_get (one->type, one->data, i);
    const double b = gen_number_get (many->type, many->data, first + i);

    largest = fmax (largest, fabs (a));
    furthest = fmax (furthest, fabs (a - b));
  }
  return furthest <= tolerance_of (one->type, largest);
}

static gboolean
compare_outputs (const GenPlayer *player, const GenPlayer *one, guint frame)
{
  const GenPlan *many = player->now->plan, *alone = one->now->plan;
  const GenModelUse *use = &one->now->use;
  const guint planes = use->to_frames ? gen_use_frame_outputs (use) : 1;

  for (guint p = 0; p < planes; p++) {
    const GenBinding *single = gen_plan_output (alone, p);
    const gsize n = single->size / gen_data_type_size (single->type);

    if (!is_near (single, gen_plan_output (many, use->to_frames ? frame * planes + p : 0),
            use->to_frames ? 0 : frame * n))
      return FALSE;
  }
  return TRUE;
}

static void
unbind (GenPlan *plan)
{
  for (guint i = 0; i < gen_plan_n_inputs (plan); i++)
    gen_plan_bind_input (plan, i, NULL);
  for (guint i = 0; i < gen_plan_n_outputs (plan); i++)
    gen_plan_bind_output (plan, i, NULL);
}

/* Whether frame number `frame` is what it is alone, and so is the one behind it, of a model that
 * remembers. */
static gboolean
compare_runs (GenPlayer *player, GenPlayer *one, guint frame, gboolean *same, GError **error)
{
  const guint runs = gen_model_has_states (player->model) ? 2 : 1;

  gen_player_reset (player);
  gen_player_reset (one);
  fill_inputs (player, one, frame);
  *same = TRUE;
  for (guint i = 0; i < runs && *same; i++) {
    if (!gen_player_run (player, error) || !gen_player_run (one, error))
      return FALSE;
    *same = compare_outputs (player, one, frame);
  }
  return TRUE;
}

gboolean
gen_shared_try (GenPlayer *player, GenPlayer *one, GError **error)
{
  const guint last = (guint)player->now->use.frames - 1;
  const guint places[] = { 0, last };

  unbind (player->now->plan);
  unbind (one->now->plan);
  for (guint i = 0; i < G_N_ELEMENTS (places); i++) {
    gboolean same;

    if (!compare_runs (player, one, places[i], &same, error))
      return FALSE;
    if (same)
      continue;
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "what the model makes of a frame hangs on the others of its run");
    return FALSE;
  }
  gen_player_reset (player);
  gen_player_reset (one);
  gen_player_take_not_finite (player);
  gen_player_write_parameters (player);
  return TRUE;
}
