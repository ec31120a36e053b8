/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Event files: the framing against CRC-32C's known answer, the schema against messages that
 * TensorBoard's own Python package (2.21) made, and what is written against the schema. */
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <generative/event-file.h>
#include <generative/file-bytes.h>

#include "../scratch.h"
#include "event.pb-c.h"

/* --- reading, as slowly and plainly as can be --- */

static guint32
crc32c (const guint8 *data, gsize size)
{
  guint32 crc = ~0u;

  for (gsize i = 0; i < size; i++) {
    crc ^= data[i];
    for (int bit = 0; bit < 8; bit++)
      crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
  }
  return ~crc;
}

static guint32
masked (const guint8 *data, gsize size)
{
  guint32 crc = crc32c (data, size);

  return (crc >> 15 | crc << 17) + 0xa282ead8u;
}

static void
free_event (gpointer event)
{
  gen_event__event__free_unpacked (event, NULL);
}

static GenEvent__Event *
unpack_event (const void *data, gsize size)
{
  GenEvent__Event *event = gen_event__event__unpack (NULL, size, data);

  g_assert_nonnull (event);
  return event;
}

/* All events of a file, whose framing must be right. */
static GPtrArray *
read_events (const char *path)
{
  g_autoptr (GBytes) bytes = gen_file_bytes (path, NULL);
  GPtrArray *events = g_ptr_array_new_with_free_func (free_event);
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  for (gsize i = 0; i < size;) {
    guint64 length;
    guint32 checksum;

    g_assert_cmpuint (size - i, >=, 16);
    memcpy (&length, data + i, 8);
    memcpy (&checksum, data + i + 8, 4);
    g_assert_cmphex (checksum, ==, masked (data + i, 8));
    g_assert_cmpuint (length, <=, size - i - 16);
    memcpy (&checksum, data + i + 12 + length, 4);
    g_assert_cmphex (checksum, ==, masked (data + i + 12, length));
    g_ptr_array_add (events, unpack_event (data + i + 12, length));
    i += 16 + length;
  }
  return events;
}

static const GenEvent__Summary__Value *
value_of (GPtrArray *events, guint i, gint64 step)
{
  const GenEvent__Event *event = g_ptr_array_index (events, i);

  g_assert_cmpint (event->step, ==, step);
  g_assert_nonnull (event->summary);
  g_assert_cmpuint (event->summary->n_value, ==, 1);
  return event->summary->value[0];
}

static void
test_checksum (void)
{
  g_assert_cmphex (crc32c ((const guint8 *)"123456789", 9), ==, 0xe3069283);
}

/* --- the schema --- */

