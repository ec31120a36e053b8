/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "training-data.h"

#include <generative/data-found.h>
#include <generative/data-settings.h>
#include <generative/terminal.h>

#include <math.h>
#include <string.h>

#include "command.h"
#include "settings-file.h"

/* What samples are to be like, which caps say of those of datasetsrc. */
typedef struct {
  GenDataSettings data;
  int width, height, channels, rate, length;
} DataSettings;

/* What samples are for. */
typedef enum {
  TO_TRAIN,
  TO_VALIDATE,
  TO_TEST,
} Purpose;

struct _TrainingData {
  char *name; /* of the settings */
  DataSettings settings;
  GenFormat format;
  GenDataset *sources; /* sounds that `dataset` is cut from, else NULL */
  GenDataset *dataset;
  JsonObject *left_out; /* the filter's summary; NULL: nothing was to be left out */
  GenSequence *sequence;

  GThread *thread;
  GenTraining *training;
  GenLoader *loader;
  GenFormat loaded; /* what it loads; a sound may be as long as it is */
  Purpose purpose;
  gboolean keeps_sizes;
  int *classes;  /* of what is trained on, by those of the data; NULL: the same */
  GError *error; /* why the thread has ended before its time */
};

/* --- settings --- */

#define FIELD(field) .type = GEN_SETTING_INT, .offset = G_STRUCT_OFFSET (DataSettings, field)

static const GenSetting format_list[] = {
  { .name = "width",
      .description = "Width of pictures in pixels (0: as the first one)",
      FIELD (width),
      .maximum = INFINITY },
  { .name = "height",
      .description = "Height of pictures in pixels (0: as the first one)",
      FIELD (height),
      .maximum = INFINITY },
  { .name = "channels",
      .description = "1 (grey) or 3 (colour), or those of a sound (0: as the first one)",
      FIELD (channels),
      .maximum = INFINITY },
  { .name = "rate",
      .description = "Frames of sounds in a second (0: as the first one)",
      FIELD (rate),
      .maximum = GEN_SOUND_MAX_RATE },
  { .name = "length",
      .description = "Frames of a sound that is trained on (0: as the nets take)",
      FIELD (length),
      .maximum = INFINITY },
};

/* What can be said of data, and of what samples are like. (transfer full) */
static GArray *
list_settings (void)
{
  GArray *list = g_array_new (FALSE, FALSE, sizeof (GenSetting));
  guint n;
  const GenSetting *data = gen_data_setting_list (&n);

  g_array_append_vals (list, data, n);
  g_array_append_vals (list, format_list, G_N_ELEMENTS (format_list));
  return list;
}

static void
init_settings (DataSettings *settings)
{
  *settings = (DataSettings){ 0 };
  gen_data_settings_init (&settings->data);
  settings->data.medium = GEN_DATA_MEDIUM_PICTURE;
}

static gboolean
apply (DataSettings *settings, JsonObject *object, const char *within, GError **error)
{
  g_autoptr (GArray) list = list_settings ();

  return object == NULL || settings_file_apply (object, within, settings,
                               (const GenSetting *)(void *)list->data, list->len, NULL, error);
}

gboolean
training_data_say (JsonObject *object, const char *name, const char *value, GError **error)
{
  g_autoptr (GArray) list = list_settings ();

  return settings_file_say (
      object, (const GenSetting *)(void *)list->data, list->len, name, value, error);
}

static gboolean
say_of_sets (JsonObject *objects[2], const char *const names[2], const char *name,
    const char *value, GError **error)
{
  for (int i = 0; i < 2; i++) {
    const gsize length = strlen (names[i]);

    if (g_str_has_prefix (name, names[i]) && name[length] == '.')
      return training_data_say (objects[i], name + length + 1, value, error);
  }
  return training_data_say (objects[0], name, value, error) &&
         training_data_say (objects[1], name, value, error);
}

