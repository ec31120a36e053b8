/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text, or the ids of its symbols, becomes speech, whose length the model computes. A buffer is an
 * utterance; where text comes as bytes, which are cut anywhere, a line is. A long text is spoken in
 * several runs. Sounds follow each other to the sample; one of a text whose time is later than that
 * begins then. */
#include "allocation.h"
#include "mode.h"
#include "sound.h"

#include <string.h>

#include "../shared/debug.h"
#include "../shared/model-file.h"

GST_DEBUG_CATEGORY_EXTERN (generator_debug);
#define GST_CAT_DEFAULT generator_debug

/* A line that is longer is none. */
#define MAX_LINE 65536

/* Characters in a run, which nothing interrupts: half a minute of speech, for which voices of
 * middling size need a gigabyte. */
#define MAX_CHARACTERS 500
/* The same of ids: two for each character, and some. */
#define MAX_IDS 2048

typedef struct {
  char *text;       /* NULL where ids have come */
  const char *rest; /* of it, of which nothing has been made yet */
  GArray *ids;      /* gint64, or NULL */
  GstClockTime time;
  gboolean told_length;
} Utterance;

typedef struct {
  GstGeneratorPlay *play;
  GstGeneratorFormat *format;
  GstGeneratorLateness *lateness;
  GstAudioInfo info;
  gboolean of_text;
  GQueue utterances;
  GString *line;       /* of bytes, which has not ended yet */
  guint64 n_texts;     /* lines or buffers that have come */
  GHashTable *missing; /* symbols of which has been told */
  gboolean told_silence;
  guint64 next_sample; /* NONE: the next utterance tells */
} Speech;

/* --- what comes --- */

static void
utterance_free (gpointer data)
{
  Utterance *utterance = data;

  g_clear_pointer (&utterance->ids, g_array_unref);
  g_free (utterance->text);
  g_free (utterance);
}

/* (transfer full text, ids) */
static void
add_utterance (Speech *self, char *text, GArray *ids, GstClockTime time)
{
  Utterance *utterance = g_new0 (Utterance, 1);

  *utterance = (Utterance){ .text = text, .rest = text, .ids = ids, .time = time };
  g_queue_push_tail (&self->utterances, utterance);
}

/* Once a symbol. */
static void
tell_missing (Speech *self, const GPtrArray *missing)
{
  const GenVoice *voice = self->play->ports.model->voice;
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < missing->len; i++) {
    const char *symbol = g_ptr_array_index (missing, i);

    if (g_hash_table_add (self->missing, g_strdup (symbol)))
      g_string_append_printf (
          text, "%s'%s' (U+%04X)", text->len > 0 ? ", " : "", symbol, g_utf8_get_char (symbol));
  }
  if (text->len > 0)
    GST_ELEMENT_WARNING (self->play->base, STREAM, FORMAT,
        ("%s has no ids for %s in the text, and they are not spoken. Text is to be in the symbols "
         "that the voice was trained on, which are phonemes (IPA) as a rule",
            voice->path, text->str),
        (NULL));
}

/* Once an utterance. */
static void
tell_length (Speech *self, Utterance *utterance)
{
  if (utterance->told_length)
    return;
  utterance->told_length = TRUE;
  GST_ELEMENT_WARNING (self->play->base, STREAM, FORMAT,
      ("A sentence of the text is longer than %d characters, of which a run speaks no more: it is "
       "cut between words, which may be heard",
          MAX_CHARACTERS),
      (NULL));
}

/* `length` bytes of `text` without those that are no UTF-8, of which it tells. (transfer full) */
static char *
make_valid (Speech *self, const char *text, gsize length)
{
  GString *valid = g_string_sized_new (length);
  const char *rest = text, *end = text + length, *wrong;
  gsize first = length;

  while (!g_utf8_validate (rest, end - rest, &wrong)) {
    g_string_append_len (valid, rest, wrong - rest);
    first = MIN (first, (gsize)(wrong - text));
    rest = wrong + 1;
  }
  g_string_append_len (valid, rest, end - rest);
  if (first < length)
    GST_ELEMENT_WARNING (self->play->base, STREAM, DECODE,
        ("Byte %" G_GSIZE_FORMAT " of %s %" G_GUINT64_FORMAT
         " of the text is no UTF-8. What is not is left out",
            first + 1, self->play->in_bytes ? "line" : "buffer", self->n_texts),
        (NULL));
  return g_string_free (valid, FALSE);
}

static void
add_text (Speech *self, const char *text, gsize length, GstClockTime time)
{
  self->n_texts++;
  add_utterance (self, g_strdelimit (make_valid (self, text, length), "\r\n\t", ' '), NULL, time);
}

