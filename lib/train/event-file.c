/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TensorBoard's event files: each call makes one Event message on the stack, which points at
 * what it was given, and appends it. Scalars, pictures, sounds and histograms are written in the
 * form of TensorFlow 1, which is the shorter one and which every TensorBoard reads. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>
#include <glib/gstdio.h>
#include <generative/event-file.h>

#include "event.pb-c.h"
#include "../base/record-file.h"

#define BUCKETS 30
#define TENSOR_OF_STRINGS 7

struct _GenEventFile {
  GenRecordFile records;
  GByteArray *packed;
};

static double
now (void)
{
  return g_get_real_time () / 1e6;
}

static gboolean
write_event (GenEventFile *file, GenEvent__Event *event, GError **error)
{
  event->has_wall_time = TRUE;
  event->wall_time = now ();
  g_byte_array_set_size (file->packed, gen_event__event__get_packed_size (event));
  gen_event__event__pack (event, file->packed->data);
  return gen_record_file_append (&file->records, file->packed->data, file->packed->len, error);
}

static gboolean
write_value (GenEventFile *file, gint64 step, GenEvent__Summary__Value *value, GError **error)
{
  GenEvent__Event event = GEN_EVENT__EVENT__INIT;
  GenEvent__Summary summary = GEN_EVENT__SUMMARY__INIT;

  summary.value = &value;
  summary.n_value = 1;
  event.summary = &summary;
  event.has_step = TRUE;
  event.step = step;
  return write_event (file, &event, error);
}

/* TensorBoard knows the files by this name. */
static gboolean
open_file (GenEventFile *file, const char *folder, GError **error)
{
  g_autoptr (GError) reason = NULL;

  for (int i = 0; i < 1000; i++) {
    g_autofree char *name = g_strdup_printf ("events.out.tfevents.%010" G_GINT64_FORMAT ".%s.%d.%d",
        g_get_real_time () / G_USEC_PER_SEC, g_get_host_name (), (int)getpid (), i);
    g_autofree char *path = g_build_filename (folder, name, NULL);

    if (gen_record_file_open (&file->records, path, &reason))
      return TRUE;
    gen_record_file_close (&file->records);
    if (!g_error_matches (reason, G_FILE_ERROR, G_FILE_ERROR_EXIST))
      break;
    g_clear_error (&reason);
  }
  g_propagate_error (error, g_steal_pointer (&reason));
  return FALSE;
}

GenEventFile *
gen_event_file_new (const char *folder, gint64 first_step, GError **error)
{
  g_autoptr (GenEventFile) file = g_new0 (GenEventFile, 1);
  GenEvent__Event event = GEN_EVENT__EVENT__INIT;
  GenEvent__SessionLog log = GEN_EVENT__SESSION_LOG__INIT;

  file->packed = g_byte_array_new ();
  if (g_mkdir_with_parents (folder, 0777) < 0) {
    int number = errno;

    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (number),
        "cannot make the folder '%s': %s", folder, g_strerror (number));
    return NULL;
  }
  if (!open_file (file, folder, error))
    return NULL;
  event.file_version = (char *)"brain.Event:2";
  if (!write_event (file, &event, error))
    return NULL;
  event.file_version = NULL;
  event.has_step = TRUE;
  event.step = first_step;
  event.session_log = &log;
  log.has_status = TRUE;
  log.status = GEN_EVENT__SESSION_LOG__STATUS__START;
  if (!write_event (file, &event, error))
    return NULL;
  return g_steal_pointer (&file);
}

const char *
gen_event_file_get_path (const GenEventFile *file)
{
  return file->records.path;
}

void
gen_event_file_free (GenEventFile *file)
{
  gen_record_file_close (&file->records);
  g_byte_array_unref (file->packed);
  g_free (file);
}

gboolean
gen_event_file_scalar (
    GenEventFile *file, gint64 step, const char *tag, double number, GError **error)
{
  GenEvent__Summary__Value value = GEN_EVENT__SUMMARY__VALUE__INIT;

  value.tag = (char *)tag;
  value.has_simple_value = TRUE;
  value.simple_value = number;
  return write_value (file, step, &value, error);
}