static void
test_schema (void)
{
  static const char python[] =
      "\x09\x00\x00\x00\x00\x00\x00\xf8\x3f\x10\xac\x02\x2a\x96\x01\x0a\x15\x0a\x04\x6c\x6f\x73"
      "\x73\x15\x00\x00\x80\x3e\x4a\x08\x0a\x06\x0a\x01\x70\x12\x01\x63\x0a\x10\x0a\x01\x69\x22"
      "\x0b\x08\x02\x10\x03\x18\x01\x22\x03\x50\x4e\x47\x0a\x56\x0a\x01\x68\x2a\x51\x09\x00\x00"
      "\x00\x00\x00\x00\xf0\xbf\x11\x00\x00\x00\x00\x00\x00\x00\x40\x19\x00\x00\x00\x00\x00\x00"
      "\x08\x40\x21\x00\x00\x00\x00\x00\x00\x10\x40\x29\x00\x00\x00\x00\x00\x00\x14\x40\x32\x10"
      "\x00\x00\x00\x00\x00\x00\xf0\x3f\x00\x00\x00\x00\x00\x00\x00\x40\x3a\x10\x00\x00\x00\x00"
      "\x00\x00\x08\x40\x00\x00\x00\x00\x00\x00\x00\x00\x0a\x13\x0a\x01\x74\x42\x0e\x08\x07\x12"
      "\x04\x12\x02\x08\x01\x42\x04\x74\x65\x78\x74";
  static const char sound[] =
      "\x09\x00\x00\x00\x00\x00\x00\xf8\x3f\x10\xac\x02\x2a\x20\x0a\x1e\x0a\x01\x61\x32\x19"
      "\x0d\x00\x00\x7a\x46\x10\x02\x18\x03\x22\x03\x57\x41\x56\x2a\x09\x61\x75\x64\x69\x6f"
      "\x2f\x77\x61\x76";
  static const char restart[] = "\x09\x00\x00\x00\x00\x00\x00\x00\x40\x10\x09\x3a\x02\x08\x01";
  GenEvent__Event *event = unpack_event (python, sizeof python - 1);
  GenEvent__Summary__Value **values = event->summary->value;

  g_assert_cmpfloat (event->wall_time, ==, 1.5);
  g_assert_cmpint (event->step, ==, 300);
  g_assert_cmpuint (event->summary->n_value, ==, 4);
  g_assert_cmpstr (values[0]->tag, ==, "loss");
  g_assert_cmpfloat (values[0]->simple_value, ==, 0.25);
  g_assert_cmpstr (values[0]->metadata->plugin_data->plugin_name, ==, "p");
  g_assert_cmpmem (values[0]->metadata->plugin_data->content.data,
      values[0]->metadata->plugin_data->content.len, "c", 1);
  g_assert_cmpint (values[1]->image->height, ==, 2);
  g_assert_cmpint (values[1]->image->width, ==, 3);
  g_assert_cmpint (values[1]->image->colorspace, ==, 1);
  g_assert_cmpmem (
      values[1]->image->encoded_image.data, values[1]->image->encoded_image.len, "PNG", 3);
  g_assert_cmpfloat (values[2]->histogram->min, ==, -1);
  g_assert_cmpfloat (values[2]->histogram->max, ==, 2);
  g_assert_cmpfloat (values[2]->histogram->num, ==, 3);
  g_assert_cmpfloat (values[2]->histogram->sum, ==, 4);
  g_assert_cmpfloat (values[2]->histogram->sum_squares, ==, 5);
  g_assert_cmpfloat (values[2]->histogram->bucket_limit[1], ==, 2);
  g_assert_cmpfloat (values[2]->histogram->bucket[0], ==, 3);
  g_assert_cmpint (values[3]->tensor->dtype, ==, 7);
  g_assert_cmpint (values[3]->tensor->shape->dim[0]->size, ==, 1);
  g_assert_cmpmem (
      values[3]->tensor->string_val[0].data, values[3]->tensor->string_val[0].len, "text", 4);
  free_event (event);

  event = unpack_event (sound, sizeof sound - 1);
  g_assert_cmpfloat (event->summary->value[0]->audio->sample_rate, ==, 16000);
  g_assert_cmpint (event->summary->value[0]->audio->num_channels, ==, 2);
  g_assert_cmpint (event->summary->value[0]->audio->length_frames, ==, 3);
  g_assert_cmpmem (event->summary->value[0]->audio->encoded_audio_string.data,
      event->summary->value[0]->audio->encoded_audio_string.len, "WAV", 3);
  g_assert_cmpstr (event->summary->value[0]->audio->content_type, ==, "audio/wav");
  free_event (event);

  event = unpack_event (restart, sizeof restart - 1);
  g_assert_cmpint (event->session_log->status, ==, GEN_EVENT__SESSION_LOG__STATUS__START);
  free_event (event);
}