/* The lines that have ended. FALSE when an error was posted. */
static gboolean
add_lines (Speech *self)
{
  const char *line = self->line->str, *last = line + self->line->len, *end;

  while ((end = memchr (line, '\n', (gsize)(last - line))) != NULL) {
    add_text (self, line, (gsize)(end - line), GST_CLOCK_TIME_NONE);
    line = end + 1;
  }
  g_string_erase (self->line, 0, line - self->line->str);
  if (self->line->len <= MAX_LINE)
    return TRUE;
  GST_ELEMENT_ERROR (self->play->base, STREAM, WRONG_TYPE,
      ("More than %d bytes of text have come without the end of a line: is it text?", MAX_LINE),
      (NULL));
  return FALSE;
}

static gboolean
take_text (Speech *self, const GstMapInfo *map, GstClockTime time)
{
  if (!self->play->in_bytes) {
    add_text (self, (const char *)map->data, map->size, time);
    return TRUE;
  }
  g_string_append_len (self->line, (const char *)map->data, (gssize)map->size);
  return add_lines (self);
}

/* FALSE when an error was posted. */
static gboolean
check_count (Speech *self, gsize size, gsize n)
{
  const gint64 wanted = self->format->input.vectors;

  if (size % gen_data_type_size (self->play->ports.input.type) != 0 ||
      (wanted > 0 && n != (gsize)wanted))
    GST_ELEMENT_ERROR (self->play->base, STREAM, WRONG_TYPE,
        ("A buffer has %" G_GSIZE_FORMAT " bytes, which are not the ids that its caps say", size),
        (NULL));
  else if (n > MAX_IDS)
    GST_ELEMENT_ERROR (self->play->base, STREAM, WRONG_TYPE,
        ("A buffer has %" G_GSIZE_FORMAT " ids, and a run speaks %d at most: text is to be cut "
         "where sentences end, and each put into a buffer of its own",
            n, MAX_IDS),
        (NULL));
  else
    return TRUE;
  return FALSE;
}

static gboolean
check_id (Speech *self, gint64 id, gsize place)
{
  const GenPort *port = &self->play->ports.input;
  const gint64 most = port->choices > 0 ? port->choices - 1 : G_MAXINT32;

  if (id >= 0 && id <= most)
    return TRUE;
  GST_ELEMENT_ERROR (self->play->base, STREAM, WRONG_TYPE,
      ("%s: id %" G_GSIZE_FORMAT " of a buffer is %" G_GINT64_FORMAT
       ", and its input '%s' takes 0 to %" G_GINT64_FORMAT,
          self->play->ports.model->path, place + 1, id, port->name, most),
      (NULL));
  return FALSE;
}

static gboolean
take_ids (Speech *self, const GstMapInfo *map, GstClockTime time)
{
  const GenDataType type = self->play->ports.input.type;
  const gsize n = map->size / gen_data_type_size (type);
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));

  if (!check_count (self, map->size, n))
    return FALSE;
  for (gsize i = 0; i < n; i++) {
    const gint64 id =
        type == GEN_TYPE_INT64 ? ((const gint64 *)map->data)[i] : ((const gint32 *)map->data)[i];

    if (!check_id (self, id, i))
      return FALSE;
    g_array_append_val (ids, id);
  }
  add_utterance (self, NULL, g_steal_pointer (&ids), time);
  return TRUE;
}

static GstFlowReturn
take (Speech *self, GstBuffer *input)
{
  gboolean good;
  GstMapInfo map;

  if (!gst_buffer_map (input, &map, GST_MAP_READ)) {
    GST_ELEMENT_ERROR (self->play->base, RESOURCE, READ, ("A buffer cannot be read"), (NULL));
    return GST_FLOW_ERROR;
  }
  good = (self->of_text ? take_text : take_ids) (self, &map, GST_BUFFER_PTS (input));
  gst_buffer_unmap (input, &map);
  return good ? GST_FLOW_OK : GST_FLOW_ERROR;
}

/* --- what is made --- */

typedef struct {
  Speech *self;
  const GArray *ids;
} Run;

static gboolean
run (gpointer data, GError **error)
{
  const Run *of = data;
  const Speech *self = of->self;
  GenPlayer *player = self->play->player;

  gen_player_set_tokens (
      player, self->format->places[0], (const gint64 *)of->ids->data, of->ids->len);
  return gen_player_run (player, error);
}

/* How many samples there are of one channel. */
static gboolean
count_samples (const Speech *self, gsize *n, GError **error)
{
  const GenBinding *made = gen_player_output (self->play->player);
  int longer = 0;

  *n = (gsize)gen_shape_elements (&made->shape);
  for (int d = 0; d < made->shape.rank; d++)
    longer += made->shape.dims[d] != 1;
  if (longer <= 1)
    return TRUE;
  g_autofree char *text = gen_shape_to_string (&made->shape);
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "%s: it made %s of output '%s', which is no sound of one channel; property outputs names "
      "another one",
      self->play->ports.model->path, text, self->play->ports.output.name);
  return FALSE;
}

