/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Convolutions as the definition says, in place of cuDNN. */
#include "../../lib/device/cuda/convolution.h"
#include "../../lib/device/cuda/activation.h"
#include "../../lib/device/cuda/types.h"
#include "ways.h"

gboolean
gen_cuda_convolution_open (void **handle, GError **error)
{
  return TRUE;
}

void
gen_cuda_convolution_close (void *handle)
{
}

char *
gen_cuda_convolution_describe (void)
{
  return g_strdup ("convolutions as defined");
}

/* Call `visit` with the elements of x, w and y that meet: the first ones of x and w of a group's
 * channels, and their number. */
template <typename Visit>
static void
meet (const GenCudaConvolution *c, Visit visit)
{
  gint64 in[3] = { 1, 1, 1 }, out[3] = { 1, 1, 1 }, kernel[3] = { 1, 1, 1 };
  gint64 strides[3] = { 1, 1, 1 }, dilations[3] = { 1, 1, 1 }, begin[3] = { 0, 0, 0 };
  gint64 channels = c->c / c->groups, results = c->k / c->groups;

  for (int i = 0; i < c->spatial; i++) {
    in[i] = c->in[i];
    out[i] = c->out[i];
    kernel[i] = c->kernel[i];
    strides[i] = c->strides[i];
    dilations[i] = c->dilations[i];
    begin[i] = c->before[i];
  }
  gint64 pixels = in[0] * in[1] * in[2], results_pixels = out[0] * out[1] * out[2];
  gint64 taps = kernel[0] * kernel[1] * kernel[2];
  for (gint64 n = 0; n < c->n; n++)
    for (gint64 o = 0; o < results_pixels; o++)
      for (gint64 t = 0; t < taps; t++) {
        gint64 at[3] = { o / (out[1] * out[2]), o / out[2] % out[1], o % out[2] };
        gint64 tap[3] = { t / (kernel[1] * kernel[2]), t / kernel[2] % kernel[1], t % kernel[2] };
        gint64 from = 0;
        bool inside = true;

        for (int i = 0; i < 3; i++) {
          gint64 place = at[i] * strides[i] + tap[i] * dilations[i] - begin[i];

          inside = inside && place >= 0 && place < in[i];
          from = from * in[i] + place;
        }
        if (!inside)
          continue;
        for (gint64 k = 0; k < c->k; k++)
          visit ((n * pixels + from) * c->c + k / results * channels, (k * taps + t) * channels,
              (n * results_pixels + o) * c->k + k, channels);
      }
}

template <typename T>
static std::vector<double>
widen (const T *values, gint64 n)
{
  std::vector<double> widened (n);

  for (gint64 i = 0; i < n; i++)
    widened[i] = (double)gen_load (&values[i]);
  return widened;
}

/* Where element i of a result lies that is spread out. */
static gint64
find_place (const GenCudaConvolution *c, gint64 i)
{
  gint64 place = i % c->k;

  i /= c->k;
  for (int axis = c->spatial - 1; axis >= 0; axis--) {
    place += i % c->out[axis] * c->steps[axis];
    i /= c->out[axis];
  }
  return place + i * c->picture_step;
}

template <typename T>
static void
convolve (const GenCudaConvolution *c, GenCudaOperands o)
{
  const gboolean spread = c->picture_step != 0;
  const T *bias = (const T *)o.bias, *added = (const T *)o.added, *slopes = (const T *)o.slopes;
  gint64 pixels = 1, results = 1, taps = 1;

  for (int i = 0; i < c->spatial; i++) {
    pixels *= c->in[i];
    results *= c->out[i];
    taps *= c->kernel[i];
  }
  const gint64 x_size = c->n * c->c * pixels, y_size = c->n * c->k * results;
  const gint64 w_size = c->k * taps * (c->c / c->groups);
  const gboolean makes_y = c->kind == GEN_CUDA_CONVOLVE,
                 makes_x = c->kind == GEN_CUDA_CONVOLVE_DATA;
  const gint64 size = makes_y ? y_size : makes_x ? x_size : w_size;
  const std::vector<double> first = widen ((const T *)o.a, makes_x ? y_size : x_size);
  const std::vector<double> second = widen ((const T *)o.b, makes_y || makes_x ? w_size : y_size);
  const double *a = first.data (), *b = second.data ();
  std::vector<double> made (size);
  double *sums = made.data ();

  meet (c, [&] (gint64 x, gint64 w, gint64 y, gint64 n) {
    if (makes_y)
      for (gint64 j = 0; j < n; j++)
        sums[y] += a[x + j] * b[w + j];
    else if (makes_x)
      for (gint64 j = 0; j < n; j++)
        sums[x + j] += a[y] * b[w + j];
    else
      for (gint64 j = 0; j < n; j++)
        sums[w + j] += a[x + j] * b[y];
  });
  for (gint64 i = 0; i < size; i++) {
    const gint64 channel = i % (makes_y ? c->k : c->c);
    const gint64 place = spread ? find_place (c, i) : i;
    double slope = 0;

    if (c->has_bias)
      sums[i] += (double)gen_load (&bias[channel]);
    if (c->has_added)
      sums[i] += (double)gen_load (&added[place]);
    if (c->activation.kind == GEN_ACTIVATION_PRELU)
      slope = (double)gen_load (&slopes[channel]);
    gen_store (&((T *)o.c)[place], gen_cuda_activate (c->activation, sums[i], slope));
  }
}

gboolean
gen_cuda_convolution_add (GenCudaKernel *kernel, const GenCudaConvolution *convolution,
    GenCudaFindOperands find, GError **error)
{
  GenCudaConvolution c = *convolution;
  EmulatedWays ways (kernel->device);

  /* Some that the epilogue has to do. */
  if (c.activation.kind != GEN_ACTIVATION_NONE && c.activation.kind != GEN_ACTIVATION_RELU &&
      c.activation.kind != GEN_ACTIVATION_PRELU)
    return FALSE;
  if (gen_cuda_choose (kernel->device, gen_cuda_convolution_problem (&c), &ways) < 0)
    return FALSE;
  return gen_visit_floats (c.type, [&] (auto *type) {
    typedef GEN_VISITED (type) T;

    kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
      GenCudaOperands o = find (k);

      emulation_submit (stream, [=] { convolve<T> (&c, o); });
    });
  });
}
