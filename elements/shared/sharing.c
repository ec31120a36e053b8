/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sharing.h"

#define DEFAULT_SHARED FALSE
#define DEFAULT_WAIT (5 * GST_MSECOND)
#define DEFAULT_SIZE 8
#define DEFAULT_EXACT FALSE

/* --- properties --- */

void
gst_generative_sharing_install (GObjectClass *klass, guint first)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;
  const GParamFlags live = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;

  g_object_class_install_property (klass, first + GST_GENERATIVE_SHARED,
      g_param_spec_boolean ("shared", "Shared",
          "Make frames in common runs with other elements of the process that play the same model "
          "in the same way and have shared=true",
          DEFAULT_SHARED, flags));
  g_object_class_install_property (klass, first + GST_GENERATIVE_SHARED_WAIT,
      g_param_spec_uint64 ("shared-wait", "Shared wait",
          "For how many nanoseconds a frame waits at most for those of others to share its run, "
          "where some are about to come (0: for none)",
          0, GST_SECOND, DEFAULT_WAIT, live));
  g_object_class_install_property (klass, first + GST_GENERATIVE_SHARED_SIZE,
      g_param_spec_uint ("shared-size", "Shared size",
          "How many frames a run that is shared has at most; elements share those of their size", 2,
          GEN_SHARED_MAX_FRAMES, DEFAULT_SIZE, flags));
  g_object_class_install_property (klass, first + GST_GENERATIVE_SHARED_EXACT,
      g_param_spec_boolean ("shared-exact", "Shared exact",
          "A frame is the same to the last bit whoever shares its run, since every run has "
          "shared-size places, used or not; else it may differ as rounding does",
          DEFAULT_EXACT, flags));
}

