/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where an operator has several ways to compute a node, its rules name one, and trials can find
 * another that is faster here. All are made ready, then run in turns on the node's own constants
 * and otherwise scratch data; the best time of each counts, as whatever else the machine does only
 * adds. A way other than the rules' must be clearly faster. What is found is remembered
 * (../device/choice.h), so that a problem is measured once on a machine.
 *
 * In a plan the weights of the other nodes go through the caches between two runs of one. So they
 * do here, or as many bytes: a way with large weights must not win because they are still there.
 * And ways take turns in bursts, whose first run is not timed: they must not push out each other's
 * more than the plan would. */
#include "choose.h"

#include <string.h>

#include <generative/random.h>

#include "../device/choice.h"
#include "../device/team.h"
#include "kernel.h"

/* Seconds for the trials of a plan, and of a node unless a few runs take longer. */
#define PLAN_SECONDS 1.0
#define NODE_SECONDS 0.02
#define LEAST_ROUNDS 2
#define MOST_ROUNDS 20
#define BURST 3
/* After the first round, ways that are so many times as slow as the best are out. */
#define DROP_RATIO 1.5
/* What a way must gain over that of the rules, in both halves of the rounds; and, where the halves
 * disagree, what would be worth another look. */
#define GAIN 0.95
#define MATTERS 0.85
/* Less work is not worth it, and more memory would take too long to pack and to touch. */
#define LEAST_FLOPS 1e6
#define MOST_BYTES (32 << 20)
/* No cache that a core may call its own is larger. */
#define MOST_OTHERS (32 << 20)

#define MAX_WAYS 8

typedef struct {
  char *data;
  gsize size;
} Buffer;

struct _GenChooser {
  GenChoice choice;
  GenChoices *memory;
  double left;                     /* of PLAN_SECONDS */
  Buffer inputs, outputs, scratch; /* what trials read and write */
  gsize constants;                 /* bytes of the graph's */
  Buffer others;                   /* what goes through the caches between runs */
};

static gsize
constant_bytes (const GenGraph *graph)
{
  gsize bytes = 0;

  for (guint i = 0; i < graph->tensors->len; i++) {
    const GenTensor *tensor = g_ptr_array_index (graph->tensors, i);

    if (tensor->role == GEN_ROLE_CONSTANT)
      bytes += gen_tensor_size (tensor);
  }
  return bytes;
}

/* Numbers as activations are: a kernel's speed may hang on denormal ones, or on infinities. */
static void
fill (char *data, gsize size)
{
  const gsize some = MIN (size, (gsize)1 << 18);
  GenRandom random = gen_random_new (1, "measured-input", 0);

  gen_random_normal (&random, 0, 0, (float *)data, some / sizeof (float));
  for (gsize at = some; at < size; at += some)
    memcpy (data + at, data, MIN (some, size - at));
}

static void
grow (Buffer *buffer, gsize size)
{
  if (size <= buffer->size)
    return;
  gen_aligned_free (buffer->data);
  buffer->size = (size + 63) & ~(gsize)63;
  buffer->data = gen_aligned_alloc (buffer->size);
  fill (buffer->data, buffer->size);
}

GenChooser *
gen_chooser_new (const GenGraph *graph, const GenPlanOptions *options)
{
  GenChooser *chooser = g_new0 (GenChooser, 1);

  chooser->choice = options->choice;
  if (chooser->choice == GEN_CHOICE_RULES)
    return chooser;
  chooser->memory = gen_choices_open (options->choices, NULL);
  chooser->left = PLAN_SECONDS;
  chooser->constants = constant_bytes (graph);
  return chooser;
}

void
gen_chooser_free (GenChooser *chooser)
{
  g_clear_pointer (&chooser->memory, gen_choices_close);
  gen_aligned_free (chooser->inputs.data);
  gen_aligned_free (chooser->outputs.data);
  gen_aligned_free (chooser->scratch.data);
  gen_aligned_free (chooser->others.data);
  g_free (chooser);
}

/* --- the problem in a line --- */

