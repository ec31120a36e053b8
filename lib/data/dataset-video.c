/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The frames of films: of one file, or of all in a folder. Each frame is an item, or every so many;
 * those of a clip follow each other. */
#include <string.h>

#include "dataset-private.h"
#include "dataset-walk.h"
#include "video-file.h"

typedef struct {
  GenVideoFile *file; /* NULL: it cannot be read */
  char *damage;       /* why */
  char *class;
  guint32 first, count; /* its items */
} Film;

typedef struct {
  GenDataset dataset;
  GArray *films; /* of Film */
  guint step;    /* frames from one item to the next */
} VideoDataset;

static void
clear_film (gpointer data)
{
  Film *film = data;

  gen_video_file_free (film->file);
  g_free (film->damage);
  g_free (film->class);
}

static GenDataset *
video_create (void)
{
  VideoDataset *video = g_new0 (VideoDataset, 1);

  video->films = g_array_new (FALSE, FALSE, sizeof (Film));
  g_array_set_clear_func (video->films, clear_film);
  return &video->dataset;
}

static void
video_free (GenDataset *dataset)
{
  VideoDataset *video = (VideoDataset *)dataset;

  g_array_unref (video->films);
  g_free (video);
}

/* --- what is a film --- */

/* The first file that is of anything tells what a folder is of. */
static gboolean
look_at_file (const char *path, const char *class, gpointer data)
{
  gboolean *is_film = data;

  *is_film = gen_video_file_is_named (path);
  return !*is_film && !gen_medium_picture.is_named (path) && !gen_medium_sound.is_named (path);
}

static gboolean
video_recognise (const char *location, const GenDatasetSettings *settings)
{
  gboolean is_film = FALSE;

  if (settings->medium != NULL && settings->medium != &gen_medium_picture)
    return FALSE;
  if (g_file_test (location, G_FILE_TEST_IS_DIR)) {
    gen_dataset_walk (location, look_at_file, &is_film, NULL);
    return is_film;
  }
  return gen_video_file_is_named (location) ||
         (settings->animation && gen_video_file_is_animation_named (location));
}

/* --- opening --- */

typedef struct {
  VideoDataset *video;
  const GRegex *pattern;
  gsize above; /* the length of the location */
} Walk;

/* One film more, of which nothing is known yet. */
static gboolean
add_film (const char *path, const char *class, gpointer data)
{
  Walk *walk = data;
  g_autoptr (GError) error = NULL;
  const char *below = path + walk->above;
  Film film = { 0 };

  if (!gen_video_file_is_named (path))
    return TRUE;
  while (*below == '/')
    below++;
  film.class =
      walk->pattern != NULL ? gen_dataset_match_class (walk->pattern, below) : g_strdup (class);
  film.file = gen_video_file_open (path, &error);
  if (film.file == NULL)
    film.damage = g_strdup (error->message);
  g_array_append_val (walk->video->films, film);
  return TRUE;
}

static gboolean
open_films (VideoDataset *video, const GenDatasetSettings *settings, GError **error)
{
  const char *location = video->dataset.location;
  g_autoptr (GRegex) pattern = NULL;
  g_autoptr (GError) reason = NULL;
  Walk walk = { .video = video, .above = strlen (location) };
  Film film = { 0 };

  if (!gen_dataset_compile_pattern (settings, &pattern, error))
    return FALSE;
  walk.pattern = pattern;
  if (g_file_test (location, G_FILE_TEST_IS_DIR))
    return gen_dataset_walk (location, add_film, &walk, error);
  film.file = gen_video_file_open (location, &reason);
  if (film.file == NULL) {
    g_set_error_literal (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ, reason->message);
    return FALSE;
  }
  g_array_append_val (video->films, film);
  return TRUE;
}

