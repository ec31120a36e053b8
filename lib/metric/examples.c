/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Samples that stand out. Whether one does is a comparison for each figure; only what does is
 * scaled or copied, once for all figures that want it. */
#include <generative/examples.h>

#include <generative/encoding.h>
#include <generative/metric.h>
#include <string.h>

#include "metrics.h"

/* A sample that is kept, by as many as want it. */
typedef struct {
  guint64 frame, pts;
  GenPicture picture; /* without data: it is a sound or a text */
  char *text;         /* NULL: it is none */
  gboolean cut;
  gint16 *samples;
  gsize n_samples;
  int rate, channels;
} Kept;

typedef struct {
  double value;
  Kept *kept; /* a reference (g_rc_box) */
} Place;

/* Those with the highest value, or with the lowest: the best first. */
typedef struct {
  guint field;
  gboolean highest;
  GArray *places; /* Place */
} End;

/* Where a stream goes on for long, every second one of those that are spread is let go of. */
typedef struct {
  GPtrArray *kept;
  guint64 seen, step;
} Spread;

struct _GenExamples {
  char **names; /* a field each */
  guint count;
  GArray *ends; /* End */
  Spread spread;

  /* The last seconds of a sound: a ring. */
  gint16 *ring;
  gsize ring_length, ring_filled, ring_next; /* samples, not frames */
  int rate, channels;
};

/* --- what is kept --- */

static void
clear_kept (gpointer data)
{
  Kept *kept = data;

  gen_picture_clear (&kept->picture);
  g_free (kept->samples);
  g_free (kept->text);
}

static void
release (gpointer kept)
{
  g_rc_box_release_full (kept, clear_kept);
}

static void
clear_place (gpointer place)
{
  release (((Place *)place)->kept);
}

static void
clear_end (gpointer end)
{
  g_array_unref (((End *)end)->places);
}

static void
shrink (const GenPicture *picture, GenPicture *target)
{
  const int longest = MAX (picture->width, picture->height);
  const int extent = MIN (longest, GEN_EXAMPLES_EXTENT);

  gen_picture_init (target, MAX (picture->width * extent / longest, 1),
      MAX (picture->height * extent / longest, 1), picture->channels);
  gen_picture_fit (picture, target, GEN_FIT_STRETCH, NULL);
}

/* What of the ring has come, in order. */
static void
copy_ring (const GenExamples *examples, Kept *kept)
{
  const gsize n = examples->ring_filled, length = examples->ring_length;
  const gsize first = n < length ? 0 : examples->ring_next;
  const gsize head = MIN (n, length - first);

  kept->samples = g_new (gint16, n);
  kept->n_samples = n;
  kept->rate = examples->rate;
  kept->channels = examples->channels;
  memcpy (kept->samples, examples->ring + first, head * sizeof *kept->samples);
  memcpy (kept->samples + head, examples->ring, (n - head) * sizeof *kept->samples);
}

/* The beginning of a text. */
static void
cut_text (const GenText *text, Kept *kept)
{
  const gsize length = gen_text_is_valid (text) ? gen_text_count_bytes (text) : 0;
  const char *first = length > 0 ? text->data : "", *at = first, *end = first + length;

  for (int n = 0; n < GEN_EXAMPLES_CHARACTERS && at < end; n++)
    at = g_utf8_next_char (at);
  kept->cut = at < end;
  kept->text = g_strndup (first, (gsize)(at - first));
}

static Kept *
keep (const GenExamples *examples, guint64 frame, guint64 pts, const GenSample *sample)
{
  Kept *kept = g_rc_box_new0 (Kept);

  kept->frame = frame;
  kept->pts = pts;
  if (sample->medium == &gen_medium_picture)
    shrink (&sample->picture, &kept->picture);
  else if (sample->medium == &gen_medium_text)
    cut_text (&sample->text, kept);
  else
    copy_ring (examples, kept);
  return kept;
}

/* --- sound --- */

static void
begin_ring (GenExamples *examples, const GenSound *piece)
{
  examples->rate = piece->rate;
  examples->channels = piece->channels;
  examples->ring_length = (gsize)piece->rate * GEN_EXAMPLES_SECONDS * (gsize)piece->channels;
  g_free (examples->ring);
  examples->ring = g_new (gint16, examples->ring_length);
  gen_examples_interrupt (examples);
}

void
gen_examples_follow (GenExamples *examples, const GenSound *piece)
{
  const gsize channels = (gsize)piece->channels;
  GenSound part = *piece;

  if (examples->rate != piece->rate || examples->channels != piece->channels)
    begin_ring (examples, piece);
  for (gsize done = 0; done < piece->frames; done += part.frames) {
    const gsize room = (examples->ring_length - examples->ring_next) / channels;

    part.data = piece->data + done * channels;
    part.frames = MIN (piece->frames - done, room);
    gen_sound_to_int16 (&part, examples->ring + examples->ring_next);
    examples->ring_next = (examples->ring_next + part.frames * channels) % examples->ring_length;
    examples->ring_filled =
        MIN (examples->ring_filled + part.frames * channels, examples->ring_length);
  }
}

