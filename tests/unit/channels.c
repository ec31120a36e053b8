/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Channels that go: random nets without some of their channels make what the same nets make with
 * zeros where these are read; which channels are chosen; and that layers which cannot lose any are
 * left. */
#include <generative/channel-choice.h>
#include <generative/plan.h>
#include <generative/preset.h>

#include <math.h>
#include <string.h>

#include "channel-nets.h"

#define NETS 400
#ifdef __SANITIZE_ADDRESS__
#define USUAL 60
#else
#define USUAL NETS
#endif
/* Sums in another order. */
#define BOUND 2e-4

static GenChannels *
find (GenGraph *graph, GError **error)
{
  g_autoptr (GenGraph) shaped = gen_graph_copy (graph);

  return gen_graph_infer (shaped, error) ? gen_channels_find (graph, shaped, error) : NULL;
}

/* --- the graph with zeros --- */

static void
zero_place (GenGraph *graph, const GenChannelPlace *place)
{
  GenTensor *tensor = gen_graph_find (graph, place->tensor->name);
  const GenShape *shape = &tensor->shape;
  const gint64 inner = gen_shape_product (shape, place->axis + 1, shape->rank);
  const gint64 outer = gen_shape_product (shape, 0, place->axis);
  gsize size;
  float *values = g_bytes_unref_to_data (g_steal_pointer (&tensor->data), &size);

  for (gint64 o = 0; o < outer; o++)
    memset (values + (o * shape->dims[place->axis] + place->index) * inner, 0,
        (gsize)inner * sizeof *values);
  tensor->data = g_bytes_new_take (values, size);
}

/* What reads the channels reads nothing. */
static GenGraph *
with_zeros (GenGraph *graph, const GenChannels *channels, const gboolean *gone)
{
  GenGraph *copy = gen_graph_copy (graph);

  for (guint i = 0; i < gen_channels_count (channels); i++) {
    const GArray *places = gen_channels_places (channels, i);

    for (guint k = 0; gone[i] && k < places->len; k++)
      if (g_array_index (places, GenChannelPlace, k).use == GEN_CHANNEL_READ)
        zero_place (copy, &g_array_index (places, GenChannelPlace, k));
  }
  return copy;
}

/* --- results --- */

static GArray *
play (GenGraph *graph, GError **error)
{
  const GenPlanOptions options = { .threads = 1 };
  g_autoptr (GenPlan) plan = gen_plan_new (graph, &options, error);
  g_autoptr (GRand) random = g_rand_new_with_seed (7);
  GArray *made = g_array_new (FALSE, FALSE, sizeof (float));

  g_assert_no_error (*error);
  for (gsize k = 0; k < gen_plan_input (plan, 0)->size / sizeof (float); k++)
    ((float *)gen_plan_input (plan, 0)->data)[k] = (float)g_rand_double_range (random, -1, 1);
  gen_plan_run (plan, error);
  g_assert_no_error (*error);
  g_array_append_vals (made, gen_plan_output (plan, 0)->data,
      (guint)(gen_plan_output (plan, 0)->size / sizeof (float)));
  return made;
}

static double
greatest (const GArray *values)
{
  double most = 0;

  for (guint i = 0; i < values->len; i++)
    most = MAX (most, fabs (g_array_index (values, float, i)));
  return most;
}

static double
apart (const GArray *a, const GArray *b)
{
  double most = 0;

  g_assert_cmpuint (a->len, ==, b->len);
  for (guint i = 0; i < a->len; i++)
    most = MAX (most, fabs (g_array_index (a, float, i) - g_array_index (b, float, i)));
  return most / MAX (greatest (a), 1e-3);
}

static gint64
count_numbers (const GenGraph *graph)
{
  gint64 n = 0;

  for (guint i = 0; i < graph->tensors->len; i++) {
    const GenTensor *tensor = g_ptr_array_index (graph->tensors, i);

    if (tensor->role == GEN_ROLE_CONSTANT && tensor->type == GEN_TYPE_FLOAT32)
      n += gen_shape_elements (&tensor->shape);
  }
  return n;
}

/* Random ones go, as many as a random ratio says. */
static void
choose (const GenChannels *channels, GRand *random, gboolean *gone)
{
  GenChannelChoice choice = GEN_CHANNEL_CHOICE_DEFAULTS;
  g_autofree double *scores = g_new (double, gen_channels_count (channels));
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < gen_channels_count (channels); i++)
    scores[i] = g_rand_double (random);
  choice.ratio = g_rand_double_range (random, 0.2, 0.8);
  choice.across = g_rand_boolean (random);
  if (!gen_channels_choose (channels, scores, &choice, gone, &error))
    g_assert_error (error, GEN_CHANNELS_ERROR, GEN_CHANNELS_ERROR_SETTING);
}

