/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model statistics: the mean and covariance of the features of a set of samples, which
 * is all that the Fréchet distance looks at, in a file that takes the set's place. */
#include <string.h>

#include "command.h"
#include "compare-statistics.h"
#include "statistics-niqe.h"
#include "training-data.h"

static char *
describe (void)
{
  GString *text = g_string_new (NULL);

  g_string_append (text,
      "A set is what datasetsrc reads, a folder of pictures or sounds, films, a sheet, an archive, "
      "or a\nmatrix of features (.npy); of several all samples count, made like the first one's. "
      "The file is\nwhat pytorch-fid, clean-fid and torch-fidelity read and write, and what "
      "`generative-model compare`\nand the reference of qualitymeter take in a set's place:\n\n"
      "  generative-model statistics photos --out photos.npz width=64 height=64\n"
      "  generative-model compare made photos.npz\n\n"
      "With --niqe it is the model of good pictures that qualitymeter's niqe-model "
      "names.\n\nNames:\n");
  training_data_describe_settings (text);
  return g_string_free (text, FALSE);
}

/* The sets come first, and what is said of them behind. */
static guint
count_sets (char **arguments)
{
  guint n = 0;

  while (arguments[n] != NULL && strchr (arguments[n], '=') == NULL)
    n++;
  return n;
}

static gboolean
read_said (JsonObject *said, char **arguments, GError **error)
{
  for (char **text = arguments; *text != NULL; text++) {
    g_auto (GStrv) parts = g_strsplit (*text, "=", 2);

    if (parts[1] != NULL && training_data_say (said, parts[0], parts[1], error))
      continue;
    if (parts[1] == NULL)
      g_set_error (
          error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "NAME=VALUE is wanted behind the sets");
    g_prefix_error (error, "%s: ", *text);
    return FALSE;
  }
  return TRUE;
}

static gboolean
write_features (const char *const *sets, guint n, const FeatureSetSettings *settings,
    const char *out, GError **error)
{
  g_auto (GenStatistics) statistics = { 0 };

  if (!statistics_read (&statistics, sets, n, settings, NULL, NULL, error) ||
      !gen_statistics_save (&statistics, out, error))
    return FALSE;
  g_print ("%s: %" G_GUINT64_FORMAT " samples, %d features of %s\n", out, statistics.count,
      statistics.length, statistics.features != NULL ? statistics.features : "no name");
  if (statistics.count <= (guint64)statistics.length)
    command_warn (
        "%s: the covariance of %" G_GUINT64_FORMAT
        " samples is singular, which are not more than the %d features of each: distances "
        "from it are too large",
        out, statistics.count, statistics.length);
  return TRUE;
}

static gboolean
write_statistics (
    char **arguments, FeatureSetSettings *settings, gboolean niqe, const char *out, GError **error)
{
  const char *const *sets = (const char *const *)arguments;
  const guint n = count_sets (arguments);
  g_autoptr (JsonObject) said = json_object_new ();

  if (n == 0) {
    g_set_error (
        error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "a set is wanted before NAME=VALUE");
    return FALSE;
  }
  settings->said = said;
  settings->name = "samples";
  return read_said (said, arguments + n, error) &&
         (niqe ? statistics_write_niqe (sets, n, said, out, error)
               : write_features (sets, n, settings, out, error));
}

static int
run (int argc, char **argv)
{
  g_autofree char *embedder = NULL, *resizing = NULL, *out = NULL, *details = describe ();
  FeatureSetSettings settings = { 0 };
  gboolean niqe = FALSE;
  const GOptionEntry entries[] = {
    { "out", 'o', 0, G_OPTION_ARG_FILENAME, &out, "Where to write them (.npz)", "FILE" },
    { "embedder", 'e', 0, G_OPTION_ARG_FILENAME, &embedder,
        "Features to take statistics of: a name, or an ONNX file", "NAME|FILE" },
    { "niqe", 0, 0, G_OPTION_ARG_NONE, &niqe,
        "Write what the metric niqe compares pictures with, of good ones, instead", NULL },
    { "resizing", 'r', 0, G_OPTION_ARG_STRING, &resizing, resizing_text (), "NAME" },
    { NULL },
  };
  GError *error = NULL;

  if (!command_parse (&command_statistics, entries, details, 1, -1, &argc, &argv))
    return STATUS_USAGE;
  if (out == NULL)
    g_set_error (&error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--out must say where to write them, for instance --out statistics.npz");
  else if (niqe && (embedder != NULL || resizing != NULL))
    g_set_error (&error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--niqe has features of its own, and looks at pictures as large as they are: --embedder "
        "and "
        "--resizing say nothing there");
  settings.embedder = embedder;
  settings.resizing = resizing;
  if (error == NULL && write_statistics (argv + 1, &settings, niqe, out, &error))
    return STATUS_FINE;
  return command_fail (error);
}

const Command command_statistics = {
  .name = "statistics",
  .arguments = "SET… --out FILE.npz [NAME=VALUE…]",
  .summary = "Write the mean and covariance of a set's features, as FID's tools read them",
  .run = run,
};
