/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the net makes of the frames of the last window is kept, and read together each half second.
 */
#include <generative/learned-mark.h>

#include <string.h>

#include "learned-frame.h"
#include "slots.h"

#define WHAT "a decoder of marks takes a picture and makes a number for each bit"
#define WINDOW G_GINT64_CONSTANT (2000000000) /* nanoseconds, at least */
#define STEP G_GINT64_CONSTANT (500000000)
/* Frames of a window; of more, as of more than 500 a second, some are not looked at. */
#define MOST_FRAMES 1024

struct _GenLearnedMarkReader {
  GenPlayer *player;
  GenPort input, output;
  GenMarkSlots slots;
  GenMarkCode *code;
  gint64 window;
  int width, height;
  guint8 *pixels;

  /* Of the last window's frames, in their order: what the net made, and when each is shown. */
  int n;
  float *rows, *scratch;
  gint64 *begins, *middles;
  gint64 end, told; /* of the last frame, and of the last reading */
};

GenLearnedMarkReader *
gen_learned_mark_reader_new (const char *path, const GenMarkKey *key, GError **error)
{
  const GenPlayerOptions options = { .plan = { .choice = GEN_CHOICE_MEASURE } };
  g_autoptr (GenModel) model = gen_model_load (path, error);
  GenLearnedMarkReader *reader;
  const GenPort *made;
  GenPort input;
  gsize n;

  if (model == NULL || !gen_learned_choose_picture (gen_model_find_input (model, GEN_PORT_PICTURE),
                           path, WHAT, &input, error))
    return NULL;
  made = gen_model_find_output (model, GEN_PORT_VECTOR);
  if (made == NULL || made->length < GEN_SLOT_LEAST_BITS || made->length > GEN_SLOT_MOST_BITS) {
    g_autofree char *text = gen_model_describe (model);

    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s: " WHAT ", of which there are %d to %d; this model %s", path, GEN_SLOT_LEAST_BITS,
        GEN_SLOT_MOST_BITS, text);
    return NULL;
  }
  reader = g_new0 (GenLearnedMarkReader, 1);
  reader->player = gen_player_new (model, &options);
  reader->input = input;
  reader->output = *made;
  gen_port_use_float32 (&reader->output);
  gen_mark_slots_init (&reader->slots, key, (int)made->length);
  reader->code = gen_mark_code_new (key, "learned");
  reader->window = MAX (gen_mark_slots_length (&reader->slots), WINDOW);
  n = (gsize)made->length * MOST_FRAMES;
  reader->rows = g_new (float, n);
  reader->scratch = g_new (float, n);
  reader->begins = g_new (gint64, MOST_FRAMES);
  reader->middles = g_new (gint64, MOST_FRAMES);
  return reader;
}

void
gen_learned_mark_reader_free (GenLearnedMarkReader *reader)
{
  if (reader == NULL)
    return;
  gen_player_free (reader->player);
  gen_mark_slots_clear (&reader->slots);
  gen_mark_code_free (reader->code);
  g_free (reader->pixels);
  g_free (reader->rows);
  g_free (reader->scratch);
  g_free (reader->begins);
  g_free (reader->middles);
  g_free (reader);
}

gboolean
gen_learned_mark_reader_set_size (
    GenLearnedMarkReader *reader, int width, int height, GError **error)
{
  const GenModelUse use = { .input = reader->input,
    .output = reader->output,
    .frames = 1,
    .pictures = 1,
    .width = width,
    .height = height,
    .from_frames = TRUE,
    .from = gen_learned_layout (width) };

  if (!gen_learned_check_size (
          &reader->input, gen_player_model (reader->player)->path, width, height, error) ||
      !gen_player_prepare (reader->player, &use, NULL, error))
    return FALSE;
  reader->width = width;
  reader->height = height;
  g_free (reader->pixels);
  reader->pixels = g_malloc ((gsize)width * (gsize)height * 3);
  gen_player_bind_input_frame (reader->player, 0, &(GenFrame){ .planes = { reader->pixels } });
  return TRUE;
}

/* --- a window --- */