gboolean
training_data_say_both (
    JsonObject *objects[2], const char *const names[2], char **arguments, GError **error)
{
  for (int i = 0; i < 2; i++)
    objects[i] = json_object_new ();
  for (char **text = arguments; *text != NULL; text++) {
    g_auto (GStrv) parts = g_strsplit (*text, "=", 2);

    if (parts[1] != NULL && say_of_sets (objects, names, parts[0], parts[1], error))
      continue;
    if (parts[1] == NULL)
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
          "NAME=VALUE is wanted behind the two sets");
    g_prefix_error (error, "%s: ", *text);
    return FALSE;
  }
  return TRUE;
}

GVariant *
training_data_describe (JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);

  return json_gvariant_deserialize (node, "a{sv}", NULL);
}

GVariant *
training_data_describe_found (const TrainingData *data)
{
  const GenDataset *whole = data->sources != NULL ? data->sources : data->dataset;
  g_autoptr (JsonObject) found = gen_data_describe_found (whole, data->sequence, data->left_out);

  return training_data_describe (found);
}

static gboolean
is_same_location (JsonObject *object, JsonObject *other)
{
  JsonNode *one = json_object_get_member (object, "location");
  JsonNode *two = json_object_get_member (other, "location");

  return one != NULL && two != NULL && json_node_equal (one, two);
}

void
training_data_follow (JsonObject *object, JsonObject *trained)
{
  /* Of what samples are like. */
  static const char *const made[] = { "medium", "fit", "background", "normalize", "window", "hop",
    NULL };
  const gboolean same = is_same_location (object, trained);
  g_autoptr (GList) names = json_object_get_members (trained);

  for (GList *name = names; name != NULL; name = name->next)
    if ((same || g_strv_contains (made, name->data)) && strcmp (name->data, "split") != 0 &&
        !json_object_has_member (object, name->data))
      json_object_set_member (object, name->data, json_object_dup_member (trained, name->data));
}

void
training_data_describe_settings (GString *text)
{
  g_autoptr (GArray) list = list_settings ();
  DataSettings defaults;

  init_settings (&defaults);
  settings_file_describe (text, &defaults, (const GenSetting *)(void *)list->data, list->len);
}

/* --- the dataset --- */

/* What samples are to be like: what is said of it, else as the first one is. */
static GenFormat
choose_format (const DataSettings *settings, const GenFormat *first)
{
  GenFormat format = *first;

  if (settings->channels > 0)
    format.channels = settings->channels;
  else if (first->medium == &gen_medium_picture)
    format.channels = MIN (first->channels, 3); /* nothing is made transparent */
  format.width = settings->width > 0 ? settings->width : first->width;
  format.height = settings->height > 0 ? settings->height : first->height;
  format.rate = settings->rate > 0 ? settings->rate : first->rate;
  format.length = (gsize)settings->length;
  return format;
}

static gboolean
check_like (const char *name, int said, gsize wanted, const GenFormat *like, GError **error)
{
  g_autofree char *text = NULL;

  if (said == 0 || (gsize)said == wanted)
    return TRUE;
  text = gen_format_describe (like);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
      "%s: %d was said, but samples to judge by are made like those that are trained on, %s of %s; "
      "say it in \"data\", or nowhere",
      name, said, like->medium->plural, text);
  return FALSE;
}

/* Whether nothing was said that samples like those that are trained on are not. */
static gboolean
check_likeness (
    const DataSettings *settings, const GenMedium *medium, const GenFormat *like, GError **error)
{
  if (medium == like->medium)
    return check_like ("width", settings->width, (gsize)like->width, like, error) &&
           check_like ("height", settings->height, (gsize)like->height, like, error) &&
           check_like ("channels", settings->channels, (gsize)like->channels, like, error) &&
           check_like ("rate", settings->rate, (gsize)like->rate, like, error) &&
           check_like ("length", settings->length, like->length, like, error);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
      "medium: there are %s, and training is on %s", medium->plural, like->medium->plural);
  return FALSE;
}

