/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* [mounts.NAME]: what can be watched. */
#include <string.h>

#include <generative/nearest.h>

#include "../configuration.h"

#define FIELD(name) G_STRUCT_OFFSET (ServeMountSettings, name)

static const char *const codecs[] = { "h264", "vp8", NULL };
/* As latentsrc's property has them. */
static const char *const walks[] = { "none", "linear", "slerp", "loop", NULL };

static const ServeKey keys[] = {
  { "model", SERVE_KEY_TEXT, FIELD (model), .blurb = "the name of one of the models" },
  { "pipeline", SERVE_KEY_TEXT, FIELD (pipeline),
      .blurb = "a launch line that makes raw pictures or sound; where it makes both, the elements "
               "at its ends are called video and audio" },
  { "source", SERVE_KEY_TEXT, FIELD (source),
      .blurb = "a launch line of what a model plays that takes pictures or sound" },
  { "path", SERVE_KEY_TEXT, FIELD (path),
      .blurb = "its path in addresses of RTSP, such as /faces" },
  { "width", SERVE_KEY_INTEGER, FIELD (width), "0", 0, 32767,
      .blurb = "how wide it is, in pixels, 0 for as it comes" },
  { "height", SERVE_KEY_INTEGER, FIELD (height), "0", 0, 32767,
      .blurb = "how high it is, in pixels, 0 for as it comes" },
  { "framerate", SERVE_KEY_RATE, FIELD (framerate), .minimum = 0.01, .maximum = 1000,
      .blurb = "how many frames it has a second" },
  { "walk", SERVE_KEY_TEXT, FIELD (walk), "\"slerp\"",
      .blurb = "how latents follow each other, as latentsrc's property walk has it" },
  { "speed", SERVE_KEY_NUMBER, FIELD (speed), "1", 0, 1000,
      .blurb = "how many keyframes a walk reaches in a second" },
  { "seed", SERVE_KEY_NUMBER, FIELD (seed), "0", 0, 9007199254740991,
      .blurb = "the seed of its latents, a whole number" },
  { "class", SERVE_KEY_INTEGER, FIELD (class), "-1", -1, 1048575,
      .blurb = "the class of what is made, -1 for one that the seed draws" },
  { "shared", SERVE_KEY_FLAG, FIELD (shared), "false",
      .blurb = "whether all clients see one stream, else each has its own" },
  { "protocols", SERVE_KEY_WORDS, FIELD (protocols), "[\"rtsp\", \"webrtc\", \"hls\", \"mjpeg\"]",
      .blurb = "by which protocols it is watched" },
  { "codec", SERVE_KEY_CHOICE, FIELD (codec), "\"h264\"", .choices = codecs,
      .blurb = "what its pictures are encoded by, where a protocol leaves a choice" },
  { "bitrate", SERVE_KEY_INTEGER, FIELD (bitrate), "0", 0, 1000000,
      .blurb = "kilobits a second of its pictures, 0 for what suits their size" },
};

static gboolean
check_model (const ServeMountSettings *mount, GError **error)
{
  const ServeConfiguration *configuration = mount->record.configuration;
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autofree char *hint = NULL, *all = NULL;

  if (serve_configuration_find (configuration, &serve_section_models, mount->model) != NULL)
    return TRUE;
  for (guint i = 0; i < configuration->models->len; i++)
    g_ptr_array_add (names, ((const ServeRecord *)configuration->models->pdata[i])->name);
  g_ptr_array_add (names, NULL);
  hint = gen_nearest_hint (mount->model, (const char *const *)names->pdata);
  all = g_strjoinv (", ", (char **)names->pdata);
  return serve_record_fail (mount, "model", error, "there is no model \"%s\"%s; there are %s",
      mount->model, hint, *all != '\0' ? all : "none");
}

static gboolean
check_path (const ServeMountSettings *mount, GError **error)
{
  if (mount->path == NULL ||
      (mount->path[0] == '/' && mount->path[1] != '\0' && strpbrk (mount->path, " ?#%\\") == NULL))
    return TRUE;
  return serve_record_fail (mount, "path", error,
      "\"%s\" is no path, such as /%s: it begins with / and has no space, ?, #, %% or \\",
      mount->path, mount->record.name);
}

static gboolean
check_size (const ServeMountSettings *mount, GError **error)
{
  const ServeLimits *limits = mount->record.configuration->limits;
  const double rate = (double)mount->framerate.numerator / mount->framerate.denominator;

  if ((mount->width > 0) != (mount->height > 0))
    return serve_record_fail (
        mount, mount->width > 0 ? "width" : "height", error, "width and height go together");
  if (mount->width > limits->width || mount->height > limits->height)
    return serve_record_fail (mount, "width", error,
        "%d x %d is more than limits.width and limits.height, %d x %d", mount->width, mount->height,
        limits->width, limits->height);
  if (rate > limits->framerate)
    return serve_record_fail (
        mount, "framerate", error, "%g is more than limits.framerate, %g", rate, limits->framerate);
  return TRUE;
}

static gboolean
check_walk (const ServeMountSettings *mount, GError **error)
{
  g_autofree char *hint = NULL, *all = NULL;

  if (mount->walk != NULL && g_strv_contains (walks, mount->walk))
    return TRUE;
  hint = mount->walk != NULL ? gen_nearest_hint (mount->walk, walks) : g_strdup ("");
  all = g_strjoinv (", ", (char **)walks);
  return serve_record_fail (mount, "walk", error, "there is no \"%s\"%s; there are %s",
      mount->walk != NULL ? mount->walk : "", hint, all);
}

static gboolean
check (gpointer record, GError **error)
{
  const ServeMountSettings *mount = record;

  if ((mount->model != NULL) == (mount->pipeline != NULL))
    return serve_record_fail (mount, mount->model != NULL ? "pipeline" : NULL, error,
        "either model or pipeline says what is watched");
  if (mount->source != NULL && mount->model == NULL)
    return serve_record_fail (mount, "source", error, "it is for a model, and there is none");
  if (mount->seed != (double)(guint64)mount->seed)
    return serve_record_fail (mount, "seed", error, "a whole number is wanted");
  return (mount->model == NULL || check_model (mount, error)) && check_path (mount, error) &&
         check_size (mount, error) && check_walk (mount, error);
}

const ServeSection serve_section_mounts = {
  .name = "mounts",
  .blurb = "What can be watched",
  .named = TRUE,
  .size = sizeof (ServeMountSettings),
  .keys = keys,
  .n_keys = G_N_ELEMENTS (keys),
  .check = check,
};
