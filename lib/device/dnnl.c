/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Convolutions by oneDNN, version 2 (operation descriptors, memory descriptors by value) and
 * version 3 (primitive descriptors at once, memory descriptors by handle). Version 2 is made
 * to look like version 3 by the few functions at the top. */
#include "dnnl.h"

#include <dnnl.h>
#include <pthread.h>
#include <string.h>

#include <generative/device.h>

#include "features.h"

#if DNNL_VERSION_MAJOR < 3
typedef dnnl_memory_desc_t *MemoryDesc;
typedef const dnnl_memory_desc_t *ConstMemoryDesc;

static MemoryDesc
desc_clone (ConstMemoryDesc desc)
{
  return g_memdup2 (desc, sizeof *desc);
}

static void
desc_free (MemoryDesc desc)
{
  g_free (desc);
}

static MemoryDesc
desc_by_tag (int rank, const gint64 *dims, dnnl_format_tag_t tag)
{
  MemoryDesc desc = g_new0 (dnnl_memory_desc_t, 1);

  if (dnnl_memory_desc_init_by_tag (desc, rank, dims, dnnl_f32, tag) != dnnl_success)
    g_clear_pointer (&desc, g_free);
  return desc;
}

static MemoryDesc
desc_by_strides (int rank, const gint64 *dims, const gint64 *strides)
{
  MemoryDesc desc = g_new0 (dnnl_memory_desc_t, 1);

  if (dnnl_memory_desc_init_by_strides (desc, rank, dims, dnnl_f32, strides) != dnnl_success)
    g_clear_pointer (&desc, g_free);
  return desc;
}

static MemoryDesc
desc_part (ConstMemoryDesc whole, const gint64 *dims, const gint64 *offsets)
{
  MemoryDesc desc = g_new0 (dnnl_memory_desc_t, 1);

  if (dnnl_memory_desc_init_submemory (desc, whole, dims, offsets) != dnnl_success)
    g_clear_pointer (&desc, g_free);
  return desc;
}

static dnnl_status_t
append_eltwise (dnnl_post_ops_t ops, dnnl_alg_kind_t kind, float alpha, float beta)
{
  return dnnl_post_ops_append_eltwise (ops, 1, kind, alpha, beta);
}

typedef struct {
  ConstMemoryDesc large, weights, bias, small;
  dnnl_dims_t strides, dilates, before, after;
} Geometry;

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

static dnnl_status_t
make (dnnl_primitive_desc_t *pd, dnnl_engine_t engine, GenConvolutionKind kind, const Geometry *g,
    dnnl_primitive_desc_t hint, dnnl_primitive_attr_t attr)
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
typedef dnnl_memory_desc_t MemoryDesc;
typedef const_dnnl_memory_desc_t ConstMemoryDesc;

static MemoryDesc
desc_clone (ConstMemoryDesc desc)
{
  MemoryDesc clone = NULL;

  dnnl_memory_desc_clone (&clone, desc);
  return clone;
}

static void
desc_free (MemoryDesc desc)
{
  dnnl_memory_desc_destroy (desc);
}

static MemoryDesc
desc_by_tag (int rank, const gint64 *dims, dnnl_format_tag_t tag)
{
  MemoryDesc desc = NULL;

  return dnnl_memory_desc_create_with_tag (&desc, rank, dims, dnnl_f32, tag) == dnnl_success ? desc
                                                                                             : NULL;
}

static MemoryDesc
desc_by_strides (int rank, const gint64 *dims, const gint64 *strides)
{
  MemoryDesc desc = NULL;

  return dnnl_memory_desc_create_with_strides (&desc, rank, dims, dnnl_f32, strides) == dnnl_success
             ? desc
             : NULL;
}

static MemoryDesc
desc_part (ConstMemoryDesc whole, const gint64 *dims, const gint64 *offsets)
{
  MemoryDesc desc = NULL;

  return dnnl_memory_desc_create_submemory (&desc, whole, dims, offsets) == dnnl_success ? desc
                                                                                         : NULL;
}

