/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Building the graph of a training step from two nets.
 *
 * The discriminator stands in the graph three times with one set of weights: on real pictures,
 * on made ones, and on made ones again with the weights that its optimiser has just made. The
 * running statistics of its normalisations go from one to the next, as if it were called three
 * times. */
#include "training-graph.h"

#include <string.h>

#include <generative/operator.h>
#include <generative/random.h>

#include "loss-scaling.h"
#include "phase-shuffle.h"

/* How far from a real picture the discriminator's gradient on it is measured: the deviation of the
 * noise, where black and white are 2 apart. */
#define NEAR 0.01

static gboolean
is (const GenNode *node, const char *name)
{
  return node->op->domain == NULL && strcmp (node->op->name, name) == 0;
}

static gboolean
is_weight (const GenNode *node, guint input)
{
  const GenTensor *tensor = gen_node_input (node, input);

  if (tensor == NULL || tensor->role != GEN_ROLE_CONSTANT || tensor->type != GEN_TYPE_FLOAT32)
    return FALSE;
  if (node->op->elementwise && node->op->weights == 0x3 && gen_shape_elements (&tensor->shape) < 2)
    return FALSE;
  return input < 32 && (node->op->weights >> input & 1);
}

/* A net made ready for training: its weights are states, its normalisations work on the batch, its
 * dropout drops and its phases are shuffled. Outputs after the first are the statistics' new
 * values, in the order of `statistics`. */
typedef struct {
  GenGraph *graph;
  GPtrArray *weights;    /* GenTensor of graph, that gradients change */
  GPtrArray *statistics; /* GenTensor of graph, that normalisations change */
  GHashTable *map;       /* tensors of graph to those of the training graph */
  GenLossScaling scaling;
} Net;

static void
net_clear (Net *net)
{
  g_clear_pointer (&net->graph, gen_graph_unref);
  g_clear_pointer (&net->weights, g_ptr_array_unref);
  g_clear_pointer (&net->statistics, g_ptr_array_unref);
  g_clear_pointer (&net->map, g_hash_table_unref);
}

static void
make_state (GPtrArray *list, GenTensor *tensor)
{
  if (tensor->role == GEN_ROLE_STATE)
    return;
  tensor->role = GEN_ROLE_STATE;
  g_ptr_array_add (list, tensor);
}

static void
prepare_node (Net *net, GenNode *node)
{
  for (guint k = 0; k < node->inputs->len; k++)
    if (is_weight (node, k))
      make_state (net->weights, gen_node_input (node, k));
  if (is (node, "BatchNormalization")) {
    gen_node_set_int (node, "training_mode", 1);
    g_ptr_array_set_size (node->outputs, 1);
    for (guint k = 0; k < 2; k++) {
      GenTensor *next = gen_graph_add_value (net->graph, NULL);

      next->producer = node;
      g_ptr_array_add (node->outputs, next);
      make_state (net->statistics, gen_node_input (node, 3 + k));
      gen_graph_add_output (net->graph, next);
    }
  }
  if (is (node, "Dropout")) {
    static const guint8 yes = 1;

    while (node->inputs->len < 3)
      g_ptr_array_add (node->inputs, NULL);
    node->inputs->pdata[2] = gen_graph_add_constant (
        net->graph, NULL, GEN_TYPE_BOOL, &GEN_SHAPE_SCALAR, g_bytes_new_static (&yes, sizeof yes));
  }
}

/* The result of a net whose last node is Sigmoid becomes what that node reads. */
static void
take_off_sigmoid (GenGraph *graph)
{
  GenTensor *y = g_ptr_array_index (graph->outputs, 0);

  if (y->producer != NULL && is (y->producer, "Sigmoid"))
    graph->outputs->pdata[0] = gen_node_input (y->producer, 0);
}

