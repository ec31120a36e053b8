/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checkpoints. Several files cannot be replaced at once; so one of them, the state, is all that
 * matters for going on, and the others follow from it. */
#include <generative/checkpoint.h>

#include <errno.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <unistd.h>

#include <generative/atomic-file.h>
#include <generative/onnx.h>

#include "state-file.h"

gboolean
gen_checkpoint_check (const char *folder, GError **error)
{
  if (g_mkdir_with_parents (folder, 0777) == 0 && g_access (folder, W_OK | X_OK) == 0)
    return TRUE;
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno),
      "cannot write a checkpoint to the folder '%s': %s", folder, g_strerror (errno));
  return FALSE;
}

gboolean
gen_checkpoint_exists (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, GEN_CHECKPOINT_STATE, NULL);

  return g_file_test (path, G_FILE_TEST_IS_REGULAR);
}

static gboolean
save_model (GenGraph *graph, const char *folder, const char *name, GError **error)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  gboolean saved = gen_onnx_save (graph, path, error);

  gen_graph_unref (graph);
  return saved;
}

/* json-glib before 1.8 writes 1e-08 as "1e-08.0", which is no JSON. */
static char *
mend_exponents (const char *text)
{
  g_autoptr (GRegex) regex = g_regex_new ("(\\d)(e[-+]?\\d+)\\.0", 0, 0, NULL);

  return g_regex_replace (regex, text, -1, 0, "\\1.0\\2", 0, NULL);
}

static void
add_double (JsonObject *object, const char *name, double value)
{
  json_object_set_double_member (object, name, value);
}

static gboolean
save_settings (GenTrainer *trainer, const char *folder, guint64 samples, GError **error)
{
  const GenTrainerSettings *settings = gen_trainer_settings (trainer);
  g_autofree char *path = g_build_filename (folder, "training.json", NULL), *text = NULL,
                  *mended = NULL;
  JsonObject *object = json_object_new ();
  g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), object);
  g_autoptr (GBytes) bytes = NULL;

  json_object_unref (object);
  json_object_set_string_member (object, "version", GEN_VERSION);
  json_object_set_int_member (object, "step", gen_trainer_steps (trainer));
  json_object_set_int_member (object, "samples", samples);
  json_object_set_int_member (object, "batch-size", settings->batch_size);
  json_object_set_string_member (object, "optimizer", settings->optimizer->name);
  add_double (object, "learning-rate", settings->learning_rate);
  add_double (object, "beta1", settings->optimizer_settings.beta1);
  add_double (object, "beta2", settings->optimizer_settings.beta2);
  add_double (object, "epsilon", settings->optimizer_settings.epsilon);
  add_double (object, "weight-decay", settings->optimizer_settings.weight_decay);
  json_object_set_string_member (object, "loss", settings->loss->name);
  add_double (object, "label-smoothing", settings->label_smoothing);
  add_double (object, "ema", settings->ema);
  json_object_set_int_member (object, "seed", settings->seed);
  text = json_to_string (root, TRUE);
  mended = mend_exponents (text);
  bytes = g_bytes_new (mended, strlen (mended));
  return gen_atomic_write (path, bytes, error);
}

gboolean
gen_checkpoint_save (GenTrainer *trainer, const char *folder, guint64 samples, GError **error)
{
  g_autofree char *path = g_build_filename (folder, GEN_CHECKPOINT_STATE, NULL);
  g_autofree char *taken = g_strdup_printf ("%" G_GUINT64_FORMAT, samples);

  return gen_checkpoint_check (folder, error) &&
         save_model (
             gen_trainer_export_generator (trainer, FALSE), folder, "generator.onnx", error) &&
         save_model (
             gen_trainer_export_discriminator (trainer), folder, "discriminator.onnx", error) &&
         (gen_trainer_settings (trainer)->ema == 0 ||
             save_model (
                 gen_trainer_export_generator (trainer, TRUE), folder, "ema.onnx", error)) &&
         save_settings (trainer, folder, samples, error) &&
         gen_state_file_save (trainer, path, (const char *[]){ "samples", taken, NULL }, error);
}

gboolean
gen_checkpoint_load (GenTrainer *trainer, const char *folder, guint64 *samples, GError **error)
{
  g_autofree char *path = g_build_filename (folder, GEN_CHECKPOINT_STATE, NULL);

  return gen_state_file_load (trainer, path, (const char *[]){ "samples", NULL }, samples, error);
}
