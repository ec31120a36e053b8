/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-latentsrc
 * @title: latentsrc
 * @short_description: noise for generators
 *
 * Sources latents: vectors of random numbers, or walks between such vectors, that a generator
 * turns into pictures or sound. Frame N is always the same for the same seed, whatever was
 * played before, so that seeking is exact.
 *
 * `dimensions` are innermost first, as NNStreamer writes them: `100` is one vector of 100
 * numbers in each buffer, `100:48` are 48 vectors, each walking by itself. (The first extent
 * above one is the vector's length, so that `1:1:100:48` are 48 vectors as well.) When it is
 * not set, the next element's caps decide.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 latentsrc walk=slerp speed=0.5 seed=7 num-buffers=90 ! fakesink
 * ]|
 * Three seconds of a walk that reaches a new vector every two seconds.
 */
#include "elements.h"
#include "frame-time.h"
#include "tensors.h"

#include <generative/latent.h>
#include <gst/base/gstpushsrc.h>

#define GST_TYPE_LATENT_SRC (gst_latent_src_get_type ())
G_DECLARE_FINAL_TYPE (GstLatentSrc, gst_latent_src, GST, LATENT_SRC, GstPushSrc)

GST_DEBUG_CATEGORY_STATIC (latent_src_debug);
#define GST_CAT_DEFAULT latent_src_debug

enum {
  PROP_0,
  PROP_DIMENSIONS,
  PROP_DISTRIBUTION,
  PROP_TRUNCATION,
  PROP_SEED,
  PROP_WALK,
  PROP_KEYFRAMES,
  PROP_SPEED,
  PROP_IS_LIVE,
};

#define DEFAULT_DIMENSIONS NULL
#define DEFAULT_DISTRIBUTION GEN_DISTRIBUTION_NORMAL
#define DEFAULT_TRUNCATION 2.0
#define DEFAULT_SEED 0
#define DEFAULT_WALK GEN_WALK_NONE
#define DEFAULT_KEYFRAMES 8
#define DEFAULT_SPEED 1.0
#define DEFAULT_IS_LIVE FALSE

/* What holds when neither the property nor the next element says. */
#define FALLBACK_LENGTH 100
#define FALLBACK_RATE 30

struct _GstLatentSrc {
  GstPushSrc parent;

  /* Properties, under the object lock. */
  char *dimensions;
  GenLatent settings;

  /* The streaming thread's. */
  GenLatent latent; /* the settings with the negotiated length and count */
  gsize size;       /* bytes in a buffer */
  int rate_numerator, rate_denominator;
  guint64 frame;           /* the next one */
  gboolean reverse, ended; /* playing backwards; frame 0 has been played so */
  gboolean moved;          /* `frame` follows from `position` as soon as the rate is known */
  GstClockTime position;
  GstClockTime live_offset; /* running time of frame 0 in live mode; NONE until it is made */
};

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_GENERATIVE_TENSORS_CAPS));

G_DEFINE_FINAL_TYPE (GstLatentSrc, gst_latent_src, GST_TYPE_PUSH_SRC)
GST_ELEMENT_REGISTER_DEFINE (latentsrc, "latentsrc", GST_RANK_NONE, GST_TYPE_LATENT_SRC)