gboolean
gen_event_file_picture (
    GenEventFile *file, gint64 step, const char *tag, const GenPicture *picture, GError **error)
{
  GenEvent__Summary__Value value = GEN_EVENT__SUMMARY__VALUE__INIT;
  GenEvent__Summary__Image image = GEN_EVENT__SUMMARY__IMAGE__INIT;
  g_autoptr (GBytes) png = gen_picture_encode_png (picture, error);

  if (png == NULL)
    return FALSE;
  image.has_width = image.has_height = image.has_colorspace = image.has_encoded_image = TRUE;
  image.width = picture->width;
  image.height = picture->height;
  image.colorspace = picture->channels;
  image.encoded_image.data = (guint8 *)g_bytes_get_data (png, &image.encoded_image.len);
  value.tag = (char *)tag;
  value.image = &image;
  return write_value (file, step, &value, error);
}

gboolean
gen_event_file_sound (
    GenEventFile *file, gint64 step, const char *tag, const GenSound *sound, GError **error)
{
  GenEvent__Summary__Value value = GEN_EVENT__SUMMARY__VALUE__INIT;
  GenEvent__Summary__Audio audio = GEN_EVENT__SUMMARY__AUDIO__INIT;
  g_autoptr (GBytes) wav = gen_sound_encode_wav (sound, GEN_SOUND_WAV_S16, error);

  if (wav == NULL)
    return FALSE;
  audio.has_sample_rate = audio.has_num_channels = audio.has_length_frames = TRUE;
  audio.has_encoded_audio_string = TRUE;
  audio.sample_rate = (float)sound->rate;
  audio.num_channels = sound->channels;
  audio.length_frames = (gint64)sound->frames;
  audio.encoded_audio_string.data =
      (guint8 *)g_bytes_get_data (wav, &audio.encoded_audio_string.len);
  audio.content_type = (char *)"audio/wav";
  value.tag = (char *)tag;
  value.audio = &audio;
  return write_value (file, step, &value, error);
}

/* Limits, sums and counts of the values that are finite. */
static void
count_values (GenEvent__Histogram *histogram, const float *values, gsize n)
{
  double min = INFINITY, max = -INFINITY, width;

  for (gsize i = 0; i < n; i++) {
    double x = values[i];

    if (!isfinite (x))
      continue;
    min = MIN (min, x);
    max = MAX (max, x);
    histogram->num++;
    histogram->sum += x;
    histogram->sum_squares += x * x;
  }
  if (histogram->num == 0)
    min = max = 0;
  width = (max - min) / BUCKETS;
  histogram->min = min;
  histogram->max = max;
  for (int i = 0; i < BUCKETS; i++)
    histogram->bucket_limit[i] = i < BUCKETS - 1 ? min + (i + 1) * width : max;
  for (gsize i = 0; i < n; i++)
    if (isfinite (values[i]))
      histogram->bucket[width > 0 ? CLAMP ((int)((values[i] - min) / width), 0, BUCKETS - 1) : 0]++;
}

gboolean
gen_event_file_histogram (
    GenEventFile *file, gint64 step, const char *tag, const float *values, gsize n, GError **error)
{
  GenEvent__Summary__Value value = GEN_EVENT__SUMMARY__VALUE__INIT;
  GenEvent__Histogram histogram = GEN_EVENT__HISTOGRAM__INIT;
  double limits[BUCKETS], counts[BUCKETS] = { 0 };

  histogram.has_min = histogram.has_max = histogram.has_num = TRUE;
  histogram.has_sum = histogram.has_sum_squares = TRUE;
  histogram.bucket_limit = limits;
  histogram.bucket = counts;
  histogram.n_bucket_limit = histogram.n_bucket = BUCKETS;
  count_values (&histogram, values, n);
  value.tag = (char *)tag;
  value.histogram = &histogram;
  return write_value (file, step, &value, error);
}

