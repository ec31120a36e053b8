/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Transposed convolutions on the device as dense ones (phases.h). */
#include "../../device/cuda/convolve.h"
#include "../../device/cuda/elementwise.h"
#include "../../device/cuda/epilogue.h"
#include "../../device/cuda/finish.h"

G_BEGIN_DECLS
#include "phases.h"
G_END_DECLS

#define AXES GEN_WINDOW_MAX_RANK

/* --- weights --- */

/* Weights [result, taps..., inner] of the dense convolution of some phases, of ONNX'
 * [group and inner, channels, kernel...]. Results are (phases..., channel of the operator's
 * result), and others that only fill up. */
struct Gathering {
  uint32_t inner, channels, all_channels;
  uint32_t taps[AXES], kernel[AXES], strides[AXES], phase[AXES], phases[AXES];
  gint64 step; /* from one inner channel to the next */

  /* Where the row of inner channels begins that is number `row`; -1: it is zero. */
  __host__ __device__ inline gint64 find (uint32_t row) const
  {
    uint32_t tap[AXES], group, channel;
    gint64 at;

    for (int i = AXES - 1; i >= 0; i--) {
      tap[i] = row % taps[i];
      row /= taps[i];
    }
    channel = row % all_channels;
    row /= all_channels;
    group = channel / channels;
    at = (gint64)group * inner * channels + channel % channels;
    /* The last tap of the dense convolution is the first of the phase. */
    for (int i = AXES - 1; i >= 0; i--) {
      tap[i] = (taps[i] - 1 - tap[i]) * strides[i] + phase[i] + row % phases[i];
      row /= phases[i];
    }
    for (int i = 0; i < AXES; i++) {
      if (tap[i] >= kernel[i])
        return -1;
      at = at * kernel[i] + tap[i];
    }
    return row > 0 ? -1 : at;
  }
};

template <typename T>
__global__ void
gather (Gathering g, const T *from, T *to, size_t n)
{
  for (GEN_CUDA_EACH (i, n)) {
    const uint32_t row = (uint32_t)i / g.inner;
    const gint64 at = g.find (row);

    to[i] = at < 0 ? (T)0 : from[at + ((uint32_t)i - row * g.inner) * g.step];
  }
}

template <typename T>
static void
gather_on_cpu (const Gathering &g, const T *from, T *to, gsize n)
{
  for (gsize row = 0; row < n / g.inner; row++) {
    const gint64 at = g.find ((uint32_t)row);

    for (uint32_t i = 0; i < g.inner; i++)
      *to++ = at < 0 ? (T)0 : from[at + i * g.step];
  }
}

/* Of the convolution `c`. FALSE without an error where there are too many. */
static gboolean
gather_weights (GenCudaKernel *kernel, const GenWindow *window, const GenPhase *phases,
    const GenCudaConvolution *c, GenCudaFindWeights *find, GError **error)
{
  const gint64 all = kernel->output (0)->shape.dims[1];
  const gsize size = gen_data_type_size (c->type);
  Gathering g = { (uint32_t)(c->c / c->groups), (uint32_t)(all / c->groups), (uint32_t)all };
  gsize n = c->k * g.inner;

  g.step = g.channels;
  for (int i = 0; i < AXES; i++) {
    const int axis = i - AXES + window->rank;
    const GenWindowAxis *a = &window->axes[axis];

    g.taps[i] = axis < 0 ? 1 : (uint32_t)phases[axis].taps;
    g.kernel[i] = axis < 0 ? 1 : (uint32_t)a->kernel;
    g.strides[i] = axis < 0 ? 1 : (uint32_t)a->stride;
    g.phase[i] = axis < 0 ? 0 : (uint32_t)phases[axis].phase;
    g.phases[i] = axis < 0 ? 1 : (uint32_t)phases[axis].phases;
    g.step *= g.kernel[i];
    n *= g.taps[i];
  }
  if (n > GEN_WALK_MAX)
    return FALSE;
  return gen_visit_sizes (size, [&] (auto *type) {
    typedef GEN_VISITED (type) T;

    gen_cuda_arrange_weights (
        kernel, n,
        [=] (const void *from, void *to) { gather_on_cpu (g, (const T *)from, (T *)to, n); },
        [=] (const void *from, void *to, cudaStream_t stream) {
          gen_cuda_launch (
              gather<T>, gen_cuda_grid (n), GEN_CUDA_BLOCK, stream, g, (const T *)from, (T *)to, n);
        },
        find, error);
  }) && *find != nullptr;
}

/* --- phases on their own --- */

struct Part {
  GenCudaConvolution c;
  GenCudaFindWeights weights;
  gint64 offset; /* of its first result, in elements */
};

