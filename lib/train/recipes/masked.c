/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Most patches of a sample are masked, an encoder sees what is left, and a decoder fills it in.
 * Only what was masked counts (He et al., "Masked autoencoders are scalable vision learners", 2022;
 * with convolutions, which see masked patches as such, Xie et al., "SimMIM", 2022). What the
 * encoder learns so without labels is what it is wanted for. */
#include <math.h>

#include <generative/step.h>

#include "attacked.h"

enum { ENCODER, DECODER };

/* Axes of a sample that are cut into patches: rows and columns, or time. */
#define FIRST_AXIS 2

static const char *const fills[] = { [GEN_MASK_ZERO] = "zero", [GEN_MASK_MEAN] = "mean", NULL };
static const char *const fill_texts[] = { "What lies between black and white, or silence",
  "The mean of what is left of the sample", NULL };

/* Patches along an extent; the last one may be smaller. */
static gint64
count_patches (gint64 extent, gint64 patch)
{
  return (extent + patch - 1) / patch;
}

/* The patches of a sample, [batch, 1, rows, columns] or [batch, 1, places], and how many they are
 * in one; FALSE where there are not two. */
static gboolean
find_grid (GenStep *step, const GenTensor *samples, GenShape *grid, gint64 *n, GError **error)
{
  const int patch = gen_step_settings (step)->patch;

  *grid = samples->shape;
  grid->dims[1] = 1;
  *n = 1;
  for (int axis = FIRST_AXIS; axis < grid->rank; axis++)
    *n *= grid->dims[axis] = count_patches (samples->shape.dims[axis], patch);
  if (*n >= 2)
    return TRUE;
  g_autofree char *text = gen_shape_to_string (&samples->shape);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "patch: samples of %s have to be two patches of %d or more, of which one can be masked", text,
      patch);
  return FALSE;
}

/* As many patches of each sample as the setting says, at least one, and not all: 1 where a number
 * of the step is among the smallest. */
static GenTensor *
choose_patches (GenStep *step, const GenShape *grid, gint64 n, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  const gint64 masked = CLAMP (lrint (gen_step_settings (step)->mask_ratio * n), 1, n - 1);
  GenTensor *draws = gen_graph_op (graph, "RandomUniform", NULL, 0, 1, error, "shape", GEN_INTS, 2,
      (gint64[]){ grid->dims[0], n }, NULL);
  GenTensor *smallest, *last, *mask;

  if (draws == NULL)
    return NULL;
  smallest =
      gen_graph_op (graph, "TopK", (GenTensor *[]){ draws, gen_graph_ints (graph, &masked, 1) }, 2,
          2, error, "axis", GEN_INT, 1, "largest", GEN_INT, 0, NULL);
  if (smallest == NULL)
    return NULL;
  last = gen_graph_op (graph, "Gather",
      (GenTensor *[]){ smallest, gen_graph_ints (graph, (gint64[]){ masked - 1 }, 1) }, 2, 1, error,
      "axis", GEN_INT, 1, NULL);
  mask = gen_binary (graph, "LessOrEqual", draws, last, error);
  if (mask == NULL)
    return NULL;
  mask =
      gen_graph_op (graph, "Cast", &mask, 1, 1, error, "to", GEN_INT, (int)GEN_TYPE_FLOAT32, NULL);
  return gen_binary (graph, "Reshape", mask, gen_graph_ints (graph, grid->dims, grid->rank), error);
}

/* Each place of an axis has what its patch has. */
static GenTensor *
widen (GenStep *step, GenTensor *mask, int axis, gint64 extent, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  g_autofree gint64 *patches = g_new (gint64, extent);

  if (mask == NULL)
    return NULL;
  for (gint64 i = 0; i < extent; i++)
    patches[i] = i / gen_step_settings (step)->patch;
  return gen_graph_op (graph, "Gather",
      (GenTensor *[]){ mask, gen_graph_ints (graph, patches, (gsize)extent) }, 2, 1, error, "axis",
      GEN_INT, axis, NULL);
}

