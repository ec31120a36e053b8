/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "training-classes.h"

#include <string.h>

#include <generative/model.h>
#include <generative/onnx.h>

#include "checkpoint-files.h"
#include "starting-weights.h"
#include "training-continual.h"

/* What nets knew. */
typedef struct {
  int n;
  char **names; /* NULL: they had none but numbers */
} Known;

static void
note_net (Known *known, const GenRecipe *recipe, const GenRecipeNet *of, const GenGraph *net)
{
  const int n = gen_starting_weights_classes (recipe, of, net);

  if (n <= known->n)
    return;
  known->n = n;
  g_strfreev (known->names);
  known->names = gen_model_get_class_names (net);
}

static gboolean
read_net (Known *known, const GenTrainingSettings *settings, const GenRecipeNet *net,
    const char *path, GError **error)
{
  g_autoptr (GenGraph) graph = gen_onnx_load (path, error);

  if (graph == NULL)
    return FALSE;
  note_net (known, settings->trainer.recipe, net, graph);
  return TRUE;
}

/* Of the nets that the recipe's begin with. */
static gboolean
read_known (Known *known, const GenTrainingSettings *settings, GError **error)
{
  const GenRecipeNet *nets = settings->trainer.recipe->nets;

  for (guint i = 0; nets[i].role != NULL; i++) {
    g_autofree char *path = g_file_test (settings->weights, G_FILE_TEST_IS_DIR)
                                ? gen_checkpoint_model (settings->weights, nets[i].role)
                                : g_strdup (settings->weights);

    if (g_file_test (path, G_FILE_TEST_EXISTS) &&
        !read_net (known, settings, &nets[i], path, error))
      return FALSE;
  }
  return TRUE;
}

/* What class `i` is called: by its number where it has no name. (transfer full) */
static char *
name_of (char *const *names, int i)
{
  if (names != NULL && i < (int)g_strv_length ((char **)names))
    return g_strdup (names[i]);
  return g_strdup_printf ("%d", i);
}

static int
find (const GPtrArray *names, const char *name)
{
  for (guint i = 0; i < names->len; i++)
    if (strcmp (names->pdata[i], name) == 0)
      return (int)i;
  return -1;
}

/* Behind the data's classes, the map has those that the data has none of. */
static void
map_others (GenTraining *training, int n_known)
{
  for (int i = 0; i < n_known; i++) {
    gboolean is_met = FALSE;

    for (guint k = 0; k < training->n_mapped; k++)
      is_met = is_met || training->class_map[k] == i;
    if (!is_met)
      training->class_map[training->n_classes++] = i;
  }
}

/* The names of all classes, which the map finds those of the data in. (transfer full) */
static GPtrArray *
join (GenTraining *training, const Known *known)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  const int n = training->data_classes;

  for (int i = 0; i < known->n; i++)
    g_ptr_array_add (names, name_of (known->names, i));
  training->class_map = g_new (int, MAX (n + known->n, 1));
  training->n_mapped = training->n_classes = (guint)n;
  for (int i = 0; i < n; i++) {
    char *name = name_of (training->class_names, i);

    training->class_map[i] = find (names, name);
    if (training->class_map[i] >= 0) {
      g_free (name);
      continue;
    }
    training->class_map[i] = (int)names->len;
    g_ptr_array_add (names, name);
  }
  map_others (training, known->n);
  return names;
}

gboolean
gen_training_classes_settle (GenTraining *training, GError **error)
{
  GenTrainingSettings *settings = &training->settings;
  g_autoptr (GPtrArray) names = NULL;
  Known known = { 0, NULL };
  gboolean read;
  int n;

  g_clear_pointer (&training->class_map, g_free);
  training->n_mapped = training->n_classes = 0;
  if (!gen_training_continual_keeps (settings) || settings->weights == NULL)
    return TRUE;
  read = read_known (&known, settings, error);
  if (!read || known.n == 0) {
    g_strfreev (known.names);
    return read;
  }
  names = join (training, &known);
  g_strfreev (known.names);
  n = (int)names->len;
  g_ptr_array_add (names, NULL);
  gen_training_name_classes (training, (const char *const *)names->pdata);
  if (training->classes_follow)
    settings->options.classes = n;
  if (settings->options.classes == 0 || settings->options.classes >= n)
    return TRUE;
  g_set_error (error, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_SETTING,
      "classes: the nets are to know %d, and with those of the data and of '%s' there are %d; "
      "without classes they know as many",
      settings->options.classes, settings->weights, n);
  return FALSE;
}