void
gen_examples_interrupt (GenExamples *examples)
{
  examples->ring_filled = examples->ring_next = 0;
}

/* --- taking --- */

static void
add_end (GenExamples *examples, guint field, gboolean highest)
{
  End end = { field, highest, g_array_new (FALSE, FALSE, sizeof (Place)) };

  g_array_set_clear_func (end.places, clear_place);
  g_array_append_val (examples->ends, end);
}

/* The figure that a metric of frames is called by, or one of a scorer, which the list does not
 * know. */
static gboolean
is_of_frames (const GenField *field)
{
  const GenMetric *metric = NULL;

  if (field->type != GEN_FIELD_NUMBER)
    return FALSE;
  if (gen_metric_find_field (field->name, &metric) == NULL || metric->needs_scorer)
    return !g_str_has_suffix (field->name, GEN_RECENT_SUFFIX);
  return gen_metric_count_measured (metric) > 0 && g_str_equal (field->name, metric->name);
}

GenExamples *
gen_examples_new (const GenField *fields, guint n_fields, guint count)
{
  GenExamples *examples = g_new0 (GenExamples, 1);

  examples->count = count;
  examples->names = g_new0 (char *, n_fields + 1);
  examples->ends = g_array_new (FALSE, FALSE, sizeof (End));
  g_array_set_clear_func (examples->ends, clear_end);
  examples->spread = (Spread){ g_ptr_array_new_with_free_func (release), 0, 1 };
  for (guint f = 0; f < n_fields; f++) {
    examples->names[f] = g_strdup (fields[f].name);
    if (!is_of_frames (&fields[f]))
      continue;
    add_end (examples, f, TRUE);
    add_end (examples, f, FALSE);
  }
  return examples;
}

void
gen_examples_free (GenExamples *examples)
{
  if (examples == NULL)
    return;
  g_array_unref (examples->ends);
  g_ptr_array_unref (examples->spread.kept);
  g_strfreev (examples->names);
  g_free (examples->ring);
  g_free (examples);
}

static gboolean
is_better (const End *end, double value, double than)
{
  return end->highest ? value > than : value < than;
}

static gboolean
wants (const GenExamples *examples, const End *end, double value)
{
  const guint n = end->places->len;

  return isfinite (value) &&
         (n < examples->count ||
             is_better (end, value, g_array_index (end->places, Place, n - 1).value));
}

static void
insert (const GenExamples *examples, End *end, double value, Kept *kept)
{
  const Place place = { value, g_rc_box_acquire (kept) };
  guint i = end->places->len;

  while (i > 0 && is_better (end, value, g_array_index (end->places, Place, i - 1).value))
    i--;
  g_array_insert_val (end->places, i, place);
  if (end->places->len > examples->count)
    g_array_set_size (end->places, examples->count);
}

/* A frame of those that are spread. */
static void
add_spread (Spread *spread, Kept *kept)
{
  g_ptr_array_add (spread->kept, g_rc_box_acquire (kept));
  if (spread->kept->len < 2 * GEN_EXAMPLES_SPREAD)
    return;
  for (guint i = 1; i < spread->kept->len; i++)
    g_ptr_array_remove_index (spread->kept, i);
  spread->step *= 2;
}

static gboolean
spreads_next (const Spread *spread)
{
  return spread->seen % spread->step == 0;
}

gboolean
gen_examples_want (const GenExamples *examples, const double *values)
{
  for (guint i = 0; i < examples->ends->len; i++) {
    const End *end = &g_array_index (examples->ends, End, i);

    if (wants (examples, end, values[end->field]))
      return TRUE;
  }
  return spreads_next (&examples->spread);
}

void
gen_examples_pass (GenExamples *examples)
{
  examples->spread.seen++;
}

void
gen_examples_take (GenExamples *examples, guint64 frame, guint64 pts, const GenSample *sample,
    const double *values)
{
  const gboolean spreads = spreads_next (&examples->spread);
  Kept *kept = spreads ? keep (examples, frame, pts, sample) : NULL;

  examples->spread.seen++;
  for (guint i = 0; i < examples->ends->len; i++) {
    End *end = &g_array_index (examples->ends, End, i);

    if (!wants (examples, end, values[end->field]))
      continue;
    if (kept == NULL)
      kept = keep (examples, frame, pts, sample);
    insert (examples, end, values[end->field], kept);
  }
  if (spreads)
    add_spread (&examples->spread, kept);
  if (kept != NULL)
    release (kept);
}

/* --- telling --- */