static void
describe_tensor (GString *text, const GenTensor *tensor)
{
  g_string_append_c (text, ' ');
  if (tensor == NULL) {
    g_string_append_c (text, '-');
    return;
  }
  for (int i = 0; i < tensor->shape.rank; i++)
    g_string_append_printf (text, "%s%" G_GINT64_FORMAT, i > 0 ? "x" : "", tensor->shape.dims[i]);
  g_string_append_printf (text, "%s%s", tensor->layout == GEN_LAYOUT_CHANNELS_LAST ? "l" : "",
      tensor->role == GEN_ROLE_CONSTANT ? "c" : "");
}

static void
describe_attribute (GString *text, const GenAttribute *attribute)
{
  g_string_append_printf (text, " %s:", attribute->name);
  if (attribute->type == GEN_ATTRIBUTE_INT)
    g_string_append_printf (text, "%" G_GINT64_FORMAT, attribute->i);
  else if (attribute->type == GEN_ATTRIBUTE_FLOAT)
    g_string_append_printf (text, "%g", attribute->f);
  else if (attribute->type == GEN_ATTRIBUTE_STRING)
    g_string_append (text, attribute->s);
  else if (attribute->type == GEN_ATTRIBUTE_INTS)
    for (guint i = 0; i < attribute->ints->len; i++)
      g_string_append_printf (text, "%s%" G_GINT64_FORMAT, i > 0 ? "," : "",
          g_array_index (attribute->ints, gint64, i));
}

/* All that its speed hangs on. */
static char *
describe (const GenKernel *kernel)
{
  const GenNode *node = kernel->node;
  GString *text = g_string_new (node->op->name);

  for (guint i = 0; i < node->inputs->len; i++)
    describe_tensor (text, gen_node_input (node, i));
  for (guint i = 0; i < node->outputs->len; i++)
    describe_tensor (text, gen_node_output (node, i));
  for (guint i = 0; i < node->attributes->len; i++)
    describe_attribute (text, g_ptr_array_index (node->attributes, i));
  g_string_append_printf (text, " activation:%d precision:%d threads:%d", node->activation.kind,
      kernel->precision, kernel->threads);
  /* A model's attribute may hold anything; a key of the file may not. */
  g_strdelimit (text->str, "=[]\r\n\t;#", '_');
  return g_string_free (text, FALSE);
}

/* --- trials --- */

typedef struct {
  const char *way;
  GenKernel kernel;
  double best[2]; /* seconds, in the even rounds and in the odd ones */
  gboolean out;
} Trial;

static void
run_step (gpointer data, int step, int part, int parts)
{
  const GenKernel *kernel = data;

  g_array_index (kernel->steps, GenStep, step).run (kernel, part, parts);
}

static double
time_run (GenKernel *kernel)
{
  g_autofree guint8 *parts = g_new (guint8, kernel->steps->len);
  const GenJob job = { run_step, kernel, parts, kernel->steps->len };
  double start;

  for (guint i = 0; i < kernel->steps->len; i++)
    parts[i] = g_array_index (kernel->steps, GenStep, i).parts;
  start = gen_seconds_now ();
  gen_team_run (&job, kernel->threads);
  return gen_seconds_now () - start;
}

typedef struct {
  const char *data;
  gsize size;
} Bytes;

static void
touch (gpointer data, int step, int part, int parts)
{
  const Bytes *bytes = data;
  gsize first, end;

  gen_kernel_share (bytes->size, 64, part, parts, &first, &end);
  for (gsize at = first; at < end; at += 64)
    *(const volatile char *)(bytes->data + at);
}

/* Let the cores read, each its share, what the other nodes would. */
static void
pass_others (const GenChooser *chooser, gsize size, int threads)
{
  Bytes bytes = { chooser->others.data, size };
  const guint8 parts = MIN (threads, GEN_TEAM_MAX_PARTS);
  const GenJob job = { touch, &bytes, &parts, 1 };

  if (size > 0)
    gen_team_run (&job, threads);
}

/* Bytes of the constants of all other nodes. */
static gsize
size_of_others (const GenChooser *chooser, const GenNode *node)
{
  gsize own = 0;

  for (guint i = 0; i < node->inputs->len; i++)
    if (gen_node_input (node, i) != NULL && gen_node_input (node, i)->role == GEN_ROLE_CONSTANT)
      own += gen_tensor_size (gen_node_input (node, i));
  return MIN (chooser->constants - MIN (own, chooser->constants), MOST_OTHERS);
}

static void
clear_trials (GArray *trials)
{
  for (guint i = 0; i < trials->len; i++)
    gen_kernel_clear (&g_array_index (trials, Trial, i).kernel);
}