/* The dense convolution of some phases. */
static GenCudaConvolution
dense (const GenWindow *window, const GenPhase *phases, const GenCudaConvolution *like)
{
  GenCudaConvolution c = *like;

  c.kind = GEN_CUDA_CONVOLVE;
  c.spatial = window->rank;
  for (int i = 0; i < window->rank; i++) {
    c.in[i] = window->axes[i].in;
    c.out[i] = phases[i].windows;
    c.kernel[i] = phases[i].taps;
    c.strides[i] = 1;
    c.dilations[i] = window->axes[i].dilation;
    c.before[i] = phases[i].before;
    c.after[i] = phases[i].after;
  }
  return c;
}

/* Phase number `number`. FALSE without an error where it is none. */
static gboolean
set_part (Part *part, GenCudaKernel *kernel, const GenWindow *window, gint64 number,
    const GenCudaConvolution *like, GError **error)
{
  gint64 step = like->k, steps[AXES];
  GenPhase phases[AXES];
  gboolean spread = FALSE;

  part->offset = 0;
  for (int i = window->rank - 1; i >= 0; i--) {
    const GenWindowAxis *axis = &window->axes[i];

    if (!gen_phase_init (&phases[i], axis, number % axis->stride, 1))
      return FALSE;
    number /= axis->stride;
    spread = spread || axis->stride > 1;
    part->offset += (phases[i].first * axis->stride + phases[i].phase - axis->before) * step;
    steps[i] = axis->stride * step;
    step *= axis->out;
  }
  part->c = dense (window, phases, like);
  if (spread) {
    part->c.picture_step = step;
    for (int i = 0; i < window->rank; i++)
      part->c.steps[i] = steps[i];
  }
  return gather_weights (kernel, window, phases, &part->c, &part->weights, error);
}

/* `whole`: with all that the node does. */
static gboolean
add_parts (GenCudaKernel *kernel, const std::vector<Part> &parts, gboolean whole, GError **error)
{
  for (const Part &part : parts) {
    GenCudaConvolution c = part.c;
    const GenCudaFindWeights weights = part.weights;
    const gsize offset = part.offset * gen_data_type_size (c.type);

    if (!whole)
      gen_cuda_convolve_sums (&c);
    else if (!gen_cuda_convolve_whole (kernel, &c))
      return FALSE;
    GenCudaFindOperands find = [=] (const GenCudaKernel &k) {
      GenCudaOperands o = gen_cuda_convolve_operands (&k, weights (k));

      o.c = (char *)o.c + offset;
      o.added = o.added != NULL ? (const char *)o.added + offset : NULL;
      return o;
    };
    if (!gen_cuda_convolution_add (kernel, &c, find, error))
      return FALSE;
  }
  return whole || gen_cuda_add_finish (kernel, kernel->input (2) != NULL ? 2 : -1);
}

gboolean
gen_cuda_add_phases (
    GenCudaKernel *kernel, const GenWindow *window, const GenCudaConvolution *like, GError **error)
{
  gint64 n = 1;

  for (int i = 0; i < window->rank; i++)
    n *= window->axes[i].stride;
  std::vector<Part> parts (n);
  GenCudaConvolution c = *like;
  c.k = kernel->output (0)->shape.dims[1];
  c.c = kernel->input (0)->shape.dims[1];
  for (gint64 i = 0; i < n; i++)
    if (!set_part (&parts[i], kernel, window, i, &c, error))
      return FALSE;
  for (const bool whole : { true, false }) {
    GenCudaKernel attempt = *kernel;
    GError *reason = NULL;

    if (add_parts (&attempt, parts, whole, &reason)) {
      *kernel = attempt;
      return TRUE;
    }
    if (reason != NULL) {
      g_propagate_error (error, reason);
      return FALSE;
    }
  }
  return FALSE;
}

/* --- phases as channels --- */

/* Where a result of the operator is among those of the joint convolution: place o of an axis is
 * phase (o + shift) % stride of window (o + shift) / stride. */
struct Spread {
  GenDivider channels, out[AXES], strides[AXES]; /* channels are counted in packs */
  uint32_t shift[AXES], windows[AXES];
  uint32_t width; /* of a window, in packs */

  __device__ inline size_t find (uint32_t pack, uint32_t *channel) const
  {
    uint32_t rest = channels.divide (pack), phase = 0, place[AXES];
    size_t window;

    *channel = pack - rest * channels.divisor;
    for (int i = AXES - 1; i >= 0; i--) {
      const uint32_t outer = out[i].divide (rest);

      place[i] = rest - outer * out[i].divisor + shift[i];
      rest = outer;
    }
    window = rest;
    for (int i = 0; i < AXES; i++) {
      const uint32_t at = strides[i].divide (place[i]);

      window = window * windows[i] + at;
      phase = phase * strides[i].divisor + place[i] - at * strides[i].divisor;
    }
    return window * width + phase * channels.divisor + *channel;
  }
};

