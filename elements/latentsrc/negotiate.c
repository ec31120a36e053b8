/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What latentsrc agrees on with the next element: how many numbers, whether a second tensor goes
 * with them and what it is. Properties decide; what they leave open, the next element's caps do. */
#include "latentsrc.h"

#include "../shared/tensor-pool.h"

GST_DEBUG_CATEGORY_EXTERN (latent_src_debug);
#define GST_CAT_DEFAULT latent_src_debug

/* What holds when neither the property nor the next element says. */
#define FALLBACK_LENGTH 100
#define FALLBACK_RATE 30

/* What the properties say. */
typedef struct {
  gboolean shapes_known;
  GstGenerativeTensors tensors;
  guint classes;
  int class;
} Wanted;

static gboolean
get_wanted (GstLatentSrc *self, Wanted *wanted, GError **error)
{
  g_autofree char *dimensions = NULL;

  *wanted = (Wanted){ .tensors = { .n = 1 } };
  GST_OBJECT_LOCK (self);
  dimensions = g_strdup (self->dimensions);
  wanted->classes = self->classes;
  wanted->class = self->class;
  GST_OBJECT_UNLOCK (self);
  wanted->shapes_known = dimensions != NULL;
  return dimensions == NULL ||
         gst_generative_dimensions_parse (dimensions, &wanted->tensors, error);
}

static gboolean
has_class (const Wanted *wanted)
{
  return wanted->classes > 0 || wanted->class >= 0;
}

gboolean
gst_latent_src_check_settings (GstLatentSrc *self, GError **error)
{
  Wanted wanted;

  if (!get_wanted (self, &wanted, error)) {
    g_prefix_error (error, "Property dimensions: ");
    return FALSE;
  }
  if (wanted.tensors.n == 1 || !has_class (&wanted))
    return TRUE;
  g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
      "Property dimensions says that the second tensor is a latent, so it cannot be a class: leave "
      "out its second half, or classes");
  return FALSE;
}

/* The extent that latents have, which is the innermost above one; `count` of them in a buffer. */
static gint64
vector_length (const GenShape *shape, gint64 *count)
{
  int vector = shape->rank - 1;

  while (vector > 0 && shape->dims[vector] == 1)
    vector--;
  *count = gen_shape_product (shape, 0, vector);
  return shape->dims[vector];
}

/* --- caps --- */

/* A class for each latent, in the form that has elements of `type`. */
static GstStructure *
class_structure (const Wanted *wanted, GenDataType type)
{
  GstGenerativeTensors tensors = wanted->tensors;
  gboolean one_hot = type == GEN_TYPE_FLOAT32;
  gint64 count;

  tensors.n = 2;
  tensors.types[0] = GEN_TYPE_FLOAT32;
  tensors.types[1] = type;
  if (wanted->shapes_known && (!one_hot || wanted->classes > 0)) {
    vector_length (&tensors.shapes[0], &count);
    tensors.shapes[1] = count > 1 ? GEN_SHAPE (count, one_hot ? wanted->classes : 1)
                                  : GEN_SHAPE (one_hot ? wanted->classes : 1);
  } else {
    tensors.shapes[0].rank = 0;
  }
  return gst_generative_tensors_to_structure (&tensors);
}