static gboolean
prepare (Net *net, const GenGraph *source, gint64 batch, const char *what, GError **error)
{
  guint n_nodes;

  if (source->inputs->len != 1 || source->outputs->len != 1) {
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
        "the %s must have one input and one output, not %u and %u", what, source->inputs->len,
        source->outputs->len);
    return FALSE;
  }
  net->graph = gen_graph_copy (source);
  net->weights = g_ptr_array_new ();
  net->statistics = g_ptr_array_new ();
  net->map = g_hash_table_new (NULL, NULL);
  n_nodes = net->graph->nodes->len;
  for (guint i = 0; i < n_nodes; i++)
    prepare_node (net, g_ptr_array_index (net->graph->nodes, i));
  if (net->weights->len > 0)
    return gen_phase_shuffle_insert (net->graph, batch, what, error);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the %s has no weights that could be trained", what);
  return FALSE;
}

/* Append `net` on `x`; its statistics move on. Returns its result. */
static GenTensor *
apply (Net *net, GenGraph *graph, const char *prefix, GenTensor *x, GError **error)
{
  g_autofree GenTensor **outputs = g_new0 (GenTensor *, net->graph->outputs->len);

  if (!gen_graph_append (graph, net->graph, prefix, &x, outputs, net->map, error))
    return NULL;
  for (guint i = 0; i < net->statistics->len; i++)
    g_hash_table_insert (net->map, g_ptr_array_index (net->statistics, i), outputs[1 + i]);
  return outputs[0];
}

static GPtrArray *
mapped (const Net *net, const GPtrArray *tensors)
{
  GPtrArray *result = g_ptr_array_new ();

  for (guint i = 0; i < tensors->len; i++)
    g_ptr_array_add (result, g_hash_table_lookup (net->map, g_ptr_array_index (tensors, i)));
  return result;
}

typedef struct {
  GenGraph *graph;
  const GenTrainerSettings *settings;
  GenTensor *rate, *step;
  gboolean scales; /* the losses */
} Build;

/* Scores as losses read them: in float32, where losses are scaled. */
static GenTensor *
precise (Build *build, GenTensor *scores, GError **error)
{
  return build->scales ? gen_unary (build->graph, "Precise", scores, error) : scores;
}

/* The gradients of `loss`; where it is scaled, with the factor that takes the scale off again. */
static gboolean
find_gradients (Build *build, Net *net, const char *name, GenTensor *loss, GPtrArray *weights,
    GenTensor **gradients, GError **error)
{
  GenTensor *scaled = loss;

  if (build->scales)
    scaled = gen_loss_scaling_begin (&net->scaling, build->graph, name, loss, error);
  if (scaled == NULL || !gen_graph_gradients (build->graph, scaled,
                            (GenTensor *const *)weights->pdata, weights->len, gradients, error))
    return FALSE;
  return !build->scales ||
         gen_loss_scaling_end (&net->scaling, build->graph, loss, gradients, weights->len, error);
}

/* Lower `loss` by changing the net's weights; from here on the net stands for the changed one. */
static gboolean
optimise (
    Build *build, Net *net, const char *name, GenTensor *loss, GenTensor *rate, GError **error)
{
  g_autoptr (GPtrArray) weights = mapped (net, net->weights);
  g_autofree GenTensor **gradients = g_new0 (GenTensor *, weights->len);
  GenTensor *step;

  if (!find_gradients (build, net, name, loss, weights, gradients, error))
    return FALSE;
  step = build->scales ? net->scaling.updates : build->step;
  for (guint i = 0; i < weights->len; i++) {
    GenTensor *next;

    if (gradients[i] == NULL)
      continue;
    next = gen_optimizer_update (build->settings->optimizer, build->graph, weights->pdata[i],
        gradients[i], rate, step, net->scaling.factor, &build->settings->optimizer_settings, error);
    if (next == NULL)
      return FALSE;
    g_hash_table_insert (net->map, g_ptr_array_index (net->weights, i), next);
  }
  return TRUE;
}