static GBytes *
encode (const Kept *kept, const char **media_type, GError **error)
{
  GenEncodingOptions options = GEN_ENCODING_DEFAULTS;
  g_auto (GenSample) sample = { 0 };
  GenFormat format;

  if (kept->picture.data != NULL) {
    *media_type = "image/png";
    return gen_picture_encode_png (&kept->picture, error);
  }
  if (kept->text != NULL) {
    *media_type = "text/plain";
    return g_bytes_new (kept->text, strlen (kept->text));
  }
  *media_type = "audio/flac";
  format = (GenFormat){ &gen_medium_sound, .channels = kept->channels, .rate = kept->rate,
    .length = kept->n_samples / (gsize)kept->channels };
  gen_sample_init (&sample, &format);
  gen_sound_from_int16 (&sample.sound, kept->samples);
  return gen_encoding_flac.encode (&sample, &options, error);
}

/* Of a figure that is the same for all, nothing stands out. Both ends of one lie side by side. */
static gboolean
is_flat (const GenExamples *examples, guint i)
{
  const GArray *places = g_array_index (examples->ends, End, i).places;
  const GArray *others = g_array_index (examples->ends, End, i ^ 1).places;

  return places->len == 0 ||
         g_array_index (places, Place, 0).value == g_array_index (others, Place, 0).value;
}

/* What the sample stands out by. */
static JsonObject *
describe_ends (const GenExamples *examples, const Kept *kept)
{
  JsonObject *of = json_object_new ();

  for (guint i = 0; i < examples->ends->len; i++) {
    const End *end = &g_array_index (examples->ends, End, i);

    for (guint p = 0; p < end->places->len && !is_flat (examples, i); p++)
      if (g_array_index (end->places, Place, p).kept == kept)
        json_object_set_string_member (
            of, examples->names[end->field], end->highest ? "highest" : "lowest");
  }
  return of;
}

static JsonObject *
describe (const GenExamples *examples, const Kept *kept, gboolean spread, GError **error)
{
  const char *media_type = NULL;
  g_autoptr (GBytes) bytes = encode (kept, &media_type, error);
  g_autofree char *text = NULL;
  JsonObject *object;

  if (bytes == NULL)
    return NULL;
  text = g_base64_encode (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  object = json_object_new ();
  json_object_set_int_member (object, "frame", (gint64)kept->frame);
  if (kept->pts != G_MAXUINT64)
    json_object_set_int_member (object, "pts", (gint64)kept->pts);
  json_object_set_object_member (object, "of", describe_ends (examples, kept));
  json_object_set_boolean_member (object, "spread", spread);
  json_object_set_string_member (object, "media-type", media_type);
  json_object_set_string_member (object, "data", text);
  if (kept->text != NULL)
    json_object_set_boolean_member (object, "cut", kept->cut);
  return object;
}

static int
compare_frames (gconstpointer a, gconstpointer b)
{
  const Kept *const *x = a, *const *y = b;

  return ((*x)->frame > (*y)->frame) - ((*x)->frame < (*y)->frame);
}

/* Each once. (transfer container) */
static GPtrArray *
list_kept (const GenExamples *examples)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  GPtrArray *list = g_ptr_array_new ();

  for (guint i = 0; i < examples->spread.kept->len; i++)
    if (g_hash_table_add (seen, examples->spread.kept->pdata[i]))
      g_ptr_array_add (list, examples->spread.kept->pdata[i]);
  for (guint i = 0; i < examples->ends->len; i++) {
    const GArray *places = g_array_index (examples->ends, End, i).places;

    for (guint p = 0; p < places->len && !is_flat (examples, i); p++)
      if (g_hash_table_add (seen, g_array_index (places, Place, p).kept))
        g_ptr_array_add (list, g_array_index (places, Place, p).kept);
  }
  g_ptr_array_sort (list, compare_frames);
  return list;
}

/* Of those that are kept as many as are wanted, evenly. */
static void
thin_out (Spread *spread)
{
  const guint n = spread->kept->len;

  if (n <= GEN_EXAMPLES_SPREAD)
    return;
  for (guint i = n; i-- > 0;)
    if ((guint64)(i + 1) * GEN_EXAMPLES_SPREAD / n == (guint64)i * GEN_EXAMPLES_SPREAD / n)
      g_ptr_array_remove_index (spread->kept, i);
}

static void
forget (GenExamples *examples)
{
  for (guint i = 0; i < examples->ends->len; i++)
    g_array_set_size (g_array_index (examples->ends, End, i).places, 0);
  g_ptr_array_set_size (examples->spread.kept, 0);
  examples->spread.seen = 0;
  examples->spread.step = 1;
}

gboolean
gen_examples_tell (GenExamples *examples, GenExampleFunc tell, gpointer data, GError **error)
{
  g_autoptr (GPtrArray) list = NULL;
  gboolean fine = TRUE;

  thin_out (&examples->spread);
  list = list_kept (examples);
  for (guint i = 0; fine && i < list->len; i++) {
    const gboolean spread = g_ptr_array_find (examples->spread.kept, list->pdata[i], NULL);
    g_autoptr (JsonObject) object = describe (examples, list->pdata[i], spread, error);

    fine = object != NULL && tell (object, data, error);
  }
  forget (examples);
  return fine;
}
