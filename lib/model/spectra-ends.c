/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sound to frames and spectra, and back, as nodes of a graph. What of a frame has come before, and
 * what of the sum is not complete yet, are states, so that each run takes samples as they come and
 * makes as many. */
#include <math.h>

#include "../ops/build.h"
#include "spectra.h"

/* Below this, a magnitude has no phase. */
#define NO_MAGNITUDE 1e-20f
/* The least that the windows over a sample may come to. */
#define LEAST_WEIGHT 1e-6

static int
bins_of (const GenSpectra *spectra)
{
  return spectra->fft / 2 + 1;
}

/* Zeros in front of a frame that is transformed. */
static int
zeros_before (const GenSpectra *spectra)
{
  return (spectra->fft - spectra->length) / 2;
}

/* How many hops a frame covers, at least in part. */
static int
hops_of (const GenSpectra *spectra)
{
  return (spectra->length + spectra->hop - 1) / spectra->hop;
}

gint64
gen_spectra_delay (const GenSpectra *spectra)
{
  return spectra->length - spectra->hop + (gint64)spectra->lookahead * spectra->hop;
}

/* --- windows --- */

/* What both windows make of sample `i` of all frames that it is in, together. */
static double
weight_of (const GenSpectra *spectra, int i)
{
  double sum = 0;

  for (int k = i % spectra->hop; k < spectra->length; k += spectra->hop)
    sum += spectra->window->value (k, spectra->length) *
           spectra->synthesis->value (k, spectra->length);
  return sum;
}

gboolean
gen_spectra_check (const GenSpectra *spectra, GError **error)
{
  for (int i = 0; spectra->synthesis != NULL && i < spectra->hop; i++)
    if (fabs (weight_of (spectra, i)) < LEAST_WEIGHT) {
      g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
          "frames of %d samples every %d under window=%s and synthesis=%s leave samples out: hop "
          "should be less, half of length as a rule",
          spectra->length, spectra->hop, spectra->window->name, spectra->synthesis->name);
      return FALSE;
    }
  return TRUE;
}

/* `x` times the numbers of a frame, unless all of them are 1. */
static GenTensor *
weigh (GenSpectralSound *sound, GenTensor *x, double (*number) (const GenSpectra *spectra, int i),
    GError **error)
{
  const int n = sound->spectra->length;
  float *numbers = g_new (float, n);
  gboolean plain = TRUE;

  for (int i = 0; i < n; i++) {
    numbers[i] = (float)number (sound->spectra, i);
    plain &= numbers[i] == 1;
  }
  if (plain) {
    g_free (numbers);
    return x;
  }
  return gen_binary (sound->graph, "Mul", x,
      gen_graph_add_constant (sound->graph, "window", GEN_TYPE_FLOAT32, &GEN_SHAPE (n),
          g_bytes_new_take (numbers, (gsize)n * sizeof (float))),
      error);
}

static double
before_transform (const GenSpectra *spectra, int i)
{
  return spectra->scale * spectra->window->value (i, spectra->length);
}

static double
behind_transform (const GenSpectra *spectra, int i)
{
  if (spectra->synthesis == NULL)
    return 1 / spectra->scale;
  return spectra->synthesis->value (i, spectra->length) / weight_of (spectra, i) / spectra->scale;
}

/* --- nodes --- */

/* Zeros around an axis. */
static GenTensor *
pad (GenGraph *graph, GenTensor *x, int axis, gint64 before, gint64 after, GError **error)
{
  gint64 pads[2 * GEN_MAX_RANK] = { 0 };

  if (x == NULL || (before == 0 && after == 0))
    return x;
  pads[axis] = before;
  pads[x->shape.rank + axis] = after;
  return gen_binary (graph, "Pad", x, gen_graph_ints (graph, pads, 2 * x->shape.rank), error);
}

static GenTensor *
add_zeros (GenGraph *graph, const char *name, const GenShape *shape)
{
  const gsize size = (gsize)gen_shape_elements (shape) * sizeof (float);

  return gen_graph_add_state (
      graph, name, GEN_TYPE_FLOAT32, shape, g_bytes_new_take (g_malloc0 (size), size));
}

static GenTensor *
transform (GenGraph *graph, GenTensor *x, const GenSpectra *spectra, int inverse, GError **error)
{
  const gint64 length = spectra->fft;

  if (x == NULL)
    return NULL;
  return gen_graph_op (graph, "DFT", (GenTensor *[]){ x, gen_graph_ints (graph, &length, 1) }, 2, 1,
      error, "axis", GEN_INT, 2, "inverse", GEN_INT, inverse, "onesided", GEN_INT, 1, NULL);
}

/* --- one of the other --- */