/* 1 where a sample is masked, [batch, 1, …]. */
static GenTensor *
draw_mask (GenStep *step, const GenTensor *samples, GError **error)
{
  GenShape grid;
  gint64 n;
  GenTensor *mask;

  if (!find_grid (step, samples, &grid, &n, error))
    return NULL;
  mask = choose_patches (step, &grid, n, error);
  for (int axis = FIRST_AXIS; axis < samples->shape.rank; axis++)
    mask = widen (step, mask, axis, samples->shape.dims[axis], error);
  return mask;
}

static GenTensor *
sum_places (GenGraph *graph, GenTensor *x, gboolean of_all, GError **error)
{
  gint64 axes[GEN_MAX_RANK];
  int n = 0;

  if (x == NULL)
    return NULL;
  for (int axis = of_all ? 0 : FIRST_AXIS; axis < x->shape.rank; axis++)
    axes[n++] = axis;
  return gen_graph_op (graph, "ReduceSum",
      (GenTensor *[]){ x, gen_graph_ints (graph, axes, (gsize)n) }, 2, 1, error, "keepdims",
      GEN_INT, of_all ? 0 : 1, NULL);
}

/* `samples` with what is masked filled. */
static GenTensor *
cover (GenStep *step, GenTensor *samples, GenTensor *mask, GenTensor *seen, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  GenTensor *left = gen_binary (graph, "Mul", samples, seen, error), *mean;

  if (gen_step_settings (step)->mask_fill == GEN_MASK_ZERO)
    return left;
  mean = gen_binary (graph, "Div", sum_places (graph, left, FALSE, error),
      sum_places (graph, seen, FALSE, error), error);
  return gen_binary (graph, "Add", left, gen_binary (graph, "Mul", mean, mask, error), error);
}

/* A batch of samples, on its way. */
typedef struct {
  GenTensor *samples, *mask, *seen; /* mask and 1 - mask */
  GenTensor *covered;               /* what the encoder sees */
  GenTensor *filled;                /* what the decoder makes of it */
} Masked;

/* Choose what is masked of the step's samples. */
static gboolean
mask (GenStep *step, Masked *masked, GError **error)
{
  GenGraph *graph = gen_step_graph (step);

  masked->samples = gen_step_samples (step);
  masked->mask = draw_mask (step, masked->samples, error);
  masked->seen = gen_binary (graph, "Sub", gen_graph_float (graph, 1), masked->mask, error);
  return masked->seen != NULL;
}

/* Fill it in by what is left of `samples`, which may be others than it is to be filled with. */
static gboolean
fill (GenStep *step, Masked *masked, GenTensor *samples, GError **error)
{
  if (samples == NULL)
    return FALSE;
  masked->covered = cover (step, samples, masked->mask, masked->seen, error);
  masked->filled = gen_step_apply_to (step, ENCODER, masked->covered, error);
  masked->filled = gen_step_apply_to (step, DECODER, masked->filled, error);
  if (masked->filled == NULL)
    return FALSE;
  if (gen_shape_equal (&masked->filled->shape, &masked->samples->shape))
    return TRUE;
  g_autofree char *has = gen_shape_to_string (&masked->filled->shape);
  g_autofree char *wants = gen_shape_to_string (&masked->samples->shape);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the decoder makes %s, but the encoder takes %s", has, wants);
  return FALSE;
}

/* The mean square of what was masked. */
static GenTensor *
find_loss (GenStep *step, const Masked *masked, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  GenTensor *filled = gen_step_precise (step, masked->filled, error);
  GenTensor *apart = gen_binary (graph, "Sub", filled, masked->samples, error);
  GenTensor *sum = gen_binary (graph, "Mul", apart, apart, error);
  const float channels = (float)masked->samples->shape.dims[1];
  GenTensor *n = gen_binary (graph, "Mul", sum_places (graph, masked->mask, TRUE, error),
      gen_graph_float (graph, channels), error);

  sum = sum_places (graph, gen_binary (graph, "Mul", sum, masked->mask, error), TRUE, error);
  return gen_binary (graph, "Div", sum, n, error);
}