/* A value that is the business of one of TensorBoard's plugins. */
static gboolean
write_plugin_value (GenEventFile *file, gint64 step, const char *tag, const char *plugin,
    const ProtobufCBinaryData *content, GenEvent__Tensor *tensor, GError **error)
{
  GenEvent__Summary__Value value = GEN_EVENT__SUMMARY__VALUE__INIT;
  GenEvent__Summary__Metadata metadata = GEN_EVENT__SUMMARY__METADATA__INIT;
  GenEvent__Summary__Metadata__PluginData data = GEN_EVENT__SUMMARY__METADATA__PLUGIN_DATA__INIT;

  data.plugin_name = (char *)plugin;
  if (content != NULL) {
    data.has_content = TRUE;
    data.content = *content;
  }
  metadata.plugin_data = &data;
  value.tag = (char *)tag;
  value.metadata = &metadata;
  value.tensor = tensor;
  return write_value (file, step, &value, error);
}

gboolean
gen_event_file_text (
    GenEventFile *file, gint64 step, const char *tag, const char *text, GError **error)
{
  GenEvent__Tensor tensor = GEN_EVENT__TENSOR__INIT;
  GenEvent__Tensor__Shape shape = GEN_EVENT__TENSOR__SHAPE__INIT;
  GenEvent__Tensor__Shape__Dim dim = GEN_EVENT__TENSOR__SHAPE__DIM__INIT, *dims[] = { &dim };
  ProtobufCBinaryData string = { strlen (text), (guint8 *)text };

  dim.has_size = TRUE;
  dim.size = 1;
  shape.dim = dims;
  shape.n_dim = 1;
  tensor.has_dtype = TRUE;
  tensor.dtype = TENSOR_OF_STRINGS;
  tensor.shape = &shape;
  tensor.string_val = &string;
  tensor.n_string_val = 1;
  return write_plugin_value (file, step, tag, "text", NULL, &tensor, error);
}

/* --- the table of runs --- */

static gboolean
write_hparams (GenEventFile *file, const char *tag, GenEvent__HParams *hparams, GError **error)
{
  gsize size;
  g_autofree guint8 *packed = NULL;

  /* Version 0, which is the default. */
  size = gen_event__hparams__get_packed_size (hparams);
  packed = g_malloc (MAX (size, 1));
  gen_event__hparams__pack (hparams, packed);
  return write_plugin_value (
      file, 0, tag, "hparams", &(ProtobufCBinaryData){ size, packed }, NULL, error);
}

/* One setting; FALSE for a kind of value that TensorBoard has no column for. */
static gboolean
convert_setting (GVariant *from, GenEvent__HParamValue *value, GenEvent__HParamInfo *info)
{
  info->has_type = TRUE;
  switch (g_variant_classify (from)) {
  case G_VARIANT_CLASS_BOOLEAN:
    info->type = GEN_EVENT__HPARAM_INFO__DATA_TYPE__BOOL;
    value->has_bool_value = TRUE;
    value->bool_value = g_variant_get_boolean (from);
    return TRUE;
  case G_VARIANT_CLASS_STRING:
    info->type = GEN_EVENT__HPARAM_INFO__DATA_TYPE__STRING;
    value->string_value = (char *)g_variant_get_string (from, NULL);
    return TRUE;
  case G_VARIANT_CLASS_DOUBLE:
    value->number_value = g_variant_get_double (from);
    break;
  case G_VARIANT_CLASS_INT32:
    value->number_value = g_variant_get_int32 (from);
    break;
  case G_VARIANT_CLASS_UINT32:
    value->number_value = g_variant_get_uint32 (from);
    break;
  case G_VARIANT_CLASS_INT64:
    value->number_value = g_variant_get_int64 (from);
    break;
  case G_VARIANT_CLASS_UINT64:
    value->number_value = g_variant_get_uint64 (from);
    break;
  default:
    return FALSE;
  }
  info->type = GEN_EVENT__HPARAM_INFO__DATA_TYPE__FLOAT64;
  value->has_number_value = TRUE;
  return TRUE;
}

