/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model merge: a model with adapters added to its weights. */
#include <generative/adapter-file.h>
#include <generative/onnx.h>

#include "command.h"

typedef struct {
  char *output, *scales;
  gboolean force;
} Merge;

static void
merge_clear (Merge *merge)
{
  g_free (merge->output);
  g_free (merge->scales);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Merge, merge_clear)

/* Whether it turns weights, as kind dora does, so that what it adds hangs on what they are. */
static gboolean
turns (const GenAdapterFile *file)
{
  for (guint i = 0; i < gen_adapter_file_n_weights (file); i++)
    if (gen_adapter_file_weight (file, i).turns)
      return TRUE;
  return FALSE;
}

/* Those that turn weights, or the others. */
static gboolean
add_kind (
    GenGraph *graph, const GPtrArray *files, const double *scales, gboolean turning, GError **error)
{
  for (guint i = 0; i < files->len; i++)
    if (turns (files->pdata[i]) == turning &&
        !gen_adapter_file_merge (files->pdata[i], graph, scales[i], error))
      return FALSE;
  return TRUE;
}

/* Each is checked beside the model as it was. */
static gboolean
add (GenGraph *graph, const char *base, char **paths, guint n, const double *scales, GError **error)
{
  g_autofree char *hash = gen_adapter_hash (graph);
  g_autoptr (GPtrArray) files =
      g_ptr_array_new_with_free_func ((GDestroyNotify)gen_adapter_file_unref);
  guint n_turning = 0;

  for (guint i = 0; i < n; i++) {
    GenAdapterFile *file = gen_adapter_file_load (paths[i], error);

    if (file == NULL)
      return FALSE;
    g_ptr_array_add (files, file);
    n_turning += turns (file);
    if (!gen_adapter_file_check (file, graph, hash, base, error))
      return FALSE;
  }
  /* It sees the weights as it was learned beside them. */
  if (n_turning < 2)
    return add_kind (graph, files, scales, TRUE, error) &&
           add_kind (graph, files, scales, FALSE, error);
  g_set_error (error, GEN_ADAPTER_ERROR, GEN_ADAPTER_ERROR_SETTING,
      "%u of the adapters turn weights (kind dora), each those of the base; one of them can be "
      "merged, and generator plays several beside each other",
      n_turning);
  return FALSE;
}

static int
merge (const Merge *merge, const char *base, char **paths, guint n)
{
  g_autoptr (GenGraph) graph = NULL;
  g_autofree double *scales = g_new (double, n);
  GError *error = NULL;

  if (!gen_adapters_read_scales (merge->scales, scales, n, &error)) {
    g_prefix_error_literal (&error, "--scale: ");
    return command_fail (error);
  }
  graph = gen_onnx_load (base, &error);
  if (graph == NULL || !add (graph, base, paths, n, scales, &error) ||
      !gen_onnx_save (graph, merge->output, &error))
    return command_fail_of (base, error);
  g_print ("%s is %s with %u adapter%s\n", merge->output, base, n, n == 1 ? "" : "s");
  return STATUS_FINE;
}

static int
run (int argc, char **argv)
{
  g_auto (Merge) said = { 0 };
  const GOptionEntry entries[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &said.output, "The model to write", "OUT.onnx" },
    { "scale", 's', 0, G_OPTION_ARG_STRING, &said.scales,
        "How much each adapter counts, such as 0.7,0.3 (1)", "SCALES" },
    { "force", 'f', 0, G_OPTION_ARG_NONE, &said.force, "Replace a file that is there already",
        NULL },
    { NULL },
  };

  if (!command_parse (&command_merge, entries,
          "An adapter is what a training with adapter=lora writes beside its models, and is for "
          "the "
          "weights\nthat this began with, whatever file they are in. Of another model it is "
          "refused.",
          2, -1, &argc, &argv))
    return STATUS_USAGE;
  if (said.output == NULL) {
    g_printerr ("%s: --output names the model to write\n", g_get_prgname ());
    return STATUS_USAGE;
  }
  if (!said.force && g_file_test (said.output, G_FILE_TEST_EXISTS)) {
    g_printerr ("%s: '%s' is there already; --force replaces it\n", g_get_prgname (), said.output);
    return STATUS_FAILED;
  }
  return merge (&said, argv[1], argv + 2, (guint)argc - 2);
}

const Command command_merge = {
  .name = "merge",
  .arguments = "MODEL ADAPTER…",
  .summary = "Add adapters to the weights of a model",
  .run = run,
};