/* --- nets that are trained already --- */

static Known
known_of (const GenTrainer *trainer)
{
  const GenRecipeNet *nets = gen_trainer_settings (trainer)->recipe->nets;
  Known known = { 0, NULL };

  for (guint i = 0; nets[i].role != NULL; i++)
    note_net (
        &known, gen_trainer_settings (trainer)->recipe, &nets[i], gen_trainer_net (trainer, i));
  return known;
}

/* The classes of `known` by those of others. What it does not know is behind those that it knows,
 * where it is refused as soon as a sample is of it. (transfer full) */
static int *
map_to (const Known *known, char *const *names, int n)
{
  g_auto (GStrv) whole = g_new0 (char *, n + 1);
  int *map;

  for (int i = 0; i < n; i++)
    whole[i] = name_of (names, i);
  map = gen_class_map (
      (const char *const *)known->names, (guint)known->n, (const char *const *)whole, (guint)n);
  for (int i = 0; i < n; i++)
    if (map[i] < 0)
      map[i] = known->n + i;
  return map;
}

void
gen_training_classes_find (GenTraining *training)
{
  Known known = known_of (training->trainer);

  if (known.n > 0 && training->data_classes > 0) {
    training->class_map = map_to (&known, training->class_names, training->data_classes);
    training->n_mapped = training->n_classes = (guint)training->data_classes;
  }
  for (guint i = 0; i < training->n_mapped; i++)
    if (training->class_map[i] >= known.n) {
      g_autofree char *name = name_of (training->class_names, (int)i);

      gen_training_warn (&training->events, GEN_TRAINING_ERROR_SETTING,
          "classes: the data has \"%s\", which is none of the %d that the nets know", name,
          known.n);
    }
  g_strfreev (known.names);
}

int *
gen_training_classes_of_other (const GenTrainer *trainer, const GenTrainer *other, int *n)
{
  Known ours = known_of (trainer), theirs = known_of (other);
  int *map = NULL;

  /* Those behind ours are refused by both. */
  *n = ours.n;
  if (ours.n > 0 && theirs.n > 0)
    map = map_to (&theirs, ours.names, ours.n);
  g_strfreev (ours.names);
  g_strfreev (theirs.names);
  return map;
}

void
gen_training_classes_judge (GenTraining *training)
{
  gen_training_validation_map (&training->validation, training->class_map, training->n_classes);
  gen_training_validation_map (&training->test.samples, training->class_map, training->n_classes);
}

/* What the nets have in the place of the data's class `label`. */
static int
map_class (const GenTraining *training, int label)
{
  if (training->class_map == NULL || label < 0 || label >= (int)training->n_classes)
    return label;
  return training->class_map[label];
}

/* Whether nets are told classes, or what they are taught by is put together by them. */
static gboolean
heeds_classes (const GenTraining *training)
{
  return training->settings.trainer.recipe->frames_of == GEN_FRAMES_OF_CLASSES ||
         !gen_trainer_check_label (training->trainer, -1, NULL);
}

/* Whether two classes, of which none has been found, are the two that are trained on: what tells
 * them apart is their order, and data sets of one and the other (trainA and trainB, testA and
 * testB) may call them as they like. */
static gboolean
are_two_by_order (const GenTraining *training, const int *map, guint n, guint known)
{
  if (training->settings.trainer.recipe->frames_of != GEN_FRAMES_OF_CLASSES || n != known)
    return FALSE;
  for (guint i = 0; i < n; i++)
    if (map[i] >= 0)
      return FALSE;
  return TRUE;
}

int *
gen_training_find_classes (const GenTraining *training, const char *const *names, guint n)
{
  g_autofree int *map = NULL;
  const guint known =
      training->class_map != NULL ? training->n_classes : (guint)training->data_classes;
  g_auto (GStrv) whole = g_new0 (char *, known + 1);

  if (training->data_classes == 0 || n == 0 || !heeds_classes (training))
    return NULL;
  for (guint i = 0; i < known; i++)
    whole[i] = name_of (training->class_names, map_class (training, (int)i));
  map = gen_class_map ((const char *const *)whole, known, names, n);
  return are_two_by_order (training, map, n, known) ? NULL : g_steal_pointer (&map);
}