static dnnl_status_t
append_eltwise (dnnl_post_ops_t ops, dnnl_alg_kind_t kind, float alpha, float beta)
{
  return dnnl_post_ops_append_eltwise (ops, kind, alpha, beta);
}

typedef struct {
  ConstMemoryDesc large, weights, bias, small;
  dnnl_dims_t strides, dilates, before, after;
} Geometry;

static dnnl_status_t
make (dnnl_primitive_desc_t *pd, dnnl_engine_t engine, GenConvolutionKind kind, const Geometry *g,
    dnnl_primitive_desc_t hint, dnnl_primitive_attr_t attr)
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

/* The same mask as ours; refused where somebody has set one already. */
static void
mask_isa (void)
{
  static const dnnl_cpu_isa_t masks[] = { [GEN_ISA_BASELINE] = dnnl_cpu_isa_sse41,
    [GEN_ISA_AVX2] = dnnl_cpu_isa_avx2,
    [GEN_ISA_AVX_VNNI] = dnnl_cpu_isa_avx2_vnni,
    [GEN_ISA_AVX512] = dnnl_cpu_isa_avx512_core,
    [GEN_ISA_VNNI] = dnnl_cpu_isa_avx512_core_vnni };

  if (gen_cpu_mask () < G_N_ELEMENTS (masks))
    dnnl_set_max_cpu_isa (masks[gen_cpu_mask ()]);
}

static dnnl_engine_t
get_engine (void)
{
  static gsize once = 0;

  if (g_once_init_enter (&once)) {
    dnnl_engine_t engine = NULL;

    mask_isa ();
    if (dnnl_engine_create (&engine, dnnl_cpu, 0) != dnnl_success)
      g_error ("%s: oneDNN has no CPU engine", G_STRLOC);
    g_once_init_leave (&once, (gsize)engine);
  }
  return (dnnl_engine_t)once;
}

char *
gen_convolution_library (void)
{
  const dnnl_version_t *version = dnnl_version ();

  get_engine ();
  return g_strdup_printf ("oneDNN %d.%d.%d %x", version->major, version->minor, version->patch,
      (unsigned int)dnnl_get_effective_cpu_isa ());
}

static void
set_handle (dnnl_memory_t memory, void *data)
{
  void *now = NULL;

  /* Version 2 clears the padding of the memory whenever it is told an address. */
  dnnl_memory_get_data_handle (memory, &now);
  if (now != data)
    dnnl_memory_set_data_handle (memory, data);
}

/* --- shapes --- */

enum { LARGE, WEIGHTS, BIAS, SMALL, SCRATCH, N_MEMORIES };

/* What the library makes of some options. A net has the same convolution many times over, threads
 * have it for equal parts of one, and the library takes a millisecond to look through what it has:
 * so there is one in the process, which goes with the last of its users. */
typedef struct {
  GenConvolutionOptions options;
  guint users;
  dnnl_primitive_desc_t pd;
  dnnl_primitive_t primitive;
  MemoryDesc weights;
} Implementation;

/* Not a GMutex: the thread sanitizer would not see it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static GHashTable *implementations; /* those in use, by options; NULL when there are none */

struct _GenConvolution {
  Implementation *made;
  dnnl_stream_t stream;
  dnnl_memory_t memories[N_MEMORIES];
  dnnl_exec_arg_t arguments[N_MEMORIES];
  int n_arguments;
  gsize scratch_size;
};

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
    append_eltwise (ops, dnnl_eltwise_clip, activation->alpha, activation->beta);
  else
    append_eltwise (ops, dnnl_eltwise_relu,
        activation->kind == GEN_ACTIVATION_LEAKY_RELU ? activation->alpha : 0, 0);
  dnnl_primitive_attr_set_post_ops (attr, ops);
  dnnl_post_ops_destroy (ops);
  return attr;
}