static gsize
largest_value (const GPtrArray *tensors)
{
  gsize largest = 0;

  for (guint i = 0; i < tensors->len; i++) {
    const GenTensor *tensor = g_ptr_array_index (tensors, i);

    if (tensor != NULL && tensor->role != GEN_ROLE_CONSTANT)
      largest = MAX (largest, gen_tensor_size (tensor));
  }
  return largest;
}

/* The kernels, ready to run; a way that cannot be made is left out. */
static void
make_trials (GenChooser *chooser, const GenKernel *kernel, const GPtrArray *ways, GArray *trials)
{
  const GenNode *node = kernel->node;

  grow (&chooser->inputs, largest_value (node->inputs));
  grow (&chooser->outputs, largest_value (node->outputs));
  for (guint k = 0; k < node->inputs->len; k++) {
    const GenTensor *input = gen_node_input (node, k);

    kernel->inputs[k] = input == NULL ? NULL : gen_tensor_constant (input);
    if (input != NULL && kernel->inputs[k] == NULL)
      kernel->inputs[k] = chooser->inputs.data;
  }
  for (guint k = 0; k < node->outputs->len; k++)
    kernel->outputs[k] = chooser->outputs.data;
  for (guint i = 0; i < MIN (ways->len, MAX_WAYS); i++) {
    Trial trial = { g_ptr_array_index (ways, i), *kernel, { G_MAXDOUBLE, G_MAXDOUBLE } };

    trial.kernel.way = trial.way;
    trial.kernel.steps = g_array_new (FALSE, FALSE, sizeof (GenStep));
    if (!gen_kernel_prepare (&trial.kernel, NULL)) {
      gen_kernel_clear (&trial.kernel);
      if (i == 0) /* the rules' own: the plan will say why */
        return;
      continue;
    }
    grow (&chooser->scratch, trial.kernel.scratch_size);
    g_array_append_val (trials, trial);
  }
  for (guint i = 0; i < trials->len; i++)
    g_array_index (trials, Trial, i).kernel.scratch = chooser->scratch.data;
}

static double
best_of (const Trial *trial)
{
  return MIN (trial->best[0], trial->best[1]);
}

static void
drop_slow (GArray *trials)
{
  double best = G_MAXDOUBLE;

  for (guint i = 0; i < trials->len; i++)
    best = MIN (best, best_of (&g_array_index (trials, Trial, i)));
  for (guint i = 1; i < trials->len; i++)
    if (best_of (&g_array_index (trials, Trial, i)) > DROP_RATIO * best)
      g_array_index (trials, Trial, i).out = TRUE;
}

static void
run_burst (const GenChooser *chooser, Trial *trial, gsize others, double *best)
{
  for (int run = 0; run < BURST; run++) {
    double seconds;

    pass_others (chooser, others, trial->kernel.threads);
    seconds = time_run (&trial->kernel);
    if (run > 0)
      *best = MIN (*best, seconds);
  }
}

static void
run_trials (GenChooser *chooser, const GenNode *node, GArray *trials, double start)
{
  gsize others = size_of_others (chooser, node);

  grow (&chooser->others, others);
  for (int round = 0; round < MOST_ROUNDS; round++) {
    for (guint i = 0; i < trials->len; i++) {
      Trial *trial = &g_array_index (trials, Trial, (i + round) % trials->len);

      if (!trial->out)
        run_burst (chooser, trial, others, &trial->best[round % 2]);
    }
    drop_slow (trials);
    if (round + 1 >= LEAST_ROUNDS && gen_seconds_now () - start > NODE_SECONDS)
      return;
  }
}

/* By the rounds of one half. */
static guint
find_winner (const GArray *trials, int half)
{
  double limit = GAIN * g_array_index (trials, Trial, 0).best[half];
  guint winner = 0;

  for (guint i = 1; i < trials->len; i++) {
    double seconds = g_array_index (trials, Trial, i).best[half];

    if (seconds < limit) {
      limit = seconds;
      winner = i;
    }
  }
  return winner;
}

/* Where the halves disagree, by noise or because it matters little, the rules decide. `*sure`: it
 * need not be measured again. */