static GstCaps *
wanted_caps (GstLatentSrc *self)
{
  static const GenDataType types[] = { GEN_TYPE_FLOAT32, GEN_TYPE_INT64, GEN_TYPE_INT32 };
  Wanted wanted;
  GstCaps *caps;

  if (!get_wanted (self, &wanted, NULL) || (!wanted.shapes_known && !has_class (&wanted)))
    return gst_pad_get_pad_template_caps (GST_BASE_SRC_PAD (self));
  caps = gst_caps_new_empty ();
  if (!has_class (&wanted)) {
    for (int i = 0; i < wanted.tensors.n; i++)
      wanted.tensors.types[i] = GEN_TYPE_FLOAT32;
    gst_caps_append_structure (caps, gst_generative_tensors_to_structure (&wanted.tensors));
    return caps;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    gst_caps_append_structure (caps, class_structure (&wanted, types[i]));
  return caps;
}

GstCaps *
gst_latent_src_get_caps (GstBaseSrc *base, GstCaps *filter)
{
  GstCaps *caps = wanted_caps (GST_LATENT_SRC (base));

  if (filter != NULL) {
    GstCaps *all = caps;

    caps = gst_caps_intersect_full (filter, all, GST_CAPS_INTERSECT_FIRST);
    gst_caps_unref (all);
  }
  return caps;
}

/* Dimensions that nobody has asked for. */
static void
fixate_dimensions (GstLatentSrc *self, GstStructure *structure)
{
  g_autoptr (GstStructure) made = NULL;
  GstGenerativeTensors tensors = { .n = 1, .types = { GEN_TYPE_FLOAT32, GEN_TYPE_FLOAT32 } };
  gboolean one_hot;
  Wanted wanted;

  if (gst_structure_has_field (structure, "dimensions") || !get_wanted (self, &wanted, NULL))
    return;
  gst_structure_get_int (structure, "num_tensors", &tensors.n);
  gst_structure_fixate_field (structure, "types");
  one_hot = g_str_has_suffix (gst_structure_get_string (structure, "types"), "float32");
  tensors.n = CLAMP (tensors.n, 1, GST_GENERATIVE_MAX_TENSORS);
  tensors.shapes[0] = wanted.shapes_known ? wanted.tensors.shapes[0] : GEN_SHAPE (FALLBACK_LENGTH);
  if (wanted.classes > 0 || wanted.class >= 0)
    tensors.shapes[1] = GEN_SHAPE (!one_hot             ? 1
                                   : wanted.classes > 0 ? wanted.classes
                                                        : (gint64)wanted.class + 1);
  else
    tensors.shapes[1] = GEN_SHAPE (FALLBACK_LENGTH);
  made = gst_generative_tensors_to_structure (&tensors);
  gst_structure_set_value (structure, "dimensions", gst_structure_get_value (made, "dimensions"));
}

GstCaps *
gst_latent_src_fixate (GstBaseSrc *base, GstCaps *caps)
{
  GstStructure *structure;

  caps = gst_caps_make_writable (gst_caps_truncate (caps));
  structure = gst_caps_get_structure (caps, 0);
  fixate_dimensions (GST_LATENT_SRC (base), structure);
  gst_structure_fixate_field_nearest_fraction (structure, "framerate", FALLBACK_RATE, 1);
  return gst_latent_src_get_parent_class ()->fixate (base, caps);
}

/* What the second tensor of the negotiated caps is to be. */
static gboolean
choose_second (GstLatentSrc *self, const Wanted *wanted, const GstGenerativeTensors *tensors,
    gint64 count, GError **error)
{
  gint64 elements = gen_shape_elements (&tensors->shapes[1]), length = elements / count;
  gboolean is_index = tensors->types[1] != GEN_TYPE_FLOAT32 && length == 1;

  if (elements % count != 0) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "%" G_GINT64_FORMAT " numbers of the second tensor cannot go with %" G_GINT64_FORMAT
        " latents",
        elements, count);
    return FALSE;
  }
  self->second_type = tensors->types[1];
  self->second_length = (gsize)length;
  self->n_classes = wanted->classes;
  if (wanted->tensors.n == 2 && tensors->types[1] == GEN_TYPE_FLOAT32) {
    self->second = SECOND_LATENT;
    return TRUE;
  }
  self->second = is_index ? SECOND_INDEX : SECOND_ONE_HOT;
  if (!has_class (wanted)) {
    g_autofree char *one_hot =
        g_strdup_printf ("classes=%" G_GINT64_FORMAT " draws one, or dimensions=%" G_GINT64_FORMAT
                         ",%" G_GINT64_FORMAT " makes it a second latent",
            length, vector_length (&tensors->shapes[0], &count), length);

    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "the next element takes a class with each latent: class=0 is the first one, %s",
        is_index ? "and classes=N draws one of N" : one_hot);
    return FALSE;
  }
  if (is_index)
    return TRUE;
  if (wanted->classes > 0 && wanted->classes != length) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "property classes is %u, but the next element takes %" G_GINT64_FORMAT, wanted->classes,
        length);
    return FALSE;
  }
  self->n_classes = (guint32)length;
  return TRUE;
}

static gboolean
read_caps (GstLatentSrc *self, const GstStructure *structure, GError **error)
{
  GstGenerativeTensors tensors;
  gint64 length, count, own_count;
  Wanted wanted;

  if (!gst_generative_tensors_read (structure, &tensors, error) ||
      !get_wanted (self, &wanted, error))
    return FALSE;
  length = vector_length (&tensors.shapes[0], &count);
  if (wanted.shapes_known &&
      (vector_length (&wanted.tensors.shapes[0], &own_count) != length || own_count != count)) {
    g_autofree char *ours = gst_generative_dimensions_format (&wanted.tensors);
    g_autofree char *theirs = gst_generative_dimensions_format (&tensors);

    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "property dimensions is %s, but the next element takes %s", ours, theirs);
    return FALSE;
  }
  self->latent.length = (gsize)length;
  self->latent.count = (gsize)count;
  self->second = SECOND_NONE;
  self->second_length = 0;
  if (tensors.n == 2 && !choose_second (self, &wanted, &tensors, count, error))
    return FALSE;
  self->sizes[0] = self->latent.length * self->latent.count * sizeof (float);
  self->sizes[1] =
      self->second_length * self->latent.count * gen_data_type_size (self->second_type);
  if (self->second == SECOND_NONE)
    self->sizes[1] = 0;
  self->size = self->sizes[0] + self->sizes[1];
  return TRUE;
}

