/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The frames of films: of one file, or of all in a folder. Each frame is an item, or every so many;
 * those of a clip follow each other, and are of one scene where scenes are asked for. */
#include <string.h>

#include "../medium/fitting.h"
#include "dataset-private.h"
#include "dataset-walk.h"
#include "scenes.h"
#include "video-file.h"

typedef struct {
  GenVideoFile *file; /* NULL: it cannot be read */
  char *damage;       /* why */
  char *class;
  GArray *cuts; /* of guint32: frames with which another scene begins; NULL: none are known */
  GOnce once;   /* of its format, which its first frame that is asked for tells */
  GenFormat format;
} Film;

/* What is between two cuts, or a whole film. */
typedef struct {
  guint film;
  guint32 frame; /* of the film, with which it begins */
  guint32 first; /* of its items */
} Scene;

typedef struct {
  GenDataset dataset;
  GArray *films;  /* of Film */
  GArray *scenes; /* of Scene: those that have items */
  guint step;     /* frames from one item to the next */
} VideoDataset;

static void
clear_film (gpointer data)
{
  Film *film = data;

  gen_video_file_free (film->file);
  g_free (film->damage);
  g_free (film->class);
  g_clear_pointer (&film->cuts, g_array_unref);
}

static GenDataset *
video_create (void)
{
  VideoDataset *video = g_new0 (VideoDataset, 1);

  video->films = g_array_new (FALSE, FALSE, sizeof (Film));
  g_array_set_clear_func (video->films, clear_film);
  video->scenes = g_array_new (FALSE, FALSE, sizeof (Scene));
  return &video->dataset;
}

static void
video_free (GenDataset *dataset)
{
  VideoDataset *video = (VideoDataset *)dataset;

  g_array_unref (video->films);
  g_array_unref (video->scenes);
  g_free (video);
}

/* --- what is a film --- */

static gboolean
is_named (const char *name, const GenDatasetSettings *settings)
{
  return gen_video_file_is_named (name) ||
         (settings->animation && gen_video_file_is_animation_named (name));
}

typedef struct {
  const GenDatasetSettings *settings;
  gboolean is_film;
} Look;

/* The first file that is of anything tells what a folder is of. */
static gboolean
look_at_file (const char *path, const char *class, gpointer data)
{
  Look *look = data;

  look->is_film = is_named (path, look->settings);
  return !look->is_film && !gen_medium_picture.is_named (path) && !gen_medium_sound.is_named (path);
}

static gboolean
video_recognise (const char *location, const GenDatasetSettings *settings)
{
  const GenWalkProgress progress = { settings->progress, settings->data };
  Look look = { .settings = settings };

  if (settings->medium != NULL && settings->medium != &gen_medium_picture)
    return FALSE;
  if (!g_file_test (location, G_FILE_TEST_IS_DIR))
    return is_named (location, settings);
  gen_dataset_walk (location, &progress, look_at_file, &look, NULL);
  return look.is_film;
}

/* --- opening --- */

typedef struct {
  VideoDataset *video;
  const GenDatasetSettings *settings;
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
  Film film = { .once = G_ONCE_INIT };

  if (!is_named (path, walk->settings))
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
  const GenWalkProgress progress = { settings->progress, settings->data };
  g_autoptr (GRegex) pattern = NULL;
  g_autoptr (GError) reason = NULL;
  Walk walk = { .video = video, .settings = settings, .above = strlen (location) };
  Film film = { .once = G_ONCE_INIT };

  if (!gen_dataset_compile_pattern (settings, &pattern, error))
    return FALSE;
  walk.pattern = pattern;
  if (g_file_test (location, G_FILE_TEST_IS_DIR))
    return gen_dataset_walk (location, &progress, add_film, &walk, error);
  film.file = gen_video_file_open (location, &reason);
  if (film.file == NULL) {
    g_set_error_literal (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ, reason->message);
    return FALSE;
  }
  g_array_append_val (video->films, film);
  return TRUE;
}

typedef struct {
  const VideoDataset *video;
  double threshold;
} Search;

static void
find_cuts (gpointer data, gpointer user_data)
{
  const Search *search = user_data;
  Film *film = &g_array_index (search->video->films, Film, GPOINTER_TO_UINT (data) - 1);

  /* What is damaged shows when it is loaded. */
  if (film->file != NULL)
    film->cuts = gen_scenes_find (film->file, search->threshold, NULL);
}

/* Films are decoded side by side. */
static void
find_all_cuts (const VideoDataset *video, double threshold)
{
  Search search = { video, threshold };
  GThreadPool *pool =
      g_thread_pool_new (find_cuts, &search, (int)g_get_num_processors (), FALSE, NULL);

  for (guint i = 0; i < video->films->len; i++)
    g_thread_pool_push (pool, GUINT_TO_POINTER (i + 1), NULL);
  g_thread_pool_free (pool, FALSE, TRUE);
}

/* So many frames of a film as items, as many as make whole clips. */
static void
add_scene (VideoDataset *video, guint film, guint32 frame, guint32 frames)
{
  const guint32 run = video->dataset.run;
  const Scene scene = { film, frame, video->dataset.count };
  const guint32 count = (frames + video->step - 1) / video->step / run * run;

  if (count == 0)
    return;
  g_array_append_val (video->scenes, scene);
  video->dataset.count += count;
}