static void
test_random_net (guint seed, GHashTable *cut_steps)
{
  g_autoptr (GPtrArray) steps = g_ptr_array_new ();
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  g_autoptr (GenGraph) graph = NULL, zeroed = NULL, cut = NULL;
  g_autoptr (GArray) wanted = NULL, made = NULL;
  g_autoptr (GenChannels) channels = NULL;
  g_autofree gboolean *gone = NULL;
  g_autofree char *text = NULL;
  GError *error = NULL;

  graph = channel_net_new (seed, steps, &error);
  g_assert_no_error (error);
  g_ptr_array_add (steps, NULL);
  text = g_strjoinv (" ", (char **)steps->pdata);
  channels = find (graph, &error);
  if (channels == NULL) {
    g_assert_error (error, GEN_CHANNELS_ERROR, GEN_CHANNELS_ERROR_MODEL);
    g_clear_error (&error);
    return;
  }
  gone = g_new0 (gboolean, gen_channels_count (channels));
  choose (channels, random, gone);
  cut = gen_channels_cut (channels, gone, &error);
  g_assert_no_error (error);
  zeroed = with_zeros (graph, channels, gone);
  wanted = play (zeroed, &error);
  made = play (cut, &error);
  if (apart (wanted, made) > BOUND)
    g_error ("net %u is apart by %g: %s", seed, apart (wanted, made), text);
  if (count_numbers (cut) < count_numbers (graph))
    for (guint i = 0; i + 1 < steps->len; i++)
      g_hash_table_add (cut_steps, steps->pdata[i]);
}

/* Each kind of step is in nets that have lost channels. */
static void
test_random_nets (void)
{
  g_autoptr (GHashTable) steps = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint seed = 0; seed < USUAL; seed++)
    test_random_net (seed, steps);
  g_assert_cmpuint (g_hash_table_size (steps), ==, 23);
}

/* --- which ones --- */

/* Of 28 pixels: dense to [128, 7, 7], then 64 channels and one. */
static GenGraph *
new_generator (void)
{
  GenPresetOptions options = { GEN_PRESET_DEFAULTS };
  GError *error = NULL;
  GenGraph *graph;

  graph = gen_preset_dcgan.nets[0](&options, &error);
  g_assert_no_error (error);
  gen_graph_set_free_dimensions (graph, NULL, 1);
  return graph;
}

/* How many go of the group of `name`; those with the least scores, which are their numbers. */
static guint
count_gone (const GenChannels *channels, const char *name, const gboolean *gone)
{
  guint n = 0;

  for (guint g = 0; g < gen_channels_n_groups (channels); g++) {
    const GenChannelGroup *group = gen_channels_group (channels, g);

    if (strcmp (group->name, name) != 0)
      continue;
    for (guint i = 0; i < group->channels->len; i++)
      n += gone[g_array_index (group->channels, guint, i)];
    for (guint i = 0; i < n; i++)
      g_assert_true (gone[g_array_index (group->channels, guint, i)]);
  }
  return n;
}

typedef struct {
  GenChannelChoice choice;
  guint dense, up; /* that go */
} Choice;

static void
test_choices (void)
{
  GenChannelLimit limits[] = { { (char *)"up1*", 0.25 } };
  const Choice choices[] = {
    { { .ratio = 0.5, .most = 1, .round_to = 1 }, 64, 32 },
    { { .ratio = 0.3, .most = 1, .round_to = 16 }, 32, 16 },
    { { .ratio = 0.5, .most = 1, .round_to = 1, .limits = limits, .n_limits = 1 }, 64, 16 },
    { { .ratio = 0.75, .most = 0.5, .round_to = 1 }, 64, 32 },
    { { .ratio = 0.999, .most = 1, .round_to = 8 }, 120, 56 },
  };
  g_autoptr (GenGraph) graph = new_generator ();
  GError *error = NULL;
  g_autoptr (GenChannels) channels = find (graph, &error);
  g_autofree double *scores = NULL;
  g_autofree gboolean *gone = NULL;

  g_assert_no_error (error);
  g_assert_cmpuint (gen_channels_count (channels), ==, 128 + 64);
  g_assert_cmpuint (gen_channels_n_groups (channels), ==, 2);
  scores = g_new (double, 192);
  gone = g_new (gboolean, 192);
  for (guint i = 0; i < 192; i++)
    scores[i] = i + 1;
  for (guint i = 0; i < G_N_ELEMENTS (choices); i++) {
    g_assert_true (gen_channels_choose (channels, scores, &choices[i].choice, gone, &error));
    g_assert_no_error (error);
    g_assert_cmpuint (count_gone (channels, "up0.weight", gone), ==, choices[i].dense);
    g_assert_cmpuint (count_gone (channels, "up1.weight", gone), ==, choices[i].up);
  }
}

