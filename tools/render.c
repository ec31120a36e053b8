/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model render: a film, or a data set, made in ranges. */
#include <string.h>
#include <unistd.h>

#include <generative/atomic-file.h>
#include <gio/gio.h>

#include "../lib/render/join.h"
#include "command.h"
#include "render.h"

#define DEFAULT_RANGE 250
#define MOST_JOBS 1024
/* Each range is a process and a file. */
#define MOST_RANGES 100000

typedef struct {
  char *output, *folder, *on, *sound_codec;
  gint64 frames, range, worker;
  int jobs, retries;
  gboolean slurm, dry_run, keep;
} Options;

static void
options_clear (Options *options)
{
  g_free (options->output);
  g_free (options->folder);
  g_free (options->on);
  g_free (options->sound_codec);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean
fail (GError **error, const char *text)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, text);
  return FALSE;
}

static gboolean
check_numbers (const Options *options, GError **error)
{
  if (options->range < 1)
    return fail (error, "--range is the number of frames of a range, from 1 on");
  if (options->jobs < 1 || options->jobs > MOST_JOBS)
    return fail (error, "--jobs is how many ranges are made at once, from 1 to 1024");
  if (options->retries < 0 || options->retries > 100)
    return fail (error, "--retries is how often a range that fails is tried again, from 0 to 100");
  return TRUE;
}

/* What is to be made, by the options and the rest of the line. */
static gboolean
read_rendering (const Options *options, int argc, char **argv, Render *render, GError **error)
{
  if (options->frames < 1)
    return fail (error, "--frames says how many frames are made in all, from 1 on");
  if (options->output == NULL)
    return fail (error, "--output names the film, or the files of ranges by {range}");
  if (argc < 2)
    return fail (error,
        "a pipeline is to follow, behind --: latentsrc first-frame={start} num-buffers={frames} "
        "! …");
  render->frames = (guint64)options->frames;
  render->length = (guint64)options->range;
  if (render_count (render) > MOST_RANGES)
    return fail (error, "these are more than 100000 ranges: a larger --range makes fewer");
  render->output = g_canonicalize_filename (options->output, NULL);
  render->sound_codec = g_strdup (options->sound_codec);
  render->line = g_strdupv (argv + 1);
  if (options->folder != NULL) {
    render->folder = g_canonicalize_filename (options->folder, NULL);
  } else {
    g_autofree char *name = g_strconcat (render->output, ".render", NULL);

    render->folder = g_strdup (name);
    if (!render_joins (render))
      return fail (error, "--work names a folder for what is to be remembered of the ranges");
  }
  return render_check_line (render, error) &&
         (!render_joins (render) || gen_films_check_output (render->output, error));
}

static gboolean
prepare (const Options *options, int argc, char **argv, Render *render, GError **error)
{
  if (!check_numbers (options, error))
    return FALSE;
  if (options->frames == 0 && options->output == NULL && argc < 2 && options->folder != NULL)
    return render_load (render, options->folder, error);
  return read_rendering (options, argc, argv, render, error) &&
         (options->dry_run || render_begin (render, error));
}

static int
print_commands (const Render *render, const RenderRun *run)
{
  for (guint64 i = 0; i < render_count (render); i++) {
    const GenRange range = render_get (render, i);
    g_autoptr (GPtrArray) words = render_command (render, run, &range, (guint)(i % run->jobs));

    for (guint w = 0; w + 1 < words->len; w++) {
      g_autofree char *quoted = g_shell_quote (words->pdata[w]);

      g_print ("%s%s", w > 0 ? " " : "", quoted);
    }
    g_print ("\n");
  }
  return STATUS_FINE;
}

static int
write_slurm (const Render *render, const RenderRun *run)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *text = render_slurm_script (render, program, run);
  g_autofree char *path = g_build_filename (render->folder, "render.sbatch", NULL);
  g_autofree char *quoted = g_shell_quote (path), *folder = g_shell_quote (render->folder);
  g_autoptr (GBytes) bytes = g_bytes_new_static (text, strlen (text));
  GError *error = NULL;

  if (!gen_atomic_write (path, bytes, &error))
    return command_fail (error);
  g_print ("sbatch --wait %s && %s render --work=%s\n", quoted, program, folder);
  return STATUS_FINE;
}

/* Ranges that have become a film are not needed any more. */
static void
remove_ranges (const Render *render)
{
  for (guint64 i = 0; i < render_count (render) && render_joins (render); i++) {
    const GenRange range = render_get (render, i);
    g_autofree char *path = render_path (render, &range);

    unlink (path);
  }
}