/* Number the items. What cannot be read is as many as stand together: they are met, and counted. */
static void
count_items (VideoDataset *video, GPtrArray *classes)
{
  for (guint i = 0; i < video->films->len; i++) {
    const Film *film = &g_array_index (video->films, Film, i);
    const guint32 frames = film->file != NULL ? gen_video_file_get_count (film->file)
                                              : video->dataset.run * video->step;
    guint32 begin = 0;

    for (guint k = 0; film->cuts != NULL && k < film->cuts->len; k++) {
      const guint32 cut = g_array_index (film->cuts, guint32, k);

      add_scene (video, i, begin, cut - begin);
      begin = cut;
    }
    add_scene (video, i, begin, frames - begin);
    while (classes->len < video->dataset.count)
      g_ptr_array_add (classes, film->class);
  }
}

/* The scene that an item is of. */
static const Scene *
find_scene (const VideoDataset *video, guint32 item)
{
  guint low = 0, high = video->scenes->len - 1;

  while (low < high) {
    guint middle = low + (high - low + 1) / 2;

    if (g_array_index (video->scenes, Scene, middle).first <= item)
      low = middle;
    else
      high = middle - 1;
  }
  return &g_array_index (video->scenes, Scene, low);
}

/* The film and the frame of it that an item is. */
static const Film *
find_frame (const VideoDataset *video, guint32 item, guint32 *frame)
{
  const Scene *scene = find_scene (video, item);

  *frame = scene->frame + (item - scene->first) * video->step;
  return &g_array_index (video->films, Film, scene->film);
}

static gboolean
load_frame (const VideoDataset *video, guint32 index, GenPicture *picture, GError **error)
{
  guint32 frame;
  const Film *film = find_frame (video, index, &frame);

  if (film->file != NULL)
    return gen_video_file_load (film->file, frame, picture, error);
  g_set_error_literal (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ, film->damage);
  return FALSE;
}

static GenFormat
format_of (const GenPicture *picture)
{
  return (GenFormat){ .medium = &gen_medium_picture,
    .width = picture->width,
    .height = picture->height,
    .channels = picture->channels };
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
    dataset->sample = format_of (&picture);
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
  if (settings->scene_threshold > 0)
    find_all_cuts (video, settings->scene_threshold);
  count_items (video, classes);
  if (dataset->count == 0) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
        "%s: no clip of %u frames, each %u behind the other, is in it%s", dataset->location,
        dataset->run, video->step,
        settings->scene_threshold > 0 ? " without a cut; a higher scene-threshold finds fewer"
                                      : "");
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
         gen_fitting_apply (fitting, &picture, &target->picture, error);
}

/* All frames of a film are alike. */
static gpointer
look_at_film (gpointer data)
{
  Film *film = data;
  g_auto (GenPicture) picture = { 0 };

  if (gen_video_file_load (film->file, 0, &picture, NULL))
    film->format = format_of (&picture);
  return NULL;
}

static gboolean
video_probe (const GenDataset *dataset, guint32 index, GenFormat *format, GError **error)
{
  const VideoDataset *video = (const VideoDataset *)dataset;
  g_auto (GenPicture) picture = { 0 };
  guint32 frame;
  Film *film = (Film *)find_frame (video, index, &frame);

  if (film->file != NULL)
    g_once (&film->once, look_at_film, film);
  if (film->format.medium == NULL && !load_frame (video, index, &picture, error))
    return FALSE;
  *format = film->format.medium != NULL ? film->format : format_of (&picture);
  return TRUE;
}

static guint32
video_get_film_length (const GenDataset *dataset, guint32 index)
{
  guint32 frame;
  const Film *film = find_frame ((const VideoDataset *)dataset, index, &frame);

  return film->file != NULL ? gen_video_file_get_count (film->file) : 0;
}

static char *
video_describe (const GenDataset *dataset, guint32 index)
{
  guint32 frame;
  const Film *film = find_frame ((const VideoDataset *)dataset, index, &frame);

  if (film->file == NULL)
    return g_strdup (film->damage);
  return g_strdup_printf ("%s, frame %u", gen_video_file_get_path (film->file), frame);
}

/* A film is in one split; of a single one, a scene is, or a clip where scenes are not known. */
static guint32
video_get_source (const GenDataset *dataset, guint32 index)
{
  const VideoDataset *video = (const VideoDataset *)dataset;
  const Scene *scene = find_scene (video, index);

  if (video->films->len > 1)
    return scene->film;
  if (video->scenes->len > 1)
    return (guint32)(scene - &g_array_index (video->scenes, Scene, 0));
  return index / dataset->run;
}

const GenDatasetFormat gen_dataset_video = {
  .name = "video",
  .description = "The frames of a film, or of a folder of them",
  .medium = &gen_medium_picture,
  .recognise = video_recognise,
  .create = video_create,
  .open = video_open,
  .load = video_load,
  .probe = video_probe,
  .describe = video_describe,
  .get_film_length = video_get_film_length,
  .get_source = video_get_source,
  .free = video_free,
};