static gboolean
check_format (const GenFormat *format, GError **error)
{
  if (format->medium == &gen_medium_picture &&
      (gint64)format->width * format->height > GEN_PICTURE_MAX_PIXELS) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "width, height: pictures have at most %d pixels, and %d x %d are more",
        GEN_PICTURE_MAX_PIXELS, format->width, format->height);
    return FALSE;
  }
  if (format->medium != &gen_medium_picture || format->channels == 1 || format->channels == 3)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
      "channels: 1 or 3 are wanted of pictures, and there are %d", format->channels);
  return FALSE;
}

/* Items of sounds are what these are cut into at the rate. */
static gboolean
cut_sounds (TrainingData *data, GError **error)
{
  const GenDatasetCut cut = gen_data_settings_cut (&data->settings.data, data->format.rate);

  if (data->format.medium != &gen_medium_sound)
    return TRUE;
  data->sources = g_steal_pointer (&data->dataset);
  data->dataset = gen_dataset_cut (data->sources, &cut, error);
  if (data->dataset == NULL)
    g_prefix_error (error, "window: ");
  return data->dataset != NULL;
}

/* What samples are to be like: as `like`, where it is not NULL. */
static gboolean
find_format (TrainingData *data, const GenFormat *like, GError **error)
{
  const GenFormat *first = gen_dataset_get_format (data->dataset);

  data->format = like != NULL ? *like : choose_format (&data->settings, first);
  return like != NULL ? check_likeness (&data->settings, first->medium, like, error)
                      : check_format (&data->format, error);
}

static void
tell_left_out (const TrainingData *data)
{
  const char *const *left_out = gen_sequence_get_left_out (data->sequence);

  for (guint i = 0; left_out != NULL && left_out[i] != NULL; i++)
    command_warn ("%s: left out of all splits: %s", data->name, left_out[i]);
}

static void
print_progress (guint32 done, guint32 count, gpointer terminal)
{
  g_autofree char *line = g_strdup_printf ("%u of %u items are judged", done, count);

  gen_terminal_print (terminal, line, done == count);
}

/* Go without what the filters leave out. */
static gboolean
filter (TrainingData *data, GError **error)
{
  const GenDataSettings *settings = &data->settings.data;
  GenTerminal terminal;
  const GenDataFilterRun run = {
    .threads = settings->threads, .progress = print_progress, .data = &terminal
  };
  g_autofree char *text = NULL;

  if (!gen_data_filter_is_needed (&settings->filter, data->dataset))
    return TRUE;
  gen_terminal_begin (&terminal);
  data->left_out = gen_data_filter_apply (&settings->filter, &run, &data->dataset, error);
  if (data->left_out == NULL)
    return FALSE;
  text = gen_data_filter_describe (data->left_out);
  g_printerr ("%s: %s: filters leave out %s\n", g_get_prgname (), data->name, text);
  return TRUE;
}

static gboolean
open_dataset (TrainingData *data, const GenFormat *like, GError **error)
{
  const GenDataSettings *settings = &data->settings.data;
  const GenDatasetSettings dataset = gen_data_settings_dataset (settings);
  GenSequenceSettings order;

  if (settings->location == NULL || *settings->location == '\0') {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "location: a folder, a sheet or an IDX file must be named");
    return FALSE;
  }
  data->dataset = gen_dataset_open (settings->location, &dataset, error);
  if (data->dataset == NULL) {
    g_prefix_error (error, "location: ");
    return FALSE;
  }
  if (!filter (data, error) || !find_format (data, like, error) || !cut_sounds (data, error))
    return FALSE;
  order = gen_data_settings_order (settings);
  data->sequence = gen_sequence_new (data->dataset, &order, error);
  if (data->sequence == NULL) {
    g_prefix_error (error, "split: ");
    return FALSE;
  }
  tell_left_out (data);
  return TRUE;
}

/* What nets are judged by is each item of its split, once, unless it is said otherwise there. */
static void
show_all (GenSequenceSettings *order)
{
  order->balance = GEN_BALANCE_NONE;
  order->worker = 0;
  order->workers = 1;
}