static gboolean
add_average (
    Build *build, Net *net, GenTensor *state, GenTensor *next, GPtrArray *list, GError **error)
{
  GenTensor *factor = net->scaling.factor;
  GenWeight *weight = g_ptr_array_index (list, list->len - 1);
  g_autofree char *name = g_strconcat ("average.", state->name, NULL);
  GenTensor *average = gen_graph_add_state (
      build->graph, name, state->type, &state->shape, g_bytes_ref (state->data));

  weight->average = g_strdup (average->name);
  next = gen_graph_op (build->graph, "MovingAverage", (GenTensor *[]){ average, next, factor },
      factor != NULL ? 3 : 2, 1, error, "decay", GEN_FLOAT, build->settings->ema, NULL);
  if (next == NULL)
    return FALSE;
  gen_graph_assign (build->graph, average, next);
  return TRUE;
}

static void
weight_free (gpointer data)
{
  GenWeight *weight = data;

  g_free (weight->state);
  g_free (weight->average);
  g_free (weight);
}

/* Settle the net's states: statistics get their last values, unless a step that has a share in them
 * is left out (`factors`), weights their moving averages, and all are listed beside the constants
 * that they are in `source`. */
static GPtrArray *
settle (Build *build, Net *net, const GPtrArray *states, const GenGraph *source,
    GenTensor *const factors[2], gboolean with_average, GError **error)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func (weight_free);

  for (guint i = 0; i < states->len; i++) {
    GenTensor *state = states->pdata[i];
    gboolean learned = i < net->weights->len;
    GenTensor *tensor = g_ptr_array_index (
        learned ? net->weights : net->statistics, learned ? i : i - net->weights->len);
    GenTensor *next = g_hash_table_lookup (net->map, tensor);
    GenWeight *weight = g_new0 (GenWeight, 1);

    weight->constant = gen_graph_find (source, tensor->name);
    weight->state = g_strdup (state->name);
    g_ptr_array_add (list, weight);
    if (!learned && next != state) {
      next = gen_loss_scaling_keep (build->graph, state, next, factors, error);
      if (next == NULL)
        return NULL;
      gen_graph_assign (build->graph, state, next);
    }
    if (with_average && learned && !add_average (build, net, state, next, list, error))
      return NULL;
  }
  return g_steal_pointer (&list);
}

/* The states of the training graph that the net's weights and statistics are, before anything has
 * changed them. */
static GPtrArray *
states_of (const Net *net)
{
  GPtrArray *states = mapped (net, net->weights);
  g_autoptr (GPtrArray) statistics = mapped (net, net->statistics);

  for (guint i = 0; i < statistics->len; i++)
    g_ptr_array_add (states, statistics->pdata[i]);
  return states;
}

/* Put the net's states into the graph before it is first applied, so that they can be named. */
static void
add_states (Net *net, GenGraph *graph, const char *prefix)
{
  const GPtrArray *lists[] = { net->weights, net->statistics };

  for (guint l = 0; l < G_N_ELEMENTS (lists); l++)
    for (guint i = 0; i < lists[l]->len; i++) {
      GenTensor *tensor = g_ptr_array_index (lists[l], i);
      g_autofree char *name = g_strconcat (prefix, tensor->name, NULL);

      g_hash_table_insert (net->map, tensor,
          gen_graph_add_state (
              graph, name, tensor->type, &tensor->shape, g_bytes_ref (tensor->data)));
    }
}

/* The shape of `net`'s input for a batch; FALSE when more than the batch is free. */
static gboolean
batch_shape (const GenGraph *net, const char *what, gint64 batch, GenShape *shape, GError **error)
{
  const GenTensor *input = g_ptr_array_index (net->inputs, 0);

  *shape = input->shape;
  if (shape->rank >= 2 && (shape->dims[0] < 0 || shape->dims[0] == batch)) {
    shape->dims[0] = batch;
    if (gen_shape_is_known (shape))
      return TRUE;
  }
  g_autofree char *text = gen_shape_to_string (&input->shape);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the %s's input '%s' has the shape %s; only its first extent, the batch, may be free, and "
      "must "
      "take %" G_GINT64_FORMAT,
      what, input->name, text, batch);
  return FALSE;
}

