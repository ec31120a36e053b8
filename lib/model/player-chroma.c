/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chroma of whole frames whose luma is played by itself, piece by piece. */
#include "player-private.h"

#include "luma.h"

static gboolean
compile (GenPlayer *player, const GenModelUse *use, GError **error)
{
  const GenPlayerOptions *options = &player->options;
  const gboolean in_context =
      gen_player_shares_context (player) && options->enter (options->context);

  g_clear_pointer (&player->chroma, gen_plan_free);
  player->chroma_use = *use;
  player->chroma_use.plan = options->plan;
  player->chroma = gen_luma_compile_chroma (&player->chroma_use, error);
  if (in_context)
    options->leave (options->context);
  return player->chroma != NULL;
}

static gboolean
is_compiled_for (const GenPlayer *player, const GenModelUse *use)
{
  const GenModelUse *now = &player->chroma_use;

  return player->chroma != NULL && gen_frame_layout_equal (&now->from, &use->from) &&
         gen_frame_layout_equal (&now->to, &use->to) && now->height == use->height &&
         now->width == use->width && now->output.height == use->output.height &&
         now->output.width == use->output.width;
}

static gboolean
wait_for (GenPlan *plan, const GenFrame *frame, GError **error)
{
  return frame->fence == NULL || gen_plan_wait (plan, frame->fence, error);
}

static void
bind (GenPlan *plan, const GenModelUse *use, const GenFrame *in, const GenFrame *out)
{
  for (int p = 1; p < gen_frame_layout_planes (&use->from); p++)
    (in->on_device ? gen_plan_bind_device_input : gen_plan_bind_input) (
        plan, (guint)p - 1, in->planes[p]);
  for (int p = 1; p < gen_frame_layout_planes (&use->to); p++)
    (out->on_device ? gen_plan_bind_device_output : gen_plan_bind_output) (
        plan, (guint)p - 1, out->planes[p]);
}

gboolean
gen_player_bring_chroma (GenPlayer *player, const GenModelUse *whole, const GenFrame *in,
    const GenFrame *out, GError **error)
{
  if (!is_compiled_for (player, whole) && !compile (player, whole, error))
    return FALSE;
  bind (player->chroma, whole, in, out);
  return wait_for (player->chroma, in, error) && wait_for (player->chroma, out, error) &&
         gen_plan_run (player->chroma, error);
}