/* Rank and extents of the weights: [groups,] small, large, kernel…; in a group. */
static int
weights_dims (const GenConvolutionOptions *o, gint64 *dims)
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

static MemoryDesc
picture_desc (const GenConvolutionOptions *o, gboolean large)
{
  static const dnnl_format_tag_t tags[2][GEN_CONVOLUTION_MAX_RANK] = {
    { dnnl_ncw, dnnl_nchw, dnnl_ncdhw }, { dnnl_nwc, dnnl_nhwc, dnnl_ndhwc }
  };
  dnnl_dims_t dims = { o->batch, large ? o->large_channels : o->small_channels };

  for (int i = 0; i < o->rank; i++)
    dims[2 + i] = large ? o->axes[i].large : o->axes[i].small;
  return desc_by_tag (2 + o->rank, dims, tags[o->layout == GEN_LAYOUT_CHANNELS_LAST][o->rank - 1]);
}

/* --- implementations --- */

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
make_primitive_desc (Implementation *made, const Geometry *g)
{
  GenConvolutionKind kind = made->options.kind;
  dnnl_primitive_attr_t attr = make_attributes (&made->options.activation);
  dnnl_primitive_desc_t hint = NULL;
  dnnl_status_t status = dnnl_success;

  if (kind != GEN_CONVOLUTION_FORWARD)
    status = make (&hint, get_engine (), GEN_CONVOLUTION_FORWARD, g, NULL, NULL);
  if (status == dnnl_success)
    status = make (&made->pd, get_engine (), kind, g, hint, attr);
  if (hint != NULL)
    dnnl_primitive_desc_destroy (hint);
  dnnl_primitive_attr_destroy (attr);
  return status;
}

static void
implementation_free (Implementation *made)
{
  g_clear_pointer (&made->weights, desc_free);
  if (made->primitive != NULL)
    dnnl_primitive_destroy (made->primitive);
  if (made->pd != NULL)
    dnnl_primitive_desc_destroy (made->pd);
  g_free (made);
}

static Implementation *
implementation_new (const GenConvolutionOptions *o, const Geometry *g, GError **error)
{
  Implementation *made = g_new0 (Implementation, 1);
  gboolean makes_weights = o->kind == GEN_CONVOLUTION_BACKWARD_WEIGHTS;
  dnnl_status_t status = dnnl_invalid_arguments;

  made->options = *o;
  if (g->large != NULL && g->small != NULL && g->weights != NULL)
    status = make_primitive_desc (made, g);
  if (status == dnnl_success)
    status = dnnl_primitive_create (&made->primitive, made->pd);
  if (status == dnnl_success) {
    made->weights = desc_clone (dnnl_primitive_desc_query_md (
        made->pd, makes_weights ? dnnl_query_diff_weights_md : dnnl_query_weights_md, 0));
    return made;
  }
  g_set_error (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_FAILED,
      "oneDNN refuses this convolution (status %d)", status);
  implementation_free (made);
  return NULL;
}