gboolean
gst_latent_src_set_caps (GstBaseSrc *base, GstCaps *caps)
{
  GstLatentSrc *self = GST_LATENT_SRC (base);
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  g_autoptr (GError) error = NULL;
  int numerator, denominator;

  if (!read_caps (self, structure, &error)) {
    GST_ELEMENT_ERROR (
        self, CORE, NEGOTIATION, ("The next element's caps: %s", error->message), (NULL));
    return FALSE;
  }
  if (!gst_structure_get_fraction (structure, "framerate", &numerator, &denominator)) {
    GST_ELEMENT_ERROR (
        self, CORE, NEGOTIATION, ("The next element's caps: there is no framerate"), (NULL));
    return FALSE;
  }
  gst_latent_src_follow_rate (self, numerator, denominator);
  self->rate_numerator = numerator;
  self->rate_denominator = denominator;
  if (!gst_latent_src_fit_changes (self, &error)) {
    GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS, ("%s", error->message), (NULL));
    return FALSE;
  }
  gst_base_src_set_blocksize (base, (guint)self->size);
  GST_INFO_OBJECT (self,
      "%" G_GSIZE_FORMAT " vectors of %" G_GSIZE_FORMAT
      " numbers in a buffer, and %s, seed %" G_GUINT64_FORMAT ": %" GST_PTR_FORMAT,
      self->latent.count, self->latent.length,
      self->second == SECOND_NONE     ? "nothing else"
      : self->second == SECOND_LATENT ? "a second latent"
                                      : "a class",
      self->latent.seed, (void *)caps);
  /* Latency was asked for before there was a rate that it follows from. */
  if (gst_base_src_is_live (base))
    gst_element_post_message (GST_ELEMENT (self), gst_message_new_latency (GST_OBJECT (self)));
  return TRUE;
}

/* What fails is nearly always a number that does not suit the model: say both. */
gboolean
gst_latent_src_negotiate (GstBaseSrc *base)
{
  GstLatentSrc *self = GST_LATENT_SRC (base);
  g_autoptr (GstCaps) caps = NULL, peer = NULL;
  g_autofree char *ours = NULL, *theirs = NULL;
  GstGenerativeTensors tensors;
  Wanted wanted;

  if (gst_latent_src_get_parent_class ()->negotiate (base))
    return TRUE;
  caps = gst_pad_get_pad_template_caps (GST_BASE_SRC_PAD (base));
  peer = gst_pad_peer_query_caps (GST_BASE_SRC_PAD (base), caps);
  if (gst_caps_is_empty (peer) || gst_caps_is_any (peer) || !get_wanted (self, &wanted, NULL) ||
      !gst_generative_tensors_read (gst_caps_get_structure (peer, 0), &tensors, NULL))
    return FALSE;
  ours = gst_generative_dimensions_format (&wanted.tensors);
  theirs = gst_generative_dimensions_format (&tensors);
  if (has_class (&wanted) && tensors.n == 1)
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION,
        ("Property class%s is set, but the next element takes no class: dimensions %s alone",
            wanted.classes > 0 ? "es" : "", theirs),
        (NULL));
  else if (wanted.shapes_known)
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION,
        ("Property dimensions is %s, but the next element takes %s; left unset, it follows", ours,
            theirs),
        (NULL));
  return FALSE;
}

/* --- memory --- */

/* A pool of our own where the next element offers none or would not have a memory for each
 * tensor, and memory that suits vector units. */
gboolean
gst_latent_src_decide_allocation (GstBaseSrc *base, GstQuery *query)
{
  GstLatentSrc *self = GST_LATENT_SRC (base);
  g_autoptr (GstBufferPool) pool = NULL;
  g_autoptr (GstAllocator) allocator = NULL;
  GstAllocationParams params;
  GstStructure *config;
  GstCaps *caps;
  guint size = 0, min = 0, max = 0;

  gst_query_parse_allocation (query, &caps, NULL);
  gst_allocation_params_init (&params);
  if (gst_query_get_n_allocation_params (query) > 0)
    gst_query_parse_nth_allocation_param (query, 0, &allocator, &params);
  params.align = MAX (params.align, 63);
  if (gst_query_get_n_allocation_params (query) > 0)
    gst_query_set_nth_allocation_param (query, 0, allocator, &params);
  else
    gst_query_add_allocation_param (query, allocator, &params);

  if (gst_query_get_n_allocation_pools (query) > 0)
    gst_query_parse_nth_allocation_pool (query, 0, &pool, &size, &min, &max);
  if (self->second != SECOND_NONE) {
    g_clear_object (&pool);
    pool = gst_generative_tensor_pool_new (self->sizes, GST_GENERATIVE_MAX_TENSORS);
    size = 0;
  } else if (pool == NULL) {
    pool = gst_buffer_pool_new ();
  }
  size = MAX (size, (guint)self->size);
  config = gst_buffer_pool_get_config (pool);
  gst_buffer_pool_config_set_params (config, caps, size, min, max);
  gst_buffer_pool_config_set_allocator (config, allocator, &params);
  if (!gst_buffer_pool_set_config (pool, config)) {
    config = gst_buffer_pool_get_config (pool);
    if (!gst_buffer_pool_config_validate_params (config, caps, size, min, max) ||
        !gst_buffer_pool_set_config (pool, config))
      return FALSE;
  }
  if (gst_query_get_n_allocation_pools (query) > 0)
    gst_query_set_nth_allocation_pool (query, 0, pool, size, min, max);
  else
    gst_query_add_allocation_pool (query, pool, size, min, max);
  return gst_latent_src_get_parent_class ()->decide_allocation (base, query);
}
