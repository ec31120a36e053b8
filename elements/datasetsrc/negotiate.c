/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What datasetsrc agrees on with the next element: what that one asks for, or what the first item
 * has. The loader is made anew for it. */
#include "datasetsrc.h"

#include "../shared/part-query.h"

GST_DEBUG_CATEGORY_EXTERN (dataset_src_debug);
#define GST_CAT_DEFAULT dataset_src_debug

static const GstDatasetKind *const kinds[] = { &gst_dataset_picture, &gst_dataset_sound,
  &gst_dataset_text, NULL };

const GstDatasetKind *
gst_dataset_kind_find (const GenMedium *medium)
{
  for (const GstDatasetKind *const *kind = kinds; *kind != NULL; kind++)
    if ((*kind)->medium == medium)
      return *kind;
  return NULL;
}

/* Of our caps, what items of a kind come as. */
static GstCaps *
gst_dataset_src_kind_caps (GstDatasetSrc *self, const GstDatasetKind *kind)
{
  g_autoptr (GstCaps) all = gst_pad_get_pad_template_caps (GST_BASE_SRC_PAD (self));
  g_autoptr (GstCaps) named = gst_caps_new_empty_simple (kind->caps_name);

  return gst_caps_intersect_full (all, named, GST_CAPS_INTERSECT_FIRST);
}

const GenMedium *
gst_dataset_src_wanted_medium (GstDatasetSrc *self)
{
  g_autoptr (GstCaps) peer = gst_pad_peer_query_caps (GST_BASE_SRC_PAD (self), NULL);
  const GenMedium *wanted = NULL;
  int n = 0;

  for (const GstDatasetKind *const *kind = kinds; *kind != NULL; kind++) {
    g_autoptr (GstCaps) caps = gst_dataset_src_kind_caps (self, *kind);

    if (!gst_caps_can_intersect (caps, peer))
      continue;
    wanted = (*kind)->medium;
    n++;
  }
  return n == 1 ? wanted : NULL;
}

GstCaps *
gst_dataset_src_get_caps (GstBaseSrc *base, GstCaps *filter)
{
  GstDatasetSrc *self = GST_DATASET_SRC (base);
  g_autoptr (GstCaps) caps = NULL;

  if (self->kind != NULL)
    caps = gst_dataset_src_kind_caps (self, self->kind);
  else
    caps = gst_pad_get_pad_template_caps (GST_BASE_SRC_PAD (self));
  if (filter == NULL)
    return g_steal_pointer (&caps);
  return gst_caps_intersect_full (filter, caps, GST_CAPS_INTERSECT_FIRST);
}

GstCaps *
gst_dataset_src_fixate (GstBaseSrc *base, GstCaps *caps)
{
  GstDatasetSrc *self = GST_DATASET_SRC (base);

  caps = gst_caps_make_writable (gst_caps_truncate (caps));
  self->kind->fixate (self, caps);
  return gst_dataset_src_get_parent_class ()->fixate (base, caps);
}

static void
post_error (GstDatasetSrc *self, const GError *error)
{
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    gst_dataset_src_post_error (self, error);
}

/* The base class takes for an error what is interrupted here by an end of stream. */
gboolean
gst_dataset_src_negotiate (GstBaseSrc *base)
{
  GstDatasetSrc *self = GST_DATASET_SRC (base);

  if (!gst_dataset_src_is_prepared (self) || gst_dataset_src_get_parent_class ()->negotiate (base))
    return TRUE;
  if (!g_cancellable_is_cancelled (self->cancellable))
    return FALSE;
  if (self->negotiated)
    gst_pad_mark_reconfigure (GST_BASE_SRC_PAD (base));
  return TRUE;
}

/* The first item that is kept tells what is left open by caps. */
GstFlowReturn
gst_dataset_src_agree (GstDatasetSrc *self)
{
  g_autoptr (GError) error = NULL;

  if (self->negotiated)
    return GST_FLOW_OK;
  if (!gst_dataset_src_prepare (self, &error)) {
    post_error (self, error);
    return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) ? GST_FLOW_FLUSHING
                                                                     : GST_FLOW_ERROR;
  }
  if (!gst_base_src_negotiate (GST_BASE_SRC (self)))
    return GST_FLOW_NOT_NEGOTIATED;
  return g_cancellable_is_cancelled (self->cancellable) ? GST_FLOW_FLUSHING : GST_FLOW_OK;
}

gboolean
gst_dataset_src_set_caps (GstBaseSrc *base, GstCaps *caps)
{
  GstDatasetSrc *self = GST_DATASET_SRC (base);
  GenLoaderSettings settings = { 0 };
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  GenTrainingPart part;
  GenLoader *loader;

  if (!self->kind->accept (self, caps, &settings.format, &error)) {
    post_error (self, error);
    return FALSE;
  }
  self->negotiated = TRUE;
  settings.frames = self->frames;
  GST_OBJECT_LOCK (self);
  settings.fitting = gen_data_settings_fitting (&self->settings);
  settings.threads = self->settings.threads;
  settings.cache = self->settings.cache_size;
  settings.items_recur = self->settings.order.balance == GEN_BALANCE_OVERSAMPLE;
  GST_OBJECT_UNLOCK (self);
  if (gst_generative_query_part (GST_BASE_SRC_PAD (self), &part)) {
    settings.part = part.member;
    settings.parts = part.members;
    settings.part_size = part.samples;
  }
  text = gen_format_describe (&settings.format);
  GST_INFO_OBJECT (self, "items are made %s, by %d threads (0: all): %" GST_PTR_FORMAT, text,
      settings.threads, (void *)caps);

  /* The sequence is one loader's at a time. */
  gst_dataset_src_set_loader (self, NULL);
  loader = gen_loader_new (gst_dataset_src_get_items (self), self->sequence, &settings);
  gst_dataset_src_set_loader (self, loader);
  gst_dataset_src_place_loader (self);
  return TRUE;
}

/* Pools have buffers of one size. */
static void
refuse_pools (GstQuery *query)
{
  while (gst_query_get_n_allocation_pools (query) > 0)
    gst_query_remove_nth_allocation_pool (query, 0);
}

gboolean
gst_dataset_src_decide_allocation (GstBaseSrc *base, GstQuery *query)
{
  GstDatasetSrc *self = GST_DATASET_SRC (base);
  GstCaps *caps;

  gst_query_parse_allocation (query, &caps, NULL);
  if (self->kind->decide_allocation != NULL && caps != NULL)
    self->kind->decide_allocation (self, query);
  else
    refuse_pools (query);
  return gst_dataset_src_get_parent_class ()->decide_allocation (base, query);
}