/* The one of the process, to be given to implementation_leave. */
static Implementation *
implementation_find (const GenConvolutionOptions *o, const Geometry *g, GError **error)
{
  Implementation *made;

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

static void
implementation_leave (Implementation *made)
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

/* --- convolutions --- */

static void
add_argument (GenConvolution *c, int which, int argument, ConstMemoryDesc desc)
{
  dnnl_memory_create (&c->memories[which], desc, get_engine (), DNNL_MEMORY_NONE);
  c->arguments[c->n_arguments++] = (dnnl_exec_arg_t){ argument, c->memories[which] };
}

static void
add_arguments (GenConvolution *c, const Geometry *g)
{
  static const int names[][N_MEMORIES] = {
    [GEN_CONVOLUTION_FORWARD] = { DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_BIAS, DNNL_ARG_DST },
    [GEN_CONVOLUTION_BACKWARD_DATA] = { DNNL_ARG_DIFF_SRC, DNNL_ARG_WEIGHTS, 0, DNNL_ARG_DIFF_DST },
    [GEN_CONVOLUTION_BACKWARD_WEIGHTS] = { DNNL_ARG_SRC, DNNL_ARG_DIFF_WEIGHTS, 0,
        DNNL_ARG_DIFF_DST },
  };
  const int *arguments = names[c->made->options.kind];
  ConstMemoryDesc scratch = dnnl_primitive_desc_query_md (c->made->pd, dnnl_query_scratchpad_md, 0);

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
  int n = weights_dims (o, dims);
  MemoryDesc large = picture_desc (o, TRUE), small = picture_desc (o, FALSE);
  MemoryDesc weights = desc_by_tag (n, dims, dnnl_format_tag_any);
  MemoryDesc bias = o->bias ? desc_by_tag (1, channels, dnnl_a) : NULL;
  Geometry g = { large, weights, bias, small };
  Implementation *made;

  for (int i = 0; i < o->rank; i++) {
    g.strides[i] = o->axes[i].stride;
    g.dilates[i] = o->axes[i].dilation - 1;
    g.before[i] = o->axes[i].before;
    g.after[i] = o->axes[i].after;
  }
  made = implementation_find (o, &g, error);
  if (made != NULL) {
    c = g_new0 (GenConvolution, 1);
    c->made = made;
    dnnl_stream_create (&c->stream, get_engine (), dnnl_stream_default_flags);
    add_arguments (c, &g);
  }
  g_clear_pointer (&large, desc_free);
  g_clear_pointer (&small, desc_free);
  g_clear_pointer (&weights, desc_free);
  g_clear_pointer (&bias, desc_free);
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
  implementation_leave (c->made);
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
  set_handle (c->memories[LARGE], large);
  set_handle (c->memories[WEIGHTS], weights);
  set_handle (c->memories[SMALL], small);
  if (c->memories[BIAS] != NULL)
    set_handle (c->memories[BIAS], (void *)bias);
  if (c->memories[SCRATCH] != NULL)
    set_handle (c->memories[SCRATCH], scratch);
  dnnl_primitive_execute (c->made->primitive, c->stream, c->n_arguments, c->arguments);
}

/* --- reorders --- */

typedef struct {
  dnnl_primitive_t primitive;
  dnnl_memory_t from, to;
} Piece;

struct _GenReorder {
  dnnl_stream_t stream[32];
  Piece pieces[32];
  int n_pieces;
};

/* Makes the piece that covers `dims` at `offsets`; FALSE when the formats cannot be cut so. */
static gboolean
add_piece (GenReorder *reorder, ConstMemoryDesc from, ConstMemoryDesc to, const gint64 *dims,
    const gint64 *offsets)
{
  MemoryDesc from_part = desc_part (from, dims, offsets), to_part = desc_part (to, dims, offsets);
  Piece *piece = &reorder->pieces[reorder->n_pieces];
  dnnl_primitive_desc_t pd = NULL;
  gboolean made;

  made = from_part != NULL && to_part != NULL &&
         dnnl_reorder_primitive_desc_create (
             &pd, from_part, get_engine (), to_part, get_engine (), NULL) == dnnl_success &&
         dnnl_primitive_create (&piece->primitive, pd) == dnnl_success;
  if (made) {
    dnnl_memory_create (&piece->from, from_part, get_engine (), DNNL_MEMORY_NONE);
    dnnl_memory_create (&piece->to, to_part, get_engine (), DNNL_MEMORY_NONE);
    dnnl_stream_create (
        &reorder->stream[reorder->n_pieces++], get_engine (), dnnl_stream_default_flags);
  }
  if (pd != NULL)
    dnnl_primitive_desc_destroy (pd);
  g_clear_pointer (&from_part, desc_free);
  g_clear_pointer (&to_part, desc_free);
  return made;
}

static void
drop_pieces (GenReorder *reorder)
{
  for (int i = 0; i < reorder->n_pieces; i++) {
    dnnl_stream_destroy (reorder->stream[i]);
    dnnl_primitive_destroy (reorder->pieces[i].primitive);
    dnnl_memory_destroy (reorder->pieces[i].from);
    dnnl_memory_destroy (reorder->pieces[i].to);
  }
  reorder->n_pieces = 0;
}

/* Cut along the outermost of the small channels, at multiples of what formats block by. */
#define GRAIN 64

static GenReorder *
reorder_new (ConstMemoryDesc from, ConstMemoryDesc to, const gint64 *dims, int rank, int pieces,
    GError **error)
{
  GenReorder *reorder = g_new0 (GenReorder, 1);
  dnnl_dims_t part, offsets = { 0 };
  gint64 units = (dims[0] + GRAIN - 1) / GRAIN;

  memcpy (part, dims, rank * sizeof *part);
  pieces = CLAMP (pieces, 1, MIN (units, 32));
  for (int i = 0; i < pieces; i++) {
    offsets[0] = units * i / pieces * GRAIN;
    part[0] = MIN (dims[0], units * (i + 1) / pieces * GRAIN) - offsets[0];
    if (!add_piece (reorder, from, to, part, offsets)) {
      drop_pieces (reorder);
      break;
    }
  }
  offsets[0] = 0;
  if (reorder->n_pieces == 0 && !add_piece (reorder, from, to, dims, offsets)) {
    g_set_error_literal (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_FAILED,
        "oneDNN cannot bring the weights into its format");
    g_clear_pointer (&reorder, gen_reorder_free);
  }
  return reorder;
}

GenReorder *
gen_convolution_packer (
    const GenConvolution *c, gint64 group_stride, const gint64 *strides, int pieces, GError **error)
{
  dnnl_dims_t dims, all = { group_stride };
  int n = weights_dims (&c->made->options, dims), skip = c->made->options.groups > 1;
  GenReorder *reorder;
  MemoryDesc from;

  memcpy (all + skip, strides, (n - skip) * sizeof *all);
  from = desc_by_strides (n, dims, all);
  if (from == NULL) {
    g_set_error_literal (
        error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_FAILED, "oneDNN cannot describe the weights");
    return NULL;
  }
  reorder = reorder_new (from, c->made->weights, dims, n, skip ? 1 : pieces, error);
  desc_free (from);
  return reorder;
}

GenReorder *
gen_convolution_unpacker (const GenConvolution *c, GError **error)
{
  dnnl_dims_t dims, strides;
  gint64 stride = 1;
  int n = weights_dims (&c->made->options, dims);
  GenReorder *reorder;
  MemoryDesc to;

  for (int i = n - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= dims[i];
  }
  to = desc_by_strides (n, dims, strides);
  if (to == NULL) {
    g_set_error_literal (
        error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_FAILED, "oneDNN cannot describe the weights");
    return NULL;
  }
  reorder = reorder_new (c->made->weights, to, dims, n, 1, error);
  desc_free (to);
  return reorder;
}

void
gen_reorder_run (GenReorder *reorder, int piece, const void *from, void *to)
{
  const Piece *p = &reorder->pieces[piece];
  dnnl_exec_arg_t arguments[] = { { DNNL_ARG_FROM, p->from }, { DNNL_ARG_TO, p->to } };

  if (piece >= reorder->n_pieces)
    return;
  set_handle (p->from, (void *)from);
  set_handle (p->to, to);
  dnnl_primitive_execute (p->primitive, reorder->stream[piece], 2, arguments);
}

void
gen_reorder_free (GenReorder *reorder)
{
  if (reorder == NULL)
    return;
  drop_pieces (reorder);
  g_free (reorder);
}