static int
render_all (const Render *render, const RenderRun *run, gboolean keep)
{
  GError *error = NULL;
  const int lock = render_lock (render, TRUE, &error);
  int status;

  if (lock < 0)
    return command_fail (error);
  status = render_run (render, run, -1);
  if (status == STATUS_FINE && !render_finish (render, &error))
    status = command_fail (error);
  if (status == STATUS_FINE && !keep)
    remove_ranges (render);
  close (lock);
  return status;
}

static int
render_one (const Render *render, const RenderRun *run, gint64 number)
{
  GError *error = NULL;
  int lock, status;

  if ((guint64)number >= render_count (render)) {
    g_set_error (&error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "--worker=%" G_GINT64_FORMAT ": there are %" G_GUINT64_FORMAT " ranges, which count from 0",
        number, render_count (render));
    return command_fail (error);
  }
  lock = render_lock (render, FALSE, &error);
  if (lock < 0)
    return command_fail (error);
  status = render_run (render, run, number);
  close (lock);
  return status;
}

static int
run_render (int argc, char **argv)
{
  g_auto (Options) options = { .range = DEFAULT_RANGE, .worker = -1, .jobs = 1, .retries = 2 };
  const GOptionEntry entries[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &options.output,
        "The film (.mkv, .mp4, .webm …), or with {range} in it a file for each range", "FILE" },
    { "frames", 'f', 0, G_OPTION_ARG_INT64, &options.frames, "How many frames in all", "N" },
    { "range", 'r', 0, G_OPTION_ARG_INT64, &options.range,
        "Frames of a range, which is made by one process (250)", "N" },
    { "jobs", 'j', 0, G_OPTION_ARG_INT, &options.jobs, "Ranges at once (1)", "N" },
    { "retries", 0, 0, G_OPTION_ARG_INT, &options.retries,
        "How often a range that fails is tried again (2)", "N" },
    { "on", 0, 0, G_OPTION_ARG_STRING, &options.on,
        "Run ranges by another command, as 'ssh node{slot} {command}' or 'srun -n1'", "COMMAND" },
    { "sound-codec", 0, 0, G_OPTION_ARG_STRING, &options.sound_codec,
        "Encoder of the sound as a whole: flac, aac, libopus, pcm_s16le …", "NAME" },
    { "work", 'w', 0, G_OPTION_ARG_FILENAME, &options.folder,
        "Folder of ranges, logs and settings (FILE.render); alone: go on there", "FOLDER" },
    { "keep", 'k', 0, G_OPTION_ARG_NONE, &options.keep, "Keep the films of the ranges", NULL },
    { "slurm", 0, 0, G_OPTION_ARG_NONE, &options.slurm,
        "Write a script for Slurm, and print how it is run", NULL },
    { "worker", 0, 0, G_OPTION_ARG_INT64, &options.worker,
        "Make that range alone, as scripts of clusters do", "NUMBER" },
    { "dry-run", 'n', 0, G_OPTION_ARG_NONE, &options.dry_run, "Print the commands of all ranges",
        NULL },
    { NULL },
  };
  g_auto (Render) render = { 0 };
  g_auto (GStrv) on = NULL;
  RenderRun run;
  GError *error = NULL;

  if (!command_parse (&command_render, entries,
          "In the pipeline, {start} stands for the first frame of a range, {frames} for their "
          "number, {end} for the frame behind them, {range} for the range's number and {file} for "
          "the file to write. A line that does not say {file} ends on an encoder, or links to "
          "mux.; docs/rendering.md has examples.",
          0, -1, &argc, &argv))
    return STATUS_USAGE;
  /* A "--" that stands before the pipeline is not a word of it. */
  if (argc > 1 && g_str_equal (argv[1], "--")) {
    argv++;
    argc--;
  }
  if ((options.on != NULL && !g_shell_parse_argv (options.on, NULL, &on, &error)) ||
      !prepare (&options, argc, argv, &render, &error))
    return command_fail (error);
  run = (RenderRun){ (guint)options.jobs, (guint)options.retries, on };
  if (options.dry_run)
    return print_commands (&render, &run);
  if (options.slurm)
    return write_slurm (&render, &run);
  return options.worker >= 0 ? render_one (&render, &run, options.worker)
                             : render_all (&render, &run, options.keep);
}

const Command command_render = {
  "render",
  "-o FILE --frames=N -- PIPELINE",
  "Make a film or a data set in ranges, on one machine or many, and join them",
  run_render,
};