/* Frames that are shown before `begin` are forgotten, and one more where there is no room. */
static void
forget (GenLearnedMarkReader *reader, gint64 begin)
{
  const int n_bits = reader->slots.n_bits;
  int gone = reader->n == MOST_FRAMES ? 1 : 0;

  while (gone < reader->n && reader->begins[gone] < begin)
    gone++;
  if (gone == 0)
    return;
  reader->n -= gone;
  memmove (reader->rows, reader->rows + gone * n_bits,
      (gsize)(reader->n * n_bits) * sizeof *reader->rows);
  memmove (reader->begins, reader->begins + gone, (gsize)reader->n * sizeof *reader->begins);
  memmove (reader->middles, reader->middles + gone, (gsize)reader->n * sizeof *reader->middles);
}

/* Frames that follow the last one more closely are left out, so that a window has room for all. */
static gint64
least_distance (const GenLearnedMarkReader *reader)
{
  return reader->window / (MOST_FRAMES - 2);
}

/* Whether all of a window is there, as well as frames, of the last of which this is the length, say
 * it. */
static gboolean
is_full (const GenLearnedMarkReader *reader, gint64 length)
{
  return reader->end - reader->begins[0] >=
         reader->window - MAX (length / 2, 2 * least_distance (reader));
}

static void
tell (GenLearnedMarkReader *reader, GenPictureMarkReading *reading)
{
  GenMarkRead read;

  *reading = (GenPictureMarkReading){ .begin = reader->begins[0], .end = reader->end };
  reader->told = reader->end;
  if (!gen_mark_slots_read (&reader->slots, reader->code, reader->rows, reader->middles, reader->n,
          reader->scratch, &read))
    return;
  reading->found = TRUE;
  reading->bits = read.bits;
  gen_mark_payload_unpack (read.bits, &reading->payload);
  reading->deviations = read.deviations;
  reading->errors = read.errors;
  reading->scale_across = reading->scale_down = reading->right = reading->bottom = 1;
}

/* Its row is the next one. */
static gboolean
look (GenLearnedMarkReader *reader, const GenMarkFrame *frame, GError **error)
{
  const GenBinding *made;

  gen_learned_take (frame, reader->pixels);
  if (!gen_player_run (reader->player, error))
    return FALSE;
  made = gen_player_output (reader->player);
  if (made->type == GEN_TYPE_FLOAT32 && gen_shape_elements (&made->shape) == reader->slots.n_bits) {
    memcpy (reader->rows + reader->n * reader->slots.n_bits, made->data,
        (gsize)reader->slots.n_bits * sizeof *reader->rows);
    return TRUE;
  }
  g_autofree char *shape = gen_shape_to_string (&made->shape);
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "%s: it makes %s of a picture, where a number for each of %d bits was expected",
      gen_player_model (reader->player)->path, shape, reader->slots.n_bits);
  return FALSE;
}

gboolean
gen_learned_mark_reader_add (GenLearnedMarkReader *reader, const GenMarkFrame *frame, gint64 begin,
    gint64 end, GenPictureMarkReading *reading, GError **error)
{
  g_return_val_if_fail (frame->width == reader->width && frame->height == reader->height, FALSE);
  g_return_val_if_fail (frame->n == 3 && frame->bits == 8, FALSE);

  *reading = (GenPictureMarkReading){ 0 };
  if (reader->n > 0 && begin < reader->begins[reader->n - 1])
    gen_learned_mark_reader_finish (reader, reading);
  if (reader->n > 0 && begin - reader->begins[reader->n - 1] < least_distance (reader)) {
    reader->end = end;
    return TRUE;
  }
  forget (reader, end - reader->window);
  if (!look (reader, frame, error))
    return FALSE;
  if (reader->n == 0)
    reader->told = begin;
  reader->begins[reader->n] = begin;
  reader->middles[reader->n] = begin + (end - begin) / 2;
  reader->n++;
  reader->end = end;
  if (is_full (reader, end - begin) && end - reader->told >= STEP)
    tell (reader, reading);
  return TRUE;
}

gboolean
gen_learned_mark_reader_finish (GenLearnedMarkReader *reader, GenPictureMarkReading *reading)
{
  const gboolean due = reader->n > 0 && reader->told != reader->end;

  if (due)
    tell (reader, reading);
  reader->n = 0;
  return due;
}