static guint
decide (const GArray *trials, gboolean *sure)
{
  guint one = find_winner (trials, 0), other = find_winner (trials, 1);
  const Trial *rule = &g_array_index (trials, Trial, 0);

  *sure = TRUE;
  if (one == other)
    return one;
  for (guint i = 1; i < trials->len; i++)
    *sure &= best_of (&g_array_index (trials, Trial, i)) > MATTERS * best_of (rule);
  return 0;
}

/* "winograd 103.1 us, tiles 140.9" */
static char *
note_times (const GArray *trials)
{
  GString *note = g_string_new (NULL);

  for (guint i = 0; i < trials->len; i++) {
    const Trial *trial = &g_array_index (trials, Trial, i);

    g_string_append_printf (
        note, "%s%s %.1f", i > 0 ? ", " : " microseconds: ", trial->way, best_of (trial) * 1e6);
  }
  return g_string_free (note, FALSE);
}

/* Measure; the winner, made ready, is then in *kernel. FALSE where there was nothing to measure,
 * and *kernel is as it was. */
static gboolean
measure (GenChooser *chooser, GenKernel *kernel, const GPtrArray *ways, const char *problem)
{
  static GMutex one_at_a_time;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&one_at_a_time);
  g_autoptr (GArray) trials = g_array_new (FALSE, FALSE, sizeof (Trial));
  g_autofree char *note = NULL;
  double start = gen_seconds_now ();
  gboolean measured, sure;
  Trial *winner;

  make_trials (chooser, kernel, ways, trials);
  measured = trials->len > 1;
  if (measured) {
    run_trials (chooser, kernel->node, trials, start);
    winner = &g_array_index (trials, Trial, decide (trials, &sure));
    note = note_times (trials);
    gen_choices_add (chooser->memory, problem, winner->way, note, sure);
    g_debug ("node %s: kernel %s, measured;%s", kernel->node->name, winner->way, note);
    winner->kernel.scratch = NULL;
    gen_kernel_clear (kernel);
    *kernel = winner->kernel;
    g_array_remove_index (trials, (guint)(winner - (Trial *)(void *)trials->data));
  }
  clear_trials (trials);
  chooser->left -= gen_seconds_now () - start;
  return measured;
}

static gboolean
is_worth_measuring (const GenChooser *chooser, const GenKernel *kernel)
{
  const GenNode *node = kernel->node;
  gsize bytes = 0;

  if (chooser->choice != GEN_CHOICE_MEASURE || chooser->left <= 0 || node->op->flops == NULL ||
      node->op->flops (node) < LEAST_FLOPS)
    return FALSE;
  for (guint i = 0; i < node->inputs->len; i++)
    if (gen_node_input (node, i) != NULL)
      bytes += gen_tensor_size (gen_node_input (node, i));
  return bytes + largest_value (node->outputs) <= MOST_BYTES;
}

static const char *
find_way (const GPtrArray *ways, const char *name)
{
  for (guint i = 0; name != NULL && i < ways->len; i++)
    if (strcmp (g_ptr_array_index (ways, i), name) == 0)
      return g_ptr_array_index (ways, i);
  return NULL;
}

gboolean
gen_chooser_prepare (GenChooser *chooser, GenKernel *kernel, GError **error)
{
  const GenOperator *op = kernel->node->op;
  g_autoptr (GPtrArray) ways = NULL;
  g_autofree char *problem = NULL;
  const char *known;

  if (chooser->choice == GEN_CHOICE_RULES || op->ways == NULL)
    return gen_kernel_prepare (kernel, error);
  ways = g_ptr_array_new ();
  op->ways (kernel, ways);
  if (ways->len < 2)
    return gen_kernel_prepare (kernel, error);
  problem = describe (kernel);
  known = gen_choices_find (chooser->memory, problem);
  kernel->way = find_way (ways, known);
  /* A line that names none of them would be in the way of what is found, at each start again. */
  if (kernel->way == NULL && known != NULL)
    gen_choices_forget (chooser->memory, problem);
  if (kernel->way == NULL && is_worth_measuring (chooser, kernel) &&
      measure (chooser, kernel, ways, problem))
    return TRUE;
  g_debug ("node %s: kernel %s, %s", kernel->node->name,
      kernel->way != NULL ? kernel->way : (const char *)g_ptr_array_index (ways, 0),
      kernel->way != NULL ? "remembered" : "by the rules");
  return gen_kernel_prepare (kernel, error);
}
