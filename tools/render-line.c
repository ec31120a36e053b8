/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words that make a range. */
#include <string.h>

#include <gio/gio.h>

#include "render.h"

static gboolean
has (const Render *render, const char *name)
{
  for (char **word = render->line; *word != NULL; word++)
    if (gen_range_is_in (*word, name))
      return TRUE;
  return FALSE;
}

gboolean
render_check_line (const Render *render, GError **error)
{
  if (!has (render, "start") || !(has (render, "frames") || has (render, "end"))) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "all ranges would be the same: let the source begin with {start} and make {frames}, as "
        "latentsrc first-frame={start} num-buffers={frames}");
    return FALSE;
  }
  if (!render_joins (render) && !has (render, "file")) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "the pipeline does not say where a range goes: let its sink write {file}, as datasetsink "
        "location={file}");
    return FALSE;
  }
  return TRUE;
}

/* What films of ranges are written by, where the line has nothing of its own. */
static void
add_muxer (const Render *render, GPtrArray *words, const char *path)
{
  static const char *const muxer[] = { "!", "matroskamux", "name=mux", "!", "filesink" };
  const gboolean links = g_strv_contains ((const char *const *)render->line, "mux.");

  for (gsize i = links ? 1 : 0; i < G_N_ELEMENTS (muxer); i++)
    g_ptr_array_add (words, g_strdup (muxer[i]));
  g_ptr_array_add (words, g_strdup_printf ("location=%s", path));
}

static guint
count_digits (guint64 number)
{
  guint digits = 1;

  while ((number /= 10) > 0)
    digits++;
  return digits;
}

static GPtrArray *
launch_words (const Render *render, const GenRange *range)
{
  GPtrArray *words = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *path = render_unfinished_path (render, range);
  const guint digits = count_digits (render_count (render) - 1);

  g_ptr_array_add (words, g_strdup ("gst-launch-1.0"));
  g_ptr_array_add (words, g_strdup ("--quiet"));
  for (char **word = render->line; *word != NULL; word++)
    g_ptr_array_add (words, gen_range_fill (range, digits, path, *word));
  if (!has (render, "file"))
    add_muxer (render, words, path);
  return words;
}

/* As one word of a shell. */
static char *
quote (const GPtrArray *words)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < words->len; i++) {
    g_autofree char *quoted = g_shell_quote (words->pdata[i]);

    g_string_append_printf (text, "%s%s", i > 0 ? " " : "", quoted);
  }
  return g_string_free (text, FALSE);
}

static char *
replace (const char *word, const char *name, const char *with)
{
  g_auto (GStrv) parts = g_strsplit (word, name, -1);

  return g_strjoinv (with, parts);
}

/* Behind the command that runs it somewhere, or in it. */
static GPtrArray *
wrap (char **on, GPtrArray *words, guint slot)
{
  GPtrArray *wrapped = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *command = quote (words), *number = g_strdup_printf ("%u", slot);
  gboolean placed = FALSE;

  for (char **word = on; *word != NULL; word++) {
    g_autofree char *numbered = replace (*word, "{slot}", number);

    placed |= gen_range_is_in (numbered, "command");
    g_ptr_array_add (wrapped, replace (numbered, "{command}", command));
  }
  for (guint i = 0; i < words->len && !placed; i++)
    g_ptr_array_add (wrapped, g_strdup (words->pdata[i]));
  g_ptr_array_unref (words);
  return wrapped;
}

GPtrArray *
render_command (const Render *render, const RenderRun *run, const GenRange *range, guint slot)
{
  GPtrArray *words = launch_words (render, range);

  if (run->on != NULL)
    words = wrap (run->on, words, slot);
  g_ptr_array_add (words, NULL);
  return words;
}

char *
render_slurm_script (const Render *render, const char *program, const RenderRun *run)
{
  g_autofree char *quoted = g_shell_quote (program), *folder = g_shell_quote (render->folder);

  return g_strdup_printf (
      "#!/bin/sh\n"
      "#SBATCH --job-name=render\n"
      "#SBATCH --array=0-%" G_GUINT64_FORMAT "%%%u\n"
      "#SBATCH --output=/dev/null\n"
      "exec %s render --work=%s --worker=\"$SLURM_ARRAY_TASK_ID\" --retries=%u\n",
      render_count (render) - 1, run->jobs, quoted, folder, run->retries);
}
