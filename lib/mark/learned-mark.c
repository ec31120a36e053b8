/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/learned-mark.h>

#include <math.h>

#include "learned-frame.h"
#include "slots.h"

#define WHAT "an encoder of marks takes a picture and bits, and makes a picture"

struct _GenLearnedMark {
  GenPlayer *player;
  GenPort input, output;
  char *bits_name; /* of the input that takes bits */
  GenNumbers *bits;
  float *written; /* of a slot */
  GenMarkSlots slots;
  gint8 symbols[GEN_MARK_SYMBOLS];
  int slot; /* whose bits the player has; -1: none */
  int width, height;
  guint8 *pixels, *marked;
};

/* --- the net --- */

/* The input beside the picture; NULL where there is not one. */
static const GenPort *
find_bits (const GenModel *model)
{
  const GenPort *bits = NULL;

  if (model->graph->inputs->len != 2)
    return NULL;
  for (guint i = 0; i < 2; i++)
    if (model->inputs[i].kind == GEN_PORT_VECTOR || model->inputs[i].part == GEN_PART_PARAMETER)
      bits = &model->inputs[i];
  return bits;
}

/* How many bits there are, which the file may leave free. */
static int
count_bits (const GenPort *bits)
{
  const gint64 last = bits->shape.rank > 0 ? bits->shape.dims[bits->shape.rank - 1] : 0;

  return last < 0 ? GEN_LEARNED_MARK_BITS : (int)MIN (last, G_MAXINT);
}

/* As an input of one row it is a parameter, which stays from run to run until it is changed. */
static GenModel *
load (const char *path, char **name, int *n_bits, GError **error)
{
  g_autoptr (GenModel) model = gen_model_load (path, error);
  g_autofree char *shapes = NULL;
  const GenPort *bits;

  if (model == NULL)
    return NULL;
  bits = find_bits (model);
  if (bits == NULL || bits->shape.rank != 2) {
    g_autofree char *text = gen_model_describe (model);

    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s: " WHAT ", from inputs of a picture and of [N, bits]; this model %s", path, text);
    return NULL;
  }
  *n_bits = count_bits (bits);
  if (*n_bits < GEN_SLOT_LEAST_BITS || *n_bits > GEN_SLOT_MOST_BITS) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s: its input '%s' takes %d bits, and marks have nets of %d to %d", path, bits->name,
        *n_bits, GEN_SLOT_LEAST_BITS, GEN_SLOT_MOST_BITS);
    return NULL;
  }
  *name = g_strdup (bits->name);
  if (bits->part == GEN_PART_PARAMETER)
    return g_steal_pointer (&model);
  shapes = g_strdup_printf ("%s=1:%d", bits->name, *n_bits);
  return gen_model_load_as (path, &(GenModelHints){ .shapes = shapes }, error);
}

GenLearnedMark *
gen_learned_mark_new (const char *path, const GenMarkKey *key, guint64 bits, GError **error)
{
  const GenPlayerOptions options = { .plan = { .choice = GEN_CHOICE_MEASURE } };
  g_autofree char *name = NULL;
  int n_bits;
  g_autoptr (GenModel) model = load (path, &name, &n_bits, error);
  g_autoptr (GenMarkCode) code = NULL;
  GenLearnedMark *mark;
  GenPort input, output;

  if (model == NULL ||
      !gen_learned_choose_picture (
          gen_model_find_input (model, GEN_PORT_PICTURE), path, WHAT, &input, error) ||
      !gen_learned_choose_picture (
          gen_model_find_output (model, GEN_PORT_PICTURE), path, WHAT, &output, error))
    return NULL;
  mark = g_new0 (GenLearnedMark, 1);
  mark->player = gen_player_new (model, &options);
  mark->input = input;
  mark->output = output;
  mark->bits_name = g_steal_pointer (&name);
  mark->bits = g_malloc (sizeof *mark->bits + sizeof (double) * (gsize)n_bits);
  mark->bits->n = (guint)n_bits;
  mark->written = g_new (float, n_bits);
  gen_mark_slots_init (&mark->slots, key, n_bits);
  code = gen_mark_code_new (key, "learned");
  gen_mark_encode (code, bits, mark->symbols);
  return mark;
}