static gboolean
check_scores (GenTensor *scores, gint64 batch, GError **error)
{
  if (gen_shape_elements (&scores->shape) == batch)
    return TRUE;
  g_autofree char *text = gen_shape_to_string (&scores->shape);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the discriminator gives %s for a batch of %" G_GINT64_FORMAT
      " pictures; it must give one score a picture",
      text, batch);
  return FALSE;
}

static gboolean
check_pictures (const GenTensor *fake, const GenShape *wanted, GError **error)
{
  if (gen_shape_equal (&fake->shape, wanted))
    return TRUE;
  g_autofree char *has = gen_shape_to_string (&fake->shape);
  g_autofree char *wants = gen_shape_to_string (wanted);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the generator makes %s, but the discriminator takes %s", has, wants);
  return FALSE;
}

/* What the discriminator scores in its own update: real and made samples, and behind them those
 * that are near the ones on which its gradient is penalised. */
enum { REAL, FAKE, KINDS };
#define MOST_BATCHES (2 * KINDS)

/* The discriminator's scores of `n` batches. A net that looks at each picture by itself takes them
 * as one, which makes for larger and fewer products; one that normalises over the batch takes them
 * one after the other, as the paper on dcgan advises. */
static gboolean
discriminate (
    Build *build, Net *d, GenTensor *const *batches, int n, GenTensor **scores, GError **error)
{
  GenGraph *graph = build->graph;
  const gint64 batch = build->settings->batch_size;
  const GenTensor *input = g_ptr_array_index (d->graph->inputs, 0);
  GenTensor *all;

  if (d->statistics->len > 0 || input->shape.dims[0] >= 0) {
    for (int i = 0; i < n; i++) {
      scores[i] = apply (d, graph, "discriminator.", batches[i], error);
      if (scores[i] == NULL || !check_scores (scores[i], batch, error))
        return FALSE;
    }
    return TRUE;
  }
  all = gen_graph_op (graph, "Concat", batches, n, 1, error, "axis", GEN_INT, 0, NULL);
  all = all != NULL ? apply (d, graph, "discriminator.", all, error) : NULL;
  if (all == NULL || !check_scores (all, n * batch, error))
    return FALSE;
  scores[0] = gen_graph_op (graph, "Split", &all, 1, n, error, "axis", GEN_INT, 0, NULL);
  for (int i = 1; scores[0] != NULL && i < n; i++)
    scores[i] = gen_node_output (scores[0]->producer, i);
  return scores[0] != NULL;
}

/* The samples with a little noise on them. */
static GenTensor *
go_near (GenGraph *graph, GenTensor *samples, GError **error)
{
  GenTensor *noise = gen_graph_op (
      graph, "RandomNormalLike", &samples, 1, 1, error, "scale", GEN_FLOAT, NEAR, NULL);

  return gen_binary (graph, "Add", samples, noise, error);
}

/* `loss` and weight / 2 times the mean square of the discriminator's gradient on samples (Mescheder
 * et al., "Which training methods for GANs do actually converge?", 2018), by how far `scores` and
 * those of samples near them are apart (Lin et al., "Diffusion adversarial post-training", 2025):
 * its own gradient is of the first order. */
static GenTensor *
penalise (GenGraph *graph, GenTensor *loss, GenTensor *scores, GenTensor *near, double weight,
    GError **error)
{
  GenTensor *apart = gen_binary (graph, "Sub", scores, near, error);
  GenTensor *mean = gen_binary (graph, "Mul", apart, apart, error);

  if (mean != NULL)
    mean = gen_graph_op (graph, "ReduceMean", &mean, 1, 1, error, "keepdims", GEN_INT, 0, NULL);
  return gen_binary (graph, "Add", loss,
      gen_binary (graph, "Mul", mean, gen_graph_float (graph, weight / (2 * NEAR * NEAR)), error),
      error);
}

