/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Convolutions by oneDNN: what runs them, with memory of its own for each argument. */
#include "dnnl-private.h"

enum { LARGE, WEIGHTS, BIAS, SMALL, SCRATCH, N_MEMORIES };

struct _GenConvolution {
  GenDnnlImplementation *made;
  dnnl_stream_t stream;
  dnnl_memory_t memories[N_MEMORIES];
  dnnl_exec_arg_t arguments[N_MEMORIES];
  int n_arguments;
  gsize scratch_size;
};

static GenDnnlDesc
picture_desc (const GenConvolutionOptions *o, gboolean large)
{
  static const dnnl_format_tag_t tags[2][GEN_CONVOLUTION_MAX_RANK] = {
    { dnnl_ncw, dnnl_nchw, dnnl_ncdhw }, { dnnl_nwc, dnnl_nhwc, dnnl_ndhwc }
  };
  dnnl_dims_t dims = { o->batch, large ? o->large_channels : o->small_channels };

  for (int i = 0; i < o->rank; i++)
    dims[2 + i] = large ? o->axes[i].large : o->axes[i].small;
  return gen_dnnl_desc_by_tag (
      2 + o->rank, dims, tags[o->layout == GEN_LAYOUT_CHANNELS_LAST][o->rank - 1]);
}

static void
add_argument (GenConvolution *c, int which, int argument, GenDnnlConstDesc desc)
{
  dnnl_memory_create (&c->memories[which], desc, gen_dnnl_engine (), DNNL_MEMORY_NONE);
  c->arguments[c->n_arguments++] = (dnnl_exec_arg_t){ argument, c->memories[which] };
}

static void
add_arguments (GenConvolution *c, const GenDnnlGeometry *g)
{
  static const int names[][N_MEMORIES] = {
    [GEN_CONVOLUTION_FORWARD] = { DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_BIAS, DNNL_ARG_DST },
    [GEN_CONVOLUTION_BACKWARD_DATA] = { DNNL_ARG_DIFF_SRC, DNNL_ARG_WEIGHTS, 0, DNNL_ARG_DIFF_DST },
    [GEN_CONVOLUTION_BACKWARD_WEIGHTS] = { DNNL_ARG_SRC, DNNL_ARG_DIFF_WEIGHTS, 0,
        DNNL_ARG_DIFF_DST },
  };
  const int *arguments = names[c->made->options.kind];
  GenDnnlConstDesc scratch =
      dnnl_primitive_desc_query_md (c->made->pd, dnnl_query_scratchpad_md, 0);

  add_argument (c, LARGE, arguments[LARGE], g->large);
  add_argument (c, WEIGHTS, arguments[WEIGHTS], c->made->weights);
  add_argument (c, SMALL, arguments[SMALL], g->small);
  if (g->bias != NULL)
    add_argument (c, BIAS, arguments[BIAS], g->bias);
  c->scratch_size = scratch != NULL ? dnnl_memory_desc_get_size (scratch) : 0;
  if (c->scratch_size > 0)
    add_argument (c, SCRATCH, DNNL_ARG_SCRATCHPAD, scratch);
}

GenConvolution *
gen_convolution_new (const GenConvolutionOptions *o, GError **error)
{
  GenConvolution *c = NULL;
  dnnl_dims_t dims, channels = { o->small_channels };
  int n = gen_dnnl_weights_dims (o, dims);
  GenDnnlDesc large = picture_desc (o, TRUE), small = picture_desc (o, FALSE);
  GenDnnlDesc weights = gen_dnnl_desc_by_tag (n, dims, dnnl_format_tag_any);
  GenDnnlDesc bias = o->bias ? gen_dnnl_desc_by_tag (1, channels, dnnl_a) : NULL;
  GenDnnlGeometry g = { large, weights, bias, small };
  GenDnnlImplementation *made;

  for (int i = 0; i < o->rank; i++) {
    g.strides[i] = o->axes[i].stride;
    g.dilates[i] = o->axes[i].dilation - 1;
    g.before[i] = o->axes[i].before;
    g.after[i] = o->axes[i].after;
  }
  made = gen_dnnl_implementation_find (o, &g, error);
  if (made != NULL) {
    c = g_new0 (GenConvolution, 1);
    c->made = made;
    dnnl_stream_create (&c->stream, gen_dnnl_engine (), dnnl_stream_default_flags);
    add_arguments (c, &g);
  }
  g_clear_pointer (&large, gen_dnnl_desc_free);
  g_clear_pointer (&small, gen_dnnl_desc_free);
  g_clear_pointer (&weights, gen_dnnl_desc_free);
  g_clear_pointer (&bias, gen_dnnl_desc_free);
  return c;
}

void
gen_convolution_free (GenConvolution *c)
{
  if (c == NULL)
    return;
  for (int i = 0; i < N_MEMORIES; i++)
    if (c->memories[i] != NULL)
      dnnl_memory_destroy (c->memories[i]);
  dnnl_stream_destroy (c->stream);
  gen_dnnl_implementation_leave (c->made);
  g_free (c);
}

gsize
gen_convolution_scratch_size (const GenConvolution *c)
{
  return c->scratch_size;
}

gsize
gen_convolution_weights_size (const GenConvolution *c)
{
  return dnnl_memory_desc_get_size (c->made->weights);
}

gboolean
gen_convolution_same_weights (const GenConvolution *a, const GenConvolution *b)
{
  return dnnl_memory_desc_equal (a->made->weights, b->made->weights) != 0;
}

const char *
gen_convolution_algorithm (const GenConvolution *c)
{
  const char *name = "unknown";

  dnnl_primitive_desc_query (c->made->pd, dnnl_query_impl_info_str, 0, &name);
  return name;
}

void
gen_convolution_run (
    GenConvolution *c, void *large, void *weights, const float *bias, void *small, void *scratch)
{
  gen_dnnl_set_handle (c->memories[LARGE], large);
  gen_dnnl_set_handle (c->memories[WEIGHTS], weights);
  gen_dnnl_set_handle (c->memories[SMALL], small);
  if (c->memories[BIAS] != NULL)
    gen_dnnl_set_handle (c->memories[BIAS], (void *)bias);
  if (c->memories[SCRATCH] != NULL)
    gen_dnnl_set_handle (c->memories[SCRATCH], scratch);
  dnnl_primitive_execute (c->made->primitive, c->stream, c->n_arguments, c->arguments);
}

GenReorder *
gen_convolution_packer (
    const GenConvolution *c, gint64 group_stride, const gint64 *strides, int pieces, GError **error)
{
  return gen_dnnl_packer (c->made, group_stride, strides, pieces, error);
}

GenReorder *
gen_convolution_unpacker (const GenConvolution *c, GError **error)
{
  return gen_dnnl_unpacker (c->made, error);
}