static GenTensor *
get_frames (GenSpectralSound *sound, GError **error)
{
  const GenSpectra *spectra = sound->spectra;

  const gint64 first = zeros_before (spectra);
  GenTensor *x;

  if (sound->frames != NULL)
    return sound->frames;
  x = transform (sound->graph, sound->spectrum, spectra, 1, error);
  if (spectra->fft > spectra->length)
    x = gen_build_slice (sound->graph, x, 2, first, first + spectra->length, error);
  sound->frames =
      gen_build_reshape (sound->graph, x, &GEN_SHAPE (1, spectra->frames, spectra->length), error);
  return sound->frames;
}

GenTensor *
gen_spectral_spectrum (GenSpectralSound *sound, GError **error)
{
  const GenSpectra *spectra = sound->spectra;
  const gint64 before = zeros_before (spectra);
  GenTensor *x;

  if (sound->spectrum != NULL)
    return sound->spectrum;
  x = gen_build_reshape (
      sound->graph, sound->frames, &GEN_SHAPE (1, spectra->frames, spectra->length, 1), error);
  x = pad (sound->graph, x, 2, before, spectra->fft - spectra->length - before, error);
  sound->spectrum = transform (sound->graph, x, spectra, 0, error);
  return sound->spectrum;
}

/* [1, frames, bins, 1] */
static GenTensor *
get_magnitude (GenSpectralSound *sound, GError **error)
{
  const gint64 last = 3;
  GenTensor *spectrum = gen_spectral_spectrum (sound, error);

  if (sound->magnitude == NULL)
    sound->magnitude = gen_build_reduce (sound->graph, "ReduceL2", spectrum, &last, 1, error);
  return sound->magnitude;
}

/* --- ports --- */

/* How many numbers a bin of a role has. */
static int
parts_of (GenSpectralRole role)
{
  return role == GEN_ROLE_COMPLEX || role == GEN_ROLE_COMPLEX_MASK ? 2 : 1;
}

static gint64
row_of (const GenSpectra *spectra, GenSpectralRole role)
{
  return role == GEN_ROLE_FRAMES ? spectra->length : bins_of (spectra);
}

/* In which order a port has frames (0), what is in a row of one (1) and the parts of a number (2).
 * Where a row holds all real parts and then all imaginary ones, parts come before it. */
static gboolean
find_order (const GenSpectra *spectra, GenSpectralRole role, const GenShape *shape, gint64 order[3])
{
  const gint64 row = row_of (spectra, role), parts = parts_of (role);
  int at = shape->rank - 1, part = shape->rank - 1, time = 0;

  if (gen_shape_elements (shape) != spectra->frames * row * parts)
    return FALSE;
  while (at >= 0 && shape->dims[at] != row)
    at--;
  if (at < 0 && parts == 2) {
    for (at = shape->rank - 1; at >= 0 && shape->dims[at] != row * parts;)
      at--;
    order[0] = 0;
    order[1] = 2;
    order[2] = 1;
    return at >= 0;
  }
  if (at < 0)
    return FALSE;
  while (parts == 2 && part >= 0 && (part == at || shape->dims[part] != parts))
    part--;
  if (part < 0)
    return FALSE;
  if (parts == 1)
    part = shape->rank;
  while (time < shape->rank - 1 &&
         (time == at || time == part || shape->dims[time] != spectra->frames))
    time++;
  /* Extents of 1 are nowhere. */
  if (spectra->frames == 1 || time == at || time == part)
    time = -1;
  for (int i = 0, places[] = { time, at, part }; i < 3; i++) {
    int rank = 0;

    for (int k = 0; k < 3; k++)
      rank += places[k] < places[i];
    order[rank] = i;
  }
  return TRUE;
}

gboolean
gen_spectra_check_shape (
    const GenSpectra *spectra, GenSpectralRole role, const GenShape *shape, GError **error)
{
  g_autofree char *text = gen_shape_to_string (shape);
  gint64 order[3];

  if (find_order (spectra, role, shape, order))
    return TRUE;
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "it is %s, where %s of length=%d, fft=%d and frames=%d should have an axis of "
      "%" G_GINT64_FORMAT "%s and as many numbers as %d frames",
      text, gen_spectral_role_name (role), spectra->length, spectra->fft, spectra->frames,
      row_of (spectra, role), parts_of (role) == 2 ? ", one of 2," : "", spectra->frames);
  return FALSE;
}

/* `x`, [frames, row, parts] in front of which there may be 1, in the order of a port and its shape.
 */
static GenTensor *
to_port (GenSpectralSound *sound, GenTensor *x, GenSpectralRole role, const GenShape *shape,
    GError **error)
{
  const GenSpectra *spectra = sound->spectra;
  gint64 order[3];

  if (x == NULL || !gen_spectra_check_shape (spectra, role, shape, error))
    return NULL;
  find_order (spectra, role, shape, order);
  x = gen_build_reshape (sound->graph, x,
      &GEN_SHAPE (spectra->frames, row_of (spectra, role), parts_of (role)), error);
  if (order[0] != 0 || order[1] != 1)
    x = gen_build_transpose (sound->graph, x, order, error);
  return gen_build_reshape (sound->graph, x, shape, error);
}