typedef struct {
  GVariant *value; /* owns the text of a string */
  GenEvent__HParamInfo info;
  GenEvent__HParamValue to;
  GenEvent__SessionStart__Entry entry;
} Setting;

static gboolean
write_session (
    GenEventFile *file, Setting *settings, gsize n, const char *const *metrics, GError **error)
{
  gsize n_metrics = g_strv_length ((char **)metrics);
  g_autofree GenEvent__HParamInfo **infos = g_new (GenEvent__HParamInfo *, n + 1);
  g_autofree GenEvent__SessionStart__Entry **entries =
      g_new (GenEvent__SessionStart__Entry *, n + 1);
  g_autofree GenEvent__MetricInfo *metric_infos = g_new (GenEvent__MetricInfo, n_metrics + 1);
  g_autofree GenEvent__MetricInfo **metric_list = g_new (GenEvent__MetricInfo *, n_metrics + 1);
  g_autofree GenEvent__MetricInfo__Name *names = g_new (GenEvent__MetricInfo__Name, n_metrics + 1);
  GenEvent__Experiment experiment = GEN_EVENT__EXPERIMENT__INIT;
  GenEvent__SessionStart start = GEN_EVENT__SESSION_START__INIT;
  GenEvent__HParams first = GEN_EVENT__HPARAMS__INIT, second = GEN_EVENT__HPARAMS__INIT;

  for (gsize i = 0; i < n; i++) {
    infos[i] = &settings[i].info;
    entries[i] = &settings[i].entry;
  }
  for (gsize i = 0; i < n_metrics; i++) {
    gen_event__metric_info__name__init (&names[i]);
    gen_event__metric_info__init (&metric_infos[i]);
    names[i].tag = (char *)metrics[i];
    metric_infos[i].name = &names[i];
    metric_list[i] = &metric_infos[i];
  }
  experiment.hparam_infos = infos;
  experiment.n_hparam_infos = n;
  experiment.metric_infos = metric_list;
  experiment.n_metric_infos = n_metrics;
  first.experiment = &experiment;
  start.hparams = entries;
  start.n_hparams = n;
  start.has_start_time = TRUE;
  start.start_time = now ();
  second.session_start = &start;
  return write_hparams (file, "_hparams_/experiment", &first, error) &&
         write_hparams (file, "_hparams_/session_start_info", &second, error);
}

gboolean
gen_event_file_hparams (
    GenEventFile *file, GVariant *dictionary, const char *const *metrics, GError **error)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (dictionary);
  gsize n = 0, total = g_variant_n_children (owned);
  g_autofree Setting *settings = g_new0 (Setting, total + 1);
  GVariantIter iter;
  char *key;
  gboolean written;

  g_return_val_if_fail (g_variant_is_of_type (owned, G_VARIANT_TYPE_VARDICT), FALSE);
  g_variant_iter_init (&iter, owned);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &settings[n].value)) {
    Setting *setting = &settings[n];

    gen_event__hparam_info__init (&setting->info);
    gen_event__hparam_value__init (&setting->to);
    gen_event__session_start__entry__init (&setting->entry);
    setting->info.name = setting->entry.key = key;
    setting->entry.value = &setting->to;
    if (convert_setting (setting->value, &setting->to, &setting->info))
      n++;
    else
      g_clear_pointer (&setting->value, g_variant_unref);
  }
  written = write_session (file, settings, n, metrics, error);
  for (gsize i = 0; i < n; i++)
    g_variant_unref (settings[i].value);
  return written;
}

gboolean
gen_event_file_end (GenEventFile *file, gboolean success, GError **error)
{
  GenEvent__SessionEnd end = GEN_EVENT__SESSION_END__INIT;
  GenEvent__HParams hparams = GEN_EVENT__HPARAMS__INIT;

  end.has_status = end.has_end_time = TRUE;
  end.status =
      success ? GEN_EVENT__SESSION_END__STATUS__SUCCESS : GEN_EVENT__SESSION_END__STATUS__FAILURE;
  end.end_time = now ();
  hparams.session_end = &end;
  return write_hparams (file, "_hparams_/session_end_info", &hparams, error);
}
