/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What oneDNN makes of convolutions' options, once for the process. */
#include "dnnl-private.h"

#include <pthread.h>
#include <string.h>

#include <generative/device.h>

/* Not a GMutex: the thread sanitizer would not see it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static GHashTable *implementations; /* those in use, by options; NULL when there are none */

gboolean
gen_convolution_fuses (const GenActivation *activation)
{
  return activation->kind == GEN_ACTIVATION_RELU || activation->kind == GEN_ACTIVATION_LEAKY_RELU ||
         activation->kind == GEN_ACTIVATION_CLIP;
}

static dnnl_primitive_attr_t
make_attributes (const GenActivation *activation)
{
  dnnl_primitive_attr_t attr = NULL;
  dnnl_post_ops_t ops = NULL;

  dnnl_primitive_attr_create (&attr);
  dnnl_primitive_attr_set_scratchpad_mode (attr, dnnl_scratchpad_mode_user);
  if (!gen_convolution_fuses (activation))
    return attr;
  dnnl_post_ops_create (&ops);
  if (activation->kind == GEN_ACTIVATION_CLIP)
    gen_dnnl_append_eltwise (ops, dnnl_eltwise_clip, activation->alpha, activation->beta);
  else
    gen_dnnl_append_eltwise (ops, dnnl_eltwise_relu,
        activation->kind == GEN_ACTIVATION_LEAKY_RELU ? activation->alpha : 0, 0);
  dnnl_primitive_attr_set_post_ops (attr, ops);
  dnnl_post_ops_destroy (ops);
  return attr;
}

int
gen_dnnl_weights_dims (const GenConvolutionOptions *o, gint64 *dims)
{
  int n = 0;

  if (o->groups > 1)
    dims[n++] = o->groups;
  dims[n++] = o->small_channels / o->groups;
  dims[n++] = o->large_channels / o->groups;
  for (int i = 0; i < o->rank; i++)
    dims[n++] = o->axes[i].kernel;
  return n;
}

static guint
options_hash (gconstpointer data)
{
  const GenConvolutionOptions *o = data;
  guint64 hash = (guint64)o->small_channels;

  hash = hash * 31 + (guint64)o->large_channels;
  for (int i = 0; i < o->rank; i++) {
    const GenConvolutionAxis *axis = &o->axes[i];

    hash = (hash * 31 + (guint64)axis->large) * 31 + (guint64)axis->kernel;
    hash = (hash * 31 + (guint64)axis->dilation) * 31 + (guint64)axis->before;
  }
  return (guint)(hash ^ hash >> 32);
}

static gboolean
options_equal (gconstpointer first, gconstpointer second)
{
  const GenConvolutionOptions *a = first, *b = second;

  return a->kind == b->kind && a->layout == b->layout && a->rank == b->rank &&
         memcmp (a->axes, b->axes, (gsize)a->rank * sizeof *a->axes) == 0 && a->batch == b->batch &&
         a->groups == b->groups && a->large_channels == b->large_channels &&
         a->small_channels == b->small_channels && a->bias == b->bias &&
         a->activation.kind == b->activation.kind && a->activation.alpha == b->activation.alpha &&
         a->activation.beta == b->activation.beta;
}

static dnnl_status_t
make_primitive_desc (GenDnnlImplementation *made, const GenDnnlGeometry *g)
{
  GenConvolutionKind kind = made->options.kind;
  dnnl_primitive_attr_t attr = make_attributes (&made->options.activation);
  dnnl_primitive_desc_t hint = NULL;
  dnnl_status_t status = dnnl_success;

  if (kind != GEN_CONVOLUTION_FORWARD)
    status = gen_dnnl_make (&hint, gen_dnnl_engine (), GEN_CONVOLUTION_FORWARD, g, NULL, NULL);
  if (status == dnnl_success)
    status = gen_dnnl_make (&made->pd, gen_dnnl_engine (), kind, g, hint, attr);
  if (hint != NULL)
    dnnl_primitive_desc_destroy (hint);
  dnnl_primitive_attr_destroy (attr);
  return status;
}

static void
implementation_free (GenDnnlImplementation *made)
{
  g_clear_pointer (&made->weights, gen_dnnl_desc_free);
  if (made->primitive != NULL)
    dnnl_primitive_destroy (made->primitive);
  if (made->pd != NULL)
    dnnl_primitive_desc_destroy (made->pd);
  g_free (made);
}

static GenDnnlImplementation *
implementation_new (const GenConvolutionOptions *o, const GenDnnlGeometry *g, GError **error)
{
  GenDnnlImplementation *made = g_new0 (GenDnnlImplementation, 1);
  gboolean makes_weights = o->kind == GEN_CONVOLUTION_BACKWARD_WEIGHTS;
  dnnl_status_t status = dnnl_invalid_arguments;

  made->options = *o;
  if (g->large != NULL && g->small != NULL && g->weights != NULL)
    status = make_primitive_desc (made, g);
  if (status == dnnl_success)
    status = dnnl_primitive_create (&made->primitive, made->pd);
  if (status == dnnl_success) {
    made->weights = gen_dnnl_desc_clone (dnnl_primitive_desc_query_md (
        made->pd, makes_weights ? dnnl_query_diff_weights_md : dnnl_query_weights_md, 0));
    return made;
  }
  g_set_error (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_FAILED,
      "oneDNN refuses this convolution (status %d)", status);
  implementation_free (made);
  return NULL;
}

GenDnnlImplementation *
gen_dnnl_implementation_find (
    const GenConvolutionOptions *o, const GenDnnlGeometry *g, GError **error)
{
  GenDnnlImplementation *made;

  pthread_mutex_lock (&lock);
  if (implementations == NULL)
    implementations = g_hash_table_new (options_hash, options_equal);
  made = g_hash_table_lookup (implementations, o);
  if (made == NULL) {
    made = implementation_new (o, g, error);
    if (made != NULL)
      g_hash_table_insert (implementations, &made->options, made);
  }
  if (made != NULL)
    made->users++;
  pthread_mutex_unlock (&lock);
  return made;
}

void
gen_dnnl_implementation_leave (GenDnnlImplementation *made)
{
  pthread_mutex_lock (&lock);
  if (--made->users == 0) {
    g_hash_table_remove (implementations, &made->options);
    if (g_hash_table_size (implementations) == 0)
      g_clear_pointer (&implementations, g_hash_table_destroy);
    implementation_free (made);
  }
  pthread_mutex_unlock (&lock);
}