/* And back: [1, frames, row, parts]. */
static GenTensor *
from_port (GenSpectralSound *sound, GenTensor *x, GenSpectralRole role, GError **error)
{
  const GenSpectra *spectra = sound->spectra;
  const gint64 extents[] = { spectra->frames, row_of (spectra, role), parts_of (role) };
  gint64 order[3], back[3];

  x = gen_build_cast (sound->graph, x, GEN_TYPE_FLOAT32, error);
  if (x == NULL || !gen_spectra_check_shape (spectra, role, &x->shape, error))
    return NULL;
  find_order (spectra, role, &x->shape, order);
  for (int i = 0; i < 3; i++)
    back[order[i]] = i;
  x = gen_build_reshape (
      sound->graph, x, &GEN_SHAPE (extents[order[0]], extents[order[1]], extents[order[2]]), error);
  if (order[0] != 0 || order[1] != 1)
    x = gen_build_transpose (sound->graph, x, back, error);
  return gen_build_reshape (
      sound->graph, x, &GEN_SHAPE (1, extents[0], extents[1], extents[2]), error);
}

GenTensor *
gen_spectral_give (
    GenSpectralSound *sound, GenSpectralRole role, const GenShape *shape, GError **error)
{
  GenTensor *x = NULL;

  if (role >= GEN_ROLE_BANDS)
    return gen_deep_filter_give (sound, role, shape, error);
  switch (role) {
  case GEN_ROLE_FRAMES:
    x = get_frames (sound, error);
    break;
  case GEN_ROLE_COMPLEX:
    x = gen_spectral_spectrum (sound, error);
    break;
  case GEN_ROLE_REAL:
    x = gen_build_slice (sound->graph, gen_spectral_spectrum (sound, error), 3, 0, 1, error);
    break;
  case GEN_ROLE_IMAGINARY:
    x = gen_build_slice (sound->graph, gen_spectral_spectrum (sound, error), 3, 1, 2, error);
    break;
  case GEN_ROLE_MAGNITUDE:
    x = get_magnitude (sound, error);
    break;
  default:
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "no input is %s: inputs are complex, real, imaginary, magnitude, frames, bands or unit",
        gen_spectral_role_name (role));
  }
  return to_port (sound, x, role, shape, error);
}

/* The spectrum with another magnitude. */
static GenTensor *
change_magnitude (GenSpectralSound *sound, GenTensor *x, GError **error)
{
  GenGraph *graph = sound->graph;
  GenTensor *before = gen_binary (
      graph, "Max", get_magnitude (sound, error), gen_graph_float (graph, NO_MAGNITUDE), error);

  return gen_binary (graph, "Mul", gen_spectral_spectrum (sound, error),
      gen_binary (graph, "Div", x, before, error), error);
}

/* The spectrum times complex numbers. */
static GenTensor *
multiply_complex (GenSpectralSound *sound, GenTensor *x, GError **error)
{
  GenGraph *graph = sound->graph;
  GenTensor *spectrum = gen_spectral_spectrum (sound, error);
  GenTensor *a = gen_build_slice (graph, spectrum, 3, 0, 1, error),
            *b = gen_build_slice (graph, spectrum, 3, 1, 2, error);
  GenTensor *c = gen_build_slice (graph, x, 3, 0, 1, error),
            *d = gen_build_slice (graph, x, 3, 1, 2, error);

  return gen_build_concat (graph,
      gen_binary (graph, "Sub", gen_binary (graph, "Mul", a, c, error),
          gen_binary (graph, "Mul", b, d, error), error),
      gen_binary (graph, "Add", gen_binary (graph, "Mul", a, d, error),
          gen_binary (graph, "Mul", b, c, error), error),
      3, error);
}

gboolean
gen_spectral_take (
    GenSpectralSound *sound, GenSpectralRole role, GenTensor *x, GenTensor *other, GError **error)
{
  if (role >= GEN_ROLE_BANDS)
    return gen_deep_filter_take (sound, role, x, error);
  x = from_port (sound, x, role, error);
  if (x != NULL && other != NULL)
    x = gen_build_concat (sound->graph, x, from_port (sound, other, role, error), 3, error);
  if (x != NULL && role == GEN_ROLE_MASK)
    x = gen_binary (sound->graph, "Mul", gen_spectral_spectrum (sound, error), x, error);
  else if (x != NULL && role == GEN_ROLE_MAGNITUDE)
    x = change_magnitude (sound, x, error);
  else if (x != NULL && role == GEN_ROLE_COMPLEX_MASK)
    x = multiply_complex (sound, x, error);
  if (x == NULL)
    return FALSE;
  sound->spectrum = sound->frames = sound->magnitude = NULL;
  if (role != GEN_ROLE_FRAMES)
    sound->spectrum = x;
  else
    sound->frames = gen_build_reshape (
        sound->graph, x, &GEN_SHAPE (1, sound->spectra->frames, sound->spectra->length), error);
  return sound->frames != NULL || sound->spectrum != NULL;
}

