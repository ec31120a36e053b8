/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The functions that versions 2 and 3 of oneDNN need in forms of their own. */
#include "dnnl-versions.h"

#if DNNL_VERSION_MAJOR < 3
GenDnnlDesc
gen_dnnl_desc_clone (GenDnnlConstDesc desc)
{
  return g_memdup2 (desc, sizeof *desc);
}

void
gen_dnnl_desc_free (GenDnnlDesc desc)
{
  g_free (desc);
}

GenDnnlDesc
gen_dnnl_desc_by_tag (int rank, const gint64 *dims, dnnl_format_tag_t tag)
{
  GenDnnlDesc desc = g_new0 (dnnl_memory_desc_t, 1);

  if (dnnl_memory_desc_init_by_tag (desc, rank, dims, dnnl_f32, tag) != dnnl_success)
    g_clear_pointer (&desc, g_free);
  return desc;
}

GenDnnlDesc
gen_dnnl_desc_by_strides (int rank, const gint64 *dims, const gint64 *strides)
{
  GenDnnlDesc desc = g_new0 (dnnl_memory_desc_t, 1);

  if (dnnl_memory_desc_init_by_strides (desc, rank, dims, dnnl_f32, strides) != dnnl_success)
    g_clear_pointer (&desc, g_free);
  return desc;
}

GenDnnlDesc
gen_dnnl_desc_part (GenDnnlConstDesc whole, const gint64 *dims, const gint64 *offsets)
{
  GenDnnlDesc desc = g_new0 (dnnl_memory_desc_t, 1);

  if (dnnl_memory_desc_init_submemory (desc, whole, dims, offsets) != dnnl_success)
    g_clear_pointer (&desc, g_free);
  return desc;
}

dnnl_status_t
gen_dnnl_append_eltwise (dnnl_post_ops_t ops, dnnl_alg_kind_t kind, float alpha, float beta)
{
  return dnnl_post_ops_append_eltwise (ops, 1, kind, alpha, beta);
}

/* With so few channels, its convolution by batches of small products ("brgconv") generates code by
 * the megabyte, hundreds of them for a vocoder whose weights are four, and is no faster than what
 * comes next. */
#define FEW_CHANNELS 32

static gboolean
has_few_channels (const dnnl_convolution_desc_t *desc)
{
  return desc->src_desc.dims[1] <= FEW_CHANNELS && desc->dst_desc.dims[1] <= FEW_CHANNELS;
}

/* The first implementation that is not made of batches of products. */
static dnnl_status_t
create_plain (dnnl_primitive_desc_t *pd, const dnnl_convolution_desc_t *desc,
    dnnl_primitive_attr_t attr, dnnl_engine_t engine)
{
  dnnl_primitive_desc_iterator_t iterator;
  dnnl_status_t status = dnnl_primitive_desc_iterator_create (&iterator, desc, attr, engine, NULL);

  if (status != dnnl_success)
    return status;
  while (status == dnnl_success) {
    const char *name = "";

    *pd = dnnl_primitive_desc_iterator_fetch (iterator);
    dnnl_primitive_desc_query (*pd, dnnl_query_impl_info_str, 0, &name);
    if (!g_str_has_prefix (name, "brgconv"))
      break;
    dnnl_primitive_desc_destroy (*pd);
    status = dnnl_primitive_desc_iterator_next (iterator);
  }
  dnnl_primitive_desc_iterator_destroy (iterator);
  return status;
}