void
gst_generative_sharing_install_figures (GObjectClass *klass, guint number)
{
  g_object_class_install_property (klass, number,
      g_param_spec_boxed ("shared-figures", "Shared figures",
          "How it goes with all that share runs: members, the frames that a run may have, runs, "
          "frames, places in runs that had none, and frames that were late as their run began "
          "(unset: it plays by itself)",
          GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

void
gst_generative_sharing_init (GstGenerativeSharingSettings *settings)
{
  *settings = (GstGenerativeSharingSettings){
    .shared = DEFAULT_SHARED, .wait = DEFAULT_WAIT, .size = DEFAULT_SIZE, .exact = DEFAULT_EXACT
  };
}

gboolean
gst_generative_sharing_set (
    GstGenerativeSharingSettings *settings, guint number, const GValue *value)
{
  switch (number) {
  case GST_GENERATIVE_SHARED:
    settings->shared = g_value_get_boolean (value);
    return TRUE;
  case GST_GENERATIVE_SHARED_WAIT:
    settings->wait = g_value_get_uint64 (value);
    return TRUE;
  case GST_GENERATIVE_SHARED_SIZE:
    settings->size = g_value_get_uint (value);
    return TRUE;
  case GST_GENERATIVE_SHARED_EXACT:
    settings->exact = g_value_get_boolean (value);
    return TRUE;
  default:
    return FALSE;
  }
}

gboolean
gst_generative_sharing_get (
    const GstGenerativeSharingSettings *settings, guint number, GValue *value)
{
  switch (number) {
  case GST_GENERATIVE_SHARED:
    g_value_set_boolean (value, settings->shared);
    return TRUE;
  case GST_GENERATIVE_SHARED_WAIT:
    g_value_set_uint64 (value, settings->wait);
    return TRUE;
  case GST_GENERATIVE_SHARED_SIZE:
    g_value_set_uint (value, settings->size);
    return TRUE;
  case GST_GENERATIVE_SHARED_EXACT:
    g_value_set_boolean (value, settings->exact);
    return TRUE;
  default:
    return FALSE;
  }
}

/* --- playing --- */

static GstGenerativeSharingSettings
get_settings (GstGenerativeSharing *sharing, GstElement *element)
{
  GstGenerativeSharingSettings settings;

  GST_OBJECT_LOCK (element);
  settings = *sharing->settings;
  GST_OBJECT_UNLOCK (element);
  return settings;
}

static void
set_member (GstGenerativeSharing *sharing, GstElement *element, GenSharedMember *member)
{
  GenSharedMember *before;

  GST_OBJECT_LOCK (element);
  before = sharing->member;
  sharing->member = member;
  GST_OBJECT_UNLOCK (element);
  gen_shared_member_free (before);
}

void
gst_generative_sharing_join (GstGenerativeSharing *sharing, GstElement *element, GenPlayer *player)
{
  const GstGenerativeSharingSettings settings = get_settings (sharing, element);
  const GenSharedOptions options = { .most = settings.size, .exact = settings.exact };
  g_autoptr (GError) error = NULL;
  GenSharedMember *member = NULL;

  if (!settings.shared)
    return;
  if (sharing->possible)
    member = gen_shared_member_new (player, &options, &error);
  if (member == NULL) {
    GST_CAT_INFO_OBJECT (sharing->category, element, "shared is not heeded, it plays by itself: %s",
        error != NULL ? error->message : "a stream, tiles or several frames make a run");
    set_member (sharing, element, NULL);
    return;
  }
  set_member (sharing, element, member);
  GST_CAT_INFO_OBJECT (sharing->category, element, "shares runs of up to %u frames", settings.size);
}

void
gst_generative_sharing_leave (GstGenerativeSharing *sharing, GstElement *element)
{
  GenSharedFigures figures;

  if (sharing->member == NULL)
    return;
  figures = gen_shared_member_figures (sharing->member);
  GST_CAT_INFO_OBJECT (sharing->category, element,
      "%u that share runs have made %" G_GUINT64_FORMAT " frames in %" G_GUINT64_FORMAT
      " runs so far, of up to %u; %" G_GUINT64_FORMAT " places were padding%s%s",
      figures.members, figures.frames, figures.runs, figures.largest, figures.padding,
      figures.refused != NULL ? "; " : "", figures.refused != NULL ? figures.refused : "");
  g_free (figures.refused);
  set_member (sharing, element, NULL);
}

GstStructure *
gst_generative_sharing_describe (const GstGenerativeSharing *sharing)
{
  GenSharedFigures figures;

  if (sharing->member == NULL)
    return NULL;
  figures = gen_shared_member_figures (sharing->member);
  g_free (figures.refused);
  return gst_structure_new ("shared-figures", "members", G_TYPE_UINT, figures.members, "largest",
      G_TYPE_UINT, figures.largest, "runs", G_TYPE_UINT64, figures.runs, "frames", G_TYPE_UINT64,
      figures.frames, "padding", G_TYPE_UINT64, figures.padding, "late", G_TYPE_UINT64,
      figures.late, NULL);
}

gboolean
gst_generative_sharing_run (
    GstGenerativeSharing *sharing, GstElement *element, GenPlayer *player, GError **error)
{
  if (sharing->member == NULL)
    return gen_player_run (player, error);
  return gen_shared_member_run (sharing->member,
      (gint64)(get_settings (sharing, element).wait / GST_USECOND), sharing->due, error);
}

GstClockTime
gst_generative_sharing_wait (GstGenerativeSharing *sharing, GstElement *element)
{
  return sharing->member != NULL ? get_settings (sharing, element).wait : 0;
}

void
gst_generative_sharing_interrupt (
    GstGenerativeSharing *sharing, GstElement *element, gboolean interrupted)
{
  GST_OBJECT_LOCK (element);
  if (sharing->member != NULL && interrupted)
    gen_shared_member_cancel (sharing->member);
  else if (sharing->member != NULL)
    gen_shared_member_resume (sharing->member);
  GST_OBJECT_UNLOCK (element);
}