/* The discriminator's loss on `samples`, of each kind a batch, whose scores become `scores`. */
static GenTensor *
discriminator_loss (
    Build *build, Net *d, GenTensor *const samples[KINDS], GenTensor *scores[KINDS], GError **error)
{
  const GenTrainerSettings *settings = build->settings;
  const double weights[KINDS] = { [REAL] = settings->r1, [FAKE] = settings->r2 };
  GenTensor *batches[MOST_BATCHES] = { samples[REAL], samples[FAKE] }, *all[MOST_BATCHES], *loss;
  int n = KINDS, near = KINDS;

  for (int kind = 0; kind < KINDS; kind++)
    if (weights[kind] > 0 && (batches[n++] = go_near (build->graph, samples[kind], error)) == NULL)
      return NULL;
  if (!discriminate (build, d, batches, n, all, error))
    return NULL;
  for (int i = 0; i < n; i++)
    if ((all[i] = precise (build, all[i], error)) == NULL)
      return NULL;
  memcpy (scores, all, KINDS * sizeof *scores);
  loss = settings->loss->discriminator (
      build->graph, scores[REAL], scores[FAKE], settings->label_smoothing, error);
  for (int kind = 0; kind < KINDS && loss != NULL; kind++)
    if (weights[kind] > 0)
      loss = penalise (build->graph, loss, scores[kind], all[near++], weights[kind], error);
  return loss;
}

/* Latents are the graph's own: on a device they would be waited for. */
static GenTensor *
draw_latents (GenGraph *graph, const GenShape *shape, GError **error)
{
  GenTensor *latents = gen_graph_op (
      graph, "RandomNormal", NULL, 0, 1, error, "shape", GEN_INTS, shape->rank, shape->dims, NULL);

  if (latents != NULL) {
    latents->producer->stream = GEN_STREAM_TRAINING_LATENT;
    latents->producer->id = 0;
  }
  return latents;
}

static gboolean
build_step (Build *build, Net *g, Net *d, GenTensor *real, GenTensor *latent, GError **error)
{
  const GenTrainerSettings *settings = build->settings;
  GenGraph *graph = build->graph;
  GenTensor *fake, *scores[KINDS], *d_loss, *g_loss, *before, *again, *rate;

  fake = apply (g, graph, "generator.", latent, error);
  if (fake == NULL || !check_pictures (fake, &real->shape, error))
    return FALSE;

  d_loss = discriminator_loss (build, d, (GenTensor *[]){ real, fake }, scores, error);
  if (d_loss == NULL || !optimise (build, d, "discriminator", d_loss, build->rate, error))
    return FALSE;

  /* They hang on made samples, too, as far as the graph knows, where both were one batch. */
  before = gen_unary (graph, "StopGradient", scores[REAL], error);
  again = apply (d, graph, "discriminator.", fake, error);
  if (again != NULL)
    again = precise (build, again, error);
  g_loss = before != NULL && again != NULL ? settings->loss->generator (graph, before, again, error)
                                           : NULL;
  rate = settings->generator_rate == 1
             ? build->rate
             : gen_binary (graph, "Mul", build->rate,
                   gen_graph_float (graph, (float)settings->generator_rate), error);
  if (g_loss == NULL || rate == NULL || !optimise (build, g, "generator", g_loss, rate, error))
    return FALSE;

  gen_graph_add_output (graph, d_loss);
  gen_graph_add_output (graph, g_loss);
  gen_graph_add_output (graph, scores[REAL]);
  gen_graph_add_output (graph, scores[FAKE]);
  if (build->scales) {
    gen_graph_add_output (graph, d->scaling.next);
    gen_graph_add_output (graph, g->scaling.next);
  }
  return TRUE;
}