dnnl_status_t
gen_dnnl_make (dnnl_primitive_desc_t *pd, dnnl_engine_t engine, GenConvolutionKind kind,
    const GenDnnlGeometry *g, dnnl_primitive_desc_t hint, dnnl_primitive_attr_t attr)
{
  dnnl_convolution_desc_t desc;
  dnnl_status_t status;

  if (kind == GEN_CONVOLUTION_FORWARD)
    status = dnnl_dilated_convolution_forward_desc_init (&desc, dnnl_forward_training,
        dnnl_convolution_direct, g->large, g->weights, g->bias, g->small, g->strides, g->dilates,
        g->before, g->after);
  else if (kind == GEN_CONVOLUTION_BACKWARD_DATA)
    status = dnnl_dilated_convolution_backward_data_desc_init (&desc, dnnl_convolution_direct,
        g->large, g->weights, g->small, g->strides, g->dilates, g->before, g->after);
  else
    status = dnnl_dilated_convolution_backward_weights_desc_init (&desc, dnnl_convolution_direct,
        g->large, g->weights, NULL, g->small, g->strides, g->dilates, g->before, g->after);
  if (status == dnnl_success && kind == GEN_CONVOLUTION_FORWARD && has_few_channels (&desc) &&
      create_plain (pd, &desc, attr, engine) == dnnl_success)
    return dnnl_success;
  return status != dnnl_success ? status
                                : dnnl_primitive_desc_create (pd, &desc, attr, engine, hint);
}
#else
GenDnnlDesc
gen_dnnl_desc_clone (GenDnnlConstDesc desc)
{
  GenDnnlDesc clone = NULL;

  dnnl_memory_desc_clone (&clone, desc);
  return clone;
}

void
gen_dnnl_desc_free (GenDnnlDesc desc)
{
  dnnl_memory_desc_destroy (desc);
}

GenDnnlDesc
gen_dnnl_desc_by_tag (int rank, const gint64 *dims, dnnl_format_tag_t tag)
{
  GenDnnlDesc desc = NULL;

  return dnnl_memory_desc_create_with_tag (&desc, rank, dims, dnnl_f32, tag) == dnnl_success ? desc
                                                                                             : NULL;
}

GenDnnlDesc
gen_dnnl_desc_by_strides (int rank, const gint64 *dims, const gint64 *strides)
{
  GenDnnlDesc desc = NULL;

  return dnnl_memory_desc_create_with_strides (&desc, rank, dims, dnnl_f32, strides) == dnnl_success
             ? desc
             : NULL;
}

GenDnnlDesc
gen_dnnl_desc_part (GenDnnlConstDesc whole, const gint64 *dims, const gint64 *offsets)
{
  GenDnnlDesc desc = NULL;

  return dnnl_memory_desc_create_submemory (&desc, whole, dims, offsets) == dnnl_success ? desc
                                                                                         : NULL;
}

dnnl_status_t
gen_dnnl_append_eltwise (dnnl_post_ops_t ops, dnnl_alg_kind_t kind, float alpha, float beta)
{
  return dnnl_post_ops_append_eltwise (ops, kind, alpha, beta);
}

dnnl_status_t
gen_dnnl_make (dnnl_primitive_desc_t *pd, dnnl_engine_t engine, GenConvolutionKind kind,
    const GenDnnlGeometry *g, dnnl_primitive_desc_t hint, dnnl_primitive_attr_t attr)
{
  if (kind == GEN_CONVOLUTION_FORWARD)
    return dnnl_convolution_forward_primitive_desc_create (pd, engine, dnnl_forward_training,
        dnnl_convolution_direct, g->large, g->weights, g->bias, g->small, g->strides, g->dilates,
        g->before, g->after, attr);
  if (kind == GEN_CONVOLUTION_BACKWARD_DATA)
    return dnnl_convolution_backward_data_primitive_desc_create (pd, engine,
        dnnl_convolution_direct, g->large, g->weights, g->small, g->strides, g->dilates, g->before,
        g->after, hint, attr);
  return dnnl_convolution_backward_weights_primitive_desc_create (pd, engine,
      dnnl_convolution_direct, g->large, g->weights, NULL, g->small, g->strides, g->dilates,
      g->before, g->after, hint, attr);
}
#endif

void
gen_dnnl_set_handle (dnnl_memory_t memory, void *data)
{
  void *now = NULL;

  /* Version 2 clears the padding of the memory whenever it is told an address. */
  dnnl_memory_get_data_handle (memory, &now);
  if (now != data)
    dnnl_memory_set_data_handle (memory, data);
}