static void
test_hparams_schema (void)
{
  static const char start[] =
      "\x1a\x34\x0a\x0f\x0a\x02\x6c\x72\x12\x09\x11\x00\x00\x00\x00\x00\x00\xe0\x3f\x0a\x09\x0a"
      "\x03\x65\x6d\x61\x12\x02\x20\x01\x0a\x0d\x0a\x03\x6f\x70\x74\x12\x06\x1a\x04\x61\x64\x61"
      "\x6d\x29\x00\x00\x00\x00\x00\x00\x1c\x40";
  static const char experiment[] =
      "\x12\x12\x22\x06\x0a\x02\x6c\x72\x20\x03\x2a\x08\x0a\x06\x12\x04\x6c\x6f\x73\x73";
  static const char end[] = "\x22\x0b\x08\x01\x11\x00\x00\x00\x00\x00\x00\x20\x40";
  GenEvent__HParams *h = gen_event__hparams__unpack (NULL, sizeof start - 1, (void *)start);

  g_assert_cmpuint (h->session_start->n_hparams, ==, 3);
  g_assert_cmpfloat (h->session_start->start_time, ==, 7);
  for (int i = 0; i < 3; i++) {
    const GenEvent__SessionStart__Entry *entry = h->session_start->hparams[i];

    if (strcmp (entry->key, "lr") == 0)
      g_assert_cmpfloat (entry->value->number_value, ==, 0.5);
    else if (strcmp (entry->key, "opt") == 0)
      g_assert_cmpstr (entry->value->string_value, ==, "adam");
    else
      g_assert_true (entry->value->bool_value);
  }
  gen_event__hparams__free_unpacked (h, NULL);
  h = gen_event__hparams__unpack (NULL, sizeof experiment - 1, (void *)experiment);
  g_assert_cmpstr (h->experiment->hparam_infos[0]->name, ==, "lr");
  g_assert_cmpint (
      h->experiment->hparam_infos[0]->type, ==, GEN_EVENT__HPARAM_INFO__DATA_TYPE__FLOAT64);
  g_assert_cmpstr (h->experiment->metric_infos[0]->name->tag, ==, "loss");
  gen_event__hparams__free_unpacked (h, NULL);
  h = gen_event__hparams__unpack (NULL, sizeof end - 1, (void *)end);
  g_assert_cmpint (h->session_end->status, ==, GEN_EVENT__SESSION_END__STATUS__SUCCESS);
  g_assert_cmpfloat (h->session_end->end_time, ==, 8);
  gen_event__hparams__free_unpacked (h, NULL);
}

/* --- what is written --- */

static void
test_values (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *logs = g_build_filename (folder, "run", "one", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GenEventFile) file = gen_event_file_new (logs, 0, &error);
  g_autoptr (GPtrArray) events = NULL;
  g_auto (GenPicture) picture = { 0 };
  const GenEvent__Summary__Value *value;
  const GenEvent__Event *first;
  double before = g_get_real_time () / 1e6;

  g_assert_no_error (error);
  g_assert_nonnull (strstr (gen_event_file_get_path (file), "/run/one/events.out.tfevents."));
  gen_picture_init (&picture, 5, 4, 3);
  g_assert_true (gen_event_file_scalar (file, 7, "loss/g", 0.75, &error));
  g_assert_true (gen_event_file_picture (file, 8, "samples", &picture, &error));
  g_assert_true (gen_event_file_text (file, 9, "notes", "gr\xc3\xbc\xc3\x9f", &error));
  g_assert_no_error (error);

  events = read_events (gen_event_file_get_path (file));
  g_assert_cmpuint (events->len, ==, 5);
  first = g_ptr_array_index (events, 0);
  g_assert_cmpstr (first->file_version, ==, "brain.Event:2");
  g_assert_cmpfloat (first->wall_time, <=, before);
  g_assert_cmpfloat (first->wall_time, >, before - 3600);
  value = value_of (events, 2, 7);
  g_assert_cmpstr (value->tag, ==, "loss/g");
  g_assert_cmpfloat (value->simple_value, ==, 0.75);
  value = value_of (events, 3, 8);
  g_assert_cmpint (value->image->width, ==, 5);
  g_assert_cmpint (value->image->height, ==, 4);
  g_assert_cmpmem (value->image->encoded_image.data, 8, "\x89PNG\r\n\x1a\n", 8);
  value = value_of (events, 4, 9);
  g_assert_cmpstr (value->metadata->plugin_data->plugin_name, ==, "text");
  g_assert_cmpmem (
      value->tensor->string_val[0].data, value->tensor->string_val[0].len, "gr\xc3\xbc\xc3\x9f", 6);
  scratch_remove (folder);
}

/* What is written is a WAV file, of 16 bits, as many as there are frames. */
static void
test_sound (void)
{
  g_autofree char *folder = scratch_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GenEventFile) file = gen_event_file_new (folder, 0, &error);
  g_autoptr (GPtrArray) events = NULL;
  g_auto (GenSound) sound = { 0 };
  const GenEvent__Summary__Audio *audio;

  gen_sound_init (&sound, 22050, 2, 100);
  sound.data[1] = -0.5f;
  g_assert_true (gen_event_file_sound (file, 3, "made", &sound, &error));
  g_assert_no_error (error);
  events = read_events (gen_event_file_get_path (file));
  g_assert_cmpstr (value_of (events, 2, 3)->tag, ==, "made");
  audio = value_of (events, 2, 3)->audio;
  g_assert_cmpfloat (audio->sample_rate, ==, 22050);
  g_assert_cmpint (audio->num_channels, ==, 2);
  g_assert_cmpint (audio->length_frames, ==, 100);
  g_assert_cmpstr (audio->content_type, ==, "audio/wav");
  g_assert_cmpuint (audio->encoded_audio_string.len, ==, 44 + 400);
  g_assert_cmpmem (audio->encoded_audio_string.data, 4, "RIFF", 4);
  g_assert_cmpmem (audio->encoded_audio_string.data + 44, 4, "\0\0\0\xc0", 4);
  scratch_remove (folder);
}