#define GST_TYPE_LATENT_DISTRIBUTION (gst_latent_distribution_get_type ())
static GType
gst_latent_distribution_get_type (void)
{
  static const GEnumValue values[] = {
    { GEN_DISTRIBUTION_NORMAL, "Standard normal: mean 0, variance 1", "normal" },
    { GEN_DISTRIBUTION_UNIFORM, "Uniform between -1 and 1", "uniform" },
    { GEN_DISTRIBUTION_TRUNCATED, "Normal within the bound that truncation sets", "truncated" },
    { GEN_DISTRIBUTION_SPHERICAL, "Uniform over the sphere of radius sqrt (length)", "spherical" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstLatentDistribution", values));
  return type;
}

#define GST_TYPE_LATENT_WALK (gst_latent_walk_get_type ())
static GType
gst_latent_walk_get_type (void)
{
  static const GEnumValue values[] = {
    { GEN_WALK_NONE, "Each frame is drawn anew", "none" },
    { GEN_WALK_LINEAR, "In a straight line from keyframe to keyframe", "linear" },
    { GEN_WALK_SLERP, "Along great circles from keyframe to keyframe", "slerp" },
    { GEN_WALK_LOOP, "Along great circles, round and round the same keyframes", "loop" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstLatentWalk", values));
  return type;
}

static void
gst_latent_src_set_property (
    GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
  GstLatentSrc *self = GST_LATENT_SRC (object);

  if (property_id == PROP_IS_LIVE) {
    gst_base_src_set_live (GST_BASE_SRC (self), g_value_get_boolean (value));
    return;
  }
  GST_OBJECT_LOCK (self);
  switch (property_id) {
  case PROP_DIMENSIONS:
    g_free (self->dimensions);
    self->dimensions = g_value_dup_string (value);
    break;
  case PROP_DISTRIBUTION:
    self->settings.distribution = g_value_get_enum (value);
    break;
  case PROP_TRUNCATION:
    self->settings.truncation = g_value_get_double (value);
    break;
  case PROP_SEED:
    self->settings.seed = g_value_get_uint64 (value);
    break;
  case PROP_WALK:
    self->settings.walk = g_value_get_enum (value);
    break;
  case PROP_KEYFRAMES:
    self->settings.keyframes = g_value_get_uint (value);
    break;
  case PROP_SPEED:
    self->settings.speed = g_value_get_double (value);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_latent_src_get_property (GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  GstLatentSrc *self = GST_LATENT_SRC (object);

  if (property_id == PROP_IS_LIVE) {
    g_value_set_boolean (value, gst_base_src_is_live (GST_BASE_SRC (self)));
    return;
  }
  GST_OBJECT_LOCK (self);
  switch (property_id) {
  case PROP_DIMENSIONS:
    g_value_set_string (value, self->dimensions);
    break;
  case PROP_DISTRIBUTION:
    g_value_set_enum (value, self->settings.distribution);
    break;
  case PROP_TRUNCATION:
    g_value_set_double (value, self->settings.truncation);
    break;
  case PROP_SEED:
    g_value_set_uint64 (value, self->settings.seed);
    break;
  case PROP_WALK:
    g_value_set_enum (value, self->settings.walk);
    break;
  case PROP_KEYFRAMES:
    g_value_set_uint (value, self->settings.keyframes);
    break;
  case PROP_SPEED:
    g_value_set_double (value, self->settings.speed);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_latent_src_finalize (GObject *object)
{
  g_free (GST_LATENT_SRC (object)->dimensions);
  G_OBJECT_CLASS (gst_latent_src_parent_class)->finalize (object);
}

/* The shape that the property asks for: FALSE with `error` unset when it does not say. */
static gboolean
gst_latent_src_get_shape (GstLatentSrc *self, GenShape *shape, GError **error)
{
  g_autofree char *dimensions = NULL;

  GST_OBJECT_LOCK (self);
  dimensions = g_strdup (self->dimensions);
  GST_OBJECT_UNLOCK (self);
  return dimensions != NULL && gst_generative_dimensions_parse (dimensions, shape, error);
}

static gboolean
gst_latent_src_start (GstBaseSrc *base)
{
  GstLatentSrc *self = GST_LATENT_SRC (base);
  g_autoptr (GError) error = NULL;
  GenShape shape;

  if (!gst_latent_src_get_shape (self, &shape, &error) && error != NULL) {
    GST_ELEMENT_ERROR (
        self, LIBRARY, SETTINGS, ("Property dimensions: %s", error->message), (NULL));
    return FALSE;
  }
  self->frame = 0;
  self->reverse = self->ended = self->moved = FALSE;
  self->live_offset = GST_CLOCK_TIME_NONE;
  return TRUE;
}

static GstCaps *
gst_latent_src_get_caps (GstBaseSrc *base, GstCaps *filter)
{
  GstLatentSrc *self = GST_LATENT_SRC (base);
  GstCaps *caps = gst_pad_get_pad_template_caps (GST_BASE_SRC_PAD (base));
  GenShape shape;

  if (gst_latent_src_get_shape (self, &shape, NULL)) {
    caps = gst_caps_make_writable (caps);
    gst_generative_dimensions_set (gst_caps_get_structure (caps, 0), &shape);
  }
  if (filter != NULL) {
    GstCaps *all = caps;

    caps = gst_caps_intersect_full (filter, all, GST_CAPS_INTERSECT_FIRST);
    gst_caps_unref (all);
  }
  return caps;
}

static GstCaps *
gst_latent_src_fixate (GstBaseSrc *base, GstCaps *caps)
{
  GstStructure *structure;

  caps = gst_caps_make_writable (gst_caps_truncate (caps));
  structure = gst_caps_get_structure (caps, 0);
  if (!gst_structure_has_field (structure, "dimensions"))
    gst_generative_dimensions_set (structure, &GEN_SHAPE (FALLBACK_LENGTH));
  gst_structure_fixate_field_nearest_fraction (structure, "framerate", FALLBACK_RATE, 1);
  return GST_BASE_SRC_CLASS (gst_latent_src_parent_class)->fixate (base, caps);
}

static gboolean
gst_latent_src_set_caps (GstBaseSrc *base, GstCaps *caps)
{
  GstLatentSrc *self = GST_LATENT_SRC (base);
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  const char *dimensions = gst_structure_get_string (structure, "dimensions");
  g_autoptr (GError) error = NULL;
  GenShape shape;
  int vector;

  if (dimensions == NULL || !gst_generative_dimensions_parse (dimensions, &shape, &error)) {
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION,
        ("The next element's caps: %s", error != NULL ? error->message : "no dimensions"), (NULL));
    return FALSE;
  }
  if (!gst_structure_get_fraction (
          structure, "framerate", &self->rate_numerator, &self->rate_denominator))
    return FALSE;

  vector = shape.rank - 1;
  while (vector > 0 && shape.dims[vector] == 1)
    vector--;
  GST_OBJECT_LOCK (self);
  self->latent = self->settings;
  GST_OBJECT_UNLOCK (self);
  self->latent.length = (gsize)shape.dims[vector];
  self->latent.count = (gsize)gen_shape_product (&shape, 0, vector);
  self->size = self->latent.length * self->latent.count * sizeof (float);
  gst_base_src_set_blocksize (base, (guint)self->size);
  GST_DEBUG_OBJECT (self, "%" G_GSIZE_FORMAT " vectors of %" G_GSIZE_FORMAT " numbers in a buffer",
      self->latent.count, self->latent.length);
  return TRUE;
}

/* What fails is nearly always a number that does not suit the model: say both. */
static gboolean
gst_latent_src_negotiate (GstBaseSrc *base)
{
  GstLatentSrc *self = GST_LATENT_SRC (base);
  g_autoptr (GstCaps) caps = NULL, peer = NULL;
  const char *wanted = NULL;
  GenShape shape;

  if (GST_BASE_SRC_CLASS (gst_latent_src_parent_class)->negotiate (base))
    return TRUE;
  caps = gst_pad_get_pad_template_caps (GST_BASE_SRC_PAD (base));
  peer = gst_pad_peer_query_caps (GST_BASE_SRC_PAD (base), caps);
  if (!gst_caps_is_empty (peer) && !gst_caps_is_any (peer))
    wanted = gst_structure_get_string (gst_caps_get_structure (peer, 0), "dimensions");
  if (wanted != NULL && gst_latent_src_get_shape (self, &shape, NULL)) {
    g_autofree char *ours = gst_generative_dimensions_format (&shape);

    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION,
        ("Property dimensions is %s, but the next element takes %s; left unset, it follows", ours,
            wanted),
        (NULL));
  }
  return FALSE;
}

/* A pool of our own where the next element offers none, and memory that suits vector units. */
static gboolean
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
  if (pool == NULL)
    pool = gst_buffer_pool_new ();
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
  return GST_BASE_SRC_CLASS (gst_latent_src_parent_class)->decide_allocation (base, query);
}

static GstClockTime
gst_latent_src_frame_time (GstLatentSrc *self, guint64 frame)
{
  return gst_generative_frame_time (frame, self->rate_numerator, self->rate_denominator);
}

static guint64
gst_latent_src_time_frame (GstLatentSrc *self, GstClockTime time)
{
  return gst_generative_time_frame (time, self->rate_numerator, self->rate_denominator);
}

static gboolean
gst_latent_src_convert (GstLatentSrc *self, GstFormat from, gint64 value, GstFormat to, gint64 *out)
{
  guint64 frame;

  if (from == to || value == -1) {
    *out = value;
    return TRUE;
  }
  if (self->rate_numerator == 0 || self->size == 0 || value < 0)
    return FALSE;
  if (from == GST_FORMAT_TIME)
    frame = gst_latent_src_time_frame (self, (GstClockTime)value);
  else if (from == GST_FORMAT_DEFAULT)
    frame = (guint64)value;
  else if (from == GST_FORMAT_BYTES)
    frame = (guint64)value / self->size;
  else
    return FALSE;

  if (to == GST_FORMAT_TIME)
    *out = (gint64)gst_latent_src_frame_time (self, frame);
  else if (to == GST_FORMAT_DEFAULT)
    *out = (gint64)frame;
  else if (to == GST_FORMAT_BYTES)
    *out = (gint64)(frame * self->size);
  else
    return FALSE;
  return TRUE;
}

static gboolean
gst_latent_src_query (GstBaseSrc *base, GstQuery *query)
{
  GstLatentSrc *self = GST_LATENT_SRC (base);

  switch (GST_QUERY_TYPE (query)) {
  case GST_QUERY_CONVERT: {
    GstFormat from, to;
    gint64 value, result;

    gst_query_parse_convert (query, &from, &value, &to, &result);
    if (!gst_latent_src_convert (self, from, value, to, &result))
      return FALSE;
    gst_query_set_convert (query, from, value, to, result);
    return TRUE;
  }
  case GST_QUERY_DURATION: {
    GstFormat format;
    gint64 frames, result;
    int num_buffers;

    gst_query_parse_duration (query, &format, NULL);
    g_object_get (self, "num-buffers", &num_buffers, NULL);
    frames = num_buffers;
    if (frames < 0 || !gst_latent_src_convert (self, GST_FORMAT_DEFAULT, frames, format, &result))
      return GST_BASE_SRC_CLASS (gst_latent_src_parent_class)->query (base, query);
    gst_query_set_duration (query, format, result);
    return TRUE;
  }
  default:
    return GST_BASE_SRC_CLASS (gst_latent_src_parent_class)->query (base, query);
  }
}

static gboolean
gst_latent_src_is_seekable (GstBaseSrc *base)
{
  return !gst_base_src_is_live (base);
}

static gboolean
gst_latent_src_do_seek (GstBaseSrc *base, GstSegment *segment)
{
  GstLatentSrc *self = GST_LATENT_SRC (base);

  self->reverse = segment->rate < 0;
  if (self->reverse && !GST_CLOCK_TIME_IS_VALID (segment->stop)) {
    GST_WARNING_OBJECT (self, "playing backwards needs a stop position to begin at");
    return FALSE;
  }
  self->position = self->reverse ? segment->stop : segment->start;
  self->moved = TRUE;
  self->ended = FALSE;
  return TRUE;
}

static void
gst_latent_src_get_times (
    GstBaseSrc *base, GstBuffer *buffer, GstClockTime *start, GstClockTime *end)
{
  *start = *end = GST_CLOCK_TIME_NONE;
  if (gst_base_src_is_live (base)) {
    *start = GST_BUFFER_PTS (buffer);
    *end = *start + GST_BUFFER_DURATION (buffer);
  }
}

/* Where the pipeline's clock stands in live mode, so that a source that joins a running
 * pipeline begins now and not in the past. */
static GstClockTime
gst_latent_src_running_time (GstLatentSrc *self)
{
  g_autoptr (GstClock) clock = gst_element_get_clock (GST_ELEMENT (self));
  GstClockTime now, base;

  if (!gst_base_src_is_live (GST_BASE_SRC (self)) || clock == NULL)
    return 0;
  now = gst_clock_get_time (clock);
  base = gst_element_get_base_time (GST_ELEMENT (self));
  return now > base ? now - base : 0;
}

/* Follow the last seek. */
static void
gst_latent_src_move (GstLatentSrc *self)
{
  self->moved = FALSE;
  if (!self->reverse)
    self->frame = gst_latent_src_time_frame (self, self->position);
  else if (self->position > 0)
    self->frame = gst_latent_src_time_frame (self, self->position - 1);
  else
    self->ended = TRUE;
}

static GstFlowReturn
gst_latent_src_fill (GstPushSrc *push, GstBuffer *buffer)
{
  GstLatentSrc *self = GST_LATENT_SRC (push);
  GstMapInfo map;

  if (self->moved)
    gst_latent_src_move (self);
  if (self->ended)
    return GST_FLOW_EOS;
  if (!GST_CLOCK_TIME_IS_VALID (self->live_offset))
    self->live_offset = gst_latent_src_running_time (self);

  if (gst_buffer_get_size (buffer) < self->size || !gst_buffer_map (buffer, &map, GST_MAP_WRITE)) {
    GST_ELEMENT_ERROR (self, RESOURCE, WRITE, ("The next element's buffer cannot be written"),
        ("%" G_GSIZE_FORMAT " bytes are needed", self->size));
    return GST_FLOW_ERROR;
  }
  gen_latent_fill (
      &self->latent, self->frame, self->rate_numerator, self->rate_denominator, (float *)map.data);
  gst_buffer_unmap (buffer, &map);
  gst_buffer_set_size (buffer, (gssize)self->size);

  GST_BUFFER_PTS (buffer) = self->live_offset + gst_latent_src_frame_time (self, self->frame);
  GST_BUFFER_DTS (buffer) = GST_CLOCK_TIME_NONE;
  GST_BUFFER_DURATION (buffer) = self->live_offset +
                                 gst_latent_src_frame_time (self, self->frame + 1) -
                                 GST_BUFFER_PTS (buffer);
  GST_BUFFER_OFFSET (buffer) = self->frame;
  GST_BUFFER_OFFSET_END (buffer) = self->frame + 1;
  if (self->reverse) {
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
    self->ended = self->frame == 0;
    self->frame--;
  } else {
    self->frame++;
  }
  return GST_FLOW_OK;
}

static void
gst_latent_src_class_init (GstLatentSrcClass *klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSrcClass *base_class = GST_BASE_SRC_CLASS (klass);
  GstPushSrcClass *push_class = GST_PUSH_SRC_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

  GST_DEBUG_CATEGORY_INIT (latent_src_debug, "latentsrc", 0, "source of latents");

  gobject_class->set_property = gst_latent_src_set_property;
  gobject_class->get_property = gst_latent_src_get_property;
  gobject_class->finalize = gst_latent_src_finalize;

  g_object_class_install_property (gobject_class, PROP_DIMENSIONS,
      g_param_spec_string ("dimensions", "Dimensions",
          "Numbers in a vector, and vectors in a buffer: 100 or 100:48 (unset: what the next "
          "element asks for, else 100)",
          DEFAULT_DIMENSIONS, flags));
  g_object_class_install_property (gobject_class, PROP_DISTRIBUTION,
      g_param_spec_enum ("distribution", "Distribution", "What the numbers are drawn from",
          GST_TYPE_LATENT_DISTRIBUTION, DEFAULT_DISTRIBUTION, flags));
  g_object_class_install_property (gobject_class, PROP_TRUNCATION,
      g_param_spec_double ("truncation", "Truncation",
          "Bound of the numbers of distribution=truncated, in standard deviations: smaller is "
          "more typical, larger more varied",
          GEN_LATENT_TRUNCATION_MIN, 10, DEFAULT_TRUNCATION, flags));
  g_object_class_install_property (gobject_class, PROP_SEED,
      g_param_spec_uint64 ("seed", "Seed", "Same seed, same latents, on every machine", 0,
          G_MAXUINT64, DEFAULT_SEED, flags));
  g_object_class_install_property (gobject_class, PROP_WALK,
      g_param_spec_enum ("walk", "Walk", "How frames follow each other", GST_TYPE_LATENT_WALK,
          DEFAULT_WALK, flags));
  g_object_class_install_property (gobject_class, PROP_KEYFRAMES,
      g_param_spec_uint ("keyframes", "Keyframes",
          "Number of vectors that walk=loop goes round; a round takes keyframes / speed seconds", 1,
          G_MAXINT, DEFAULT_KEYFRAMES, flags));
  g_object_class_install_property (gobject_class, PROP_SPEED,
      g_param_spec_double ("speed", "Speed", "How many keyframes a walk reaches in a second", 0,
          1000, DEFAULT_SPEED, flags));
  g_object_class_install_property (gobject_class, PROP_IS_LIVE,
      g_param_spec_boolean ("is-live", "Is live",
          "Make each frame when the pipeline's clock reaches its time", DEFAULT_IS_LIVE, flags));

  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Latent source", "Source",
      "Sources noise for generators: independent vectors, or walks between them", "gst-generative");

  base_class->start = gst_latent_src_start;
  base_class->get_caps = gst_latent_src_get_caps;
  base_class->fixate = gst_latent_src_fixate;
  base_class->negotiate = gst_latent_src_negotiate;
  base_class->set_caps = gst_latent_src_set_caps;
  base_class->decide_allocation = gst_latent_src_decide_allocation;
  base_class->query = gst_latent_src_query;
  base_class->is_seekable = gst_latent_src_is_seekable;
  base_class->do_seek = gst_latent_src_do_seek;
  base_class->get_times = gst_latent_src_get_times;
  push_class->fill = gst_latent_src_fill;

  gst_type_mark_as_plugin_api (GST_TYPE_LATENT_DISTRIBUTION, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_LATENT_WALK, 0);
}

static void
gst_latent_src_init (GstLatentSrc *self)
{
  self->settings = GEN_LATENT_DEFAULTS;
  self->settings.distribution = DEFAULT_DISTRIBUTION;
  self->settings.truncation = DEFAULT_TRUNCATION;
  self->settings.seed = DEFAULT_SEED;
  self->settings.walk = DEFAULT_WALK;
  self->settings.keyframes = DEFAULT_KEYFRAMES;
  self->settings.speed = DEFAULT_SPEED;
  self->live_offset = GST_CLOCK_TIME_NONE;
  gst_base_src_set_format (GST_BASE_SRC (self), GST_FORMAT_TIME);
  gst_base_src_set_live (GST_BASE_SRC (self), DEFAULT_IS_LIVE);
}