TrainingData *
training_data_open (JsonObject *object, JsonObject *fallback, const GenFormat *like,
    const char *name, GError **error)
{
  g_autoptr (TrainingData) data = g_new0 (TrainingData, 1);
  g_autofree char *within = g_strconcat (name, ".", NULL);

  data->name = g_strdup (name);
  init_settings (&data->settings);
  if (!apply (&data->settings, fallback, "data.", error))
    return NULL;
  if (like != NULL)
    show_all (&data->settings.data.order);
  if (!apply (&data->settings, object, within, error))
    return NULL;
  if (open_dataset (data, like, error))
    return g_steal_pointer (&data);
  g_prefix_error (error, "%s", within);
  return NULL;
}

void
training_data_free (TrainingData *data)
{
  g_clear_pointer (&data->loader, gen_loader_free);
  g_clear_pointer (&data->sequence, gen_sequence_free);
  g_clear_pointer (&data->left_out, json_object_unref);
  g_clear_pointer (&data->dataset, gen_dataset_free);
  g_clear_pointer (&data->sources, gen_dataset_free);
  gen_data_settings_clear (&data->settings.data);
  g_clear_error (&data->error);
  g_free (data->classes);
  g_free (data->name);
  g_free (data);
}

gboolean
training_data_check_trained_on (const TrainingData *data, GError **error)
{
  const GenMedium *medium = data->format.medium;

  if (medium == &gen_medium_picture || medium == &gen_medium_sound)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
      "%s.medium: nothing trains on %s yet", data->name, medium->plural);
  return FALSE;
}

const GenFormat *
training_data_get_format (const TrainingData *data)
{
  return &data->format;
}

guint
training_data_get_length (const TrainingData *data)
{
  return gen_sequence_get_length (data->sequence);
}

char **
training_data_get_classes (const TrainingData *data)
{
  return gen_dataset_get_label_names (data->dataset);
}

int
training_data_get_label (const TrainingData *data, guint32 item)
{
  return gen_dataset_get_label (data->dataset, item);
}

guint32
training_data_get_item (TrainingData *data, guint64 frame)
{
  return gen_sequence_get_item (data->sequence, frame);
}

char *
training_data_get_group (const TrainingData *data, guint32 item)
{
  const GenDataset *whole = data->sources != NULL ? data->sources : data->dataset;
  GenDatasetOrigin origin;

  if (!gen_dataset_get_origin (whole, gen_dataset_get_source (data->dataset, item), &origin))
    return NULL;
  return g_strdup (origin.group);
}

char *
training_data_describe_item (const TrainingData *data, guint32 item)
{
  return gen_dataset_describe_item (data->dataset, item);
}

void
training_data_follow_classes (TrainingData *data, const GenTraining *training)
{
  g_auto (GStrv) names = gen_dataset_get_label_names (data->dataset);

  data->classes =
      gen_training_find_classes (training, (const char *const *)names, g_strv_length (names));
}

void
training_data_tell_classes (const TrainingData *data, GenTraining *training)
{
  const GenSequenceSettings *order = &data->settings.data.order;
  g_auto (GStrv) names = gen_dataset_get_label_names (data->dataset);

  gen_training_set_classes (training, (int)g_strv_length (names));
  gen_training_name_classes (training, (const char *const *)names);
  if (order->split != GEN_SPLIT_ALL && order->split_by == GEN_SPLIT_BY_INDEX)
    gen_training_set_dealt_by_place (training);
}

/* --- the thread --- */

/* A sound of the length that is wanted: cut, or ended in silence. */
static void
fit_sound (const GenSound *sound, GenSound *fitted)
{
  const gsize there = MIN (sound->frames, fitted->frames) * (gsize)sound->channels;
  const gsize wanted = fitted->frames * (gsize)fitted->channels;

  memcpy (fitted->data, sound->data, there * sizeof (float));
  memset (fitted->data + there, 0, (wanted - there) * sizeof (float));
}