static gboolean
write_samples (Speech *self, GstBuffer *buffer, GError **error)
{
  const GenSoundLayout *to = &gen_player_use (self->play->player)->to_sound;
  GstMapInfo map;
  gboolean good;

  if (!gst_buffer_map (buffer, &map, GST_MAP_WRITE)) {
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE,
        "the next element's buffer cannot be written");
    return FALSE;
  }
  good = gen_player_write_sound (self->play->player, to, map.data, error);
  if (good)
    gst_generator_play_notice_loud (self->play, map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  return good;
}

/* Behind what was made before, or at `time`, where that is later. */
static void
stamp (Speech *self, GstBuffer *buffer, guint64 samples, GstClockTime time)
{
  const GstSegment *segment = &self->play->base->segment;
  const guint64 rate = (guint64)GST_AUDIO_INFO_RATE (&self->info);
  const gboolean begins = self->next_sample == GST_BUFFER_OFFSET_NONE;
  const guint64 next =
      begins ? gst_util_uint64_scale_round (segment->start, rate, GST_SECOND) : self->next_sample;
  const guint64 at =
      GST_CLOCK_TIME_IS_VALID (time) ? gst_util_uint64_scale_round (time, rate, GST_SECOND) : next;
  const guint64 first = MAX (at, next), end = first + samples;

  if (begins || first > next)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  GST_BUFFER_OFFSET (buffer) = first;
  GST_BUFFER_OFFSET_END (buffer) = end;
  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale (first, GST_SECOND, rate);
  GST_BUFFER_DURATION (buffer) =
      gst_util_uint64_scale (end, GST_SECOND, rate) - GST_BUFFER_PTS (buffer);
  self->next_sample = end;
}

/* Once a stream, of an utterance of which the model makes nothing. */
static void
tell_silence (Speech *self, const GArray *ids)
{
  if (self->told_silence)
    return;
  self->told_silence = TRUE;
  GST_ELEMENT_WARNING (self->play->base, STREAM, FORMAT,
      ("%s: of an utterance of %u ids it makes no samples of output '%s', and nothing is heard of "
       "it. It may be of parameters that make speech too short",
          self->play->ports.model->path, ids->len, self->play->ports.output.name),
      (NULL));
}

/* NULL in `output` where the model makes nothing of it. */
static GstFlowReturn
speak (Speech *self, const GArray *ids, GstClockTime time, GstBuffer **output)
{
  const gint64 began = gst_generative_log_clock (GST_CAT_DEFAULT);
  const GstClockTime start = gst_util_get_timestamp ();
  g_autoptr (GstBuffer) buffer = NULL;
  g_autoptr (GError) error = NULL;
  GstFlowReturn flow = GST_FLOW_OK;
  Run of = { self, ids };
  gsize samples = 0;

  if (gst_generator_play_run (self->play, run, &of, &error) &&
      count_samples (self, &samples, &error) && samples > 0)
    flow = gst_generator_allocation_new (
        self->play, samples * (gsize)GST_AUDIO_INFO_BPF (&self->info), &buffer);
  if (flow != GST_FLOW_OK)
    return flow;
  if (error != NULL || (buffer != NULL && !write_samples (self, buffer, &error))) {
    gst_generative_post_error (GST_ELEMENT (self->play->base), error);
    return GST_FLOW_ERROR;
  }
  if (buffer == NULL) {
    tell_silence (self, ids);
    return GST_FLOW_OK;
  }
  stamp (self, buffer, samples, time);
  gst_generator_play_notice_not_finite (self->play, &buffer, 1);
  gst_generator_lateness_note_run (self->lateness, start);
  self->play->frame++;
  GST_LOG_OBJECT (self->play->base, "%u ids: %" G_GSIZE_FORMAT " samples in %.3f ms", ids->len,
      samples, gst_generative_since (began));
  *output = g_steal_pointer (&buffer);
  return GST_FLOW_OK;
}

/* The ids of what is to be spoken next of an utterance; none where nothing is left. (transfer full)
 */
static GArray *
take_ids_of (Speech *self, Utterance *utterance)
{
  const GenVoice *voice = self->play->ports.model->voice;
  g_autoptr (GPtrArray) missing = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *piece = NULL;
  gboolean whole;
  gsize size;
  GArray *ids;

  if (utterance->text == NULL)
    return g_steal_pointer (&utterance->ids);
  size = gen_text_take (utterance->rest, MAX_CHARACTERS, &whole);
  piece = g_strndup (utterance->rest, size);
  utterance->rest += size;
  if (!whole)
    tell_length (self, utterance);
  ids = gen_symbols_encode (voice->symbols, piece, missing);
  tell_missing (self, missing);
  return ids;
}