/* What goes of the measure is what was asked for, and not much more. */
static void
test_measures (void)
{
  const GenChannelMeasure measures[] = { GEN_CHANNEL_MEASURE_FLOPS,
    GEN_CHANNEL_MEASURE_PARAMETERS };
  g_autoptr (GenGraph) graph = new_generator ();
  GError *error = NULL;
  g_autoptr (GenChannels) channels = find (graph, &error);
  g_autofree double *scores = g_new0 (double, 192);
  g_autofree gboolean *gone = g_new0 (gboolean, 192);
  g_autofree gboolean *none = g_new0 (gboolean, 192);

  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (measures); i++)
    for (int across = 0; across < 2; across++) {
      const GenChannelChoice choice = {
        .ratio = 0.6, .most = 1, .round_to = 1, .measure = measures[i], .across = across
      };
      const double whole = gen_channels_measure (channels, none, measures[i], &error);
      double left;

      g_assert_no_error (error);
      g_assert_true (gen_channels_choose (channels, scores, &choice, gone, &error));
      g_assert_no_error (error);
      left = gen_channels_measure (channels, gone, measures[i], &error);
      g_assert_cmpfloat (left, <=, 0.4 * whole);
      g_assert_cmpfloat (left, >=, 0.38 * whole);
    }
}

static void
assert_refused (const GenChannels *channels, const GenChannelChoice *choice, const char *said)
{
  g_autofree double *scores = g_new0 (double, gen_channels_count (channels));
  g_autofree gboolean *gone = g_new0 (gboolean, gen_channels_count (channels));
  g_autoptr (GError) error = NULL;

  g_assert_false (gen_channels_choose (channels, scores, choice, gone, &error));
  g_assert_error (error, GEN_CHANNELS_ERROR, GEN_CHANNELS_ERROR_SETTING);
  g_assert_nonnull (strstr (error->message, said));
}

static void
test_refused (void)
{
  g_autoptr (GenGraph) graph = new_generator (), one = gen_graph_new ("one");
  GError *error = NULL;
  g_autoptr (GenChannels) channels = find (graph, &error);
  GenTensor *x = gen_graph_add_input (one, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 4));
  const GenChannelLimit limit = { (char *)"*", 0.1 };

  g_assert_no_error (error);
  assert_refused (channels, &(GenChannelChoice){ .ratio = 1, .most = 1, .round_to = 1 }, "ratio");
  assert_refused (channels, &(GenChannelChoice){ .ratio = 0.5, .most = 2, .round_to = 1 }, "most");
  assert_refused (channels, &(GenChannelChoice){ .ratio = 0.5, .most = 1 }, "round-to");
  assert_refused (
      channels, &(GenChannelChoice){ .ratio = 0.5, .most = 1, .round_to = 500 }, "round-to 500");
  assert_refused (channels,
      &(GenChannelChoice){ .ratio = 0.5,
          .most = 1,
          .round_to = 1,
          .measure = GEN_CHANNEL_MEASURE_FLOPS,
          .limits = &limit,
          .n_limits = 1 },
      "within the limits");

  gen_graph_add_output (
      one, gen_binary (one, "MatMul", x, gen_graph_full (one, &GEN_SHAPE (4, 3), 1), &error));
  g_assert_no_error (error);
  g_assert_null (find (one, &error));
  g_assert_error (error, GEN_CHANNELS_ERROR, GEN_CHANNELS_ERROR_MODEL);
  g_clear_error (&error);
}

/* Nothing is left of a layer. */
static void
test_all_gone (void)
{
  g_autoptr (GenGraph) graph = new_generator ();
  GError *error = NULL;
  g_autoptr (GenChannels) channels = find (graph, &error);
  g_autofree gboolean *gone = g_new (gboolean, 192);

  g_assert_no_error (error);
  for (guint i = 0; i < 192; i++)
    gone[i] = TRUE;
  g_assert_null (gen_channels_cut (channels, gone, &error));
  g_assert_error (error, GEN_CHANNELS_ERROR, GEN_CHANNELS_ERROR_SETTING);
  g_clear_error (&error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/channels/random-nets", test_random_nets);
  g_test_add_func ("/channels/choices", test_choices);
  g_test_add_func ("/channels/measures", test_measures);
  g_test_add_func ("/channels/refused", test_refused);
  g_test_add_func ("/channels/all-gone", test_all_gone);
  return g_test_run ();
}