/* The class of an item, as what is trained on has it. FALSE where that has none such. */
static gboolean
find_label (TrainingData *data, guint32 item, int *label)
{
  const int class = gen_dataset_get_label (data->dataset, item);

  *label = class < 0 || data->classes == NULL ? class : data->classes[class];
  if (class < 0 || *label >= 0)
    return TRUE;
  g_set_error (&data->error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s: a sample is of class \"%s\", of which there is none in what is trained on", data->name,
      gen_dataset_get_label_name (data->dataset, class));
  return FALSE;
}

/* What is to be done with a sample; FALSE when no more are wanted. */
static gboolean
give (TrainingData *data, const GenSample *loaded, GenSample *fitted, int label)
{
  const GenSample *sample = loaded;

  if (loaded->medium == &gen_medium_sound) {
    fit_sound (&loaded->sound, &fitted->sound);
    sample = fitted;
  }
  if (data->purpose == TO_VALIDATE)
    return gen_training_add_validation (data->training, sample, label);
  if (data->purpose == TO_TEST)
    return gen_training_add_test (data->training, sample, label);
  return gen_batch_queue_add (gen_training_queue (data->training), sample, label, &data->error) ==
         GEN_BATCH_QUEUE_ADDED;
}

/* An epoch has the samples that can be decoded, as far as is known. FALSE when there are none. */
static gboolean
leave_out (TrainingData *data, const GError *why)
{
  const guint length = training_data_get_length (data);
  const guint items = gen_sequence_count_items (data->sequence);
  const guint skipped = gen_loader_get_skipped (data->loader);

  if (why == NULL)
    return TRUE; /* it has been told */
  if (data->settings.data.strict) {
    g_set_error (&data->error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: %s (strict is true)",
        data->name, why->message);
    return FALSE;
  }
  command_warn ("%s: left out: %s", data->name, why->message);
  if (skipped == items) {
    g_set_error (&data->error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s: none of the %u %s of the split can be decoded", data->name, items,
        data->format.medium->plural);
    return FALSE;
  }
  if (data->purpose == TO_TRAIN)
    gen_training_set_epoch (data->training, length - (guint)((guint64)skipped * length / items));
  return TRUE;
}

static void
give_all (TrainingData *data, GenSample *loaded, GenSample *fitted)
{
  for (;;) {
    g_autoptr (GError) why = NULL;
    guint64 frame;
    guint32 item;
    int label;

    switch (gen_loader_next (data->loader, loaded, &frame, &item, &why)) {
    case GEN_LOADER_SAMPLE:
      if (!find_label (data, item, &label) || !give (data, loaded, fitted, label))
        return;
      break;
    case GEN_LOADER_BAD:
      if (!leave_out (data, why))
        return;
      break;
    default:
      return;
    }
  }
}

static gpointer
run (gpointer user_data)
{
  TrainingData *data = user_data;
  g_auto (GenSample) loaded = { 0 }, fitted = { 0 };

  gen_sample_init (&loaded, &data->loaded);
  gen_sample_init (&fitted, &data->format);
  give_all (data, &loaded, &fitted);
  if (data->error != NULL)
    gen_training_stop (data->training);
  if (data->purpose == TO_VALIDATE)
    gen_training_end_validation (data->training);
  if (data->purpose == TO_TEST)
    gen_training_end_test (data->training);
  return NULL;
}

gboolean
training_data_has_part (const GenTraining *training)
{
  return gen_training_settings (training)->trainer.recipe->frames < 2;
}