static void
test_histogram (void)
{
  float values[] = { -3, 27, 0, -2.5f, 1, 1, 26.5f, NAN, INFINITY, -INFINITY };
  float same[] = { 2, 2, 2 };
  g_autofree char *folder = scratch_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GenEventFile) file = gen_event_file_new (folder, 0, &error);
  g_autoptr (GPtrArray) events = NULL;
  const GenEvent__Histogram *h;
  double sum = 0;

  g_assert_true (gen_event_file_histogram (file, 1, "w", values, G_N_ELEMENTS (values), &error));
  g_assert_true (gen_event_file_histogram (file, 2, "w", same, G_N_ELEMENTS (same), &error));
  g_assert_true (gen_event_file_histogram (file, 3, "w", NULL, 0, &error));
  events = read_events (gen_event_file_get_path (file));
  h = value_of (events, 2, 1)->histogram;
  g_assert_cmpfloat (h->min, ==, -3);
  g_assert_cmpfloat (h->max, ==, 27);
  g_assert_cmpfloat (h->num, ==, 7);
  g_assert_cmpfloat (h->sum, ==, 50);
  g_assert_cmpfloat (h->sum_squares, ==, 9 + 729 + 6.25 + 2 + 702.25);
  g_assert_cmpuint (h->n_bucket, ==, 30);
  g_assert_cmpuint (h->n_bucket_limit, ==, 30);
  for (gsize i = 0; i < 30; i++) {
    g_assert_cmpfloat_with_epsilon (h->bucket_limit[i], -2. + i, 1e-9);
    sum += h->bucket[i];
  }
  g_assert_cmpfloat (sum, ==, 7);
  g_assert_cmpfloat (h->bucket[0], ==, 2);
  g_assert_cmpfloat (h->bucket[3], ==, 1);
  g_assert_cmpfloat (h->bucket[4], ==, 2);
  g_assert_cmpfloat (h->bucket[29], ==, 2);
  h = value_of (events, 3, 2)->histogram;
  g_assert_cmpfloat (h->min, ==, 2);
  g_assert_cmpfloat (h->bucket[0], ==, 3);
  h = value_of (events, 4, 3)->histogram;
  g_assert_cmpfloat (h->num, ==, 0);
  scratch_remove (folder);
}

static GenEvent__HParams *
hparams_of (GPtrArray *events, guint i, const char *tag)
{
  const GenEvent__Summary__Value *value = value_of (events, i, 0);
  const ProtobufCBinaryData *content = &value->metadata->plugin_data->content;

  g_assert_cmpstr (value->tag, ==, tag);
  g_assert_cmpstr (value->metadata->plugin_data->plugin_name, ==, "hparams");
  return gen_event__hparams__unpack (NULL, content->len, content->data);
}