/* Number the items. What cannot be read is as many as stand together: they are met, and counted. */
static void
count_items (VideoDataset *video, GPtrArray *classes)
{
  const guint32 run = video->dataset.run;

  for (guint i = 0; i < video->films->len; i++) {
    Film *film = &g_array_index (video->films, Film, i);
    guint32 frames = film->file != NULL ? gen_video_file_get_count (film->file) : 0;

    film->first = video->dataset.count;
    film->count = (frames + video->step - 1) / video->step / run * run;
    if (film->file == NULL)
      film->count = run;
    video->dataset.count += film->count;
    for (guint32 k = 0; k < film->count; k++)
      g_ptr_array_add (classes, film->class);
  }
}

static Film *
find_film (const VideoDataset *video, guint32 item)
{
  guint low = 0, high = video->films->len - 1;

  while (low < high) {
    guint middle = low + (high - low + 1) / 2;

    if (g_array_index (video->films, Film, middle).first <= item)
      low = middle;
    else
      high = middle - 1;
  }
  return &g_array_index (video->films, Film, low);
}

static gboolean
load_frame (const VideoDataset *video, guint32 index, GenPicture *picture, GError **error)
{
  const Film *film = find_film (video, index);

  if (film->file != NULL)
    return gen_video_file_load (film->file, (index - film->first) * video->step, picture, error);
  g_set_error_literal (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ, film->damage);
  return FALSE;
}

/* The first frame that can be decoded tells the format. */
static gboolean
probe_first (VideoDataset *video, GError **error)
{
  GenDataset *dataset = &video->dataset;
  g_autoptr (GError) first = NULL;

  for (guint32 i = 0; i < dataset->count; i++) {
    g_auto (GenPicture) picture = { 0 };

    if (!load_frame (video, i, &picture, first == NULL ? &first : NULL))
      continue;
    dataset->sample = (GenFormat){ .medium = &gen_medium_picture,
      .width = picture.width,
      .height = picture.height,
      .channels = picture.channels };
    return TRUE;
  }
  g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ,
      "%s: none of its frames can be decoded; the first: %s", dataset->location, first->message);
  return FALSE;
}

static gboolean
video_open (GenDataset *dataset, const GenDatasetSettings *settings, GError **error)
{
  VideoDataset *video = (VideoDataset *)dataset;
  g_autoptr (GPtrArray) classes = g_ptr_array_new ();

  if (!open_films (video, settings, error))
    return FALSE;
  video->step = (guint)MAX (settings->frame_step, 1);
  dataset->run = (guint32)MAX (settings->clip_length, 1);
  count_items (video, classes);
  if (dataset->count == 0) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
        "%s: no clip of %u frames, each %u behind the other, is in it", dataset->location,
        dataset->run, video->step);
    return FALSE;
  }
  gen_dataset_name_labels (dataset, classes, FALSE);
  return probe_first (video, error);
}

/* --- items --- */

static gboolean
video_load (const GenDataset *dataset, guint32 index, const GenFitting *fitting, GenSample *target,
    GError **error)
{
  g_auto (GenPicture) picture = { 0 };

  return load_frame ((const VideoDataset *)dataset, index, &picture, error) &&
         gen_picture_fit_over (
             &picture, &target->picture, fitting->fit, fitting->background, error);
}

static char *
video_describe (const GenDataset *dataset, guint32 index)
{
  const VideoDataset *video = (const VideoDataset *)dataset;
  const Film *film = find_film (video, index);

  if (film->file == NULL)
    return g_strdup (film->damage);
  return g_strdup_printf (
      "%s, frame %u", gen_video_file_get_path (film->file), (index - film->first) * video->step);
}

/* A film is in one split; of a single one, a clip is. */
static guint32
video_get_source (const GenDataset *dataset, guint32 index)
{
  const VideoDataset *video = (const VideoDataset *)dataset;

  if (video->films->len == 1)
    return index / dataset->run;
  return (guint32)(find_film (video, index) - &g_array_index (video->films, Film, 0));
}

const GenDatasetFormat gen_dataset_video = {
  .name = "video",
  .description = "The frames of a film, or of a folder of them",
  .medium = &gen_medium_picture,
  .recognise = video_recognise,
  .create = video_create,
  .open = video_open,
  .load = video_load,
  .describe = video_describe,
  .get_source = video_get_source,
  .free = video_free,
};