/* Of the utterances that have come the next one, of which something comes. */
static GstFlowReturn
speak_next (Speech *self, GstBuffer **output)
{
  GstFlowReturn flow = GST_FLOW_OK;
  Utterance *utterance;

  *output = NULL;
  while (flow == GST_FLOW_OK && *output == NULL &&
         (utterance = g_queue_peek_head (&self->utterances)) != NULL) {
    g_autoptr (GArray) ids = take_ids_of (self, utterance);
    const GstClockTime time = utterance->time;

    if (utterance->text == NULL || *utterance->rest == '\0')
      utterance_free (g_queue_pop_head (&self->utterances));
    if (GST_PAD_IS_FLUSHING (GST_BASE_TRANSFORM_SRC_PAD (self->play->base)))
      flow = GST_FLOW_FLUSHING;
    else if (ids->len > 0)
      flow = speak (self, ids, time, output);
  }
  return flow;
}

/* --- the mode --- */

static gboolean
speech_suits (const GstGeneratorPorts *ports)
{
  return ports->input.kind == GEN_PORT_TOKENS;
}

static gpointer
speech_new (const GstGeneratorContext *context)
{
  Speech *self = g_new0 (Speech, 1);

  self->play = context->play;
  self->format = context->format;
  self->lateness = context->lateness;
  g_queue_init (&self->utterances);
  self->line = g_string_new (NULL);
  self->missing = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->next_sample = GST_BUFFER_OFFSET_NONE;
  return self;
}

static void
speech_free (gpointer mode)
{
  Speech *self = mode;

  g_queue_clear_full (&self->utterances, utterance_free);
  g_string_free (self->line, TRUE);
  g_hash_table_unref (self->missing);
  g_free (self);
}

static gboolean
speech_negotiate (gpointer mode, GstCaps *sink, GstCaps *source, GenModelUse *use, GError **error)
{
  Speech *self = mode;

  self->of_text = gst_structure_has_name (gst_caps_get_structure (sink, 0), "text/x-raw");
  return gst_generator_format_read (
             self->format, self->play, sink, &self->format->input, use, error) &&
         gst_generator_use_sound (&self->info, source, use, error);
}

static GstGeneratorTiming
speech_timing (gpointer mode)
{
  return (GstGeneratorTiming){ .batch = 1 };
}

static GstFlowReturn
speech_output (gpointer mode, GstBuffer *buffer, GstBuffer **output)
{
  Speech *self = mode;
  g_autoptr (GstBuffer) input = buffer;
  const GstFlowReturn flow = input != NULL ? take (self, input) : GST_FLOW_OK;

  *output = NULL;
  return flow == GST_FLOW_OK ? speak_next (self, output) : flow;
}

static gboolean
speech_pending (gpointer mode)
{
  return !g_queue_is_empty (&((Speech *)mode)->utterances);
}

static GstFlowReturn
speech_drain (gpointer mode)
{
  GstFlowReturn flow = GST_FLOW_OK;
  GstBuffer *output;

  do {
    flow = speak_next (mode, &output);
    if (flow == GST_FLOW_OK && output != NULL)
      flow = gst_generator_play_push (((Speech *)mode)->play, output);
  } while (flow == GST_FLOW_OK && output != NULL);
  return flow;
}

/* With the last line, which need not end. */
static GstFlowReturn
speech_finish (gpointer mode)
{
  Speech *self = mode;

  if (self->line->len > 0)
    add_text (self, self->line->str, self->line->len, GST_CLOCK_TIME_NONE);
  g_string_truncate (self->line, 0);
  return speech_drain (mode);
}

static void
speech_jump (gpointer mode)
{
  ((Speech *)mode)->next_sample = GST_BUFFER_OFFSET_NONE;
}

static void
speech_flush (gpointer mode)
{
  Speech *self = mode;

  g_queue_clear_full (&self->utterances, utterance_free);
  g_string_truncate (self->line, 0);
  self->n_texts = 0;
  self->told_silence = FALSE;
  speech_jump (mode);
}

const GstGeneratorMode gst_generator_speech = {
  .name = "speech",
  .suits = speech_suits,
  .new = speech_new,
  .free = speech_free,
  .negotiate = speech_negotiate,
  .timing = speech_timing,
  .output = speech_output,
  .pending = speech_pending,
  .drain = speech_drain,
  .finish = speech_finish,
  .jump = speech_jump,
  .flush = speech_flush,
};