static gboolean
build_graph (GenTrainingGraph *training, const GenGraph *generator, const GenGraph *discriminator,
    Build *build, Net *g, Net *d, GError **error)
{
  const gint64 batch = build->settings->batch_size;
  GenGraph *graph = build->graph;
  GenShape pictures, latents;
  GenTensor *real, *latent, *next;
  g_autoptr (GPtrArray) g_states = NULL, d_states = NULL;

  if (!prepare (g, generator, batch, "generator", error) ||
      !prepare (d, discriminator, batch, "discriminator", error) ||
      !batch_shape (discriminator, "discriminator", batch, &pictures, error) ||
      !batch_shape (generator, "generator", batch, &latents, error))
    return FALSE;
  take_off_sigmoid (d->graph);

  real = gen_graph_add_input (graph, "real", GEN_TYPE_FLOAT32, &pictures);
  latent = draw_latents (graph, &latents, error);
  if (latent == NULL)
    return FALSE;
  build->rate = gen_graph_add_input (graph, "rate", GEN_TYPE_FLOAT32, &GEN_SHAPE_SCALAR);
  build->step = gen_graph_add_state (graph, GEN_TRAINING_STEP, GEN_TYPE_INT64, &GEN_SHAPE_SCALAR,
      g_bytes_new_take (g_new0 (gint64, 1), sizeof (gint64)));
  add_states (g, graph, "generator.");
  add_states (d, graph, "discriminator.");
  g_states = states_of (g);
  d_states = states_of (d);
  if (!build_step (build, g, d, real, latent, error))
    return FALSE;

  training->generator = settle (build, g, g_states, generator,
      (GenTensor *[]){ g->scaling.factor, NULL }, build->settings->ema > 0, error);
  training->discriminator = settle (build, d, d_states, discriminator,
      (GenTensor *[]){ d->scaling.factor, g->scaling.factor }, FALSE, error);
  if (training->generator == NULL || training->discriminator == NULL)
    return FALSE;
  next = gen_binary (graph, "Add", build->step,
      gen_graph_add_constant (graph, NULL, GEN_TYPE_INT64, &GEN_SHAPE_SCALAR,
          g_bytes_new (&(gint64){ 1 }, sizeof (gint64))),
      error);
  if (next == NULL)
    return FALSE;
  gen_graph_assign (graph, build->step, next);
  return TRUE;
}

gboolean
gen_training_graph_build (GenTrainingGraph *training, const GenGraph *generator,
    const GenGraph *discriminator, const GenTrainerSettings *settings, GError **error)
{
  Build build = { gen_graph_new ("training step"), settings, NULL, NULL,
    gen_loss_scaling_wanted (settings) };
  Net g = { 0 }, d = { 0 };
  gboolean built = build_graph (training, generator, discriminator, &build, &g, &d, error);

  training->graph = build.graph;
  net_clear (&g);
  net_clear (&d);
  return built;
}

void
gen_training_graph_clear (GenTrainingGraph *training)
{
  g_clear_pointer (&training->graph, gen_graph_unref);
  g_clear_pointer (&training->generator, g_ptr_array_unref);
  g_clear_pointer (&training->discriminator, g_ptr_array_unref);
}

GenGraph *
gen_training_net (
    const GenGraph *net, GPtrArray *weights, gboolean scores, gint64 batch, GError **error)
{
  g_autoptr (GenGraph) graph = gen_graph_copy (net);
  GenTensor *input = g_ptr_array_index (graph->inputs, 0);
  GenShape shape = input->shape;

  for (guint i = 0; i < weights->len; i++) {
    const GenWeight *weight = g_ptr_array_index (weights, i);

    gen_graph_find (graph, weight->constant->name)->role = GEN_ROLE_STATE;
  }
  if (scores)
    take_off_sigmoid (graph);
  shape.dims[0] = batch;
  input->shape.dims[0] = -1;
  if (!gen_graph_set_input_shape (graph, input, &shape, error))
    return NULL;
  return g_steal_pointer (&graph);
}