template <typename T, int N>
__global__ void
spread (Spread s, GenCudaFinish<T> f, const GenPack<T, N> *made, GenPack<T, N> *y, size_t packs)
{
  for (GEN_CUDA_EACH (i, packs)) {
    uint32_t channel;
    GenPack<T, N> pack = made[s.find ((uint32_t)i, &channel)];

    for (int k = 0; k < N; k++)
      gen_store (&pack.at[k], f.of (gen_load (&pack.at[k]), channel * N + k, i * N + k));
    y[i] = pack;
  }
}

template <typename T, int N>
static void
add_spread (GenCudaKernel *kernel, const GenWindow *window, const GenPhase *phases, gint64 width,
    gsize made)
{
  const gint64 channels = kernel->output (0)->shape.dims[1];
  const gsize packs = gen_cuda_elements (kernel->output (0)) / N;
  const int bias = kernel->input (2) != NULL ? 2 : -1;
  Spread s;

  s.channels = GenDivider ((uint32_t)(channels / N));
  s.width = (uint32_t)(width / N);
  for (int i = 0; i < AXES; i++) {
    const int axis = i - AXES + window->rank;
    const GenWindowAxis *a = &window->axes[axis];

    s.out[i] = GenDivider (axis < 0 ? 1 : (uint32_t)a->out);
    s.strides[i] = GenDivider (axis < 0 ? 1 : (uint32_t)a->stride);
    s.windows[i] = axis < 0 ? 1 : (uint32_t)phases[axis].windows;
    s.shift[i] = axis < 0 ? 0 : (uint32_t)(a->before - phases[axis].first * a->stride);
  }
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    gen_cuda_launch (spread<T, N>, gen_cuda_grid (packs), GEN_CUDA_BLOCK, stream, s,
        gen_cuda_finish_of<T> (k, bias), (const GenPack<T, N> *)((char *)k.scratch + made),
        (GenPack<T, N> *)k.outputs[0], packs);
  });
}

/* One window makes the whole picture as it lies. */
static gboolean
is_whole (const GenWindow *window, const GenPhase *phases)
{
  for (int i = 0; i < window->rank; i++)
    if (phases[i].windows != 1 || phases[i].phases != window->axes[i].out ||
        window->axes[i].before != 0)
      return FALSE;
  return TRUE;
}

gboolean
gen_cuda_add_joined_phases (
    GenCudaKernel *kernel, const GenWindow *window, const GenCudaConvolution *like, GError **error)
{
  const gint64 channels = kernel->output (0)->shape.dims[1];
  const gsize size = gen_data_type_size (like->type);
  const int pack = GEN_PACK_BYTES / (int)size;
  GenCudaFindWeights weights;
  GenPhase phases[AXES];
  gint64 width = channels;
  gsize at = 0;

  for (int i = 0; i < window->rank; i++) {
    if (!gen_phase_init (&phases[i], &window->axes[i], 0, window->axes[i].stride))
      return FALSE;
    width *= window->axes[i].stride;
  }
  const gboolean whole = is_whole (window, phases);
  GenCudaConvolution c = dense (window, phases, like);
  c.c = kernel->input (0)->shape.dims[1];
  /* Tensor cores want whole packs. */
  c.k = whole ? width : (width + pack - 1) / pack * pack;
  gen_cuda_convolve_sums (&c);
  if (gen_cuda_elements (kernel->output (0)) > GEN_WALK_MAX ||
      !gather_weights (kernel, window, phases, &c, &weights, error))
    return FALSE;
  if (!whole)
    at = kernel->reserve (gen_cuda_convolution_extent (&c) * size);
  GenCudaFindOperands find = [=] (const GenCudaKernel &k) {
    GenCudaOperands o = gen_cuda_convolve_operands (&k, weights (k));

    o.c = whole ? o.c : (char *)k.scratch + at;
    return o;
  };
  if (!gen_cuda_convolution_add (kernel, &c, find, error))
    return FALSE;
  if (whole)
    return gen_cuda_add_finish (kernel, kernel->input (2) != NULL ? 2 : -1);
  return gen_visit_floats (c.type, [&] (auto *type) {
    typedef GEN_VISITED (type) T;

    if (channels % pack == 0)
      add_spread<T, GEN_PACK_BYTES / (int)sizeof (T)> (kernel, window, phases, c.k, at);
    else
      add_spread<T, 1> (kernel, window, phases, c.k, at);
  });
}