static void
test_hparams (void)
{
  static const char *const metrics[] = { "loss/g", "frechet", NULL };
  g_autofree char *folder = scratch_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GenEventFile) file = gen_event_file_new (folder, 0, &error);
  g_autoptr (GPtrArray) events = NULL;
  GVariantDict dict;
  GenEvent__HParams *h;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "optimizer", "s", "adam");
  g_variant_dict_insert (&dict, "rate", "d", 2e-4);
  g_variant_dict_insert (&dict, "batch", "i", 128);
  g_variant_dict_insert (&dict, "seed", "t", (guint64)77);
  g_variant_dict_insert (&dict, "ema", "b", TRUE);
  g_variant_dict_insert_value (&dict, "list", g_variant_new_strv (metrics, -1)); /* left out */
  g_assert_true (gen_event_file_hparams (file, g_variant_dict_end (&dict), metrics, &error));
  g_assert_true (gen_event_file_end (file, FALSE, &error));
  events = read_events (gen_event_file_get_path (file));
  g_assert_cmpuint (events->len, ==, 5);

  h = hparams_of (events, 2, "_hparams_/experiment");
  g_assert_cmpuint (h->experiment->n_hparam_infos, ==, 5);
  g_assert_cmpuint (h->experiment->n_metric_infos, ==, 2);
  g_assert_cmpstr (h->experiment->metric_infos[1]->name->tag, ==, "frechet");
  gen_event__hparams__free_unpacked (h, NULL);
  h = hparams_of (events, 3, "_hparams_/session_start_info");
  g_assert_cmpuint (h->session_start->n_hparams, ==, 5);
  for (int i = 0; i < 5; i++) {
    const char *key = h->session_start->hparams[i]->key;
    const GenEvent__HParamValue *value = h->session_start->hparams[i]->value;

    if (strcmp (key, "optimizer") == 0)
      g_assert_cmpstr (value->string_value, ==, "adam");
    else if (strcmp (key, "ema") == 0)
      g_assert_true (value->has_bool_value && value->bool_value);
    else
      g_assert_cmpfloat (value->number_value, ==,
          strcmp (key, "rate") == 0    ? 2e-4
          : strcmp (key, "batch") == 0 ? 128
                                       : 77);
  }
  gen_event__hparams__free_unpacked (h, NULL);
  h = hparams_of (events, 4, "_hparams_/session_end_info");
  g_assert_cmpint (h->session_end->status, ==, GEN_EVENT__SESSION_END__STATUS__FAILURE);
  gen_event__hparams__free_unpacked (h, NULL);
  scratch_remove (folder);
}

/* A training that goes on writes a second file, which tells where it starts. */
static void
test_restart (void)
{
  g_autofree char *folder = scratch_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GenEventFile) one = gen_event_file_new (folder, 0, &error);
  g_autoptr (GenEventFile) two = gen_event_file_new (folder, 500, &error);
  g_autoptr (GPtrArray) events = NULL;
  const GenEvent__Event *event;

  g_assert_no_error (error);
  g_assert_cmpstr (gen_event_file_get_path (one), !=, gen_event_file_get_path (two));
  events = read_events (gen_event_file_get_path (two));
  g_assert_cmpuint (events->len, ==, 2);
  event = g_ptr_array_index (events, 1);
  g_assert_cmpint (event->step, ==, 500);
  g_assert_cmpint (event->session_log->status, ==, GEN_EVENT__SESSION_LOG__STATUS__START);
  scratch_remove (folder);
}

/* When the disk is full the file keeps its whole records, and grows on when there is room. */
static void
test_full (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *text = g_strnfill (5000, 'x');
  g_autoptr (GError) error = NULL;
  g_autoptr (GenEventFile) file = gen_event_file_new (folder, 0, &error);
  g_autoptr (GPtrArray) events = NULL;
  struct rlimit before, small;

  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &before), ==, 0);
  small = before;
  small.rlim_cur = 1000;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &small), ==, 0);
  g_assert_false (gen_event_file_text (file, 1, "t", text, &error));
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &before), ==, 0);
  g_assert_nonnull (error);
  g_assert_cmpuint (error->domain, ==, G_FILE_ERROR);
  g_assert_nonnull (strstr (error->message, folder));
  g_clear_error (&error);
  g_assert_true (gen_event_file_scalar (file, 2, "s", 1, &error));
  events = read_events (gen_event_file_get_path (file));
  g_assert_cmpuint (events->len, ==, 3);
  g_assert_cmpstr (value_of (events, 2, 2)->tag, ==, "s");
  scratch_remove (folder);
}

static void
test_refused (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_event_file_new ("/proc/none", 0, &error));
  g_assert_nonnull (error);
  g_assert_cmpuint (error->domain, ==, G_FILE_ERROR);
  g_assert_nonnull (strstr (error->message, "/proc/none"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/event-file/checksum", test_checksum);
  g_test_add_func ("/event-file/schema", test_schema);
  g_test_add_func ("/event-file/hparams-schema", test_hparams_schema);
  g_test_add_func ("/event-file/values", test_values);
  g_test_add_func ("/event-file/sound", test_sound);
  g_test_add_func ("/event-file/histogram", test_histogram);
  g_test_add_func ("/event-file/hparams", test_hparams);
  g_test_add_func ("/event-file/restart", test_restart);
  g_test_add_func ("/event-file/full", test_full);
  g_test_add_func ("/event-file/refused", test_refused);
  return g_test_run ();
}