static void
open_loader (TrainingData *data, const GenFormat *format, guint frames)
{
  const GenDataSettings *settings = &data->settings.data;
  GenLoaderSettings loading = { .format = *format,
    .fitting = gen_data_settings_fitting (settings),
    .items_recur = settings->order.balance == GEN_BALANCE_OVERSAMPLE,
    .threads = settings->threads,
    .cache = settings->cache_size,
    .frames = frames };

  if (data->training != NULL && data->purpose == TO_TRAIN &&
      training_data_has_part (data->training)) {
    const GenTrainingPart part = gen_training_get_part (data->training);

    loading.part = part.member;
    loading.parts = part.members;
    loading.part_size = part.samples;
  }
  loading.fitting.keeps_size = data->keeps_sizes;
  if (format->medium == &gen_medium_sound)
    loading.format.length = settings->window;
  data->loaded = loading.format;
  data->format = *format;
  data->loader = gen_loader_new (data->dataset, data->sequence, &loading);
}

void
training_data_keep_sizes (TrainingData *data, gboolean keep)
{
  data->keeps_sizes = keep && data->format.medium == &gen_medium_picture;
}

void
training_data_begin (TrainingData *data, const GenFormat *format)
{
  open_loader (data, format, training_data_get_length (data));
}

gboolean
training_data_next (TrainingData *data, GenSample *sample, guint32 *item)
{
  for (;;) {
    g_autoptr (GError) why = NULL;
    guint64 frame;
    GenLoaderResult result = gen_loader_next (data->loader, sample, &frame, item, &why);

    if (why != NULL)
      command_warn ("%s: left out: %s", data->name, why->message);
    if (result != GEN_LOADER_BAD)
      return result == GEN_LOADER_SAMPLE;
  }
}

gboolean
training_data_end (TrainingData *data, GError **error)
{
  const guint length = training_data_get_length (data);

  if (gen_loader_get_skipped (data->loader) < length)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: none of the %u %s can be decoded",
      data->name, length, data->format.medium->plural);
  return FALSE;
}

/* Up to TRAINING_DATA_READ samples; fewer at the end. */
static int
load_some (TrainingData *data, GenSample *samples, guint32 *items)
{
  int n = 0;

  while (n < TRAINING_DATA_READ && training_data_next (data, &samples[n], &items[n]))
    n++;
  return n;
}

/* Sounds that are as long as they are get memory of their own each time. */
static void
init_samples (GenSample *samples, const GenFormat *format)
{
  for (int i = 0; i < TRAINING_DATA_READ; i++) {
    gen_sample_clear (&samples[i]);
    gen_sample_init (&samples[i], format);
  }
}

gboolean
training_data_read (TrainingData *data, const GenFormat *format, TrainingDataTake take,
    gpointer user_data, GError **error)
{
  GenSample samples[TRAINING_DATA_READ] = { 0 };
  guint32 items[TRAINING_DATA_READ];
  gboolean goes_on = TRUE;
  int n;

  training_data_begin (data, format);
  do {
    init_samples (samples, &data->loaded);
    n = load_some (data, samples, items);
    goes_on = n == 0 || take (samples, items, n, user_data, error);
  } while (goes_on && n == TRAINING_DATA_READ);
  for (int i = 0; i < TRAINING_DATA_READ; i++)
    gen_sample_clear (&samples[i]);
  return goes_on && training_data_end (data, error);
}

static void
begin (TrainingData *data, GenTraining *training, const GenFormat *format, Purpose purpose)
{
  data->training = training;
  data->purpose = purpose;
  open_loader (data, format, purpose == TO_TRAIN ? 0 : training_data_get_length (data));
  data->thread = g_thread_new ("data", run, data);
}

void
training_data_feed (TrainingData *data, GenTraining *training, const GenFormat *format)
{
  begin (data, training, format, TO_TRAIN);
}

void
training_data_feed_validation (TrainingData *data, GenTraining *training, const GenFormat *format)
{
  begin (data, training, format, TO_VALIDATE);
}

void
training_data_feed_test (TrainingData *data, GenTraining *training, const GenFormat *format)
{
  begin (data, training, format, TO_TEST);
}

gboolean
training_data_join (TrainingData *data, GError **error)
{
  gen_loader_set_flushing (data->loader, TRUE);
  g_clear_pointer (&data->thread, g_thread_join);
  if (data->error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&data->error));
  return FALSE;
}