/* What attacks raise: of the same patches, what is filled in by what is left of `samples`. */
static GenTensor *
lose (GenStep *step, GenTensor *samples, gpointer data, GError **error)
{
  Masked masked = *(const Masked *)data;

  return fill (step, &masked, samples, error) ? find_loss (step, &masked, error) : NULL;
}

static gboolean
build (GenStep *step, GError **error)
{
  const guint nets[] = { ENCODER, DECODER };
  Masked masked;
  GenTensor *loss;

  if (!mask (step, &masked, error) ||
      !fill (step, &masked, gen_attacked (step, masked.samples, TRUE, lose, &masked, error), error))
    return FALSE;
  loss = find_loss (step, &masked, error);
  return gen_step_minimise (step, nets, G_N_ELEMENTS (nets), loss, 1, error) &&
         gen_step_report (step, "loss", loss, GEN_REPORT_MEAN) &&
         gen_attacked_report (step, masked.samples, TRUE, lose, &masked, error);
}

/* What the encoder sees, with what was masked as the decoder fills it, and as it was. */
static gboolean
make (GenStep *step, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  GenTensor *seen, *filled;
  Masked masked;

  if (!mask (step, &masked, error) || !fill (step, &masked, masked.samples, error))
    return FALSE;
  seen = gen_binary (graph, "Mul", masked.samples, masked.seen, error);
  filled = gen_binary (graph, "Mul", masked.filled, masked.mask, error);
  return gen_step_show (step, masked.covered) &&
         gen_step_show (step, gen_binary (graph, "Add", seen, filled, error)) &&
         gen_step_show (step, masked.samples);
}

static const GenRecipeNet nets[] = {
  { .role = &gen_net_role_encoder, .n_inputs = 1 },
  { .role = &gen_net_role_decoder, .n_inputs = 1 },
  { NULL },
};

static const GenRecipeFigure figures[] = {
  { { { "loss", GEN_FIELD_NUMBER, NULL, NULL, GEN_BETTER_LOWER }, "loss/masked", ", loss ", "", 4,
        -INFINITY },
      "loss-on-validation", "loss/validation" },
  GEN_ATTACKED_FIGURE,
};

#define FIELD(field) .offset = G_STRUCT_OFFSET (GenTrainerSettings, field)

static const GenSetting settings[] = {
  GEN_ATTACKED_SETTINGS,
  { .name = "patch",
      .nick = "Patch",
      .description = "Extent of a patch that is masked or not: pixels, or frames of sound",
      .type = GEN_SETTING_INT,
      FIELD (patch),
      .minimum = 1,
      .maximum = 65536,
      .of_learning = TRUE },
  { .name = "mask-ratio",
      .nick = "Mask ratio",
      .description = "Share of the patches that are masked, other ones each time",
      .type = GEN_SETTING_DOUBLE,
      FIELD (mask_ratio),
      .minimum = 0,
      .maximum = 1,
      .of_learning = TRUE },
  { .name = "mask-fill",
      .nick = "Mask fill",
      .description = "What masked patches become",
      .type = GEN_SETTING_CHOICE,
      FIELD (mask_fill),
      .choices = fills,
      .choice_texts = fill_texts,
      .of_learning = TRUE },
};

const GenRecipe gen_recipe_masked = {
  .name = "masked",
  .description = "An encoder and a decoder that fill in what is masked of samples",
  .nets = nets,
  .data_net = ENCODER,
  .figures = figures,
  .n_figures = G_N_ELEMENTS (figures),
  .settings = settings,
  .n_settings = G_N_ELEMENTS (settings),
  .build = build,
  .made_of = GEN_MADE_OF_SAMPLES,
  .n_shown = 3,
  .make = make,
};