void
gen_learned_mark_free (GenLearnedMark *mark)
{
  if (mark == NULL)
    return;
  gen_player_free (mark->player);
  gen_mark_slots_clear (&mark->slots);
  g_free (mark->bits_name);
  g_free (mark->bits);
  g_free (mark->written);
  g_free (mark->pixels);
  g_free (mark->marked);
  g_free (mark);
}

/* What is made of a frame goes where the next one of that size does. */
static gboolean
check_made (const GenLearnedMark *mark, int width, int height, GError **error)
{
  GenModel *model = gen_player_model (mark->player);
  int made_width, made_height;

  if (!gen_model_padded_size (model, &mark->output, height, width, &(GenPadding){ .step = 1 },
          &made_height, &made_width, error))
    return FALSE;
  if (made_width == width && made_height == height)
    return TRUE;
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "%s: it makes pictures of %d x %d pixels of frames of %d x %d, and an encoder of marks makes "
      "them as large as what it marks",
      model->path, made_width, made_height, width, height);
  return FALSE;
}

gboolean
gen_learned_mark_set_size (GenLearnedMark *mark, int width, int height, GError **error)
{
  const gsize size = (gsize)width * (gsize)height * 3;
  GenModelUse use = { .input = mark->input,
    .output = mark->output,
    .frames = 1,
    .pictures = 1,
    .width = width,
    .height = height,
    .from_frames = TRUE,
    .to_frames = TRUE,
    .from = gen_learned_layout (width),
    .to = gen_learned_layout (width) };

  use.output.width = width;
  use.output.height = height;
  mark->slot = -1;
  if (!gen_learned_check_size (
          &mark->input, gen_player_model (mark->player)->path, width, height, error) ||
      !check_made (mark, width, height, error) ||
      !gen_player_prepare (mark->player, &use, NULL, error))
    return FALSE;
  mark->width = width;
  mark->height = height;
  g_free (mark->pixels);
  g_free (mark->marked);
  mark->pixels = g_malloc (size);
  mark->marked = g_malloc (size);
  gen_player_bind_input_frame (mark->player, 0, &(GenFrame){ .planes = { mark->pixels } });
  gen_player_bind_output_frame (mark->player, 0, &(GenFrame){ .planes = { mark->marked } });
  return TRUE;
}

/* --- frames --- */

static gboolean
set_slot (GenLearnedMark *mark, int slot, GError **error)
{
  if (slot == mark->slot)
    return TRUE;
  gen_mark_slots_write (&mark->slots, slot, mark->symbols, mark->written);
  for (guint i = 0; i < mark->bits->n; i++)
    mark->bits->values[i] = mark->written[i] > 0 ? 1 : 0;
  if (!gen_player_set_parameter (mark->player, mark->bits_name, mark->bits, error))
    return FALSE;
  mark->slot = slot;
  return TRUE;
}

static void
change (const GenLearnedMark *mark, const GenMarkFrame *frame, double strength)
{
  const float factor = (float)strength;

  for (int i = 0; i < 3; i++)
    for (int y = 0; y < frame->height; y++) {
      const gsize first = (gsize)(y * frame->width) * 3 + (gsize)i;
      const guint8 *old = mark->pixels + first, *new = mark->marked + first;
      guint8 *row = frame->samples[i] + (gssize)y * frame->stride[i];

      for (int x = 0; x < frame->width; x++) {
        const float by = factor * (float)(new[3 * x] - old[3 * x]);

        row[x * frame->step] = (guint8)CLAMP (lrintf ((float)old[3 * x] + by), 0, 255);
      }
    }
}

gboolean
gen_learned_mark_apply (
    GenLearnedMark *mark, const GenMarkFrame *frame, gint64 time, double strength, GError **error)
{
  g_return_val_if_fail (frame->width == mark->width && frame->height == mark->height, FALSE);
  g_return_val_if_fail (frame->n == 3 && frame->bits == 8, FALSE);

  gen_learned_take (frame, mark->pixels);
  if (!set_slot (mark, gen_mark_slots_at (&mark->slots, time), error) ||
      !gen_player_run (mark->player, error))
    return FALSE;
  change (mark, frame, strength);
  return TRUE;
}