/* --- sound --- */

/* The frames in samples that follow each other, [1, 1, samples]. */
static GenTensor *
cut (GenSpectralSound *sound, GenTensor *x, GError **error)
{
  const GenSpectra *spectra = sound->spectra;
  const gint64 frames = spectra->frames, length = spectra->length;
  g_autofree gint64 *places = g_new (gint64, frames * length);
  GenTensor *indices;

  if (frames == 1 || x == NULL)
    return gen_build_reshape (sound->graph, x, &GEN_SHAPE (1, frames, length), error);
  for (gint64 i = 0; i < frames * length; i++)
    places[i] = i / length * spectra->hop + i % length;
  indices = gen_build_reshape (sound->graph,
      gen_graph_ints (sound->graph, places, (gsize)(frames * length)), &GEN_SHAPE (frames, length),
      error);
  x = gen_build_reshape (sound->graph, x, &GEN_SHAPE (1, gen_shape_elements (&x->shape)), error);
  if (x == NULL || indices == NULL)
    return NULL;
  return gen_graph_op (
      sound->graph, "Gather", (GenTensor *[]){ x, indices }, 2, 1, error, "axis", GEN_INT, 1, NULL);
}

gboolean
gen_spectral_begin (GenSpectralSound *sound, GenTensor *x, GError **error)
{
  const GenSpectra *spectra = sound->spectra;
  GenGraph *graph = sound->graph;
  const gint64 before = spectra->length - spectra->hop, samples = x->shape.dims[2];
  GenTensor *frames;

  if (before > 0) {
    GenTensor *tail = add_zeros (graph, "samples before", &GEN_SHAPE (1, 1, before));
    GenTensor *next;

    x = gen_build_concat (graph, tail, x, 2, error);
    next = gen_build_slice (graph, x, 2, samples, samples + before, error);
    if (next == NULL)
      return FALSE;
    gen_graph_assign (graph, tail, next);
  }
  frames = cut (sound, x, error);
  sound->frames = weigh (sound, frames, before_transform, error);
  return sound->frames != NULL;
}

/* All frames where they belong, added: [frames + hops - 1, hop]. */
static GenTensor *
overlap (GenSpectralSound *sound, GenTensor *x, GError **error)
{
  const GenSpectra *spectra = sound->spectra;
  const gint64 hops = hops_of (spectra), frames = spectra->frames, hop = spectra->hop;
  GenTensor *sum = NULL;

  x = pad (sound->graph, x, 2, 0, hops * hop - spectra->length, error);
  if (frames == 1 || hops == 1)
    return gen_build_reshape (sound->graph, x, &GEN_SHAPE (frames + hops - 1, hop), error);
  x = gen_build_reshape (sound->graph, x, &GEN_SHAPE (frames, hops, hop), error);
  for (gint64 i = 0; i < hops; i++) {
    GenTensor *blocks = gen_build_reshape (sound->graph,
        gen_build_slice (sound->graph, x, 1, i, i + 1, error), &GEN_SHAPE (frames, hop), error);

    blocks = pad (sound->graph, blocks, 0, i, hops - 1 - i, error);
    sum = i == 0 ? blocks : gen_binary (sound->graph, "Add", sum, blocks, error);
  }
  return sum;
}

GenTensor *
gen_spectral_end (GenSpectralSound *sound, GError **error)
{
  const GenSpectra *spectra = sound->spectra;
  GenGraph *graph = sound->graph;
  const gint64 kept = hops_of (spectra) - 1, frames = spectra->frames;
  GenTensor *x = weigh (sound, get_frames (sound, error), behind_transform, error);

  x = overlap (sound, x, error);
  if (x != NULL && kept > 0) {
    GenTensor *tail = add_zeros (graph, "samples to come", &GEN_SHAPE (kept, spectra->hop)), *next;

    x = gen_binary (graph, "Add", x, pad (graph, tail, 0, 0, frames, error), error);
    next = gen_build_slice (graph, x, 0, frames, frames + kept, error);
    if (next == NULL)
      return NULL;
    gen_graph_assign (graph, tail, next);
    x = gen_build_slice (graph, x, 0, 0, frames, error);
  }
  return gen_build_reshape (graph, x, &GEN_SHAPE (1, 1, frames * spectra->hop), error);
}
